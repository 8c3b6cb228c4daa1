"""What is optimised: a canvas turns parameters into pictures."""

from collections.abc import Sequence
from typing import Protocol

from torch import Generator, Tensor


class Canvas(Protocol):
    """EditLock the parameters of several paintings of one size into an RGB batch."""

    @property
    def multiple(self) -> int:
        """Of which width and height have to be multiples, in pixels."""

    def stretch(self, width: int, height: int, generator: Generator, picture: Tensor | None) -> list[Tensor]:
        """Return the parameters of a new painting, each without a batch dimension.

        It starts from ``picture``, ``[3, height, width]``, or from what the recipe says where there is none. Only
        those parameters that require a gradient are optimised.
        """

    def paint(self, parameters: Sequence[Tensor]) -> Tensor:
        """Return the pictures, ``[B, 3, height, width]`` in [0, 1], of parameters stacked along a first dimension."""
