"""The requests of a story: each paints a part of its film, which begins from the picture of the part before."""

from dataclasses import replace

from generation.derived import continued
from generation.request import FILMS, PNG, ImagineRequest

FPS = 25.0
SECONDS, STILL_SECONDS = 5.0, 2.0
"""Of a sentence in the film, and for how much of that its picture is finished."""
CHAOS = 25
"""Percent of random clouds in what a picture begins from: with none the last's things stay, of 50 the film jumps."""


def part(request: ImagineRequest, before: str = "") -> ImagineRequest:
    """Return the request for a sentence's picture and its film.

    Args:
        request: for the picture alone.
        before: the picture from which it begins, by its SHA-256; it has all its steps to become another.
    """
    if before:
        after = continued(request, before, turned=True)
        request = replace(after, strength=1.0, steps=request.steps, chaos=CHAOS)
    return replace(request, outputs=(PNG, FILMS[0]), fps=FPS, length=SECONDS, dwell=STILL_SECONDS)
