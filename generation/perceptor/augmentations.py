"""Augmentations of the views that the perceptor is shown: with them no flaw of its judgement is the same twice.

Whatever moves is composed and sampled once; then come colours, and noise last. All by names, as a recipe and a request
use them.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from generation.perceptor import warps
from generation.perceptor.effects import HEAVY_NOISE, NOISE, Effect, Erasing, Jitter, Noise, Sharpness
from generation.perceptor.warps import Elastic, Homography, ThinPlate, Warp

WARPS: dict[str, Callable[[int, torch.device], Warp]] = {
    "crop": lambda _, __: Homography(warps.shifts, 0.5),
    "resized-crop": lambda _, __: Homography(warps.crops, 0.5),
    "flip": lambda _, __: Homography(warps.flips, 0.5),
    "rotation": lambda _, __: Homography(warps.rotations, 0.7),
    "affine": lambda _, __: Homography(warps.affinities, 0.7),
    "perspective": lambda _, __: Homography(warps.perspectives, 0.7),
    "thin-plate": lambda _, device: ThinPlate(device),
    "elastic": Elastic,
}
EFFECTS: dict[str, Callable[[int, torch.device], Effect]] = {
    "jitter": lambda _, __: Jitter(),
    "sharpness": lambda _, __: Sharpness(),
    "erasing": Erasing,
    "noise": lambda size, device: Noise(size, device, 0, NOISE, 1.0),
    "heavy-noise": lambda size, device: Noise(size, device, HEAVY_NOISE, HEAVY_NOISE, 0.5),
}


class Augmentations:
    """Changes views at random.

    Args:
        names: of the augmentations; each is applied once, in the order of the tables.
        size: side of a view in pixels.
        device: where they are.
    """

    def __init__(self, names: Sequence[str], size: int, device: torch.device) -> None:
        self.size = size
        self._warps = [make(size, device) for name, make in WARPS.items() if name in names]
        self._effects = [make(size, device) for name, make in EFFECTS.items() if name in names]
        self._random: list[Warp | Effect] = [*self._warps, *self._effects]
        self._sizes = [each.draw((1, 1), Generator()).shape[-1] for each in self._random]
        self.numbers = sum(self._sizes)
        """Drawn for each view."""
        self._grid = F.affine_grid(torch.eye(2, 3)[None], [1, 1, size, size], align_corners=False).to(device)

    def draw(self, steps: int, count: int, generator: Generator) -> Tensor:
        """Return what is random about so many views in several steps of a painting, ``[steps, count, k]``."""
        drawn = [each.draw((steps, count), generator) for each in self._random]
        return torch.cat([torch.empty(steps, count, 0), *drawn], dim=-1)

    def __call__(self, views: Tensor, drawn: Tensor) -> Tensor:
        """Return the changed views, ``[N, 3, size, size], [N, k] → [N, 3, size, size]``."""
        numbers = drawn.split(self._sizes, dim=-1)
        if self._warps:
            points = self._grid.view(1, -1, 2).expand(len(views), -1, -1)
            for warp, own in zip(self._warps, numbers, strict=False):
                points = warp(points, own)
            grid = points.view(-1, self.size, self.size, 2)
            views = F.grid_sample(views, grid, padding_mode="reflection", align_corners=False)
        for effect, own in zip(self._effects, numbers[len(self._warps) :], strict=True):
            views = effect(views, own)
        return views
