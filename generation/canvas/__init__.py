"""What is optimised: a canvas turns parameters into pictures."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from torch import Generator, Tensor
from torch.nn import functional as F

from generation.request import ImagineRequest
from generation.sizes import Shape


@dataclass(frozen=True, slots=True)
class Init:
    """What a painting begins with, each tensor without a batch dimension.

    Args:
        constants: what stays.
        parameters: what is optimised, at least one.
    """

    constants: tuple[Tensor, ...]
    parameters: tuple[Tensor, ...]


class Surface(Protocol):
    """Turns the parameters of several paintings of one size into an RGB batch."""

    def render(self, parameters: Sequence[Tensor], constants: Sequence[Tensor]) -> Tensor:
        """Return the pictures, ``[B, 3, height, width]`` in [0, 1], of tensors stacked along a first dimension."""

    def regulariser(self, parameters: Sequence[Tensor], constants: Sequence[Tensor], pictures: Tensor) -> Tensor:
        """Return the surface's own loss of each painting, ``[B]``."""

    def latents(self, parameters: Sequence[Tensor], constants: Sequence[Tensor]) -> Tensor | None:
        """Return what pictures are decoded from, ``[B, C, h, w]``; None where that is not all of them."""

    def distance_to_start(self, parameters: Sequence[Tensor]) -> Tensor:
        """Return mean((z − z₀)²) of each painting, ``[B]``.

        z is what is painted by, the latent or the pixels, and z₀ what its stage began with.
        """


class Canvas(Surface, Protocol):
    """A surface that knows what a painting begins with."""

    @property
    def multiple(self) -> int:
        """Of which width and height have to be multiples, in pixels."""

    def init(self, width: int, height: int, generator: Generator, picture: Tensor | None) -> Init:
        """Return what a new painting begins with.

        It starts from ``picture``, ``[3, height, width]``, or from what the recipe says where there is none.
        """


@runtime_checkable
class Scalable(Protocol):
    """A canvas whose pictures can be had in any size, and which so paints large ones at a smaller size."""

    def painted_shape(self, shape: Shape) -> Shape:
        """Return width and height at which a picture of a shape is painted."""

    def enlarge(self, parameters: Sequence[Tensor], constants: Sequence[Tensor], shape: Shape) -> Tensor:
        """Return the pictures of :meth:`Surface.render` in a shape, computed for it and not resized."""


@runtime_checkable
class Resizable(Protocol):
    """A canvas whose paintings go on in another size from what is optimised, each number where it was."""

    def resized(self, init: Init, width: int, height: int) -> Init:
        """Return constants and parameters of a painting, as they are now, for pictures of another size."""


@runtime_checkable
class Walkable(Protocol):
    """A canvas whose pictures are decoded from latents, between which there are others."""

    def waypoint(self, latent: Tensor) -> Tensor:
        """Return what the picture of a latent is decoded from, of the same shape."""

    def between(self, first: Tensor, second: Tensor, share: float) -> Tensor:
        """Return a waypoint between two, at a share of the way in [0, 1]."""

    def decode(self, waypoints: Tensor, shape: Shape) -> Tensor:
        """Return the pictures of waypoints, ``[B, …] → [B, 3, height, width]`` in [0, 1], without a gradient.

        Args:
            waypoints: as of :meth:`waypoint`.
            shape: of the pictures, one in which the canvas paints.
        """


@runtime_checkable
class Generative(Protocol):
    """A canvas that makes pictures of a latent, and can make no latent of a picture.

    What it begins with depends on what a request says, and its next stage goes on from the latent.
    """

    def begin(self, request: ImagineRequest, width: int, height: int, generator: Generator) -> Init:
        """Return what a request's painting begins with; raises ``RequestError`` where it asks for what there is not."""

    def begin_at(self, latent: Tensor, width: int, height: int) -> Init:
        """Return what a painting begins with that starts exactly from a latent, ``[C, h, w]``.

        Raises:
            RequestError: it is none of this canvas.
        """


def total_variation(pictures: Tensor, weight: float) -> Tensor:
    """Return the weighted mean absolute difference of neighbouring pixels: ``[B, 3, H, W] → [B]``."""
    if weight == 0:
        return pictures.new_zeros(len(pictures))
    across = (pictures[..., 1:] - pictures[..., :-1]).abs().mean((1, 2, 3))
    down = (pictures[..., 1:, :] - pictures[..., :-1, :]).abs().mean((1, 2, 3))
    return weight * (across + down)


def enlarged(grid: Tensor, shape: Sequence[int]) -> Tensor:
    """Return a grid, ``[C, h, w]``, with another height and width, by straight lines between its numbers."""
    if grid.shape == shape:
        return grid
    return F.interpolate(grid[None], size=tuple(shape[1:]), mode="bilinear", align_corners=False)[0]


def resized(picture: Tensor, shape: tuple[int, int]) -> Tensor:
    """Return a picture, ``[3, H, W]`` in [0, 1], in another shape, given as width and height."""
    width, height = shape
    if picture.shape[1:] == (height, width):
        return picture
    size = height, width
    return F.interpolate(picture[None], size=size, mode="bicubic", antialias=True, align_corners=False)[0].clamp(0, 1)
