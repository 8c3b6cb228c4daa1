"""A surface of which only a part is painted on; the rest stays as it is, to the pixel."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from generation.canvas import Init, Surface

EDGE = 1 / 32
"""Of the shorter side: so wide is the edge, inside of what is painted on, over which painting and picture are mixed."""

MASK = 2
"""Constants of a masked painting that are not the surface's own."""


class MaskedSurface:
    """Lays what is painted on another surface into a picture; whoever judges sees the whole.

    Args:
        surface: that is painted on.
    """

    def __init__(self, surface: Surface) -> None:
        self.surface = surface

    def render(self, parameters: Sequence[Tensor], constants: Sequence[Tensor]) -> Tensor:
        """Return the pictures, composed."""
        picture, opacity, *own = constants
        return torch.lerp(picture, self.surface.render(parameters, own), opacity)

    def regulariser(self, parameters: Sequence[Tensor], constants: Sequence[Tensor], pictures: Tensor) -> Tensor:
        """Return that of the other."""
        return self.surface.regulariser(parameters, constants[MASK:], pictures)

    def latents(self, _: Sequence[Tensor], constants: Sequence[Tensor]) -> None:
        """Return none: the picture below is not decoded from it."""

    def distance_to_start(self, parameters: Sequence[Tensor]) -> Tensor:
        """Return that of the other."""
        return self.surface.distance_to_start(parameters)


def masked(init: Init, picture: Tensor, mask: Tensor) -> Init:
    """Return what a masked painting begins with.

    Args:
        init: of the other surface.
        picture: that stays where the mask is black, ``[3, H, W]`` in [0, 1].
        mask: white where it is painted on, likewise.
    """
    return Init((picture, opacity(mask), *init.constants), init.parameters)


def opacity(mask: Tensor) -> Tensor:
    """Return the opacity of what is painted, ``[3, H, W] → [1, H, W]``: 0 where the mask is black, also at its edges.

    It is the brightness of the mask, times the mean of its surroundings, `EDGE` wide to either side: within that of
    the edge a painting fades.
    """
    grey = mask.mean(0, keepdim=True)
    radius = max(1, round(min(grey.shape[1:]) * EDGE))
    around = F.avg_pool2d(F.pad(grey[None], [radius] * 4, mode="replicate"), 2 * radius + 1, stride=1)[0]
    return (grey * around).clamp(0, 1)
