"""Pixels as a canvas: where to look for a composition before a VQGAN paints it.

Gradient descent through a quantiser from nothing finds the right colours and seldom a form; in pixels, coarse to
fine, it finds the form, and the codes can then express it.
"""

from collections.abc import Sequence

import torch
from torch import Generator, Tensor

from generation.canvas import Init, resized, total_variation
from generation.canvas.pyramid import mean_square, new_grids, resized_grids, spread, sum_grids
from generation.models.gradients import clamp_with_gradient

NOISE = 0.1
"""Standard deviation of the noise around grey that ``init: noise`` starts from."""


class PixelCanvas:
    """Paints by pixels on a small sheet that is enlarged to the size of the picture.

    Args:
        size: of the shorter side of the sheet, in pixels; the perceptor's input size, which sees no finer. None where
            it is as large as the picture.
        start: ``noise`` or ``grey``.
        pyramid: weights of the grids, see ``generation.recipe.Stage``.
        total_variation: weight of that loss.
        device: where the parameters are.
    """

    def __init__(
        self, size: int | None, start: str, pyramid: Sequence[float], total_variation: float, device: torch.device
    ) -> None:
        self.size = size
        self.start = start
        self.pyramid = pyramid
        self.total_variation = total_variation
        self.device = device

    @property
    def multiple(self) -> int:
        """Sides are free."""
        return 1

    def init(self, width: int, height: int, generator: Generator, picture: Tensor | None) -> Init:
        """Return the start, ``[3, height, width]``, and the grids of the sheet and its halves, which are optimised."""
        sheet = self._sheet(width, height)
        if picture is None and self.start == "noise":
            sheet += NOISE * torch.randn(sheet.shape, generator=generator).to(self.device)
        enlarged = spread(sheet[None], (height, width))[0]
        start = enlarged if picture is None else picture
        return Init((start,), new_grids(sheet, len(self.pyramid)))

    def resized(self, init: Init, width: int, height: int) -> Init:
        """Return the start in that size; the sheet is as large in any."""
        (start,) = init.constants
        sheet = self._sheet(width, height)
        return Init((resized(start, (width, height)),), resized_grids(sheet, init.parameters))

    def render(self, parameters: Sequence[Tensor], constants: Sequence[Tensor]) -> Tensor:
        """Enlarge the sum of the grids and add it to the start."""
        (start,) = constants
        sheet = sum_grids(torch.zeros_like(parameters[0]), parameters, self.pyramid)
        enlarged = spread(sheet, start.shape[2:])
        zero, one = start.new_zeros(()), start.new_ones(())
        return clamp_with_gradient(start + enlarged, zero, one)

    def _sheet(self, width: int, height: int) -> Tensor:
        """Return a grey sheet."""
        shrink = 1.0 if self.size is None else self.size / min(width, height)
        return torch.full((3, round(height * shrink), round(width * shrink)), 0.5, device=self.device)

    def regulariser(self, _: Sequence[Tensor], __: Sequence[Tensor], pictures: Tensor) -> Tensor:
        """Return the weighted total variation."""
        return total_variation(pictures, self.total_variation)

    def latents(self, _: Sequence[Tensor], constants: Sequence[Tensor]) -> None:
        """Return none: nothing is decoded."""

    def distance_to_start(self, parameters: Sequence[Tensor]) -> Tensor:
        """Return the mean square of what was added to the start."""
        return mean_square(parameters, self.pyramid)
