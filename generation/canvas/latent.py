"""VQGAN's latent as a canvas."""

from collections.abc import Sequence

import torch
from torch import Generator, Tensor

from generation.canvas.pyramid import new_grids, sum_grids
from generation.models.gradients import clamp_with_gradient
from generation.models.vqgan import VQGAN


class LatentCanvas:
    """Paints by the latent ``z`` of a VQGAN, kept within the range of its codebook.

    With one grid of full size this is the published loop.

    Args:
        vqgan: the network, frozen.
        init: ``noise``, random codes, or ``grey``, the codes of an even grey.
        pyramid: weights of the grids, see ``generation.recipe.Stage``.
    """

    def __init__(self, vqgan: VQGAN, init: str, pyramid: Sequence[float]) -> None:
        self.vqgan = vqgan
        self.init = init
        self.pyramid = pyramid
        codebook = vqgan.codebook.detach().float()
        self._low = codebook.amin(0).view(1, -1, 1, 1)
        self._high = codebook.amax(0).view(1, -1, 1, 1)

    @property
    def multiple(self) -> int:
        """Sides are made of whole codes."""
        return self.vqgan.factor

    @torch.no_grad()
    def stretch(self, width: int, height: int, generator: Generator, picture: Tensor | None) -> list[Tensor]:
        """Return where ``z`` starts, ``[C, h, w]``, and the grids that are added to it, which learn."""
        factor, device = self.vqgan.factor, self._low.device
        if picture is None and self.init == "noise":
            shape = (1, height // factor, width // factor)
            codes = torch.randint(len(self.vqgan.codebook), shape, generator=generator).to(device)
        else:
            grey = torch.full((3, height, width), 0.5, device=device)
            codes = self.vqgan.codes(self.vqgan.encode((grey if picture is None else picture)[None]))
        z = self.vqgan.lookup(codes)[0].float()
        return [z, *new_grids(z, len(self.pyramid))]

    def paint(self, parameters: Sequence[Tensor]) -> Tensor:
        """Decode the quantised sum of the grids; the picture's gradient passes the quantiser straight through."""
        start, *grids = parameters
        z = clamp_with_gradient(sum_grids(start, grids, self.pyramid), self._low, self._high)
        pictures = self.vqgan.decode(self.vqgan.quantise(z))
        zero, one = pictures.new_zeros(()), pictures.new_ones(())
        return clamp_with_gradient(pictures, zero, one)
