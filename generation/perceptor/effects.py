"""Augmentations that change the colours of what a view shows.

Ranges and probabilities are those of nerdyrodent's VQGAN-CLIP.
"""

import math
from typing import Protocol

import torch
from kornia.enhance import sharpness
from kornia.geometry.conversions import axis_angle_to_rotation_matrix
from torch import Generator, Tensor

from generation.perceptor.chance import Shape, Sheet, uniform, with_probability

JITTER = 0.1
"""Of brightness, contrast and saturation; of hue it is this share of a turn."""
SHARPNESS = 0.3
"""Of a view that is made blurred, at most; 1 leaves it as it is."""
ERASED_AREA = (0.1, 0.4)
ERASED_RATIO = (0.3, 1 / 0.3)
NOISE = 0.1
"""Standard deviation of the noise, at most."""
HEAVY_NOISE = 1.0
LUMA = torch.tensor([0.299, 0.587, 0.114])


class Effect(Protocol):
    """Changes colours."""

    def draw(self, shape: Shape, generator: Generator) -> Tensor:
        """Return what is random about it, ``[*shape, k]``, on the CPU."""

    def __call__(self, views: Tensor, drawn: Tensor) -> Tensor:
        """Return the changed views, ``[N, 3, size, size], [N, k] → [N, 3, size, size]``."""


class Jitter:
    """Changes brightness, contrast, saturation and hue by one matrix and a shift."""

    probability = 0.7

    def draw(self, shape: Shape, generator: Generator) -> Tensor:
        """Return matrices, ``[*shape, 12]``."""
        brightness, contrast, saturation = uniform((*shape, 3), 1 - JITTER, 1 + JITTER, generator).unbind(-1)
        turn = uniform(shape, -JITTER, JITTER, generator) * 2 * math.pi
        axis = turn.flatten()[:, None] * torch.full((3,), 1 / math.sqrt(3))
        hue = axis_angle_to_rotation_matrix(axis).unflatten(0, shape)
        colour = saturation[..., None, None] * (torch.eye(3) - LUMA) + LUMA
        matrix = (brightness * contrast)[..., None, None] * hue @ colour
        shift = (1 - contrast)[..., None, None].expand(*shape, 3, 1) / 2
        drawn = torch.cat([matrix, shift], dim=-1).flatten(-2)
        return with_probability(self.probability, drawn, torch.eye(3, 4).flatten(), generator)

    def __call__(self, views: Tensor, drawn: Tensor) -> Tensor:
        """Return the views in other colours."""
        matrix, shift = drawn.unflatten(-1, (3, 4)).split([3, 1], dim=-1)
        tinted: Tensor = matrix @ views.flatten(2) + shift
        return tinted.view_as(views)


class Sharpness:
    """Blurs views a little."""

    probability = 0.5

    def draw(self, shape: Shape, generator: Generator) -> Tensor:
        """Return how sharp they are, ``[*shape, 1]``."""
        drawn = uniform((*shape, 1), 0, SHARPNESS, generator)
        return with_probability(self.probability, drawn, torch.ones(1), generator)

    def __call__(self, views: Tensor, drawn: Tensor) -> Tensor:
        """Return the blurred views."""
        blurred: Tensor = sharpness(views, drawn[:, 0])
        return blurred


class Erasing:
    """Makes a rectangle of a view black (Zhong et al. 2020).

    Args:
        size: side of a view in pixels.
        device: where they are.
    """

    probability = 0.7

    def __init__(self, size: int, device: torch.device) -> None:
        self._middles = ((torch.arange(size) + 0.5) / size).to(device)

    def draw(self, shape: Shape, generator: Generator) -> Tensor:
        """Return left, right, top and bottom of the rectangle, ``[*shape, 4]``, in [0, 1] over the view."""
        area = uniform(shape, *ERASED_AREA, generator)
        ratio = uniform(shape, math.log(ERASED_RATIO[0]), math.log(ERASED_RATIO[1]), generator).exp()
        sides = torch.stack([(area * ratio).sqrt(), (area / ratio).sqrt()], dim=-1).clamp(max=1)
        begin = uniform(sides.shape, 0, 1, generator) * (1 - sides)
        drawn = torch.stack([begin, begin + sides], dim=-1).flatten(-2)
        return with_probability(self.probability, drawn, torch.zeros(4), generator)

    def __call__(self, views: Tensor, drawn: Tensor) -> Tensor:
        """Return the views with black rectangles."""
        left, right, top, bottom = drawn[..., None].unbind(1)
        across = (self._middles >= left) & (self._middles < right)
        down = (self._middles >= top) & (self._middles < bottom)
        return views.masked_fill((down[:, :, None] & across[:, None])[:, None], 0)


class Noise:
    """Adds noise, from a random place of a sheet.

    Args:
        size: side of a view in pixels.
        device: where they are.
        low: standard deviation, at least.
        high: standard deviation, at most.
        probability: with which a view gets any.
    """

    def __init__(self, size: int, device: torch.device, low: float, high: float, probability: float) -> None:
        self.low, self.high = low, high
        self.probability = probability
        self.sheet = Sheet(torch.randn(3, 2 * size, 2 * size, generator=Generator().manual_seed(0)).to(device), size)

    def draw(self, shape: Shape, generator: Generator) -> Tensor:
        """Return standard deviation and place, ``[*shape, 3]``."""
        strength = uniform((*shape, 1), self.low, self.high, generator)
        strength = with_probability(self.probability, strength, torch.zeros(1), generator)
        return torch.cat([strength, self.sheet.draw(shape, generator)], dim=-1)

    def __call__(self, views: Tensor, drawn: Tensor) -> Tensor:
        """Return the views with noise."""
        return torch.addcmul(views, self.sheet(drawn[:, 1:]), drawn[:, :1, None, None])
