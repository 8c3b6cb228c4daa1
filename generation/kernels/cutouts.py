"""Cutouts of pictures in one pass: place, bilinear sample, colours and noise (see ``generation.perceptor.cutouts``).

The gradient of a sample is added up in whole numbers, of 2⁻⁴⁰ of its largest value: floating-point numbers would be
added in whatever order threads come, so that two runs differed by rounding.
"""

import torch
import triton
import triton.language as tl
from torch import Tensor

BLOCK = 256
BITS = 40
"""Of a whole number that the largest gradient takes; the rest is room for the sum of 2²² of them."""
SMALLEST = 2.0**-80
"""Of a gradient's largest value, by which it is scaled."""


@triton.jit
def _reflected(x, size):
    """Reflect at the edges of the outermost pixels as ``F.grid_sample`` does."""
    x = tl.abs(x + 0.5)
    times = tl.floor(x / size)
    left = x - times * size
    x = tl.where((times.to(tl.int32) % 2) == 1, size - left, left) - 0.5
    return tl.minimum(tl.maximum(x, 0.0), size - 1.0)


@triton.jit
def _source(number, point, height, width, SIZE: tl.constexpr):
    """Return where in a picture points of a cutout come from: column, row, and the shares of the next ones."""
    u = (2 * (point % SIZE) + 1).to(tl.float32) / SIZE - 1
    v = (2 * (point // SIZE) + 1).to(tl.float32) / SIZE - 1
    depth = tl.load(number + 6) * u + tl.load(number + 7) * v + tl.load(number + 8)
    depth = tl.where(tl.abs(depth) > 1e-8, depth, 1.0)
    x = (tl.load(number) * u + tl.load(number + 1) * v + tl.load(number + 2)) / depth
    y = (tl.load(number + 3) * u + tl.load(number + 4) * v + tl.load(number + 5)) / depth
    x = _reflected(((x + 1) * width - 1) / 2, width * 1.0)
    y = _reflected(((y + 1) * height - 1) / 2, height * 1.0)
    column, row = tl.floor(x), tl.floor(y)
    return column.to(tl.int32), row.to(tl.int32), x - column, y - row


@triton.jit(do_not_specialize=["first", "views", "count", "height", "width"])
def _cut(pictures, numbers, sheet, out, first, views, count, height, width, SIZE: tl.constexpr, BLOCK: tl.constexpr):
    picture = tl.program_id(1).to(tl.int64) // views
    cutout = picture * count + first + tl.program_id(1) % views
    point = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    here = point < SIZE * SIZE
    number = numbers + cutout * 16
    column, row, right, low = _source(number, point, height, width, SIZE)
    beside = tl.where(column + 1 < width, 1, 0)
    below = tl.where(row + 1 < height, width, 0)
    down, across = tl.load(number + 14).to(tl.int32), tl.load(number + 15).to(tl.int32)
    noise = sheet + (down + point // SIZE) * (2 * SIZE) + across + point % SIZE
    for channel in tl.static_range(3):
        corner = pictures + (picture * 3 + channel) * height * width + row * width + column
        above = tl.load(corner, here, 0.0) * (1 - right) + tl.load(corner + beside, here, 0.0) * right
        under = tl.load(corner + below, here, 0.0) * (1 - right) + tl.load(corner + below + beside, here, 0.0) * right
        value = (above * (1 - low) + under * low) * tl.load(number + 9) + tl.load(number + 10 + channel)
        value += tl.load(number + 13) * tl.load(noise + channel * 4 * SIZE * SIZE, here, 0.0)
        tl.store(out + (cutout * 3 + channel) * SIZE * SIZE + point, value, here)


@triton.jit(do_not_specialize=["first", "views", "count", "height", "width"])
def _scatter(
    gradient, scales, numbers, sums, first, views, count, height, width, SIZE: tl.constexpr, BLOCK: tl.constexpr
):
    picture = tl.program_id(1).to(tl.int64) // views
    cutout = picture * count + first + tl.program_id(1) % views
    point = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    here = point < SIZE * SIZE
    number = numbers + cutout * 16
    column, row, right, low = _source(number, point, height, width, SIZE)
    beside = tl.where(column + 1 < width, 1, 0)
    below = tl.where(row + 1 < height, width, 0)
    factor = tl.load(scales + picture) * tl.load(number + 9)
    for channel in tl.static_range(3):
        slope = tl.load(gradient + (cutout * 3 + channel) * SIZE * SIZE + point, here, 0.0) * factor
        corner = sums + (picture * 3 + channel) * height * width + row * width + column
        tl.atomic_add(corner, (slope * ((1 - right) * (1 - low))).to(tl.int64), here, sem="relaxed")
        tl.atomic_add(corner + beside, (slope * (right * (1 - low))).to(tl.int64), here, sem="relaxed")
        tl.atomic_add(corner + below, (slope * ((1 - right) * low)).to(tl.int64), here, sem="relaxed")
        tl.atomic_add(corner + below + beside, (slope * (right * low)).to(tl.int64), here, sem="relaxed")


def cut(pictures: Tensor, drawn: Tensor, sheet: Tensor, out: Tensor, first: int, views: int) -> None:
    """Write some cutouts.

    Args:
        pictures: from which they are cut, ``[B, 3, H, W]`` in float32, contiguous.
        drawn: what is random about all cutouts, ``[B, count, 16]``, contiguous.
        sheet: of noise, ``[3, 2·size, 2·size]``.
        out: all cutouts, ``[B, count, 3, size, size]``.
        first: of those that are written.
        views: so many of each picture.
    """
    batch, count, _, size, _ = out.shape
    grid = triton.cdiv(size * size, BLOCK), batch * views
    _cut[grid](pictures, drawn, sheet, out, first, views, count, *pictures.shape[2:], size, BLOCK)


def scale_of(gradient: Tensor) -> Tensor:
    """Return by what the gradients of each picture's cutouts are multiplied to be whole numbers, ``[B]``."""
    largest = torch.linalg.vector_norm(gradient.flatten(1), float("inf"), dim=1).clamp(min=SMALLEST)
    scale: Tensor = (BITS - largest.log2().ceil()).exp2()
    return scale


def gradient_of_cut(
    gradient: Tensor, scales: Tensor, drawn: Tensor, shape: torch.Size, first: int, views: int
) -> Tensor:
    """Return the gradient of the pictures from which :func:`cut` cut, ``[B, 3, H, W]``, of the given shape.

    Args:
        gradient: of all cutouts, contiguous.
        scales: by :func:`scale_of`.
        drawn: as it was given.
        shape: of the pictures.
        first: of those that were written.
        views: so many of each picture.
    """
    batch, count, _, size, _ = gradient.shape
    sums = torch.zeros(shape, dtype=torch.int64, device=gradient.device)
    grid = triton.cdiv(size * size, BLOCK), batch * views
    _scatter[grid](gradient, scales, drawn, sums, first, views, count, *shape[2:], size, BLOCK)
    return (sums.double() / scales.view(-1, 1, 1, 1)).float()
