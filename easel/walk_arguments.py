"""What a walk passes, as it may be said in Python."""

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from PIL import Image
from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError, to_json

from config.settings.painting import PaintingSettings
from easel import arguments as reading
from easel.contents import contents
from easel.given_pictures import png
from easel.results import Painting, Sample
from generation import latents
from generation.errors import RequestError
from generation.options import BIGGAN, MOST_FRAMES, VQGAN
from generation.request import FILMS, LATENT, ImagineRequest
from generation.waypoint import MOST_WAYPOINTS, Waypoint

There = Painting | Sample | Path | bytes | Image.Image
Stop = str | Mapping[str, float] | There
"""A text to be painted, classes with their shares to be drawn, or what is there: a picture or a latent."""
NO_STOP = "a stop is a text, classes with their shares, a painting, a sample, a picture, a latent or the Path of a file"
FILES_ALONE = "a walk"
"""The prompt of a walk that only passes what is there."""


def read(
    stops: Sequence[Stop], painting: PaintingSettings, arguments: Mapping[str, Any], pace: tuple[int, int, bool]
) -> tuple[ImagineRequest, dict[str, bytes]]:
    """Return the request for a walk, and what it passes that is there by its SHA-256.

    Args:
        stops: that it passes.
        painting: what is usual.
        arguments: see :class:`easel.arguments.PaintArguments`.
        pace: frames between two, for how many it rests, and whether it comes back.

    Raises:
        TypeError: there is no such argument, or it is of another type.
        ValueError: it is out of its range, or a file cannot be read; the sentence says which.
    """
    if isinstance(stops, str | bytes):
        raise TypeError("walk takes a list of what it passes")
    if not 2 <= len(stops) <= MOST_WAYPOINTS:
        raise ValueError(f"a walk passes 2 to {MOST_WAYPOINTS} pictures, not {len(stops)}")
    said = dict(arguments)
    style = said.pop("style", None)
    ending = f", {reading.style_of(style).ending}" if style else ""
    found: dict[str, bytes] = {}
    waypoints = []
    for stop in stops:
        if isinstance(stop, str):
            waypoints.append(Waypoint(f"{_words(stop)}{ending}"))
            continue
        if isinstance(stop, Mapping):
            waypoints.append(_drawn(stop))
            said.setdefault("painter", BIGGAN)
            continue
        if not isinstance(stop, There):
            raise TypeError(f"{NO_STOP}, not of the type {type(stop).__name__}")
        data, size = _there(stop)
        digest = sha256(data).hexdigest()
        found[digest] = data
        waypoints.append(Waypoint(picture=digest) if size is None else Waypoint(latent=digest))
        if size is not None and not {"w", "h"} & said.keys():
            said.setdefault("size", size)
        if isinstance(stop, Painting | Sample) and stop.request.painter != VQGAN:
            said.setdefault("painter", stop.request.painter)
    texts = [waypoint.prompt for waypoint in waypoints if waypoint.prompt]
    request, pictures = reading.read(" | ".join(texts) or FILES_ALONE, painting, said)
    frames, hold, loop = pace
    if frames < 1 or hold < 0:
        raise ValueError("a walk has 1 frame or more between two pictures, and 0 or more to rest at each")
    request = replace(request, targets=(), waypoints=tuple(waypoints), between=frames, hold=hold, loop=loop)
    kind = next((output for output in request.outputs if output in FILMS), FILMS[0])
    if request.frames > MOST_FRAMES[kind]:
        raise ValueError(f"the walk would have {request.frames} frames, and as {kind} it can have {MOST_FRAMES[kind]}")
    return request, {**pictures, **found}


def _words(stop: str) -> str:
    words = " ".join(stop.split())
    if not words:
        raise ValueError("say what to paint at each stop")
    return words


def _drawn(stop: Mapping[str, float]) -> Waypoint:
    waypoint = Waypoint()
    with contextlib.suppress(ValidationError, PydanticSerializationError):
        waypoint = TypeAdapter(Waypoint).validate_json(to_json({"classes": [*stop.items()]}))
    if not waypoint.classes:
        raise ValueError(f"classes are names with shares above 0 and up to 1, as {{'owl': 1.0}}, not {stop!r}")
    return waypoint


def _there(stop: There) -> tuple[bytes, tuple[int, int] | None]:
    """Return a picture as a PNG, or the file of a latent with the size of its picture."""
    data: bytes | Path | Image.Image
    if isinstance(stop, Painting | Sample):
        data = stop.latent or stop.image
    elif isinstance(stop, Path) and stop.suffix == f".{LATENT}":
        data = contents(stop, latents.MOST_BYTES)
    else:
        data = stop
    if isinstance(data, bytes):
        try:
            return data, latents.unpack(data)[0].shape
        except RequestError as error:
            if isinstance(stop, Path):
                raise ValueError(f"{stop}: {error}") from None
    return png(data, "a stop"), None
