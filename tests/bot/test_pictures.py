import io
from dataclasses import replace
from fractions import Fraction

import av
import numpy as np
import pytest
from PIL import Image

from bot.pictures import Picture, shape_of, smaller, smaller_video
from generation import metadata
from generation.metadata import Metadata
from generation.request import ImagineRequest
from generation.worker.video import Pace, encode
from tests.generation.scripted import picture


def test_the_shape_of_a_picture_is_read() -> None:
    assert shape_of(picture()) == (64, 64)


@pytest.mark.parametrize("data", [b"", b"png", picture()[:20], picture(kind="JPEG")])
def test_what_is_no_picture_has_no_shape(data: bytes) -> None:
    assert shape_of(data) is None


REQUEST = ImagineRequest("r", "a red apple", 7, 256, 128, 5)
RANDOM = np.random.default_rng(0)
COARSE = Image.fromarray(RANDOM.integers(0, 256, (8, 16, 3), np.uint8)).resize((256, 128), Image.Resampling.BICUBIC)
PICTURE = (np.asarray(COARSE) // 2 + RANDOM.integers(0, 24, (128, 256, 3))).astype(np.uint8)
FRAMES = [np.roll(PICTURE, 8 * shift, axis=1) for shift in range(6)]


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def test_a_picture_gets_smaller_step_by_step_and_stays_one_that_can_be_made_again() -> None:
    png = metadata.encode(Image.fromarray(PICTURE), "PNG", Metadata(REQUEST))
    made, steps = png, []
    while (step := smaller(made)) is not None:
        suffix, data = step
        assert len(data) < len(made)
        made = data
        steps.append((suffix, opened(data).size))
        assert metadata.read(data).request == REQUEST.anonymous
    assert steps == [("webp", (256, 128)), ("jpg", (256, 128)), ("jpg", (128, 64))]


def test_a_webp_has_the_pixels_of_the_png() -> None:
    made = smaller(metadata.encode(Image.fromarray(PICTURE), "PNG", Metadata(REQUEST)))
    assert made is not None
    assert (np.asarray(opened(made[1])) == PICTURE).all()


@pytest.mark.parametrize("kind", ["gif", "webp", "mp4"])
def test_a_video_gets_smaller_and_keeps_its_pace_and_what_it_says(kind: str) -> None:
    film = encode(kind, iter(FRAMES), Pace(1, Fraction(10), 0), Metadata(REQUEST))
    made = smaller_video(film)
    assert made is not None
    assert len(made) < len(film)
    with av.open(io.BytesIO(made), "r") as container:
        stream = container.streams.video[0]
        assert (stream.width, stream.height) == ((128, 64) if kind == "mp4" else (256, 128))
        assert stream.average_rate == Fraction(10)
        assert len(list(container.decode(video=0))) == len(FRAMES)
    assert metadata.read(made).request == REQUEST.anonymous


@pytest.mark.parametrize("film", [b"", b"a film", b"GIF89a", b"\0\0\0\x18ftypmp42" + bytes(100)])
def test_what_is_no_video_has_no_smaller_one(film: bytes) -> None:
    assert smaller_video(film) is None


def test_of_what_is_attached_the_video_gets_lighter_first() -> None:
    png = metadata.encode(Image.fromarray(PICTURE), "PNG", Metadata(REQUEST))
    video = Picture("a.gif", encode("gif", iter(FRAMES), Pace(1, Fraction(10), 0), Metadata(REQUEST)), "an apple")
    both = Picture("a.png", png, "an apple", video)
    assert both.largest == max(len(png), len(video.data))
    lighter = both.lighter()
    assert lighter is not None
    assert lighter.video is not None
    assert (lighter.name, lighter.data, lighter.video.name) == ("a.png", png, "a.mp4")
    alone = replace(both, video=None).lighter()
    assert alone is not None
    assert (alone.name, alone.description) == ("a.webp", "an apple")
    assert Picture("a.png", picture(), "").largest == len(picture())
    assert replace(both, video=replace(video, data=b"")).lighter() is None
