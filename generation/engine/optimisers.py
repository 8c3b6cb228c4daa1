"""How the paintings of a batch are optimised, each at its own step.

What differs between the paintings of a batch comes as one row of coefficients for each, so that a step is the same
few operations whoever takes part in it.
"""

import math
from collections.abc import Callable, Sequence
from typing import Protocol

import torch
from torch import Generator, Tensor

from generation.recipe import Stage

BETA_1 = 0.9
BETA_2 = 0.999
EPSILON = 1e-8
MOMENTUM = 0.8
"""Of `NormalisedMomentum`: share of the old direction and the gradient in the new direction."""

Tensors = tuple[Tensor, ...]
Evaluate = Callable[[Tensors], tuple[Tensor, Tensor]]
"""Returns the losses of parameters, ``[B]``, and their pictures, ``[B, 3, H, W]``."""


class Optimiser(Protocol):
    """Moves parameters towards a lower loss. All tensors have a row for each painting."""

    @property
    def evaluations(self) -> int:
        """How often a step evaluates the loss."""

    def init(self, parameters: Tensors) -> Tensors:
        """Return the state of new paintings: zeros."""

    def coefficients(self, parameters: Tensors, rate: float, step: int, generator: Generator) -> Tensor:
        """Return the row of one painting that takes a step, ``[k]``, on the CPU.

        Args:
            parameters: of its batch, for their shapes.
            rate: of learning.
            step: of this stage, from 1.
            generator: source of all that is random in the step.
        """

    def step(
        self, parameters: Tensors, state: Tensors, coefficients: Tensor, evaluate: Evaluate
    ) -> tuple[Tensors, Tensors, Tensor]:
        """Return parameters and state after a step, and the pictures before it; change nothing in place."""


class Adam:
    """Adam (Kingma and Ba 2015, algorithm 1)."""

    evaluations = 1

    def init(self, parameters: Tensors) -> Tensors:
        """Return means and mean squares of the gradients."""
        return (*map(torch.zeros_like, parameters), *map(torch.zeros_like, parameters))

    def coefficients(self, _: Tensors, rate: float, step: int, __: Generator) -> Tensor:
        """Return the rate and the root, both corrected for the state that began at zero."""
        return torch.tensor([rate / (1 - BETA_1**step), math.sqrt(1 - BETA_2**step)])

    def step(
        self, parameters: Tensors, state: Tensors, coefficients: Tensor, evaluate: Evaluate
    ) -> tuple[Tensors, Tensors, Tensor]:
        """Move against the mean gradient over the root of its mean square."""
        gradients, pictures = gradients_of(parameters, evaluate)
        count = len(parameters)
        moved, means, squares = [], [], []
        for parameter, gradient, mean, square in zip(parameters, gradients, state[:count], state[count:], strict=True):
            rate, correction = columns(coefficients, gradient)
            means.append(mean.lerp(gradient, 1 - BETA_1))
            squares.append(square.mul(BETA_2).addcmul(gradient, gradient, value=1 - BETA_2))
            moved.append(parameter - rate * means[-1] / (squares[-1].sqrt() / correction + EPSILON))
        return tuple(moved), (*means, *squares), pictures


class NormalisedMomentum:
    """Momentum on gradients of length 1: how far to go is the learning rate's matter alone."""

    evaluations = 1

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


OPTIMISERS: dict[str, Callable[[], Optimiser]] = {"adam": Adam, "normalised": NormalisedMomentum}
"""By the names that a recipe uses."""


def gradients_of(parameters: Tensors, evaluate: Evaluate) -> tuple[Tensors, Tensor]:
    """Return the gradients of the losses, and the pictures."""
    leaves = tuple(parameter.detach().requires_grad_() for parameter in parameters)
    losses, pictures = evaluate(leaves)
    return torch.autograd.grad(losses.sum(), leaves), pictures.detach()


def learning_rate(stage: Stage, step: int, steps: int) -> float:
    """Return the rate of a stage's ``step``-th of ``steps`` steps, from 1, which falls along a cosine."""
    floor = stage.final_learning_rate
    return stage.learning_rate * (floor + (1 - floor) * (1 + math.cos(math.pi * (step - 1) / steps)) / 2)


def columns(coefficients: Tensor, like: Tensor) -> Sequence[Tensor]:
    """Return each column of ``[B, k]`` so that it multiplies the rows of ``like``."""
    return [column.view(-1, *[1] * (like.dim() - 1)) for column in coefficients.unbind(1)]
