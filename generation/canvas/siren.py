"""A network of sines as a canvas: the picture is a function of coordinates, and has any size."""

from collections.abc import Sequence

import torch
from torch import Generator, Tensor
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint

from generation.canvas import Init, total_variation
from generation.models.gradients import clamp_with_gradient
from generation.models.siren import colours, new_weights
from generation.recipe import SirenShape
from generation.sizes import Shape

AT_ONCE = 1 << 14
"""Points of which the layers are kept for the gradients; of more they are computed again, which bounds the memory."""
PRIMING_STEPS = 200
"""In which a network learns the picture that it is to start from."""
PRIMING_RATE = 3e-4
"""Of learning it, deep-daze's."""
PRIMING_POINTS = 1024
"""Of the picture that are learnt in each step, at most, drawn at random. All of it takes half a minute, in which the
worker says nothing."""


class SirenCanvas:
    """Paints by the weights of a network, a picture no larger than the perceptor sees.

    Args:
        network: its shape.
        side: of the shorter side that is painted at most, in pixels.
        total_variation: weight of that loss.
        device: where the parameters are.
    """

    multiple = 1
    """Sides are free."""

    def __init__(self, network: SirenShape, side: int, total_variation: float, device: torch.device) -> None:
        self.network = network
        self.side = side
        self.total_variation = total_variation
        self.device = device

    def painted_shape(self, shape: Shape) -> Shape:
        """Return the shape of its aspect that is painted."""
        shrink = min(1.0, self.side / min(shape))
        return round(shape[0] * shrink), round(shape[1] * shrink)

    def init(self, width: int, height: int, generator: Generator, picture: Tensor | None) -> Init:
        """Return coordinates, ``[height, width, 2]``, weights, new or of the picture, and what is added to these."""
        weights = tuple(each.to(self.device) for each in new_weights(self.network, generator))
        points = coordinates(width, height).to(self.device)
        if picture is not None:
            weights = self._primed(weights, points, picture, generator)
        return Init((points, *weights), tuple(map(torch.zeros_like, weights)))

    def render(self, parameters: Sequence[Tensor], constants: Sequence[Tensor]) -> Tensor:
        """Return what the networks have at the coordinates, from -1 to 1 as 0 to 1."""
        points, *start = constants
        weights = [a + b for a, b in zip(start, parameters, strict=True)]
        pictures = torch.cat([self._some(each, weights) for each in points.flatten(1, 2).split(AT_ONCE, 1)], 1)
        pictures = pictures.mT.unflatten(2, points.shape[1:3]).add(1).div(2)
        zero, one = pictures.new_zeros(()), pictures.new_ones(())
        return clamp_with_gradient(pictures, zero, one)

    def enlarge(self, parameters: Sequence[Tensor], constants: Sequence[Tensor], shape: Shape) -> Tensor:
        """Return what the networks have at more coordinates."""
        _, *start = constants
        points = coordinates(*shape).to(self.device).expand(len(start[0]), -1, -1, -1)
        with torch.no_grad():
            return self.render(parameters, (points, *start))

    def latents(self, _: Sequence[Tensor], __: Sequence[Tensor]) -> None:
        """Return none: nothing is decoded."""

    def regulariser(self, _: Sequence[Tensor], __: Sequence[Tensor], pictures: Tensor) -> Tensor:
        """Return the weighted total variation."""
        return total_variation(pictures, self.total_variation)

    def distance_to_start(self, parameters: Sequence[Tensor]) -> Tensor:
        """Return the mean square by which the layers turn their sines' arguments by what was added, about.

        Weights themselves go small ways: what they do is multiplied by w0, and adds up over the sines that come in,
        whose mean square is a half.
        """
        matrices = [parameters[0].flatten(1), *parameters[2].flatten(2).unbind(1)]
        inputs = [2, *[self.network.hidden] * (self.network.layers - 1)]
        turns = [inputs[n] / 2 * each.square().mean(1) for n, each in enumerate(matrices)]
        return self.network.w0**2 * torch.stack(turns).mean(0)

    def _some(self, points: Tensor, weights: Sequence[Tensor]) -> Tensor:
        """Return what the networks have at some points, ``[B, n, 2] → [B, n, 3]``."""
        if points.shape[1] < AT_ONCE or not torch.is_grad_enabled():
            return colours(points, weights, self.network.w0)
        again: Tensor = checkpoint(
            colours, points, weights, self.network.w0, use_reentrant=False, preserve_rng_state=False
        )
        return again

    def _primed(
        self, weights: Sequence[Tensor], points: Tensor, picture: Tensor, generator: Generator
    ) -> tuple[Tensor, ...]:
        """Return the weights with which the network has about the picture."""
        leaves = [each[None].clone().requires_grad_() for each in weights]
        adam = torch.optim.Adam(leaves, PRIMING_RATE)
        places, wanted = points.flatten(0, 1), picture.flatten(1).T.mul(2).sub(1)
        for _ in range(PRIMING_STEPS):
            some = torch.randint(len(places), (min(len(places), PRIMING_POINTS),), generator=generator).to(self.device)
            with torch.enable_grad():
                loss = F.mse_loss(colours(places[some][None], leaves, self.network.w0)[0], wanted[some])
            adam.zero_grad()
            loss.backward()
            adam.step()
        return tuple(each.detach()[0] for each in leaves)


def coordinates(width: int, height: int) -> Tensor:
    """Return the points of a picture, ``[height, width, 2]``: first down, then across.

    Both run from -1 to 1 over the shorter side, deep-daze's, and further over the longer one.
    """
    shorter = min(width, height)
    down, across = (torch.linspace(-side / shorter, side / shorter, side) for side in (height, width))
    return torch.stack(torch.meshgrid(down, across, indexing="ij"), dim=-1)
