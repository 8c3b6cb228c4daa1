"""Random numbers on the CPU, some of which count only with a probability, and sheets of what is too much to draw."""

import torch
from torch import Generator, Tensor

Shape = tuple[int, ...]


def uniform(shape: Shape, low: float, high: float, generator: Generator) -> Tensor:
    """Return numbers between two others."""
    return low + (high - low) * torch.rand(shape, generator=generator)


def with_probability(probability: float, drawn: Tensor, otherwise: Tensor, generator: Generator) -> Tensor:
    """Return ``[steps, count, k]`` with each row as it was drawn or, by chance, as it is otherwise."""
    happens = torch.rand(drawn.shape[:2], generator=generator) < probability
    return torch.where(happens[..., None], drawn, otherwise)


class Sheet:
    """A sheet that is drawn once, from which pieces are taken at random places.

    Args:
        values: of the sheet, ``[C, 2 * size, 2 * size]``.
        size: side of a piece.
    """

    def __init__(self, values: Tensor, size: int) -> None:
        self.size = size
        self._pieces = values.unfold(1, size, 1).unfold(2, size, 1)

    def draw(self, shape: Shape, generator: Generator) -> Tensor:
        """Return places, ``[*shape, 2]``."""
        return torch.randint(self.size, (*shape, 2), generator=generator).float()

    def __call__(self, places: Tensor) -> Tensor:
        """Return the pieces at places, ``[N, 2] → [N, C, size, size]``."""
        down, across = places.long().unbind(-1)
        return self._pieces[:, down, across].movedim(1, 0)
