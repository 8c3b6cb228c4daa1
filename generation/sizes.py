"""Sizes of pictures, and which of them all models paint."""

import math

from config.settings.painting import MIN_SIDE, SIDE_MULTIPLE, PaintingSettings
from generation.errors import RequestError

Shape = tuple[int, int]
"""Width and height."""


def nearest_side(pixels: int) -> int:
    """Return the nearest of the multiples that sides have."""
    return (pixels + SIDE_MULTIPLE // 2) // SIDE_MULTIPLE * SIDE_MULTIPLE


def shape_of_aspect(width: int, height: int, painting: PaintingSettings) -> Shape:
    """Return the shape of an aspect that has about as many pixels as is usual.

    Args:
        width: beside the height.
        height: beside the width.
        painting: the limits, and what is usual.

    Raises:
        RequestError: one side would be too long beside the other.
    """
    most = painting.max_side / MIN_SIDE
    if max(width, height) > most * min(width, height):
        raise RequestError(f"One side of a picture can be up to {most:g} times as long as the other.")
    scale = math.sqrt(painting.width * painting.height / (width * height))
    scale = min(max(scale, MIN_SIDE / min(width, height)), painting.max_side / max(width, height))
    columns, rows = (round(side * scale / SIDE_MULTIPLE) * SIDE_MULTIPLE for side in (width, height))
    return columns, rows


def smaller_shape(shape: Shape, multiple: int, least: int) -> Shape | None:
    """Return the shape of about half the sides, in multiples of some pixels; None where a side would be below least."""
    width, height = (round(side / 2 / multiple) * multiple for side in shape)
    return (width, height) if min(width, height) >= least else None
