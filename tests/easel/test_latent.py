"""Latents on the command line, through a real worker."""

import json
import re
from pathlib import Path

import pytest
from PIL import Image

from config.settings.models import ModelsSettings
from generation.latents import DAMAGED, unpack
from generation.metadata import read
from tests.easel.conftest import Easel
from tests.easel.kept import KeptWorkers
from tests.easel.processes import settings_for

SMALL = ["--size", "96x64", "--steps", "3", "--seed", "7"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, tiny_models: ModelsSettings, kept: KeptWorkers) -> Path:
    """Give a folder with a finished picture and its latent, one of another model and one that is damaged."""
    folder = tmp_path_factory.mktemp("latent")
    for name, models in (("a", settings_for(tiny_models)), ("pocket", [])):
        words = ["imagine", "a red apple", "--out", f"{name}.png", "--latent", f"{name}.safetensors"]
        code, _, err = kept.finish(folder, *words, *SMALL, *models)
        assert code == 0, err
    (folder / "cut.safetensors").write_bytes((folder / "a.safetensors").read_bytes()[:-1])
    Image.radial_gradient("L").save(folder / "mask.png")
    return folder


def test_a_picture_begins_from_it_with_its_size_and_is_made_again(
    folder: Path, tiny_models: ModelsSettings, kept: KeptWorkers
) -> None:
    models = settings_for(tiny_models)
    words = ["imagine", "a storm", "--steps", "2", "--init-latent", "a.safetensors"]
    code, _, err = kept.finish(folder, *words, "--out", "b.png", *models)
    assert code == 0, err
    code, _, err = kept.finish(folder, "imagine", "--from", "b.png", "--out", "c.png", *models)
    assert code == 0, err
    with Image.open(folder / "b.png") as first, Image.open(folder / "c.png") as second:
        assert first.size == (96, 64)
        assert first.tobytes() == second.tobytes()
    assert read((folder / "b.png").read_bytes()).request.init_latent


def test_what_it_is_of_is_shown_and_made_again(folder: Path, tiny_models: ModelsSettings, kept: KeptWorkers) -> None:
    code, line, err = kept.finish(folder, "show", "a.safetensors")
    assert code == 0
    assert line.startswith(
        "easel imagine 'a red apple' --out a.png --seed 7 --size 96x64 --steps 3 --latent a.safetensors"
    )
    assert re.search(r"Painted with vqgan\.yaml and clip\.pt in b?float\d+ on cpu", err)
    held = unpack((folder / "a.safetensors").read_bytes())[0]
    assert f"It is a latent: {'×'.join(map(str, held.sizes))} numbers" in err
    assert "a picture of 96×64 is decoded. --init-latent begins from it." in err
    code, line, _ = kept.finish(folder, "show", "a.safetensors", "--json")
    told = json.loads(line)
    assert (told["request"]["prompt"], told["latent"]["vqgan"], told["missing"]) == ("a red apple", held.vqgan, [])
    code, _, err = kept.finish(
        folder, "imagine", "--from", "a.safetensors", "--out", "d.png", *settings_for(tiny_models)
    )
    assert code == 0, err
    with Image.open(folder / "a.png") as first, Image.open(folder / "d.png") as second:
        assert first.tobytes() == second.tobytes()


def test_one_that_is_damaged_is_shown_as_that(folder: Path, easel: Easel) -> None:
    cut = folder / "cut.safetensors"
    assert easel("show", str(cut)) == (1, "", f"easel: {cut}: {DAMAGED}\n")
    code, _, err = easel("imagine", "--continue", str(folder / "a.safetensors"), "--out", "no.png")
    assert (code, "no picture that I can read" in " ".join(err.replace("│", " ").split())) == (2, True)


@pytest.mark.parametrize(
    ("words", "expected", "sentence"),
    [
        (["--init-latent", "pocket.safetensors"], 1, "The latent is of another VQGAN or BigGAN than the one in use"),
        (["--init-latent", "a.safetensors", "--size", "64x64"], 1, "of another size; ask for --size 96x64"),
        (["--init-latent", "a.safetensors", "--w", "64"], 1, "of another size; ask for --size 96x64"),
        (["--init-latent", "a.safetensors", "--strength", "1"], 2, "--strength is about a picture to begin from"),
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
    folder: Path,
    tiny_models: ModelsSettings,
    words: list[str],
    expected: int,
    sentence: str,
    kept: KeptWorkers,
) -> None:
    models = settings_for(tiny_models)
    code, out, err = kept.finish(folder, "imagine", "a storm", "--steps", "2", "--out", "no.png", *words, *models)
    assert (code, out) == (expected, "")
    assert sentence in " ".join(err.replace("│", " ").split())
