"""What judges, and what it is shown."""

from typing import Protocol

from torch import Generator, Tensor


class Views(Protocol):
    """Shows the perceptor a picture, cut and changed at random.

    All that is random is a few numbers for each view, which are drawn on the CPU from the generator that is passed in:
    what is drawn for a picture does not depend on its neighbours in a batch, nor on the device.
    """

    def draw(self, steps: int, generator: Generator) -> Tensor:
        """Return what is random about the views in several steps of a painting, ``[steps, count, k]``."""

    def __call__(self, pictures: Tensor, drawn: Tensor) -> Tensor:
        """Return the views, ``[B, 3, H, W]`` in [0, 1] and ``[B, count, k]`` → ``[B, count, 3, size, size]``."""
