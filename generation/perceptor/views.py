"""The views that a recipe or a request names: how a picture is cut, and how the cuts are changed."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import torch
from torch import Generator, Tensor

from generation.models.layers import has_kernels
from generation.options import CUT_METHODS
from generation.perceptor import Views
from generation.perceptor.crops import Crops
from generation.perceptor.cutouts import Cutouts
from generation.perceptor.pooled import Pooled

if TYPE_CHECKING:
    from generation.perceptor.augmentations import Augmentations

METHODS: dict[str, Callable[[int, int, torch.device, bool, float], Views]] = {
    "composed": lambda count, size, device, plain, _: _composed(Cutouts(count, size, device, plain), device),
    "crops": lambda count, size, device, _, power: Crops(count, size, device, power),
    "pooled": lambda count, size, _, __, ___: Pooled(count, size),
}
"""By their names, given the number of views, their side in pixels, the device, whether the views are to be augmented
by others, and the power of the crops' sizes."""


def _composed(cutouts: Cutouts, device: torch.device) -> Views:
    """Return cutouts as they are made fastest on a device."""
    if not has_kernels(device):
        return cutouts
    from generation.perceptor.fused_cutouts import FusedCutouts

    return FusedCutouts(cutouts)


class Augmented:
    """Views that are changed at random.

    Args:
        views: to be changed.
        augmentations: that change them.
    """

    def __init__(self, views: Views, augmentations: "Augmentations") -> None:
        self.views = views
        self.augmentations = augmentations

    def draw(self, steps: int, generator: Generator) -> Tensor:
        """Draw what is random about the views, and then about the augmentations, ``[steps, count, k]``."""
        drawn = self.views.draw(steps, generator)
        _, count, _ = drawn.shape
        return torch.cat([drawn, self.augmentations.draw(steps, count, generator)], dim=-1)

    def __call__(self, pictures: Tensor, drawn: Tensor) -> Tensor:
        """Return the changed views, ``[B, 3, H, W]`` and ``[B, count, k]`` → ``[B, count, 3, size, size]``."""
        others = self.augmentations.numbers
        own, drawn = drawn.split([drawn.shape[-1] - others, others], dim=-1)
        views = self.views(pictures, own)
        changed: Tensor = self.augmentations(views.flatten(0, 1), drawn.flatten(0, 1)).unflatten(0, views.shape[:2])
        return changed


def views_for(
    count: int,
    size: int,
    device: torch.device,
    method: str = "composed",
    augmentations: Sequence[str] | None = None,
    power: float = 1.0,
) -> Views:
    """Return the views that are asked for.

    Args:
        count: of a picture.
        size: side of a view in pixels.
        device: where the pictures are.
        method: by which they are cut, one of `METHODS`.
        augmentations: that change them, None for those that belong to the method.
        power: of the uniform number that says how large the squares of ``crops`` are.
    """
    views = METHODS[method](count, size, device, augmentations is not None, power)
    names = CUT_METHODS[method] if augmentations is None else augmentations
    if not names:
        return views
    from generation.perceptor.augmentations import Augmentations  # and kornia, which takes half a second

    return Augmented(views, Augmentations(names, size, device))
