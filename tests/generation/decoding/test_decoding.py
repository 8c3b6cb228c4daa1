"""Pictures by anybody, through the real process."""

import asyncio
import io
import signal
import struct
import sys
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image, PngImagePlugin

from generation import decoding
from generation.decoding import MAX_PIXELS, MAX_SIDE, TOO_HARD, TOO_LARGE, UNREADABLE, decode
from generation.decoding.picture import reencoded
from generation.errors import PictureError

Pixel = tuple[int, ...]


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def opened(png: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(png), formats=["PNG"])
    image.load()
    return image


def near(pixel: object, wanted: Pixel) -> bool:
    assert isinstance(pixel, tuple)
    return all(abs(a - b) <= 12 for a, b in zip(pixel, wanted, strict=True))


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png_of(width: int, height: int, pixels: bytes) -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


RED = Image.new("RGB", (40, 30), "red")
HALF = Image.new("RGBA", (8, 8), (255, 0, 0, 128))
WITH_GREEN = Image.new("P", (8, 8), 1)
WITH_GREEN.putpalette([0, 0, 0, 0, 255, 0])
SIXTEEN = Image.new("I;16", (8, 8), 32768)
KINDS: dict[str, tuple[bytes, Pixel]] = {
    "png": (encoded(RED, "PNG"), (255, 0, 0)),
    "jpeg": (encoded(RED, "JPEG"), (255, 0, 0)),
    "webp": (encoded(RED, "WEBP"), (255, 0, 0)),
    "gif": (encoded(RED, "GIF", save_all=True, append_images=[Image.new("RGB", (40, 30), "blue")]), (255, 0, 0)),
    "moving webp": (
        encoded(RED, "WEBP", save_all=True, append_images=[Image.new("RGB", (40, 30), "blue")]),
        (255, 0, 0),
    ),
    "cmyk": (encoded(RED.convert("CMYK"), "JPEG"), (255, 0, 0)),
    "grey": (encoded(Image.new("L", (8, 8), 128), "PNG"), (128, 128, 128)),
    "black and white": (encoded(Image.new("1", (8, 8), 1), "PNG"), (255, 255, 255)),
    "palette": (encoded(WITH_GREEN, "PNG"), (0, 255, 0)),
    "palette with a hole": (encoded(WITH_GREEN, "PNG", transparency=1), (255, 255, 255)),
    "16 bits": (encoded(SIXTEEN, "PNG"), (128, 128, 128)),
    "alpha": (encoded(HALF, "PNG"), (255, 127, 127)),
    "grey and alpha": (encoded(Image.new("LA", (8, 8), (0, 0)), "PNG"), (255, 255, 255)),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_becomes_a_plain_png(kind: str) -> None:
    data, colour = KINDS[kind]
    image = opened(reencoded(data))
    assert image.mode == "RGB"
    assert near(image.getpixel((3, 3)), colour)


async def test_the_process_does_the_same() -> None:
    data, _ = KINDS["jpeg"]
    assert await decode(data) == reencoded(data)


def test_it_is_turned_upright_and_says_nothing_of_itself() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned to the right
    exif[0x010E] = "who and where"
    data = encoded(RED, "JPEG", exif=exif, comment=b"who and where", icc_profile=b"who and where")
    assert b"who and where" in data
    png = reencoded(data)
    assert opened(png).size == (30, 40)
    assert b"who and where" not in png
    told = PngImagePlugin.PngInfo()
    told.add_text("Author", "who and where")
    png = reencoded(encoded(RED, "PNG", pnginfo=told))
    assert opened(png).info == {}
    assert [png[i + 4 : i + 8] for i in chunks(png)] == [b"IHDR", b"IDAT", b"IEND"]


def chunks(png: bytes) -> list[int]:
    """Return where the chunks of a PNG begin."""
    places = []
    place = 8
    while place < len(png):
        places.append(place)
        place += 12 + int.from_bytes(png[place : place + 4])
    return places


def test_a_large_picture_is_made_smaller() -> None:
    assert opened(reencoded(encoded(Image.new("RGB", (3000, 1500), "red"), "JPEG"))).size == (MAX_SIDE, MAX_SIDE // 2)


def gif_of(width: int, height: int) -> bytes:
    small = bytearray(encoded(Image.new("P", (1, 1)), "GIF"))
    small[6:10] = struct.pack("<HH", width, height)
    return bytes(small)


ONE_ROW = zlib.compress(bytes(1 + 3 * 8))
HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "nothing": (lambda: b"", UNREADABLE),
    "text": (lambda: b"hello", UNREADABLE),
    "svg": (lambda: b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>', UNREADABLE),
    "postscript": (lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n(%pipe%id) (r) file\n", UNREADABLE),
    "tiff": (lambda: encoded(RED, "TIFF"), UNREADABLE),
    "bmp": (lambda: encoded(RED, "BMP"), UNREADABLE),
    "page": (lambda: b"<html><script>alert(1)</script></html>", UNREADABLE),
    "a header alone": (lambda: KINDS["png"][0][:33], UNREADABLE),
    "half a png": (lambda: encoded(Image.effect_noise((64, 64), 50), "PNG")[:1000], UNREADABLE),
    "half a jpeg": (lambda: encoded(Image.effect_noise((64, 64), 50), "JPEG")[:700], UNREADABLE),
    "half a webp": (lambda: encoded(Image.effect_noise((64, 64), 50), "WEBP")[:300], UNREADABLE),
    "pixels that are no zlib": (lambda: png_of(8, 8, b"x" * 100), UNREADABLE),
    "2 GB by its header": (lambda: png_of(32768, 21846, ONE_ROW), TOO_LARGE),
    "as large as can be said": (lambda: png_of(2**31 - 1, 2**31 - 1, ONE_ROW), TOO_LARGE),
    "one pixel wide": (lambda: png_of(1, 2**31 - 1, ONE_ROW), TOO_LARGE),
    "no pixels": (lambda: png_of(0, 0, ONE_ROW), UNREADABLE),
    "a large gif": (lambda: gif_of(65535, 65535), TOO_LARGE),
    "a bomb in its text": (
        lambda: (p := KINDS["png"][0])[:33] + chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(200_000_000))) + p[33:],
        UNREADABLE,
    ),
    "more bytes than are looked at": (lambda: bytes(decoding.MAX_BYTES + 1), TOO_LARGE),
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_what_is_no_picture_is_refused_in_a_sentence(name: str) -> None:
    make, sentence = HOSTILE[name]
    with pytest.raises(PictureError) as refusal:
        await decode(make())
    assert str(refusal.value) == sentence


def test_a_picture_that_is_also_something_else_is_a_picture_only() -> None:
    script = b"<script>alert(1)</script>PK\x03\x04#!/bin/sh\n"
    assert script not in reencoded(KINDS["png"][0] + script)
    gif = encoded(Image.new("P", (8, 8)), "GIF", comment=script)
    assert script in gif
    assert script not in reencoded(gif)


async def test_a_bomb_within_the_bounds_costs_no_more_than_they_allow() -> None:
    side = int(MAX_PIXELS**0.5) // 2
    bomb = png_of(side, side, zlib.compress(bytes((1 + 3 * side) * side), 9))
    assert len(bomb) < 300_000
    assert opened(await decode(bomb)).size == (MAX_SIDE, MAX_SIDE)


PROGRAMS = {
    "takes more memory than it may": "from resource import *; setrlimit(RLIMIT_AS, (1 << 28, 1 << 28)); bytes(1 << 30)",
    "never ends": "import time; time.sleep(600)",
    "crashes": "import os; os.abort()",
    "says nothing": "",
    "says too much": f"import sys; sys.stdout.buffer.write(bytes({decoding.MAX_PNG + 1}))",
}


@pytest.mark.parametrize("program", PROGRAMS)
async def test_whatever_becomes_of_the_process_there_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    monkeypatch.setattr(decoding, "COMMAND", (sys.executable, "-c", PROGRAMS[program]))
    monkeypatch.setattr(decoding, "SECONDS", 1.0 if program == "never ends" else 30.0)
    with pytest.raises(PictureError, match=TOO_HARD[:20]):
        await decode(KINDS["png"][0])


async def test_however_often_it_is_cancelled_the_process_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    started: asyncio.Queue[asyncio.subprocess.Process] = asyncio.Queue()
    start = asyncio.create_subprocess_exec

    async def noted(*words: str, **options: Any) -> asyncio.subprocess.Process:
        process = await start(*words, **options)
        started.put_nowait(process)
        return process

    monkeypatch.setattr(asyncio, "create_subprocess_exec", noted)
    monkeypatch.setattr(decoding, "COMMAND", (sys.executable, "-c", PROGRAMS["never ends"]))
    task = asyncio.create_task(decode(b"x"))
    process = await started.get()
    while not task.done():
        task.cancel()
        await asyncio.sleep(0)
    assert task.cancelled()
    assert process.returncode == -signal.SIGKILL


async def test_the_process_knows_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EASEL_DISCORD__TOKEN", "zebra-7")
    monkeypatch.setattr(decoding, "COMMAND", (sys.executable, "-c", "import os; print(os.environ)"))
    said = await decode(b"")
    assert b"PATH" in said
    assert b"zebra-7" not in said
