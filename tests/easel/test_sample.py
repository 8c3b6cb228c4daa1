"""Samples on the command line, with the pocket BigGAN."""

import shlex
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from config.settings.models import ModelsSettings
from easel.results import SAMPLE
from easel.samples import command
from generation.request import ImagineRequest
from tests.easel.kept import KeptWorkers
from tests.easel.processes import settings_for


def test_a_sample_is_its_seed_and_class_and_its_latent_leads_to_it(tmp_path: Path, kept: KeptWorkers) -> None:
    words = ["sample", "--class", "owl", "--seed", "7", "--truncation", "0.5", "--latent", "owl.safetensors"]
    code, out, err = kept.finish(tmp_path, *words, "--out", "owl.png")
    assert (code, err) == (0, "")
    assert out == "owl.png: seed 7, owl\n"
    code, _, err = kept.finish(tmp_path, "sample", "--init-latent", "owl.safetensors", "--out", "again.png")
    assert code == 0, err
    with Image.open(tmp_path / "owl.png") as first, Image.open(tmp_path / "again.png") as second:
        assert first.size == (64, 64)
        assert first.tobytes() == second.tobytes()
        assert first.info["Comment"].startswith("easel sample --painter biggan --class owl --truncation 0.5 --seed 7")
        drawn = first.info["Comment"]
    code, out, err = kept.finish(tmp_path, "show", "owl.safetensors")
    assert (code, out) == (0, f"{drawn} --latent=owl.safetensors\n")
    assert err.startswith("It is a latent: ")
    code, _, err = kept.finish(tmp_path, "imagine", "--from", "owl.safetensors", "--out", "no.png")
    assert code == 2
    assert "it is of a sample, which easel sample --init-latent draws" in " ".join(err.replace("│", " ").split())


def test_what_draws_one_again_is_one_word_to_a_shell_whatever_its_class_is_called() -> None:
    name = "x'$(touch /tmp/a) `b`"
    request = ImagineRequest("a", SAMPLE, 7, 64, 64, 1, canvas="biggan", classes=((name, 1.0),))
    words = shlex.split(command(request))
    assert words[words.index("--class") + 1] == name
    assert len(words) == len(shlex.split(command(replace(request, classes=(("owl", 1.0),)))))
    assert "'x'\"'\"'$(touch" in command(request)


def test_several_have_their_seeds_in_their_names_and_any_size(tmp_path: Path, kept: KeptWorkers) -> None:
    code, out, err = kept.finish(tmp_path, "sample", "--count", "3", "--seed", "5", "--size", "96x64", "--out", "a.png")
    assert code == 0, err
    assert len(out.splitlines()) == 3
    pictures = []
    for seed in (5, 6, 7):
        with Image.open(tmp_path / f"a-{seed}.png") as image:
            assert image.size == (96, 64)
            pictures.append(image.tobytes())
    assert len(set(pictures)) == 3


@pytest.mark.parametrize(
    ("words", "expected", "sentence"),
    [
        (["--class", "ostrich"], 1, "There is no class 'ostrich'; there are for example apple"),
        (["--class", "mushrom"], 1, "there is for example mushroom"),
        (["--truncation", "1.5"], 2, "--truncation takes a number from 0.02 to 1, not 1.5"),
        (["--painter", "siren"], 2, "only biggan draws samples"),
        (["--count", "0"], 2, "should be greater than or equal to 1"),
        (["--out", "a.jpg"], 2, "the file should end in .png"),
        (["--init-latent", "none.safetensors"], 2, "none.safetensors is not a file"),
        (["--init-latent", "bad.safetensors"], 1, "The latent is damaged"),
        (["--init-latent", "bad.safetensors", "--count", "2"], 2, "leave the others out"),
        (["--biggan", "none.json"], 78, "models.biggan: none.json does not exist"),
    ],
)
def test_what_cannot_be_is_refused(
    tmp_path: Path, words: list[str], expected: int, sentence: str, kept: KeptWorkers
) -> None:
    (tmp_path / "bad.safetensors").write_bytes(b"\x00" * 100)
    code, out, err = kept.finish(tmp_path, "sample", *words)
    assert (code, out) == (expected, "")
    assert sentence in " ".join(err.replace("│", " ").split())
    assert not list(tmp_path.glob("*.png"))


def test_a_painting_is_kept_and_goes_on_by_its_latent(
    tmp_path: Path, tiny_models: ModelsSettings, kept: KeptWorkers
) -> None:
    models = settings_for(tiny_models)
    words = ["imagine", "at night", "--class", "owl", "--seed", "7", "--steps", "2", "--size", "96x64"]
    code, _, err = kept.finish(tmp_path, *words, "--out", "a.png", "--latent", "a.safetensors", *models)
    assert code == 0, err
    words = ["imagine", "at night", "--painter", "biggan", "--steps", "2", "--init-latent", "a.safetensors"]
    code, _, err = kept.finish(tmp_path, *words, "--out", "b.png", *models)
    assert code == 0, err
    code, _, err = kept.finish(tmp_path, *words[:2], *words[4:], "--out", "c.png", *models)
    assert code == 1
    assert "The latent is of another" in err
