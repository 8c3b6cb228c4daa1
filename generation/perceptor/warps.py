"""Augmentations that move what a view shows: each moves the points at which the view is sampled.

Points are in [-1, 1] over the view, x first. Ranges and probabilities are those of nerdyrodent's VQGAN-CLIP, where it
has the augmentation.
"""

import math
from collections.abc import Callable
from typing import Protocol

import torch
from kornia.filters import gaussian_blur2d
from kornia.geometry.linalg import transform_points
from kornia.geometry.transform import get_perspective_transform, get_tps_transform, warp_points_tps
from torch import Generator, Tensor

from generation.perceptor.chance import Shape, Sheet, uniform, with_probability

DEGREES = 15.0
TRANSLATION = 0.1
"""Of the side."""
SHEAR_DEGREES = 5.0
PERSPECTIVE = 0.7
"""How far to the middle a corner moves, at most."""
SHIFT = 0.125
"""Of the side: how far a crop of unchanged size lies beside the middle, at most."""
CROP_AREA = (0.1, 1.0)
CROP_RATIO = (3 / 4, 4 / 3)
ELASTIC_KERNEL = 63 / 224
"""Of the side: width of the Gaussian that smooths the displacements."""
ELASTIC_SIGMA = 32 / 224
THIN_PLATE = 0.8
"""How far corners and middle move, at most; 1 is half of the side."""
CORNERS = torch.tensor([[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]])
PINS = torch.tensor([[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0], [0.0, 0.0]])
"""Of a thin plate."""


class Warp(Protocol):
    """Moves points."""

    def draw(self, shape: Shape, generator: Generator) -> Tensor:
        """Return what is random about it, ``[*shape, k]``, on the CPU."""

    def __call__(self, points: Tensor, drawn: Tensor) -> Tensor:
        """Return where points come from, ``[N, P, 2], [N, k] → [N, P, 2]``."""


class Homography:
    """Moves points by a random matrix.

    Args:
        matrices: draws them, ``[*shape, 3, 3]``.
        probability: with which a view is moved.
    """

    def __init__(self, matrices: Callable[[Shape, Generator], Tensor], probability: float) -> None:
        self.matrices = matrices
        self.probability = probability

    def draw(self, shape: Shape, generator: Generator) -> Tensor:
        """Return matrices, ``[*shape, 9]``."""
        drawn = self.matrices(shape, generator).flatten(-2)
        return with_probability(self.probability, drawn, torch.eye(3).flatten(), generator)

    def __call__(self, points: Tensor, drawn: Tensor) -> Tensor:
        """Return the transformed points."""
        moved: Tensor = transform_points(drawn.unflatten(-1, (3, 3)), points)
        return moved


class Elastic:
    """Moves points by smooth noise (Simard et al. 2003).

    Args:
        size: side of a view in pixels.
        device: where they are.
    """

    probability = 0.7

    def __init__(self, size: int, device: torch.device) -> None:
        noise = uniform((1, 2, 2 * size, 2 * size), -1, 1, Generator().manual_seed(0))
        kernel, sigma = 2 * round(ELASTIC_KERNEL * size / 2) + 1, ELASTIC_SIGMA * size
        smooth: Tensor = gaussian_blur2d(noise, (kernel, kernel), (sigma, sigma))[0]
        self.sheet = Sheet(smooth.to(device), size)

    def draw(self, shape: Shape, generator: Generator) -> Tensor:
        """Return where on the sheet of noise to look, and whether at all, ``[*shape, 3]``."""
        places = self.sheet.draw(shape, generator)
        applies = with_probability(self.probability, torch.ones(*shape, 1), torch.zeros(1), generator)
        return torch.cat([places, applies], dim=-1)

    def __call__(self, points: Tensor, drawn: Tensor) -> Tensor:
        """Return the points, each moved by the noise at its pixel."""
        moves = self.sheet(drawn[:, :2]).flatten(2).mT
        return points + drawn[:, 2, None, None] * moves


class ThinPlate:
    """Moves points like a plate that is bent by its corners and its middle (Bookstein 1989).

    Args:
        device: where the points are.
    """

    probability = 0.7

    def __init__(self, device: torch.device) -> None:
        self._pins = PINS.to(device)

    def draw(self, shape: Shape, generator: Generator) -> Tensor:
        """Return the weights of the spline, of the pins and affine, ``[*shape, 16]``."""
        pins = PINS.expand(math.prod(shape), -1, -1)
        moved = pins + uniform(pins.shape, -THIN_PLATE, THIN_PLATE, generator)
        drawn: Tensor = torch.cat(get_tps_transform(moved, pins), dim=1).flatten(1).unflatten(0, shape)
        still = torch.cat([torch.zeros(5, 2), torch.eye(3)[:, 1:]]).flatten()
        return with_probability(self.probability, drawn, still, generator)

    def __call__(self, points: Tensor, drawn: Tensor) -> Tensor:
        """Return the points on the bent plate."""
        kernel, affine = drawn.unflatten(-1, (-1, 2)).split([5, 3], dim=1)
        moved: Tensor = warp_points_tps(points, self._pins.expand(len(points), -1, -1), kernel, affine)
        return moved


def matrices(a: Tensor, b: Tensor, c: Tensor, d: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """Return affine matrices ``[[a, b, x], [c, d, y], [0, 0, 1]]`` of numbers of one shape."""
    zero, one = torch.zeros_like(a), torch.ones_like(a)
    found: Tensor = torch.stack([a, b, x, c, d, y, zero, zero, one], dim=-1).unflatten(-1, (3, 3))
    return found


def flips(shape: Shape, _: Generator) -> Tensor:
    """Return what exchanges left and right."""
    return torch.diag(torch.tensor([-1.0, 1.0, 1.0])).expand(*shape, -1, -1)


def rotations(shape: Shape, generator: Generator) -> Tensor:
    """Return rotations."""
    angle = torch.deg2rad(uniform(shape, -DEGREES, DEGREES, generator))
    still = torch.zeros(shape)
    return matrices(angle.cos(), -angle.sin(), angle.sin(), angle.cos(), still, still)


def affinities(shape: Shape, generator: Generator) -> Tensor:
    """Return rotations with a translation and a shear."""
    x, y = uniform((*shape, 2), -2 * TRANSLATION, 2 * TRANSLATION, generator).unbind(-1)
    shear = torch.deg2rad(uniform(shape, -SHEAR_DEGREES, SHEAR_DEGREES, generator)).tan()
    one, zero = torch.ones(shape), torch.zeros(shape)
    return rotations(shape, generator) @ matrices(one, shear, zero, one, x, y)


def perspectives(shape: Shape, generator: Generator) -> Tensor:
    """Return what moves each corner towards the middle."""
    corners = CORNERS.expand(math.prod(shape), -1, -1)
    moved = corners * (1 - uniform(corners.shape, 0, PERSPECTIVE, generator))
    found: Tensor = get_perspective_transform(moved, corners).unflatten(0, shape)
    return found


def shifts(shape: Shape, generator: Generator) -> Tensor:
    """Return translations."""
    x, y = uniform((*shape, 2), -2 * SHIFT, 2 * SHIFT, generator).unbind(-1)
    one, zero = torch.ones(shape), torch.zeros(shape)
    return matrices(one, zero, zero, one, x, y)


def crops(shape: Shape, generator: Generator) -> Tensor:
    """Return what enlarges a part of a view, of some area and ratio."""
    area = uniform(shape, *CROP_AREA, generator)
    ratio = uniform(shape, math.log(CROP_RATIO[0]), math.log(CROP_RATIO[1]), generator).exp()
    width, height = (area * ratio).sqrt().clamp(max=1), (area / ratio).sqrt().clamp(max=1)
    x, y = uniform((*shape, 2), -1, 1, generator).unbind(-1)
    zero = torch.zeros(shape)
    return matrices(width, zero, zero, height, x * (1 - width), y * (1 - height))
