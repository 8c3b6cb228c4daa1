"""Pictures and latents as they may be given in Python."""

import io
from pathlib import Path

import pytest
from PIL import Image

from easel.given_pictures import latent_of, png
from generation.latents import Latent, pack
from generation.metadata import Metadata
from generation.request import ImagineRequest

PICTURE = Image.new("RGB", (20, 10), "red")


def test_the_same_pixels_are_the_same_png(tmp_path: Path) -> None:
    file, buffer = tmp_path / "red.png", io.BytesIO()
    PICTURE.save(file, compress_level=1)
    PICTURE.save(buffer, "WEBP", lossless=True)
    assert png(PICTURE, "init") == png(file, "init") == png(str(file), "init") == png(buffer.getvalue(), "init")


def test_what_is_no_picture_is_named_by_its_argument_or_its_file(tmp_path: Path) -> None:
    (tmp_path / "note.png").write_text("nothing")
    with pytest.raises(ValueError, match=r"^init: That file is no picture"):
        png(b"nothing", "init")
    with pytest.raises(ValueError, match=r"note\.png: That file is no picture"):
        png(tmp_path / "note.png", "init")
    with pytest.raises(ValueError, match=r"absent\.png: No such file"):
        png(tmp_path / "absent.png", "init")


async def test_a_picture_is_taken_while_an_event_loop_runs() -> None:
    assert png(PICTURE, "init").startswith(b"\x89PNG")


def test_a_latent_says_of_which_size_its_picture_is(tmp_path: Path) -> None:
    request = ImagineRequest("a", "a", 1, 64, 32, 1)
    data = pack(Latent("vqgan", 64, 32, 4, 4, 8), bytes(4 * 4 * 4 * 8), Metadata(request))
    (tmp_path / "a.safetensors").write_bytes(data)
    for given in (data, tmp_path / "a.safetensors", str(tmp_path / "a.safetensors")):
        found, about = latent_of(given, "init_latent")
        assert (found, about.shape) == (data, (64, 32))
    with pytest.raises(ValueError, match=r"^init_latent: The latent is damaged"):
        latent_of(b"nothing", "init_latent")
