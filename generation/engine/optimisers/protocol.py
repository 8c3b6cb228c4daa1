"""What an optimiser is, and what all of them are made with.

What differs between the paintings of a batch comes as one row of coefficients for each, so that a step is the same
few operations whoever takes part in it. That is why they are not PyTorch's own, whose numbers they share.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

import torch
from torch import Generator, Tensor

Tensors = tuple[Tensor, ...]
Evaluate = Callable[[Tensors], tuple[Tensor, Tensor]]
"""Returns the losses of parameters, ``[B]``, and their pictures, ``[B, 3, H, W]``.

They may have several rows for each painting, one behind the other, as many for each.
"""


class Optimiser(Protocol):
    """Moves parameters towards a lower loss. All tensors have a row for each painting."""

    @property
    def evaluations(self) -> int:
        """How often a step evaluates the loss."""

    @property
    def powers(self) -> Sequence[float]:
        """To which power of the gradients each kind is that is kept of the parameters; none where it is no such thing.

        In a larger size as many more numbers share a gradient. A kind has a tensor of each parameter's shape.
        """

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


def gradients_of(parameters: Tensors, evaluate: Evaluate) -> tuple[Tensors, Tensor]:
    """Return the gradients of the losses, and the pictures."""
    leaves = tuple(parameter.detach().requires_grad_() for parameter in parameters)
    losses, pictures = evaluate(leaves)
    return torch.autograd.grad(losses.sum(), leaves), pictures.detach()


def columns(coefficients: Tensor, like: Tensor) -> Sequence[Tensor]:
    """Return each column of ``[B, k]`` so that it multiplies the rows of ``like``."""
    return [column.view(-1, *[1] * (like.dim() - 1)) for column in coefficients.unbind(1)]
