"""The requests of a story: each paints a part of its film, which begins from what came of the part before."""

from collections.abc import Mapping
from dataclasses import replace

from generation.derived import continued
from generation.options import PAINTERS, Painter
from generation.request import FILMS, LATENT, PNG, ImagineRequest

FPS = 25.0
SECONDS, STILL_SECONDS = 5.0, 2.0
"""Of a sentence in the film, and for how much of that its picture is finished."""
CHAOS = 25
"""Percent of random clouds in what a picture begins from: with none the last's things stay, of 50 the film jumps."""


def check_film(arguments: Mapping[str, object]) -> None:
    """Raise ``ValueError`` where arguments ask for another film than all stories have."""
    for name, value in {"video": FILMS[0], "fps": FPS, "length": SECONDS, "dwell": STILL_SECONDS}.items():
        if arguments.get(name) not in (None, value):
            raise ValueError(f"{name} is {str(value).removesuffix('.0')} in the film of a story; leave it out")


def part(request: ImagineRequest, before: str = "") -> ImagineRequest:
    """Return the request for a sentence's picture and its film.

    Args:
        request: for the picture alone.
        before: what it begins from, see :func:`carried`, by its SHA-256; it has all its steps to become another.
    """
    outputs: tuple[str, ...] = (PNG, FILMS[0])
    if not _encodes(request):
        outputs = *outputs, LATENT
        request = replace(request, init_latent=before)
    elif before:
        after = continued(request, before, turned=True)
        request = replace(after, strength=1.0, steps=request.steps, chaos=CHAOS)
    return replace(request, outputs=outputs, fps=FPS, length=SECONDS, dwell=STILL_SECONDS)


def carried(request: ImagineRequest, png: bytes, files: Mapping[str, bytes]) -> bytes:
    """Return what the next part begins from: the picture, or the latent where no picture becomes one.

    Args:
        request: that was painted, as :func:`part` has made it.
        png: the picture.
        files: beside it, by their kinds.
    """
    return png if _encodes(request) else files[LATENT]


def _encodes(request: ImagineRequest) -> bool:
    return PAINTERS.get(request.painter, Painter()).encodes
