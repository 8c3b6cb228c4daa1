"""A finished story as one file: a page with its sentences and pictures, made of its film."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import av
from PIL import Image

from bot.errors import UserError
from texts.page import Figure, embedded, page

SHOWN = Fraction(4, 5)
"""Of the time of a sentence, after which its picture is as far as it comes before it turns into the next."""
SIDES = (2048, 1024, 512, 256)
"""Of a picture, in pixels, the first with which the page is not too large."""
QUALITY = 88
TOO_LARGE = "The page would be larger than a file may be here."
NO_SENTENCES = "There are no sentences in that film."


@dataclass(frozen=True, slots=True)
class Scene:
    """A sentence of a film.

    Args:
        sentence: that is shown.
        begins: after so many seconds.
        seconds: for so long.
    """

    sentence: str
    begins: Fraction
    seconds: Fraction


def story_page(film: bytes, last: bytes, most: int) -> bytes:
    """Return a page in HTML that needs no other file.

    Args:
        film: MP4 with a track of captions, as ours have it.
        last: the finished picture, as a PNG.
        most: bytes that it may have.

    Raises:
        UserError: it cannot be made.
    """
    scenes = scenes_of(film)
    if not scenes:
        raise UserError(NO_SENTENCES)
    with Image.open(io.BytesIO(last), formats=["PNG"]) as image:
        pictures = [*stills(film, [each.begins + SHOWN * each.seconds for each in scenes[:-1]]), image.convert("RGB")]
    for side in SIDES:
        found = page([_figure(*each, side) for each in zip(scenes, pictures, strict=True)]).encode("utf-8", "replace")
        if len(found) <= most:
            return found
    raise UserError(TOO_LARGE)


def scenes_of(film: bytes) -> list[Scene]:
    """Return the sentences of a film from its track of captions, none where it has no such track."""
    with av.open(io.BytesIO(film), "r") as container:
        packets = list(container.demux(container.streams.subtitles[0])) if container.streams.subtitles else []
    found = []
    for packet in packets:
        text = bytes(packet)[2:].decode("utf-8", "replace")
        if text and packet.pts is not None and packet.duration and packet.time_base:
            found.append(Scene(text, packet.pts * packet.time_base, packet.duration * packet.time_base))
    return found


def stills(film: bytes, times: Sequence[Fraction]) -> list[Image.Image]:
    """Return the pictures that a film shows at some times, in seconds and in order."""
    found: list[Image.Image] = []
    with av.open(io.BytesIO(film), "r") as container:
        for frame in container.decode(video=0):
            while len(found) < len(times) and (frame.time or 0) >= times[len(found)]:
                found.append(Image.fromarray(frame.to_ndarray(format="rgb24")))
            if len(found) == len(times):
                break
    return found


def _figure(scene: Scene, picture: Image.Image, side: int) -> Figure:
    picture = picture.copy()
    picture.thumbnail((side, side), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=QUALITY)
    return Figure(scene.sentence, scene.sentence, picture.size, embedded(buffer.getvalue(), "image/jpeg"))
