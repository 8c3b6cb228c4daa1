"""What the painting descends."""

import torch
from torch import Tensor


def spherical_distance(a: Tensor, b: Tensor) -> Tensor:
    """Return the squared great-circle distance of unit vectors over the last dimension, halved.

    ``2·arcsin²(|a − b| / 2)``, from 0 for equal to π²/2 for opposite vectors (Crowson et al. 2022, section 2).
    """
    chord: Tensor = torch.linalg.vector_norm(a - b, dim=-1)
    return chord.div(2).clamp(max=1 - 1e-6).arcsin().square().mul(2)


def total_variation(pictures: Tensor) -> Tensor:
    """Return the mean absolute difference of neighbouring pixels: ``[B, 3, H, W] → [B]``."""
    across = (pictures[..., 1:] - pictures[..., :-1]).abs().mean((1, 2, 3))
    down = (pictures[..., 1:, :] - pictures[..., :-1, :]).abs().mean((1, 2, 3))
    return across + down
