"""How far two vectors are apart, and up to where a target pulls."""

from collections.abc import Sequence
from math import inf

import torch
from torch import Tensor

from generation.targets import Target


def spherical_distance(a: Tensor, b: Tensor) -> Tensor:
    """Return the squared great-circle distance of unit vectors over the last dimension, halved.

    ``2·arcsin²(|a − b| / 2)``, from 0 for equal to π²/2 for opposite vectors (Crowson et al. 2022, section 2).
    """
    chord: Tensor = torch.linalg.vector_norm(a - b, dim=-1)
    return chord.div(2).clamp(max=1 - 1e-6).arcsin().square().mul(2)


def stops(targets: Sequence[Target]) -> Tensor:
    """Return where targets stop, ``[T]``; those that never do have minus infinity."""
    return torch.tensor([-inf if target.stop is None else target.stop for target in targets])


def held(losses: Tensor, distances: Tensor, weights: Tensor, stops: Tensor) -> Tensor:
    """Return the losses of views, ``[B, T, n]``, without a gradient where their target has stopped.

    As in the published loop, one stops where its spherical distance, with the sign of its weight, is below its stop: a
    target to keep away from stops at ``-0.7`` once it is further away than 0.7.

    Args:
        losses: of views by each target.
        distances: of the views from each, spherical, ``[B, T, n]``.
        weights: of the targets, ``[B, T]``.
        stops: of the targets, ``[B, T]``.
    """
    stopped = weights.sign()[..., None] * distances.detach() < stops[..., None]
    return torch.where(stopped, losses.detach(), losses)
