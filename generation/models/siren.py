"""A network of sines from coordinates to colours (Sitzmann et al. 2020, arXiv 2006.09661), as deep-daze has it.

Several at once, each with weights of its own: all tensors have a row for each.
"""

import math
from collections.abc import Sequence

import torch
from torch import Generator, Tensor

from generation.recipe import SirenShape

Weights = Sequence[Tensor]
"""Of the first layer, ``[B, H, 2]`` and ``[B, H]``, of the hidden ones, ``[B, L - 1, H, H]`` and ``[B, L - 1, H]``, and
of the last, ``[B, 3, H]`` and ``[B, 3]``, each pair a matrix and a bias."""


def new_weights(shape: SirenShape, generator: Generator) -> tuple[Tensor, ...]:
    """Return weights without a first dimension, uniform as the paper's section 3.2 has them, biases likewise.

    With them every layer's sines have about the same distribution, however many there are.
    """
    hidden, further = shape.hidden, shape.layers - 1
    width = math.sqrt(6 / hidden) / shape.w0
    sizes = [
        ((hidden, 2), 1 / 2),
        ((hidden,), 1 / 2),
        ((further, hidden, hidden), width),
        ((further, hidden), width),
        ((3, hidden), width),
        ((3,), width),
    ]
    return tuple((2 * torch.rand(size, generator=generator) - 1) * bound for size, bound in sizes)


def colours(points: Tensor, weights: Weights, w0: float) -> Tensor:
    """Return what the networks have at points, about -1 to 1: ``[B, N, 2] → [B, N, 3]``.

    φᵢ(x) = sin(w0·(Wᵢx + bᵢ)), and the last layer is linear.
    """
    first, bias, hidden, biases, last, last_bias = weights
    x = torch.sin(w0 * torch.baddbmm(bias[:, None], points, first.mT))
    for matrix, offset in zip(hidden.unbind(1), biases.unbind(1), strict=True):
        x = torch.sin(w0 * torch.baddbmm(offset[:, None], x, matrix.mT))
    return torch.baddbmm(last_bias[:, None], x, last.mT)
