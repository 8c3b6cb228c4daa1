"""VQGAN's latent as a canvas."""

from collections.abc import Sequence

import torch
from torch import Generator, Tensor

from generation.canvas import Init, enlarged, total_variation
from generation.canvas.pyramid import mean_square, new_grids, resized_grids, sum_grids
from generation.canvas.slerp import slerp
from generation.errors import RequestError
from generation.latents import DAMAGED
from generation.models.gradients import clamp_with_gradient
from generation.models.vqgan import VQGAN
from generation.sizes import Shape


class LatentCanvas:
    """Paints by the latent ``z`` of a VQGAN, kept within the range of its codebook.

    With one grid of full size this is the published loop.

    Args:
        vqgan: the network, frozen.
        start: ``noise``, random codes, or ``grey``, the codes of an even grey.
        pyramid: weights of the grids, see ``generation.recipe.Stage``.
        total_variation: weight of that loss.
    """

    def __init__(self, vqgan: VQGAN, start: str, pyramid: Sequence[float], total_variation: float) -> None:
        self.vqgan = vqgan
        self.start = start
        self.pyramid = pyramid
        self.total_variation = total_variation
        codebook = vqgan.codebook.detach().float()
        self._low = codebook.amin(0).view(1, -1, 1, 1)
        self._high = codebook.amax(0).view(1, -1, 1, 1)

    @property
    def multiple(self) -> int:
        """Sides are made of whole codes."""
        return self.vqgan.factor

    @torch.no_grad()
    def init(self, width: int, height: int, generator: Generator, picture: Tensor | None) -> Init:
        """Return where ``z`` starts, ``[C, h, w]``, and the grids that are added to it, which are optimised."""
        factor, device = self.vqgan.factor, self._low.device
        if picture is None and self.start == "noise":
            shape = (1, height // factor, width // factor)
            codes = torch.randint(len(self.vqgan.codebook), shape, generator=generator).to(device)
        else:
            grey = torch.full((3, height, width), 0.5, device=device)
            codes = self.vqgan.codes(self.vqgan.encode((grey if picture is None else picture)[None]))
        z = self.vqgan.lookup(codes)[0].float()
        return Init((z,), new_grids(z, len(self.pyramid)))

    def render(self, parameters: Sequence[Tensor], constants: Sequence[Tensor]) -> Tensor:
        """Decode the quantised sum of the grids; the picture's gradient passes the quantiser straight through."""
        pictures = self.vqgan.decode(self.vqgan.quantise(self.latents(parameters, constants)))
        zero, one = pictures.new_zeros(()), pictures.new_ones(())
        return clamp_with_gradient(pictures, zero, one)

    def latents(self, parameters: Sequence[Tensor], constants: Sequence[Tensor]) -> Tensor:
        """Return the sum of the grids, within the range of the codebook."""
        (start,) = constants
        return clamp_with_gradient(sum_grids(start, parameters, self.pyramid), self._low, self._high)

    def begin_at(self, z: Tensor, width: int, height: int) -> Init:
        """Return what a painting begins with that starts exactly from a latent, ``[C, h, w]``.

        Raises:
            RequestError: it is none of a picture of that size.
        """
        if z.shape != (self._low.shape[1], height // self.vqgan.factor, width // self.vqgan.factor):
            raise RequestError(DAMAGED)
        return Init((z,), new_grids(z, len(self.pyramid)))

    @torch.no_grad()
    def resized(self, init: Init, width: int, height: int) -> Init:
        """Return the start and the grids of so many more or fewer codes."""
        (start,) = init.constants
        z = enlarged(start, (len(start), height // self.vqgan.factor, width // self.vqgan.factor))
        return Init((z,), resized_grids(z, init.parameters))

    @torch.no_grad()
    def waypoint(self, latent: Tensor) -> Tensor:
        """Return the codes that the decoder is given, ``[C, h, w]``."""
        return self.vqgan.quantise(latent[None])[0]

    def between(self, first: Tensor, second: Tensor, share: float) -> Tensor:
        """Return what is between in each place, by :func:`generation.canvas.slerp.slerp` over the channels.

        It is not quantised: codes would jump from frame to frame, and the decoder knows what lies between them.
        """
        return slerp(first, second, share)

    @torch.no_grad()
    def decode(self, waypoints: Tensor, _: Shape) -> Tensor:
        """Decode them as they are, in the shape that follows from their own."""
        return self.vqgan.decode(waypoints).clamp(0, 1)

    def regulariser(self, _: Sequence[Tensor], __: Sequence[Tensor], pictures: Tensor) -> Tensor:
        """Return the weighted total variation."""
        return total_variation(pictures, self.total_variation)

    def distance_to_start(self, parameters: Sequence[Tensor]) -> Tensor:
        """Return the mean square of what was added to the start."""
        return mean_square(parameters, self.pyramid)
