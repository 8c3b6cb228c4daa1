"""How much work the steps of a picture are: what is painted in which part of its course, how large, and how judged."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, dropwhile, pairwise
from typing import Annotated

from generation.limits import STRICT, whole
from generation.options import HALF, PAINTERS, VQGAN, Painter

JUDGING = 256 * 256
"""Pixels whose painting takes as long as judging the cutouts does, which do not grow with the picture."""
LATENT = "latent"
"""The canvas of a VQGAN."""
PIXELS = "pixels"
PIXELS_SHARE = 0.005
"""Of the time of a pixel of a VQGAN that one takes which no network paints."""
NOTHING = 1e-6
"""A share of the steps that is rounding."""


def scale_of(shape: tuple[int, int], side: int | None, scale: float) -> float:
    """Return at which scale a picture is painted whose shorter side is bounded, in (0, 1]."""
    return scale if side is None or side >= min(shape) * scale else side / min(shape)


@dataclass(frozen=True, slots=True)
class Work:
    """What a step takes beside painting pixels, in pixels of a VQGAN whose painting takes as long.

    Args:
        judging: the usual cutouts.
        rest: whatever the size and the cutouts.
    """

    __pydantic_config__ = STRICT

    judging: Annotated[int, whole(1, 1 << 24)] = JUDGING
    rest: Annotated[int, whole(0, 1 << 24)] = 0

    def of(self, shape: tuple[int, int], cutouts: float = 1.0, scale: float = 1.0, canvas: str = VQGAN) -> float:
        """Return how much work a step is, in pixels, as :func:`step_cost` takes it."""
        return painted_pixels(shape, canvas) * scale**2 + self.judging * cutouts + self.rest


OFFICIAL = Work()
"""By weights that say nothing of it."""


def painted_pixels(shape: tuple[int, int], canvas: str) -> float:
    """Return to how many pixels painted by a VQGAN a picture comes that is painted on a canvas."""
    if canvas == PIXELS:
        return PIXELS_SHARE * shape[0] * shape[1]
    return PAINTERS.get(canvas, Painter()).pixels(*shape)


def step_cost(shape: tuple[int, int], cutouts: float = 1.0, scale: float = 1.0, canvas: str = VQGAN) -> int:
    """Return how much work one step of a picture is by official weights, in pixels.

    Args:
        shape: of the picture.
        cutouts: times as many views are judged as usual.
        scale: of its sides, at which it is painted.
        canvas: on which it is painted.
    """
    return round(OFFICIAL.of(shape, cutouts, scale, canvas))


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a picture's course.

    Args:
        share: of the steps.
        canvas: on which it is painted.
        side: the shorter one that is painted, in pixels, at most; None for the picture's own.
        scale: of the picture's sides, at which it is painted, at most.
        cutouts: times as many views are judged as usual, where a request asks for no number.
    """

    share: float = 1.0
    canvas: str = LATENT
    side: int | None = None
    scale: float = 1.0
    cutouts: float = 1.0


Parts = tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Course:
    """What models paint over the steps, as far as the work depends on it.

    Args:
        plain: parts of a picture that says itself how it grows, or that goes on from another one.
        coarse_to_fine: parts of any other; nothing where it is painted like the plain one.
        work: of a step.
        prior: name of what paints the first of several parts for most pictures; ``""`` where nothing does.
    """

    plain: Parts = (Part(),)
    coarse_to_fine: Parts = ()
    work: Work = OFFICIAL
    prior: str = ""


def after_first(parts: Parts) -> Parts:
    """Return the parts of a picture of which a prior paints the first, where it is not the only one."""
    return parts[1:] or parts


def by_latent(parts: Parts) -> Parts:
    """Return the parts of a picture that begins from a latent."""
    return tuple(dropwhile(lambda part: part.canvas != LATENT, parts)) or parts


def late(parts: Parts, strength: float) -> Parts:
    """Return the end of a course, for that share of all its steps."""
    left, kept = strength * sum(part.share for part in parts), list[Part]()
    for part in reversed(parts):
        share = min(part.share, left)
        left -= share
        if share > NOTHING or not part.share:
            kept.append(replace(part, share=share))
    return tuple(reversed(kept))


def passed_pixels(parts: Parts, shape: tuple[int, int]) -> float:
    """Return how many pixels are encoded and decoded in parts without steps, of which the next ones do not again."""
    rendered = [(part.canvas, scale_of(shape, part.side, part.scale)) for part in parts]
    triples = zip(parts, rendered, [*rendered[1:], None], strict=True)
    scales = (own[1] for part, own, then in triples if not part.share and own != then)
    return sum(scale**2 for scale in scales) * shape[0] * shape[1]


def halved(parts: Parts, share: float) -> Parts:
    """Return the parts of a picture of which a share of the steps is painted at half the size."""
    left, grown = share * sum(part.share for part in parts), list[Part]()
    for part in parts:
        small = min(part.share, left)
        left -= small
        grown += [replace(part, share=small, scale=part.scale * HALF), replace(part, share=part.share - small)]
    return tuple(part for part in grown if part.share > NOTHING)


def steps_of(parts: Parts, steps: int, first: int, last: int) -> Iterator[tuple[float, Part]]:
    """Yield how many steps are painted of each part.

    Args:
        parts: of the whole course.
        steps: of the whole course.
        first: step that counts, from 0.
        last: step behind the last one that counts.
    """
    whole = sum(part.share for part in parts)
    bounds: Sequence[float] = [0.0, *(steps * share / whole for share in accumulate(part.share for part in parts))]
    for part, (begin, end) in zip(parts, pairwise(bounds), strict=True):
        if (count := min(end, last) - max(begin, first)) > 0:
            yield count, part
