"""Momentum on gradients of length 1."""

import torch
from torch import Generator, Tensor

from generation.engine.optimisers.protocol import Evaluate, Tensors, columns, gradients_of

MOMENTUM = 0.8
"""Share of the old direction and the gradient in the new direction."""


class NormalisedMomentum:
    """Momentum on gradients of length 1: how far to go is the learning rate's matter alone."""

    evaluations = 1
    powers = (0.5,)
    """Their length stays, however many numbers they have."""

    def init(self, parameters: Tensors) -> Tensors:
        """Return the directions."""
        return tuple(map(torch.zeros_like, parameters))

    def coefficients(self, _: Tensors, rate: float, __: int, ___: Generator) -> Tensor:
        """Return the rate."""
        return torch.tensor([rate])

    def step(
        self, parameters: Tensors, state: Tensors, coefficients: Tensor, evaluate: Evaluate
    ) -> tuple[Tensors, Tensors, Tensor]:
        """Move along the directions."""
        gradients, pictures = gradients_of(parameters, evaluate)
        lengths = [gradient.flatten(1).norm(dim=1) for gradient in gradients]
        length = torch.stack(lengths).norm(dim=0).clamp(min=1e-12)
        moved, directions = [], []
        for parameter, gradient, direction in zip(parameters, gradients, state, strict=True):
            (rate,) = columns(coefficients, gradient)
            (norm,) = columns(length[:, None], gradient)
            directions.append((direction + gradient / norm).mul(MOMENTUM))
            moved.append(parameter - rate * directions[-1])
        return tuple(moved), tuple(directions), pictures
