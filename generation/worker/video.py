"""How a picture came about, as a film: encoded beside the painting, in a thread of its own.

The encoders are those of FFmpeg's libraries, which PyAV brings along: x264 for MP4, libwebp for WebP, and its own for
GIF. All of them take one picture after the other and work without the interpreter's lock.
"""

import io
import queue
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import chain
from typing import Any

import av
import numpy as np
import structlog
from av.stream import Stream
from av.video.reformatter import Colorspace
from PIL import Image

from generation.metadata import MOST_BYTES, Metadata, Setup, in_film
from generation.options import MOST_FRAMES
from generation.request import FILMS, ImagineRequest
from generation.worker.captions import add_track, caption, captions_of
from generation.worker.images import Snapshot

MOST_PICTURES = {"mp4": 300, "gif": 100, "webp": 150}
"""Of a film, without those that stand still at the end; the last two take up more room and work for each."""
FPS = 25
MOST_FPS = 60
STILL_SECONDS = 2.0
"""For which the finished picture is seen at the end, or a fifth of the film where that is less."""
WAITING = 16
"""Pictures that wait for the encoder, at most; then the painting waits for it."""
BLACK = np.zeros(3, np.uint8)
BT709 = 1
"""In FFmpeg's numbers of colour spaces, primaries and transfer functions."""

CODECS: Mapping[str, tuple[str, str, Mapping[str, str]]] = {
    "mp4": ("libx264", "yuv420p", {"preset": "superfast", "crf": "18"}),
    "gif": ("gif", "pal8", {}),
    "webp": ("libwebp_anim", "yuv420p", {"compression_level": "2", "quality": "85"}),
}
"""Encoder, pixel format and options by format."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Pace:
    """Which pictures make a film, and how fast they follow one another.

    Args:
        every: so many steps there is one.
        fps: in a second.
        still: repetitions of the last.
        first: step with the first.
        stretch: frames for each picture; what is more than one is mixed of two that follow one another.
        fade: frames over which it comes out of black at the beginning, and goes into it at the end; at most half.
    """

    every: int
    fps: Fraction
    still: int
    first: int = 1
    stretch: float = 1.0
    fade: int = 0

    def takes(self, step: int) -> bool:
        """Return whether the picture of a step, which is not the last, is in the film."""
        return step % self.every == self.first % self.every


def pace_of(request: ImagineRequest, kind: str) -> Pace:
    """Return the pace of a request's film, in a format."""
    if request.waypoints:
        return Pace(1, Fraction(request.fps or FPS).limit_denominator(1000), 0)
    length, most = request.length, MOST_PICTURES[kind]
    unit = request.move_every if request.is_moving else 1
    still = _still_seconds(request)
    if length is not None:
        most = min(most, max(1, int((length - still) * (request.fps or MOST_FPS)) - 1))
    every = -(-request.end_step // (unit * most)) * unit
    first = every if request.is_moving else 1
    pictures = max(0, (request.end_step - 1 - first) // every + 1) + 1
    fps, stretch = request.fps or FPS, 1.0
    if length is not None and request.fps is None:
        fps = min(max(pictures / (length - still), 1.0), float(MOST_FPS))
    elif length is not None and pictures > 1:
        # With those that are mixed of two pictures; a film of more is shown slower.
        frames = min((length - still) * fps, MOST_FRAMES[kind])
        fps, stretch = frames / (length - still), max(1.0, (frames - 1) / (pictures - 1))
    repeated = round(still * fps)
    frames = round((pictures - 1) * stretch) + 1 + repeated
    fade = min(round(request.fade * fps), repeated, frames // 2)
    return Pace(every, Fraction(fps).limit_denominator(1000), repeated, first, stretch, fade)


def _still_seconds(request: ImagineRequest) -> float:
    """Return for how long the finished picture is seen at the end; it fades within that."""
    usual = STILL_SECONDS if request.length is None else min(STILL_SECONDS, request.length / 5)
    return max(usual if request.dwell is None else request.dwell, request.fade)


@dataclass(slots=True)
class Film:
    """A film that comes about together with a picture.

    Args:
        request: that is painted, as it is painted now.
        kind: format of the film, one of ``FILMS``.
        setup: with what it is painted.
    """

    request: ImagineRequest
    kind: str
    setup: Setup | None = None
    _pictures: "queue.Queue[Snapshot | None]" = field(default_factory=lambda: queue.Queue(WAITING))
    _then: Callable[[Mapping[str, bytes]], None] | None = None
    _pace: Pace = field(init=False)
    _ended: bool = False

    def __post_init__(self) -> None:
        self._pace = pace_of(self.request, self.kind)
        threading.Thread(target=self._run, daemon=True).start()

    def takes(self, step: int) -> bool:
        """Return whether it wants the picture of a step."""
        return step > self.request.painting_steps and self._pace.takes(step)

    def add(self, picture: Snapshot) -> None:
        """Go on with a picture; waits where the encoder is far behind."""
        self._pictures.put(picture)

    def finish(self, picture: Snapshot, then: Callable[[Mapping[str, bytes]], None]) -> None:
        """End with the finished picture.

        Args:
            picture: the last.
            then: is given the file by the name of its format, in the film's thread; nothing where it was not made.
        """
        self._then = then
        self._pictures.put(picture)
        self._pictures.put(None)

    def cancel(self) -> None:
        """Make no film, and have nothing called."""
        self._then = None
        self._pictures.put(None)

    def _run(self) -> None:
        files: dict[str, bytes] = {}
        pictures = self._taken()
        try:
            first = next(pictures, None)
            if first is None:
                return  # it was cancelled before it had any
            film = encode(self.kind, chain([first], pictures), self._pace, self._metadata(), self._metadata)
            if len(film) <= MOST_BYTES:
                files[self.kind] = film
        except Exception:
            _log.exception("could not make a video", request=self.request.id)
            for _ in self._taken():
                pass  # whoever paints does not wait for what is not made
        if self._then is not None:
            self._then(files)

    def _metadata(self) -> Metadata:
        return Metadata(self.request, self.setup)

    def _taken(self) -> Iterator[np.ndarray]:
        while not self._ended and (picture := self._pictures.get()) is not None:
            yield np.asarray(picture.image())
        self._ended = True


def film_of(request: ImagineRequest, setup: Setup | None) -> Film | None:
    """Return the film that a request asks for, if it does; its thread waits for pictures."""
    kind = next((output for output in request.outputs if output in FILMS), None)
    return None if kind is None else Film(request, kind, setup)


def encode(
    kind: str,
    pictures: Iterator[np.ndarray],
    pace: Pace,
    metadata: Metadata,
    told: Callable[[], Metadata] | None = None,
) -> bytes:
    """Return a film that says how it was made.

    Args:
        kind: of ``FILMS``.
        pictures: ``[H, W, 3]`` of uint8, at least one, all of one shape. Odd sides are made even by a row or column of
            the edge, as H.264 wants them.
        pace: at which they follow one another.
        metadata: that it carries.
        told: returns at the end what it carries instead.
    """
    codec, pixels, options = CODECS[kind]
    first = next(pictures)
    height, width = (side + side % 2 * (kind != "gif") for side in first.shape[:2])
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=kind, container_options={} if kind == "mp4" else {"loop": "0"}) as container:
        container.metadata.update(_comment(metadata))
        stream = container.add_stream(codec, rate=pace.fps, options=dict(options))
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = width, height, pixels
        context = stream.codec_context
        context.thread_count = 1
        if kind == "mp4":
            context.colorspace = context.color_primaries = context.color_trc = BT709
        captions = _captions(metadata.request, pace) if kind == "mp4" else []
        track = add_track(container) if captions else None
        shown, number = None, 0
        for number, picture in enumerate(_frames(first, pictures, pace)):
            if picture is not shown:
                shown, frame = picture, _indexed(picture) if kind == "gif" else _even(picture)
                if kind == "mp4":
                    frame = frame.reformat(format=pixels, dst_colorspace=Colorspace.ITU709)
            frame.pts, frame.time_base = number, 1 / pace.fps
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
        if track is not None:
            ends = [*(frame for frame, _ in captions[1:]), number + 1]
            for (begins, words), end in zip(captions, ends, strict=True):
                if begins < end <= number + 1:
                    container.mux(caption(words, track, begins / pace.fps, (end - begins) / pace.fps))
    late = told() if told else metadata
    film = _commented(buffer.getvalue(), late) if kind == "mp4" and late != metadata else buffer.getvalue()
    return in_film(film, late)


def _comment(metadata: Metadata) -> Mapping[str, str]:
    return {"title": metadata.request.prompt[:200], "comment": metadata.note}


def _commented(film: bytes, metadata: Metadata) -> bytes:
    """Return an MP4 with another comment, which has to be said before its first picture; its pictures stay."""
    buffer = io.BytesIO()
    with av.open(io.BytesIO(film), "r") as source, av.open(buffer, "w", format="mp4") as copy:
        copy.metadata.update(_comment(metadata))
        streams: dict[Stream, Stream] = {each: copy.add_stream_from_template(each) for each in source.streams.video}
        streams |= {each: add_track(copy) for each in source.streams.subtitles}
        for packet in source.demux(*streams):
            if packet.dts is not None:  # the last one is empty
                packet.stream = streams[packet.stream]
                copy.mux(packet)
    return buffer.getvalue()


def _captions(request: ImagineRequest, pace: Pace) -> list[tuple[int, str]]:
    """Return the captions of a story, each with the frame at which it begins."""
    return [
        (max(0, round((step - pace.first) / pace.every * pace.stretch)), words) for step, words in captions_of(request)
    ]


def _frames(first: np.ndarray, rest: Iterator[np.ndarray], pace: Pace) -> Iterator[np.ndarray]:
    """Yield pictures with those that are mixed in between, and the last so many times more."""
    number, picture = -1, first
    for number, picture in enumerate(_mixed(first, rest, pace.stretch)):
        yield _mixture(BLACK, picture, number / pace.fade) if number < pace.fade else picture
    for left in range(pace.still - 1, -1, -1):
        number += 1
        bright = min(number, left)
        yield _mixture(BLACK, picture, bright / pace.fade) if bright < pace.fade else picture


def _mixed(first: np.ndarray, rest: Iterator[np.ndarray], stretch: float) -> Iterator[np.ndarray]:
    """Yield pictures so that there are ``stretch`` frames from one to the next."""
    number = 0
    for place, second in enumerate(rest, 1):
        while (position := number / stretch) < place:
            share = position - (place - 1)
            yield first if share == 0 else _mixture(first, second, share)
            number += 1
        first = second
    yield first


def _mixture(first: np.ndarray, second: np.ndarray, share: float) -> np.ndarray:
    """Return a mixture of two pictures with such a share of the second."""
    mixture: np.ndarray = (first + (second.astype(np.float32) - first) * share).round().astype(np.uint8)
    return mixture


def _even(picture: np.ndarray) -> av.VideoFrame:
    height, width, _ = picture.shape
    even = np.pad(picture, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
    return av.VideoFrame.from_ndarray(even, format="rgb24")


def _indexed(picture: np.ndarray) -> av.VideoFrame:
    """Return a frame with 256 colours of its own, found by an octree: a median cut takes twenty times as long."""
    image = Image.fromarray(picture).quantize(256, method=Image.Quantize.FASTOCTREE)
    colours = np.frombuffer(bytes(image.getpalette() or ()), np.uint8).reshape(-1, 3)
    palette = np.full((256, 4), 255, np.uint8)
    palette[: len(colours), 1:] = colours
    # Its annotation leaves out that a pair is taken for this format.
    indices: Any = (np.asarray(image), palette)
    return av.VideoFrame.from_ndarray(indices, format="pal8")
