"""Captions of films: the parts of a story, as subtitles."""

import io
from fractions import Fraction

import av
import numpy as np

from generation.metadata import Metadata
from generation.prompt import read
from generation.request import ImagineRequest
from generation.worker.captions import captions_of
from generation.worker.video import Pace, encode

STORY = ImagineRequest("1", "a fox | fog ^ Жила-была лиса", 7, 64, 64, 20, targets=read("a fox | fog ^ Жила-была лиса"))


def subtitles(film: bytes) -> list[tuple[float, str]]:
    with av.open(io.BytesIO(film), "r") as container:
        if not container.streams.subtitles:
            return []
        packets = [*container.demux(container.streams.subtitles[0])]
        return [
            (float((each.pts or 0) * each.time_base), bytes(each)[2:].decode()) for each in packets if each.size > 2
        ]


def film_of(request: ImagineRequest, told: ImagineRequest | None = None, kind: str = "mp4") -> bytes:
    pictures = (np.full((64, 64, 3), 10 * step, np.uint8) for step in range(20))
    late = None if told is None else (lambda: Metadata(told))
    return encode(kind, pictures, Pace(1, Fraction(10), 5), Metadata(request), late)


def test_the_parts_of_a_story() -> None:
    assert captions_of(STORY) == [(0, "a fox | fog"), (10, "Жила-была лиса")]
    assert captions_of(ImagineRequest("1", "a fox", 7, 64, 64, 20)) == ()


def test_a_story_has_subtitles() -> None:
    assert subtitles(film_of(STORY)) == [(0.0, "a fox | fog"), (0.9, "Жила-была лиса")]


def test_they_stay_where_the_film_says_something_else_at_its_end() -> None:
    told = ImagineRequest("1", STORY.prompt, 8, 64, 64, 20, targets=STORY.targets)
    assert subtitles(film_of(STORY, told)) == subtitles(film_of(STORY))


def test_others_have_none() -> None:
    assert subtitles(film_of(ImagineRequest("1", "a fox", 7, 64, 64, 20))) == []
    assert film_of(STORY, kind="gif").startswith(b"GIF8")
