"""Pictures and videos as they are attached to posts, made smaller for Discord."""

import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import chain
from pathlib import PurePath
from typing import Any

import av
from av.video.reformatter import Colorspace
from PIL import Image, ImageSequence

from generation import metadata
from generation.errors import MetadataError
from generation.sizes import Shape

SMALLEST_SIDE = 64
QUALITY = 90
"""Of a JPEG that says nothing of its request."""
CRF = "28"
"""Of videos that are made smaller; x264 has 23 unless told, and each 6 more halve the bytes."""
USUAL_MS = 100
"""Milliseconds for which a picture of a GIF or WebP is shown that does not say how long."""


@dataclass(frozen=True, slots=True)
class Picture:
    """An encoded picture, its file name, and its description for those who cannot see it.

    Args:
        name: of the file.
        data: the file.
        description: for those who cannot see it.
        video: of how it was painted, which is shown beside it.
    """

    name: str
    data: bytes
    description: str
    video: "Picture | None" = None

    @property
    def largest(self) -> int:
        """The bytes of the larger file."""
        return max(len(self.data), len(self.video.data) if self.video else 0)

    def lighter(self) -> "Picture | None":
        """Return the same with fewer bytes, of its video where it has one; None where none are left."""
        if self.video is not None:
            film = smaller_video(self.video.data)
            return None if film is None else replace(self, video=self.video._as("mp4", film))
        made = smaller(self.data)
        return None if made is None else self._as(*made)

    def _as(self, suffix: str, data: bytes) -> "Picture":
        return replace(self, name=str(PurePath(self.name).with_suffix(f".{suffix}")), data=data)


def shape_of(picture: bytes) -> Shape | None:
    """Return width and height of a picture, None where it is none."""
    try:
        with Image.open(io.BytesIO(picture), formats=["PNG"]) as image:
            return image.size
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return None


def smaller(picture: bytes) -> tuple[str, bytes] | None:
    """Return a picture with fewer bytes, and the suffix of its file; None where none is left.

    A PNG becomes a WebP with the same pixels, that a JPEG of the same size, and that one of half the side. What the
    picture says of its request stays in it.
    """
    with Image.open(io.BytesIO(picture)) as image:
        if image.format == "PNG":
            return "webp", _encoded(image, "WEBP", picture)
        width, height = image.size
        if image.format == "JPEG":
            width, height = width // 2, height // 2
        if min(width, height) < SMALLEST_SIDE:
            return None
        return "jpg", _encoded(image.resize((width, height)), "JPEG", picture)


def smaller_video(film: bytes) -> bytes | None:
    """Return a video as an MP4 with fewer bytes, of half the sides where it is an MP4 already; None where none is left.

    Its own comment, which says how it was made, stays in it.
    """
    is_mp4 = film[4:8] == b"ftyp"
    try:
        pictures, fps = _of_mp4(film) if is_mp4 else _of_images(film)
        first = next(pictures)
        width, height = (side // (2 if is_mp4 else 1) // 2 * 2 for side in first.size)
        if min(width, height) < SMALLEST_SIDE:
            return None
        return _mp4(first, pictures, (width, height), fps, _comment(film))
    except (OSError, ValueError, StopIteration, av.FFmpegError):
        return None


def _comment(film: bytes) -> str:
    try:
        return metadata.read(film).note
    except MetadataError:
        return ""


def _encoded(image: Image.Image, kind: metadata.Format, original: bytes) -> bytes:
    """Return a picture as a file that says of its request what the original says."""
    image = image.convert("RGB")
    try:
        said = metadata.read(original)
        if said.fits(kind):
            return metadata.encode(image, kind, said)
    except MetadataError:
        pass
    file = io.BytesIO()
    image.save(file, kind, **({"lossless": True} if kind == "WEBP" else {"quality": QUALITY}))
    return file.getvalue()


def _of_mp4(film: bytes) -> tuple[Iterator[Image.Image], Fraction]:
    container: Any = av.open(io.BytesIO(film))
    return (frame.to_image() for frame in container.decode(video=0)), container.streams.video[
        0
    ].average_rate or Fraction(25)


def _of_images(film: bytes) -> tuple[Iterator[Image.Image], Fraction]:
    image = Image.open(io.BytesIO(film), formats=["GIF", "WEBP"])
    pictures = (picture.convert("RGB") for picture in ImageSequence.Iterator(image))
    first = next(pictures)  # with which it is known how long it is shown
    return chain([first], pictures), Fraction(1000, int(image.info.get("duration") or USUAL_MS))


def _mp4(first: Image.Image, rest: Iterator[Image.Image], shape: Shape, fps: Fraction, comment: str) -> bytes:
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        container.metadata["comment"] = comment
        stream = container.add_stream("libx264", rate=fps, options={"crf": CRF, "preset": "veryfast"})
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = *shape, "yuv420p"
        stream.codec_context.thread_count = 1
        for number, picture in enumerate((first, *rest)):
            frame: Any = av.VideoFrame.from_image(picture.resize(shape))  # type: ignore[no-untyped-call]
            frame = frame.reformat(format="yuv420p", dst_colorspace=Colorspace.ITU709)
            frame.pts, frame.time_base = number, 1 / fps
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return file.getvalue()
