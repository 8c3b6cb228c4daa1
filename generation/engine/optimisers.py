"""How the paintings of a batch descend, each at its own step.

What differs between the paintings of a batch comes as one row of coefficients for each, so that a step is the same
few operations whoever takes part in it.
"""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from generation.recipe import Stage

BETA_1 = 0.9
BETA_2 = 0.999
EPSILON = 1e-8
MOMENTUM = 0.8
"""Of the normalised descent: share of the old direction and the gradient in the new direction."""


class Adam:
    """Adam (Kingma and Ba 2015, algorithm 1).

    Args:
        parameters: that are optimised, each with one row per painting.
    """

    def __init__(self, parameters: Sequence[Tensor]) -> None:
        self.means = [torch.zeros_like(parameter) for parameter in parameters]
        self.squares = [torch.zeros_like(parameter) for parameter in parameters]

    @property
    def state(self) -> list[Tensor]:
        """What it remembers, each with one row per painting; zeros for a new one."""
        return [*self.means, *self.squares]

    @staticmethod
    def coefficients(rate: float, step: int) -> tuple[float, ...]:
        """Return the row of a painting that takes its ``step``-th step, from 1, with this learning rate."""
        return rate / (1 - BETA_1**step), math.sqrt(1 - BETA_2**step)

    def update(self, parameters: Sequence[Tensor], gradients: Sequence[Tensor], coefficients: Tensor) -> None:
        """Move the first rows of the parameters, as many as there are coefficients, ``[B, 2]``."""
        rows = len(coefficients)
        for parameter, gradient, mean, square in zip(parameters, gradients, self.means, self.squares, strict=True):
            rate, correction = _columns(coefficients, gradient)
            mean[:rows].lerp_(gradient, 1 - BETA_1)
            square[:rows].mul_(BETA_2).addcmul_(gradient, gradient, value=1 - BETA_2)
            parameter[:rows].sub_(rate * mean[:rows] / (square[:rows].sqrt() / correction + EPSILON))


class NormalisedMomentum:
    """Momentum on gradients of length 1: how far to go is the learning rate's matter alone.

    Args:
        parameters: that are optimised, each with one row per painting.
    """

    def __init__(self, parameters: Sequence[Tensor]) -> None:
        self.state = [torch.zeros_like(parameter) for parameter in parameters]

    @staticmethod
    def coefficients(rate: float, _: int) -> tuple[float, ...]:
        """Return the row of a painting that takes a step, whichever, with this learning rate."""
        return (rate,)

    def update(self, parameters: Sequence[Tensor], gradients: Sequence[Tensor], coefficients: Tensor) -> None:
        """Move the first rows of the parameters, as many as there are coefficients, ``[B, 1]``."""
        rows = len(coefficients)
        lengths = [gradient.flatten(1).norm(dim=1) for gradient in gradients]
        length = torch.stack(lengths).norm(dim=0).clamp(min=1e-12)
        for parameter, gradient, direction in zip(parameters, gradients, self.state, strict=True):
            (rate,) = _columns(coefficients, gradient)
            (norm,) = _columns(length[:, None], gradient)
            direction[:rows].add_(gradient / norm).mul_(MOMENTUM)
            parameter[:rows].sub_(rate * direction[:rows])


Descent = Adam | NormalisedMomentum
DESCENTS: dict[str, type[Adam] | type[NormalisedMomentum]] = {"adam": Adam, "normalised": NormalisedMomentum}


def learning_rate(stage: Stage, step: int, steps: int) -> float:
    """Return the rate of a stage's ``step``-th of ``steps`` steps, from 1, which falls along a cosine."""
    floor = stage.final_learning_rate
    return stage.learning_rate * (floor + (1 - floor) * (1 + math.cos(math.pi * (step - 1) / steps)) / 2)


def _columns(coefficients: Tensor, like: Tensor) -> list[Tensor]:
    """Return each column of ``[B, k]`` so that it multiplies the rows of ``like``."""
    return [column.view(-1, *[1] * (like.dim() - 1)) for column in coefficients.unbind(1)]
