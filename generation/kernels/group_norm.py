"""Group normalisation and SiLU of pictures in channels-last memory (Wu and He 2018, arXiv 1803.08494).

PyTorch's own for CUDA works in another memory format, and copies there and back. Sums are taken in an order that only
the shape of one picture decides: rows do not depend on one another, and two runs give the same bits.
"""

from dataclasses import dataclass

import torch
import triton
import triton.language as tl
from torch import Tensor

TILE = 4096
"""Values that a program has before it at once, at most."""
PARTS = 512
"""Of a picture, that are summed on their own, at most."""
PROGRAMS = 128
"""That a small picture is divided among, so that most of the GPU has something to do."""


@triton.jit(do_not_specialize=["pixels", "parts"])
def _moments(x, out, pixels, channels, parts, TILES: tl.constexpr, ROWS: tl.constexpr, WIDTH: tl.constexpr):
    """Write mean and sum of squared deviations of each channel of a part of the pixels."""
    part, picture = tl.program_id(0), tl.program_id(1).to(tl.int64)
    column, row = tl.arange(0, WIDTH), tl.arange(0, ROWS)
    first = part * TILES * ROWS
    about = tl.load(x + (picture * pixels + first) * channels + column, column < channels, 0.0).to(tl.float32)
    total = tl.zeros([ROWS, WIDTH], tl.float32)
    square = tl.zeros([ROWS, WIDTH], tl.float32)
    for tile in range(TILES):
        pixel = first + tile * ROWS + row
        mask = (pixel < pixels)[:, None] & (column < channels)[None, :]
        place = (picture * pixels + pixel)[:, None] * channels + column[None, :]
        away = tl.where(mask, tl.load(x + place, mask, 0.0).to(tl.float32) - about[None, :], 0.0)
        total += away
        square += away * away
    count = tl.minimum(pixels - first, TILES * ROWS).to(tl.float32)
    mean = tl.sum(total, 0) / count
    own = out + (picture * parts + part) * 2 * channels + column
    tl.store(own, about + mean, column < channels)
    tl.store(own + channels, tl.maximum(tl.sum(square, 0) - mean * mean * count, 0.0), column < channels)


@triton.jit(do_not_specialize=["pixels", "parts"])
def _table(
    moments,
    weight,
    bias,
    before,
    out,
    pixels,
    channels,
    parts,
    eps,
    PIXELS: tl.constexpr,
    MEMBERS: tl.constexpr,
    MOST: tl.constexpr,
    WIDTH: tl.constexpr,
):
    """Write scale, shift, centre and 1/σ of each channel of a group, from the moments of parts of so many pixels."""
    group, picture = tl.program_id(0), tl.program_id(1).to(tl.int64)
    member, part = tl.arange(0, WIDTH), tl.arange(0, MOST)
    here = member < MEMBERS
    column = group * MEMBERS + member
    mask = (part < parts)[:, None] & here[None, :]
    place = moments + (picture * parts + part)[:, None] * 2 * channels + column[None, :]
    added = tl.load(before + column, here, 0.0).to(tl.float32)
    mean = tl.load(place, mask, 0.0) + added[None, :]
    square = tl.load(place + channels, mask, 0.0)
    count = tl.where(mask, tl.minimum(pixels - part * PIXELS, PIXELS)[:, None].to(tl.float32), 0.0)
    middle = tl.sum(tl.sum(mean * count, 1), 0) / (pixels * MEMBERS)
    away = mean - middle
    variance = tl.sum(tl.sum(square + count * away * away, 1), 0) / (pixels * MEMBERS)
    rstd = 1 / tl.sqrt(variance + eps)
    scale = tl.load(weight + column, here, 0.0).to(tl.float32) * rstd
    centre = middle - added
    own = out + picture * 4 * channels + column
    tl.store(own, scale, here)
    tl.store(own + channels, tl.load(bias + column, here, 0.0).to(tl.float32) - centre * scale, here)
    tl.store(own + 2 * channels, centre, here)
    tl.store(own + 3 * channels, tl.zeros([WIDTH], tl.float32) + rstd, here)


@triton.jit(do_not_specialize=["pixels"])
def _normalise(x, table, out, pixels, channels, SILU: tl.constexpr, ROWS: tl.constexpr, WIDTH: tl.constexpr):
    picture = tl.program_id(1).to(tl.int64)
    column = tl.arange(0, WIDTH)
    pixel = tl.program_id(0) * ROWS + tl.arange(0, ROWS)
    mask = (pixel < pixels)[:, None] & (column < channels)[None, :]
    place = (picture * pixels + pixel)[:, None] * channels + column[None, :]
    own = table + picture * 4 * channels + column
    scale = tl.load(own, column < channels, 0.0)
    shift = tl.load(own + channels, column < channels, 0.0)
    z = tl.load(x + place, mask, 0.0).to(tl.float32) * scale[None, :] + shift[None, :]
    if SILU:
        z = z * tl.sigmoid(z)
    tl.store(out + place, z.to(out.dtype.element_ty), mask)


@triton.jit
def _before_silu(slope, x, scale, shift, SILU: tl.constexpr):
    """Return the gradient before SiLU."""
    if SILU:
        z = x * scale[None, :] + shift[None, :]
        gate = tl.sigmoid(z)
        slope = slope * gate * (1 + z * (1 - gate))
    return slope


@triton.jit(do_not_specialize=["pixels", "parts"])
def _slopes(
    x,
    gradient,
    table,
    out,
    pixels,
    channels,
    parts,
    SILU: tl.constexpr,
    TILES: tl.constexpr,
    ROWS: tl.constexpr,
    WIDTH: tl.constexpr,
):
    """Write the sums over a part of the gradient before SiLU, and of its product with what was normalised."""
    part, picture = tl.program_id(0), tl.program_id(1).to(tl.int64)
    column, row = tl.arange(0, WIDTH), tl.arange(0, ROWS)
    own = table + picture * 4 * channels + column
    scale = tl.load(own, column < channels, 0.0)
    shift = tl.load(own + channels, column < channels, 0.0)
    centre = tl.load(own + 2 * channels, column < channels, 0.0)
    rstd = tl.load(own + 3 * channels, column < channels, 0.0)
    total = tl.zeros([ROWS, WIDTH], tl.float32)
    along = tl.zeros([ROWS, WIDTH], tl.float32)
    for tile in range(TILES):
        pixel = (part * TILES + tile) * ROWS + row
        mask = (pixel < pixels)[:, None] & (column < channels)[None, :]
        place = (picture * pixels + pixel)[:, None] * channels + column[None, :]
        value = tl.load(x + place, mask, 0.0).to(tl.float32)
        slope = _before_silu(tl.load(gradient + place, mask, 0.0).to(tl.float32), value, scale, shift, SILU)
        total += slope
        along += slope * (value - centre[None, :])
    own = out + (picture * parts + part) * 2 * channels + column
    tl.store(own, tl.sum(total, 0), column < channels)
    tl.store(own + channels, tl.sum(along, 0) * rstd, column < channels)


@triton.jit(do_not_specialize=["pixels", "parts"])
def _slope_table(
    slopes, weight, table, out, pixels, channels, parts, MEMBERS: tl.constexpr, MOST: tl.constexpr, WIDTH: tl.constexpr
):
    """Write by what a channel's distance from its centre counts in the gradient, and what is added."""
    group, picture = tl.program_id(0), tl.program_id(1).to(tl.int64)
    member, part = tl.arange(0, WIDTH), tl.arange(0, MOST)
    here = member < MEMBERS
    column = group * MEMBERS + member
    mask = (part < parts)[:, None] & here[None, :]
    place = slopes + (picture * parts + part)[:, None] * 2 * channels + column[None, :]
    gamma = tl.load(weight + column, here, 0.0).to(tl.float32)[None, :]
    total = tl.sum(tl.sum(tl.load(place, mask, 0.0) * gamma, 1), 0) / (pixels * MEMBERS)
    along = tl.sum(tl.sum(tl.load(place + channels, mask, 0.0) * gamma, 1), 0) / (pixels * MEMBERS)
    rstd = tl.load(table + (picture * 4 + 3) * channels + column, here, 0.0)
    own = out + picture * 2 * channels + column
    tl.store(own, -rstd * rstd * along, here)
    tl.store(own + channels, -rstd * total, here)


@triton.jit(do_not_specialize=["pixels"])
def _gradient(
    x,
    gradient,
    table,
    slopes,
    skipped,
    out,
    pixels,
    channels,
    SILU: tl.constexpr,
    SKIP: tl.constexpr,
    ROWS: tl.constexpr,
    WIDTH: tl.constexpr,
):
    picture = tl.program_id(1).to(tl.int64)
    column = tl.arange(0, WIDTH)
    pixel = tl.program_id(0) * ROWS + tl.arange(0, ROWS)
    mask = (pixel < pixels)[:, None] & (column < channels)[None, :]
    place = (picture * pixels + pixel)[:, None] * channels + column[None, :]
    own = table + picture * 4 * channels + column
    scale = tl.load(own, column < channels, 0.0)
    shift = tl.load(own + channels, column < channels, 0.0)
    centre = tl.load(own + 2 * channels, column < channels, 0.0)
    away = tl.load(slopes + picture * 2 * channels + column, column < channels, 0.0)
    added = tl.load(slopes + (picture * 2 + 1) * channels + column, column < channels, 0.0)
    value = tl.load(x + place, mask, 0.0).to(tl.float32)
    slope = _before_silu(tl.load(gradient + place, mask, 0.0).to(tl.float32), value, scale, shift, SILU)
    dx = slope * scale[None, :] + (value - centre[None, :]) * away[None, :] + added[None, :]
    if SKIP:
        dx += tl.load(skipped + place, mask, 0.0).to(tl.float32)
    tl.store(out + place, dx.to(out.dtype.element_ty), mask)


@triton.jit(do_not_specialize=["pixels"])
def _sum(a, b, bias, out, pixels, channels, ROWS: tl.constexpr, WIDTH: tl.constexpr):
    column = tl.arange(0, WIDTH)
    pixel = tl.program_id(0).to(tl.int64) * ROWS + tl.arange(0, ROWS)
    mask = (pixel < pixels)[:, None] & (column < channels)[None, :]
    place = pixel[:, None] * channels + column[None, :]
    added = tl.load(bias + column, column < channels, 0.0).to(tl.float32)
    total = tl.load(a + place, mask, 0.0).to(tl.float32) + tl.load(b + place, mask, 0.0).to(tl.float32)
    tl.store(out + place, (total + added[None, :]).to(out.dtype.element_ty), mask)


@dataclass(frozen=True, slots=True)
class _Plan:
    """How a shape is divided among programs."""

    batch: int
    channels: int
    pixels: int
    width: int
    rows: int
    programs: int
    tiles: int
    parts: int

    @classmethod
    def of(cls, x: Tensor) -> "_Plan":
        batch, channels, height, side = x.shape
        width = triton.next_power_of_2(channels)
        rows = min(max(1, TILE // width), triton.next_power_of_2(triton.cdiv(height * side, PROGRAMS)))
        programs = triton.cdiv(height * side, rows)
        tiles = triton.next_power_of_2(triton.cdiv(programs, PARTS))
        return cls(batch, channels, height * side, width, rows, programs, tiles, triton.cdiv(programs, tiles))


def normalise(
    x: Tensor, weight: Tensor, bias: Tensor, before: Tensor, groups: int, eps: float, silu: bool
) -> tuple[Tensor, Tensor]:
    """Return ``norm(x + before)``, with SiLU after it or not, and the table that its gradient needs.

    Args:
        x: ``[B, C, H, W]`` in channels-last memory.
        weight: of the norm, ``[C]``.
        bias: of the norm, ``[C]``.
        before: of what is normalised, ``[C]``.
        groups: of channels.
        eps: added to the variance.
        silu: whether SiLU follows.
    """
    p = _Plan.of(x)
    moments = x.new_empty(p.batch, p.parts, 2, p.channels, dtype=torch.float32)
    table = x.new_empty(p.batch, 4, p.channels, dtype=torch.float32)
    out = torch.empty_like(x)
    _moments[p.parts, p.batch](x, moments, p.pixels, p.channels, p.parts, p.tiles, p.rows, p.width, num_warps=8)
    members = p.channels // groups
    _table[groups, p.batch](
        *(moments, weight, bias, before, table, p.pixels, p.channels, p.parts, eps, p.tiles * p.rows, members),
        *(triton.next_power_of_2(p.parts), triton.next_power_of_2(members)),
    )
    _normalise[p.programs, p.batch](x, table, out, p.pixels, p.channels, silu, p.rows, p.width)
    return out, table


def gradient_of_norm(
    gradient: Tensor, x: Tensor, table: Tensor, weight: Tensor, groups: int, silu: bool, skipped: Tensor | None = None
) -> Tensor:
    """Return the gradient of x, plus one that reached it beside the norm.

    Args:
        gradient: of what :func:`normalise` returned, in channels-last memory.
        x: as it was given.
        table: as it was returned.
        weight: of the norm.
        groups: of channels.
        silu: whether SiLU follows.
        skipped: the other gradient, in channels-last memory.
    """
    p = _Plan.of(x)
    slopes = x.new_empty(p.batch, p.parts, 2, p.channels, dtype=torch.float32)
    slope_table = x.new_empty(p.batch, 2, p.channels, dtype=torch.float32)
    out = torch.empty_like(x)
    _slopes[p.parts, p.batch](
        x, gradient, table, slopes, p.pixels, p.channels, p.parts, silu, p.tiles, p.rows, p.width, num_warps=8
    )
    members = p.channels // groups
    _slope_table[groups, p.batch](
        *(slopes, weight, table, slope_table, p.pixels, p.channels, p.parts, members),
        *(triton.next_power_of_2(p.parts), triton.next_power_of_2(members)),
    )
    _gradient[p.programs, p.batch](
        *(x, gradient, table, slope_table, gradient if skipped is None else skipped, out, p.pixels, p.channels),
        *(silu, skipped is not None, p.rows, p.width),
    )
    return out


def add(a: Tensor, b: Tensor, bias: Tensor) -> Tensor:
    """Return ``a + b + bias`` of ``[B, C, H, W]`` in channels-last memory, rounded once; the bias is ``[C]``."""
    p = _Plan.of(a)
    out = torch.empty_like(a)
    pixels = p.batch * p.pixels
    _sum[(triton.cdiv(pixels, p.rows),)](a, b, bias, out, pixels, p.channels, p.rows, p.width)
    return out
