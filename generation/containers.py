"""The blocks of which files are made: of a PNG, a JPEG, a RIFF such as a WebP, a GIF and an MP4.

Reading walks over the blocks of a file, of which it looks at no more than :data:`MOST_BLOCKS`, copies nothing but the
pieces of a GIF's and decodes no pixels: of a forged file it takes no more time and memory than of a good one. What is
damaged ends it after the blocks before that, or in a ``ValueError`` or a ``LookupError``.
"""

import io
import struct
from collections.abc import Callable, Iterator
from functools import wraps
from itertools import islice
from typing import Any, ParamSpec

from PIL import Image

MOST_BLOCKS = 4096
"""Of a file that are looked at."""
LONGEST_SEGMENT = 65_000
"""Bytes that are written into one segment of a JPEG, which has room for 64 kB with its header."""
LONGEST_PIECE = 255
"""Bytes into which a GIF takes what is longer apart."""
XMP_FLAG = 4
"""Of a WebP that has XMP, in its first chunk."""

Blocks = Iterator[tuple[Any, memoryview]]
"""Each with its kind: four bytes, or in a JPEG and a GIF a number."""
Parameters = ParamSpec("Parameters")


def _bounded(walk: Callable[Parameters, Blocks]) -> Callable[Parameters, Blocks]:
    """Let a walk over a file end after so many blocks."""

    @wraps(walk)
    def bounded(*arguments: Parameters.args, **named: Parameters.kwargs) -> Blocks:
        return islice(walk(*arguments, **named), MOST_BLOCKS)

    return bounded


@_bounded
def png_chunks(data: memoryview) -> Blocks:
    """Yield the chunks of a PNG."""
    place = 8
    while place + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, place)
        yield kind, data[place + 8 : place + 8 + length]
        place += 12 + length


def itxt(block: bytes) -> str:
    """Return the text of an ``iTXt`` chunk behind its keyword: two bytes for the compression, two more keywords."""
    if block[:2] != b"\0\0":
        raise ValueError
    _, _, text = block[2:].split(b"\0", 2)
    return text.decode()


@_bounded
def jpeg_segments(data: memoryview) -> Blocks:
    """Yield the segments of a JPEG before the first scan."""
    place = 2
    while place + 4 <= len(data) and data[place] == 0xFF and data[place + 1] not in (0xD9, 0xDA):
        (length,) = struct.unpack_from(">H", data, place + 2)
        yield data[place + 1], data[place + 4 : place + 2 + length]
        place += 2 + max(length, 2)


def as_segments(kind: int, name: bytes, data: bytes) -> bytes:
    """Return segments of a JPEG that hold some bytes, each with a name before its part of them."""
    pieces = (name + data[at : at + LONGEST_SEGMENT] for at in range(0, len(data), LONGEST_SEGMENT))
    return b"".join(bytes([0xFF, kind]) + (2 + len(piece)).to_bytes(2, "big") + piece for piece in pieces)


@_bounded
def riff_chunks(data: memoryview) -> Blocks:
    """Yield the chunks of a RIFF file, which a WebP is."""
    place = 12
    while place + 8 <= len(data):
        kind, length = struct.unpack_from("<4sI", data, place)
        yield kind, data[place + 8 : place + 8 + length]
        place += 8 + length + length % 2


def with_chunk(webp: bytes, kind: bytes, data: bytes) -> bytes:
    """Return a WebP with one more chunk at its end."""
    body = webp[8:] + kind + len(data).to_bytes(4, "little") + data + bytes(len(data) % 2)
    return b"RIFF" + len(body).to_bytes(4, "little") + body


def with_xmp(webp: bytes, xmp: bytes) -> bytes:
    """Return an animated WebP with XMP, also one that became a still as all its pictures were the same."""
    extended = webp if webp[12:16] == b"VP8X" else _extended(webp)
    flagged = extended[:20] + bytes([extended[20] | XMP_FLAG]) + extended[21:]
    return with_chunk(flagged, b"XMP ", xmp)


def _extended(webp: bytes) -> bytes:
    """Return a WebP of which all pictures were the same, and which became a still, with room for more."""
    with Image.open(io.BytesIO(webp)) as image:
        sides = b"".join((side - 1).to_bytes(3, "little") for side in image.size)
    body = b"WEBPVP8X\x0a\0\0\0" + bytes(4) + sides + webp[12:]
    return b"RIFF" + len(body).to_bytes(4, "little") + body


@_bounded
def gif_extensions(data: memoryview, longest: int) -> Blocks:
    """Yield the extensions of a GIF before the first picture, their pieces joined to about so many bytes at most."""
    place = 13 + _colours(data)
    while place + 2 <= len(data) and data[place] == 0x21:
        label, place = data[place + 1], place + 2
        pieces: list[memoryview] = []
        while data[place] and len(pieces) <= longest // LONGEST_PIECE:
            pieces.append(data[place + 1 : place + 1 + data[place]])
            place += 1 + data[place]
        yield label, memoryview(b"".join(pieces))
        place += 1


def with_comment(gif: bytes, comment: bytes) -> bytes:
    """Return a GIF with a comment before its first picture."""
    place = 13 + _colours(gif)
    pieces = (comment[at : at + LONGEST_PIECE] for at in range(0, len(comment), LONGEST_PIECE))
    extension = b"\x21\xfe" + b"".join(bytes([len(piece)]) + piece for piece in pieces) + b"\0"
    return gif[:place] + extension + gif[place:]


def _colours(gif: bytes | memoryview) -> int:
    """Return how many bytes of colours stand behind the header of a GIF."""
    return (3 << 1 + (gif[10] & 7)) * (gif[10] >> 7)


@_bounded
def mp4_boxes(data: memoryview) -> Blocks:
    """Yield the boxes of an MP4, or of a box in it, which other boxes can lie in."""
    place = 0
    while place + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, place)
        header = 8
        if length == 1 and place + 16 <= len(data):
            (length,) = struct.unpack_from(">Q", data, place + 8)
            header = 16
        length = length or len(data) - place
        yield kind, data[place + header : place + length]
        place += max(length, header)
