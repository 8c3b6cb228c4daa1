"""A sum of grids from fine to coarse: large forms are found before details."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from generation.canvas import enlarged


def new_grids(start: Tensor, levels: int) -> tuple[Tensor, ...]:
    """Return grids of zeros, to be added to a start, ``[C, h, w]``: level k is ``[C, h / 2^k, w / 2^k]``."""
    channels, h, w = start.shape
    return tuple(
        torch.zeros(channels, max(1, h >> level), max(1, w >> level), device=start.device) for level in range(levels)
    )


def resized_grids(start: Tensor, grids: Sequence[Tensor]) -> tuple[Tensor, ...]:
    """Return grids as large as :func:`new_grids` makes them for a start."""
    return tuple(enlarged(grid, new.shape) for grid, new in zip(grids, new_grids(start, len(grids)), strict=True))


def sum_grids(start: Tensor, grids: Sequence[Tensor], weights: Sequence[float]) -> Tensor:
    """Return the start, ``[B, C, h, w]``, plus the weighted grids, each resized to it."""
    total = start
    for weight, grid in zip(weights, grids, strict=True):
        total = total + weight * spread(grid, start.shape[2:])
    return total


def spread(grids: Tensor, size: Sequence[int]) -> Tensor:
    """Return grids, ``[B, C, h, w]``, with another height and width; as they are where they have these already.

    PyTorch would make four of each number first, and on CUDA sort the gradients of these to add them up in order.
    """
    if grids.shape[2:] == tuple(size):
        return grids
    return F.interpolate(grids, size=tuple(size), mode="bilinear", align_corners=False)


def mean_square(grids: Sequence[Tensor], weights: Sequence[float]) -> Tensor:
    """Return the mean square of what weighted grids add to a start, ``[B]``."""
    return sum_grids(torch.zeros_like(grids[0]), grids, weights).square().flatten(1).mean(1)
