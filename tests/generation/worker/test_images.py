import io
import zlib
from dataclasses import replace

import pytest
import torch
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from generation.request import ImagineRequest
from generation.worker.images import METADATA_KEY, Snapshot, encode_png, encode_preview, read_request

REQUEST = ImagineRequest(
    "id", "ein Apfel 🍎, «مرحبا»\n\x7f", seed=2**32 - 1, width=64, height=32, steps=7, member="somebody"
)


def test_png_carries_the_request_and_the_pixels() -> None:
    picture = Snapshot(torch.rand(3, 32, 64))
    png = encode_png(picture, REQUEST)
    assert read_request(png) == replace(REQUEST, member="")
    assert b"somebody" not in png
    with Image.open(io.BytesIO(png)) as image:
        assert image.size == (64, 32)
        assert image.info["Description"] == REQUEST.prompt
        assert image.tobytes() == picture.image().tobytes()


def test_a_foreign_png_carries_no_request() -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8)).save(buffer, "PNG")
    with pytest.raises(KeyError):
        read_request(buffer.getvalue())


@pytest.mark.parametrize("kind", ["GIF", "JPEG", "PPM", "no picture", "a bomb", "damage"])
def test_what_is_no_png_is_refused(kind: str) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8)).save(buffer, kind if kind.isupper() else "PNG")
    content = bytearray(b"easel" if kind == "no picture" else buffer.getvalue())
    if kind == "a bomb":
        content[16:24] = b"\x7f\xff\xff\xff" * 2
        content[29:33] = zlib.crc32(content[12:29]).to_bytes(4, "big")
    if kind == "damage":
        content[20] ^= 1
    with pytest.raises(ValueError, match="It is no PNG"):
        read_request(bytes(content))


def test_a_png_can_say_nothing_of_who_asked() -> None:
    metadata = PngInfo()
    metadata.add_itxt(METADATA_KEY, REQUEST.to_json())
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8)).save(buffer, "PNG", pnginfo=metadata)
    assert read_request(buffer.getvalue()) == REQUEST.anonymous


def test_preview_is_a_jpeg_of_the_same_size() -> None:
    with Image.open(io.BytesIO(encode_preview(Snapshot(torch.rand(3, 32, 64))))) as image:
        assert (image.format, image.size) == ("JPEG", (64, 32))


def test_values_outside_are_clamped() -> None:
    pixels = Snapshot(torch.tensor([-1.0, 0.5, 2.0]).view(3, 1, 1)).image().getpixel((0, 0))
    assert pixels == (0, 128, 255)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_snapshot_stays_when_the_picture_is_painted_over(dtype: torch.dtype) -> None:
    picture = torch.zeros(3, 2, 2, dtype=dtype)
    snapshot = Snapshot(picture)
    picture.fill_(1.0)
    assert snapshot.image().getextrema() == ((0, 0), (0, 0), (0, 0))
