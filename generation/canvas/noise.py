"""Random pictures to begin from."""

from collections.abc import Callable, Mapping

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

OCTAVES = 7
"""Of fractal noise: grids of twice as many cells each."""


def pixels(width: int, height: int, generator: Generator) -> Tensor:
    """Return independent colours, ``[3, height, width]`` in [0, 1]."""
    return torch.rand(3, height, width, generator=generator)


def gradient(width: int, height: int, generator: Generator) -> Tensor:
    """Return a course between four random colours in the corners, ``[3, height, width]`` in [0, 1]."""
    return _enlarged(torch.rand(3, 2, 2, generator=generator), width, height, "bilinear")


def fractal(width: int, height: int, generator: Generator) -> Tensor:
    """Return clouds, ``[3, height, width]`` in [0, 1]: noise of several scales, each half as strong as the one before.

    So its power falls with the square of the frequency and more, about as in photographs.
    """
    total = torch.zeros(3, height, width)
    for octave in range(OCTAVES):
        cells = torch.randn(3, 2 + 2**octave, 2 + 2**octave, generator=generator)
        total += 0.5**octave * _enlarged(cells, width, height, "bicubic")
    return total.sub(total.mean((1, 2), keepdim=True)).div(4 * total.std((1, 2), keepdim=True)).add(0.5).clamp(0, 1)


def _enlarged(cells: Tensor, width: int, height: int, mode: str) -> Tensor:
    return F.interpolate(cells[None], size=(height, width), mode=mode, align_corners=True)[0]


NOISES: Mapping[str, Callable[[int, int, Generator], Tensor]] = {
    "pixels": pixels,
    "gradient": gradient,
    "fractal": fractal,
}
"""By the names that a request's ``init`` uses."""
