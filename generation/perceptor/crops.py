"""Views as the notebook of Crowson cuts them: squares of random sizes at random places."""

import math

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

FINEST = 4
"""Samples of a picture on the side of a pixel of a view, at most."""


class Crops:
    """Cuts ``count`` squares from pictures, from the size of a view to the shorter side (Crowson et al. 2022).

    Args:
        count: views of a picture, at least 1.
        size: side of a view in pixels, the perceptor's input size.
        device: where the pictures are.
        power: of the uniform number that says how large they are: more than 1 makes small squares more frequent.
    """

    def __init__(self, count: int, size: int, device: torch.device, power: float = 1.0) -> None:
        self.count = count
        self.size = size
        self.power = power
        self._device = device

    def draw(self, steps: int, generator: Generator) -> Tensor:
        """Return how large, how far to the right and how far down they are, each in [0, 1], ``[steps, count, 3]``."""
        drawn = torch.rand(steps, self.count, 3, generator=generator)
        return torch.cat([drawn[..., :1] ** self.power, drawn[..., 1:]], dim=-1)

    def __call__(self, pictures: Tensor, drawn: Tensor) -> Tensor:
        """Return the views, ``[B, 3, H, W]`` in [0, 1] and ``[B, count, 3]`` → ``[B, count, 3, size, size]``."""
        height, width = pictures.shape[2:]
        most = min(height, width)
        least = min(most, self.size)
        side = least + drawn[..., 0] * (most - least)
        left, top = drawn[..., 1] * (width - side), drawn[..., 2] * (height - side)
        finer = min(FINEST, math.ceil(most / self.size))
        places = (torch.arange(self.size * finer, device=pictures.device) + 0.5) / (self.size * finer)
        x = (left[..., None] + side[..., None] * places) * 2 / width - 1
        y = (top[..., None] + side[..., None] * places) * 2 / height - 1
        rows, columns = y[..., :, None].expand(*y.shape, x.shape[-1]), x[..., None, :].expand(*y.shape, x.shape[-1])
        grid = torch.stack([columns, rows], dim=-1).flatten(1, 2)
        sampled = F.grid_sample(pictures, grid, padding_mode="border", align_corners=False)
        views: Tensor = F.avg_pool2d(sampled, finer).unflatten(2, (self.count, self.size)).transpose(1, 2)
        return views
