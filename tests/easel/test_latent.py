"""Latents on the command line, through a real worker."""

from pathlib import Path

import pytest
from PIL import Image

from config.settings import ModelsSettings
from generation.metadata import read
from tests.easel.processes import finish, settings_for

SMALL = ["--size", "96x64", "--steps", "3", "--seed", "7"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, tiny_models: ModelsSettings) -> Path:
    """Give a folder with a finished picture and its latent, one of another model and one that is damaged."""
    folder = tmp_path_factory.mktemp("latent")
    for name, models in (("a", settings_for(tiny_models)), ("pocket", [])):
        words = ["imagine", "a red apple", "--out", f"{name}.png", "--latent", f"{name}.safetensors"]
        code, _, err = finish(folder, *words, *SMALL, *models)
        assert code == 0, err
    (folder / "cut.safetensors").write_bytes((folder / "a.safetensors").read_bytes()[:-1])
    Image.radial_gradient("L").save(folder / "mask.png")
    return folder


def test_a_picture_begins_from_it_with_its_size_and_is_made_again(folder: Path, tiny_models: ModelsSettings) -> None:
    models = settings_for(tiny_models)
    words = ["imagine", "a storm", "--steps", "2", "--init-latent", "a.safetensors"]
    code, _, err = finish(folder, *words, "--out", "b.png", *models)
    assert code == 0, err
    code, _, err = finish(folder, "imagine", "--from", "b.png", "--out", "c.png", *models)
    assert code == 0, err
    with Image.open(folder / "b.png") as first, Image.open(folder / "c.png") as second:
        assert first.size == (96, 64)
        assert first.tobytes() == second.tobytes()
    assert read((folder / "b.png").read_bytes()).request.init_latent


@pytest.mark.parametrize(
    ("words", "expected", "sentence"),
    [
        (["--init-latent", "pocket.safetensors"], 1, "The latent is of another VQGAN or BigGAN than the one in use"),
        (["--init-latent", "a.safetensors", "--size", "64x64"], 1, "of another size; ask for --size 96x64"),
        (["--init-latent", "cut.safetensors"], 2, "cut.safetensors: The latent is damaged, or no file that Easel made"),
        (["--init-latent", "a.png"], 2, "a.png: The latent is damaged, or no file that Easel made"),
        (["--init-latent", "none.safetensors"], 2, "none.safetensors: No such file or directory"),
        (["--init-latent", "/dev/zero"], 2, "/dev/zero is not a file"),
        (
            ["--init-latent", "a.safetensors", "--init", "a.png"],
            2,
            "it begins from a latent or in another way, not both",
        ),
        (["--latent", "b.pt"], 2, "the file should end in .safetensors, not as b.pt"),
        (
            ["--latent", "b.safetensors", "--init", "a.png", "--mask", "mask.png"],
            1,
            "leave out the mask or the latent.",
        ),
    ],
)
def test_what_cannot_be_is_refused(
    folder: Path, tiny_models: ModelsSettings, words: list[str], expected: int, sentence: str
) -> None:
    models = settings_for(tiny_models)
    code, out, err = finish(folder, "imagine", "a storm", "--steps", "2", "--out", "no.png", *words, *models)
    assert (code, out) == (expected, "")
    assert sentence in " ".join(err.replace("│", " ").split())
