"""What the painting descends."""

import torch
from torch import Tensor

TEMPERATURE = 1 / 15
ALIKE = 0.5
"""Cosine from which on two texts mean about the same: *a starry night* need not be told from *the sea at night*."""
SAME = 0.95
"""Cosine from which on two texts that differ in one noun mean the same: *a house at night* and *a hut at night*."""


def spherical_distance(a: Tensor, b: Tensor) -> Tensor:
    """Return the squared great-circle distance of unit vectors over the last dimension, halved.

    ``2·arcsin²(|a − b| / 2)``, from 0 for equal to π²/2 for opposite vectors (Crowson et al. 2022, section 2).
    """
    chord: Tensor = torch.linalg.vector_norm(a - b, dim=-1)
    return chord.div(2).clamp(max=1 - 1e-6).arcsin().square().mul(2)


def contrast(image: Tensor, text: Tensor, distractors: Tensor, alike: float = ALIKE) -> Tensor:
    """Return how far a picture is from being told apart by the prompt: ``[B, n, D], [B, D], [K, D] → [B, n]``.

    The cross entropy of picking the prompt among the distractors, CLIP's own training loss (Radford et al. 2021,
    figure 3). Distractors may also be each picture's own, ``[B, K, D]``; those whose cosine with the prompt is above
    `alike` do not count.
    """
    prompt = (image * text[:, None]).sum(-1, keepdim=True)
    hidden = (distractors @ text[..., None])[..., 0] > alike
    others = (image @ distractors.mT).masked_fill(hidden[:, None], float("-inf"))
    return -(torch.cat([prompt, others], dim=-1) / TEMPERATURE).log_softmax(-1)[..., 0]


def total_variation(pictures: Tensor) -> Tensor:
    """Return the mean absolute difference of neighbouring pixels: ``[B, 3, H, W] → [B]``."""
    across = (pictures[..., 1:] - pictures[..., :-1]).abs().mean((1, 2, 3))
    down = (pictures[..., 1:, :] - pictures[..., :-1, :]).abs().mean((1, 2, 3))
    return across + down
