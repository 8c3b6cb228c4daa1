import io
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from generation.decoding import MAX_SIDE
from generation.errors import RequestError
from generation.request import ImagineRequest
from generation.worker.pictures import fitted

PICTURE, MASK = "1" * 64, "2" * 64
WIDE = ImagineRequest("a", "", 0, width=128, height=64, steps=1, init_picture=PICTURE, mask=MASK)
PADDED = replace(WIDE, fit="pad")


def png(image: Image.Image, kind: str = "PNG") -> bytes:
    file = io.BytesIO()
    image.save(file, kind)
    return file.getvalue()


def rings() -> Image.Image:
    """Return a square picture, black with a white square in the middle that is half as wide."""
    image = Image.new("RGB", (200, 200))
    image.paste("white", (50, 50, 150, 150))
    return image


def test_a_picture_of_the_size_is_taken_as_it_is() -> None:
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 128, 3), np.uint8))
    picture = fitted(png(noise), WIDE, PICTURE)
    assert picture.shape == (3, 64, 128)
    assert torch.equal(picture.mul(255).round().byte().permute(1, 2, 0), torch.from_numpy(np.array(noise)))


def test_its_aspect_is_kept_where_it_is_cropped() -> None:
    picture = fitted(png(rings()), WIDE, PICTURE)
    across, down = (picture[0].mean(dimension) > 0.4 for dimension in (0, 1))
    assert int(across.sum()) == 64, "half as wide as the whole"
    assert bool(down.all()), "above and below it is cut off"


def test_its_aspect_is_kept_where_it_is_padded() -> None:
    image = rings()
    image.paste("red", (0, 0, 1, 200))
    picture = fitted(png(image), PADDED, PICTURE)
    assert picture.shape == (3, 64, 128)
    assert float(picture[1, 32].gt(0.5).sum()) == 32, "the white square is half as wide as it is high"
    assert (picture[:, :, 0] == picture[:, :, 20]).all(), "the margin goes on with the edge"


def test_around_a_mask_everything_is_painted_on() -> None:
    picture = fitted(png(Image.new("RGB", (100, 100))), PADDED, MASK)
    assert (picture[:, :, :32] == 1).all()
    assert (picture[:, :, 32:96] == 0).all()
    assert (picture[:, :, 96:] == 1).all()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no picture",
        png(rings())[:100],
        png(rings(), "JPEG"),
        png(Image.new("RGB", (MAX_SIDE + 1, 1))),
    ],
)
def test_what_is_no_longer_what_was_kept_is_refused(data: bytes) -> None:
    with pytest.raises(RequestError, match="damaged; ask again"):
        fitted(data, WIDE, PICTURE)
