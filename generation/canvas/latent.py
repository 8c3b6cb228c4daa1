"""VQGAN's latent as a canvas, optimised as a sum of grids from coarse to fine."""

from collections.abc import Sequence

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from generation.canvas.vqgan import VQGAN
from generation.gradients import clamp_with_gradient
from generation.recipe import Recipe


class LatentCanvas:
    """Paints by the latent ``z`` of a VQGAN.

    The first parameter is where ``z`` starts and does not move; each further one is a grid that is added to it,
    resized to the latent: of full size, of half the side, and so on down ``recipe.pyramid``. With the one grid of
    full size this is the published loop; with more of them large forms are found before details.

    Args:
        vqgan: the network, frozen.
        recipe: says what to start from and which grids there are.
    """

    def __init__(self, vqgan: VQGAN, recipe: Recipe) -> None:
        self.vqgan = vqgan
        self.recipe = recipe
        self.factor = vqgan.factor
        codebook = vqgan.codebook.detach().float()
        self._low = codebook.amin(0).view(1, -1, 1, 1)
        self._high = codebook.amax(0).view(1, -1, 1, 1)

    def stretch(self, width: int, height: int, generator: Generator) -> list[Tensor]:
        """Return the start ``[C, h, w]`` and the grids, zero, that learn: ``[C, h / 2^k, w / 2^k]``."""
        h, w = height // self.factor, width // self.factor
        z = self._start(h, w, generator)
        grids = [
            torch.zeros(z.shape[0], max(1, h >> level), max(1, w >> level), device=z.device, requires_grad=True)
            for level in range(len(self.recipe.pyramid))
        ]
        return [z, *grids]

    @torch.no_grad()
    def _start(self, h: int, w: int, generator: Generator) -> Tensor:
        device = self._low.device
        if self.recipe.init == "noise":
            codes = torch.randint(len(self.vqgan.codebook), (1, h, w), generator=generator).to(device)
        else:
            grey = torch.full((1, 3, h * self.factor, w * self.factor), 0.5, device=device)
            codes = self.vqgan.codes(self.vqgan.encode(grey))
        return self.vqgan.lookup(codes)[0].float()

    def paint(self, parameters: Sequence[Tensor]) -> Tensor:
        """Decode the quantised sum of the grids; the picture's gradient passes the quantiser straight through."""
        start, *grids = parameters
        z = start
        for weight, grid in zip(self.recipe.pyramid, grids, strict=True):
            resized = F.interpolate(grid, size=start.shape[2:], mode="bilinear", align_corners=False)
            z = z + weight * resized
        z = clamp_with_gradient(z, self._low, self._high)
        pictures = self.vqgan.decode(self.vqgan.quantise(z))
        zero, one = pictures.new_zeros(()), pictures.new_ones(())
        return clamp_with_gradient(pictures, zero, one)
