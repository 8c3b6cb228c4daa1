import io
from dataclasses import replace

import pytest
import torch
from PIL import Image

from generation.request import ImagineRequest
from generation.worker.images import Snapshot, encode_png, encode_preview, read_request

REQUEST = ImagineRequest(
    "id", "ein Apfel 🍎, «مرحبا»\n\x7f", seed=2**32 - 1, width=64, height=32, steps=7, member="somebody"
)


def test_png_carries_the_request_and_the_pixels() -> None:
    picture = Snapshot(torch.rand(3, 32, 64))
    png = encode_png(picture, REQUEST)
    assert read_request(png) == replace(REQUEST, member="")
    with Image.open(io.BytesIO(png)) as image:
        assert image.size == (64, 32)
        assert image.tobytes() == picture.image().tobytes()


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
