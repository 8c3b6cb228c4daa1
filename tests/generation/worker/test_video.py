"""Films: what they show, how long, and that nobody waits for one that cannot be made."""

import io
import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from queue import SimpleQueue
from typing import Any

import av
import numpy as np
import pytest
import torch
from PIL import Image, ImageSequence
from structlog.testing import capture_logs

from generation.metadata import Metadata, Setup, read
from generation.options import MOST_FRAMES
from generation.request import FILMS, ImagineRequest
from generation.targets import Steering
from generation.worker import video
from generation.worker.images import Snapshot
from generation.worker.video import MOST_PICTURES, Film, Pace, encode, film_of, pace_of

SETUP = Setup("pocket", "pocket", "f" * 64, "float32", "cpu", 2, "2.13.0", "0.1.0")


def request(steps: int = 20, kind: str = "mp4", **more: Any) -> ImagineRequest:
    return ImagineRequest("r", "a cat", 7, 64, 48, steps, outputs=("png", kind), **more)


def pictures(count: int, height: int = 48, width: int = 64) -> Iterator[np.ndarray]:
    """Yield a smooth picture that becomes brighter."""
    across, down = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
    for number in range(count):
        plane = np.stack([across, down, 1 - across], axis=2) * 200 + 50 * number / max(1, count - 1)
        yield plane.astype(np.uint8)


def seen(kind: str, film: bytes) -> list[np.ndarray]:
    """Return the pictures of a film, as whoever looks at it sees them, each as often as it is shown for a while."""
    if kind == "mp4":
        with av.open(io.BytesIO(film), "r") as container:
            return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    with Image.open(io.BytesIO(film)) as image:
        return [np.asarray(frame.convert("RGB")) for frame in ImageSequence.Iterator(image)]


def seconds(kind: str, film: bytes) -> float:
    if kind == "mp4":
        with av.open(io.BytesIO(film), "r") as container:
            assert container.duration is not None
            return container.duration / av.time_base
    milliseconds = 0.0
    with Image.open(io.BytesIO(film)) as image:
        for frame in ImageSequence.Iterator(image):
            frame.load()  # before which a WebP does not know
            milliseconds += frame.info["duration"]
        return milliseconds / 1000


@pytest.mark.parametrize("kind", FILMS)
@pytest.mark.parametrize(("height", "width"), [(48, 64), (47, 63), (49, 64), (16, 16)])
def test_it_shows_all_pictures_and_stands_still_at_the_end(kind: str, height: int, width: int) -> None:
    given = list(pictures(7, height, width))
    pace = Pace(every=3, fps=Fraction(10), still=5)
    film = encode(kind, iter(given), pace, Metadata(request(kind=kind), SETUP))
    shown = seen(kind, film)
    assert len(shown) == 12 if kind == "mp4" else 7 <= len(shown) <= 12
    assert seconds(kind, film) == pytest.approx(1.2, abs=0.11)
    even = 0 if kind == "gif" else 1
    assert shown[0].shape == (height + even * (height % 2), width + even * (width % 2), 3)
    for number in (0, -1):
        off = [np.abs(shown[number][:height, :width].astype(int) - picture).mean() for picture in given]
        assert off[number] == min(off) < 8
    assert read(film) == Metadata(request(kind=kind), SETUP)


def test_a_film_in_which_nothing_moves_says_how_it_was_made_too() -> None:
    metadata = Metadata(request(kind="webp"), SETUP)
    film = encode("webp", iter([np.full((47, 63, 3), 9, np.uint8)] * 3), Pace(1, Fraction(25), 2), metadata)
    assert read(film) == metadata
    assert [picture.shape for picture in seen("webp", film)] == [(48, 64, 3)]


@pytest.mark.parametrize("kind", FILMS)
def test_it_tells_how_it_was_steered_after_it_was_begun(kind: str) -> None:
    before = Metadata(request(kind=kind), SETUP)
    after = replace(before, request=replace(before.request, steering=(Steering("fog", -0.5, step=3),)))
    now = [before]

    def some() -> Iterator[np.ndarray]:
        yield from pictures(3)
        now[0] = after

    film = encode(kind, some(), Pace(1, Fraction(25), 2), before, lambda: now[0])
    assert read(film) == after
    undisturbed = encode(kind, pictures(3), Pace(1, Fraction(25), 2), after)
    assert [*map(np.ndarray.tobytes, seen(kind, film))] == [*map(np.ndarray.tobytes, seen(kind, undisturbed))]
    assert seconds(kind, film) == seconds(kind, undisturbed)


def test_colours_come_back_as_they_were() -> None:
    red = np.full((32, 32, 3), (220, 30, 30), np.uint8)
    (shown, *_) = seen("mp4", encode("mp4", iter([red]), Pace(1, Fraction(25), 0), Metadata(request())))
    assert np.abs(shown.astype(int) - red).max() <= 4


@pytest.mark.parametrize("kind", FILMS)
@pytest.mark.parametrize("steps", [1, 2, 99, 100, 101, 300, 301, 1000, 10_000])
def test_there_are_no_more_pictures_than_may_be(kind: str, steps: int) -> None:
    pace = pace_of(request(steps), kind)
    assert 0 <= -(-(steps - 1) // pace.every) < MOST_PICTURES[kind] + 1
    assert pace.fps == 25
    assert pace.still == 50


@pytest.mark.parametrize("kind", FILMS)
@pytest.mark.parametrize("every", [1, 5, 10])
def test_what_moves_is_shown_before_each_time(every: int, kind: str) -> None:
    pace = pace_of(request(40, kind, zoom=1.02, move_every=every), kind)
    assert [step for step in range(1, 40) if pace.takes(step)] == list(range(every, 40, every))
    long = pace_of(request(10_000, kind, rotate=1.0, move_every=every), kind)
    assert long.every % every == 0
    assert len([step for step in range(1, 10_000) if long.takes(step)]) < MOST_PICTURES[kind]


@pytest.mark.parametrize("steps", [10, 100, 1000])
@pytest.mark.parametrize("length", [1.0, 5.0, 12.0, 60.0])
def test_a_length_is_kept_as_far_as_there_are_pictures(steps: int, length: float) -> None:
    pace = pace_of(request(steps, length=length), "mp4")
    count = -(-(steps - 1) // pace.every) + 1 + pace.still
    assert 1 <= pace.fps <= 60
    if 1 < pace.fps < 60:
        assert count / pace.fps == pytest.approx(length, rel=0.1, abs=0.1)
    else:
        assert count / pace.fps <= length + 0.1


def test_a_rate_is_taken_as_it_is() -> None:
    assert pace_of(request(100, fps=12.5), "mp4") == Pace(1, Fraction(25, 2), 25)
    both = pace_of(request(1000, fps=10.0, length=10.0), "mp4")
    assert both.fps == 10
    assert (-(-999 // both.every) + 1 + both.still) / 10 == pytest.approx(10, abs=1)


@pytest.mark.parametrize("kind", FILMS)
@pytest.mark.parametrize("steps", [2, 7, 60, 1000])
@pytest.mark.parametrize(("fps", "length", "dwell"), [(25.0, 6.0, None), (10.0, 4.0, 1.0), (60.0, 100.0, 0.0)])
def test_a_rate_and_a_length_are_kept_by_pictures_in_between(
    kind: str, steps: int, fps: float, length: float, dwell: float | None
) -> None:
    pace = pace_of(request(steps, kind, fps=fps, length=length, dwell=dwell), kind)
    given = [picture[:2, :2] for picture in pictures(len([s for s in range(1, steps) if pace.takes(s)]) + 1)]
    frames = list(video._frames(given[0], iter(given[1:]), pace))
    assert len(frames) / float(pace.fps) == pytest.approx(length, rel=0.05, abs=2 / float(pace.fps))
    assert pace.fps == fps or len(frames) - pace.still == pytest.approx(MOST_FRAMES[kind], abs=2)
    assert np.array_equal(frames[-1], given[-1])


def test_pictures_in_between_are_mixed() -> None:
    first, second, third = (np.full((2, 2, 3), value, np.uint8) for value in (0, 90, 30))
    mixed = video._mixed(first, iter([second, third]), 1.5)
    assert [int(picture[0, 0, 0]) for picture in mixed] == [0, 60, 70, 30]
    assert [int(each[0, 0, 0]) for each in video._mixed(first, iter([second, third]), 1.0)] == [0, 90, 30]


@pytest.mark.parametrize(("dwell", "still"), [(None, 20), (0.0, 5), (3.0, 30)])
def test_it_fades_in_and_out(dwell: float | None, still: int) -> None:
    pace = pace_of(request(11, fps=10.0, dwell=dwell, fade=0.5), "mp4")
    assert (pace.still, pace.fade) == (still, 5)
    white = np.full((2, 2, 3), 200, np.uint8)
    shown = [int(frame[0, 0, 0]) for frame in video._frames(white, iter([white] * 10), pace)]
    assert shown == [0, 40, 80, 120, 160, *[200] * (6 + still - 5), 160, 120, 80, 40, 0]


@pytest.mark.parametrize("steps", [1, 3, 11])
@pytest.mark.parametrize("fade", [0.2, 1.0, 10.0])
def test_it_never_jumps_out_of_black_or_into_it(steps: int, fade: float) -> None:
    pace = pace_of(request(steps, fps=10.0, dwell=0.0, fade=fade), "mp4")
    white = np.full((2, 2, 3), 200, np.uint8)
    shown = [int(frame[0, 0, 0]) for frame in video._frames(white, iter([white] * (steps - 1)), pace)]
    assert shown[0] == shown[-1] == 0
    changes = np.diff(shown)
    assert max(abs(changes)) <= 200 / pace.fade + 1
    assert list(np.sign(changes)) == sorted(np.sign(changes), reverse=True)
    assert max(shown) == 200 or len(shown) < 3


@pytest.mark.parametrize(
    ("length", "dwell", "fade", "seconds"), [(None, 0.5, 0.0, 0.5), (10.0, 4.0, 0.0, 4.0), (5.0, None, 0.0, 1.0)]
)
def test_the_finished_picture_is_shown_for_so_long(
    length: float | None, dwell: float, fade: float, seconds: float
) -> None:
    pace = pace_of(request(1000, length=length, dwell=dwell, fade=fade), "mp4")
    assert pace.still / pace.fps == pytest.approx(seconds, abs=0.05)
    if length is not None:
        assert (-(-999 // pace.every) + 1 + pace.still) / pace.fps == pytest.approx(length, rel=0.05)


def test_only_who_asks_for_a_film_gets_one() -> None:
    assert film_of(ImagineRequest("r", "a cat", 7, 64, 64, 2), SETUP) is None


def snapshots(count: int) -> Iterator[Snapshot]:
    for picture in pictures(count):
        yield Snapshot(torch.from_numpy(picture).permute(2, 0, 1) / 255)


def finished(film: Film, last: Snapshot) -> Mapping[str, bytes]:
    """End a film and return what came of it."""
    files: SimpleQueue[Mapping[str, bytes]] = SimpleQueue()
    film.finish(last, files.put)
    return files.get(timeout=60)


@pytest.mark.parametrize("kind", FILMS)
def test_a_film_comes_about_beside_the_painting(kind: str) -> None:
    film = Film(request(60, kind), kind, SETUP)
    *most, last = snapshots(60)
    for picture in most:
        film.add(picture)
    (made,) = finished(film, last).items()
    assert made[0] == kind
    assert seen(kind, made[1])


@pytest.mark.parametrize("when", ["first", "last"])
def test_nobody_waits_for_a_film_that_cannot_be_made(when: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: str, pictures: Iterator[np.ndarray], *__: object) -> bytes:
        for _picture in pictures:
            if when == "first":
                break
        raise OSError("The encoder broke.")

    monkeypatch.setattr(video, "encode", broken)
    with capture_logs() as lines:
        film = Film(request(), "mp4")
        *most, last = snapshots(50)
        for picture in most:
            film.add(picture)
        assert finished(film, last) == {}
    (line,) = lines
    assert (line["event"], line["request"], line["exc_info"]) == ("could not make a video", "r", True)


def test_what_is_too_large_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(video, "MOST_BYTES", 1000)
    assert finished(Film(request(), "mp4"), next(snapshots(1))) == {}


@pytest.mark.parametrize("count", [0, 1])
def test_a_film_that_is_cancelled_says_nothing_and_ends_its_thread(count: int) -> None:
    before = set(threading.enumerate())
    with capture_logs() as lines:
        film = Film(request(), "mp4")
        (thread,) = set(threading.enumerate()) - before
        for picture in snapshots(count):
            film.add(picture)
        film.cancel()
        thread.join(60)
    assert not thread.is_alive()
    assert not lines
