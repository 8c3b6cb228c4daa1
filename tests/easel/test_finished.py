"""A finished picture that is painted on, varied and made larger by the command line, through a real worker."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from config.settings.models import ModelsSettings
from generation.metadata import Metadata, read
from tests.easel.conftest import Easel
from tests.easel.kept import KeptWorkers
from tests.easel.processes import settings_for

SMALL = ["--size", "64x64", "--steps", "10", "--seed", "7"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, tiny_models: ModelsSettings, kept: KeptWorkers) -> Path:
    """Give a folder with a finished picture, and a film of it."""
    folder = tmp_path_factory.mktemp("finished")
    words = ["imagine", "a seed ^ a red apple", "--out", "apple.png", "--video", "apple.webp", *SMALL]
    code, _, err = kept.finish(folder, *words, *settings_for(tiny_models))
    assert code == 0, err
    return folder


Paint = Callable[..., Metadata]


@pytest.fixture
def paint(folder: Path, tiny_models: ModelsSettings, kept: KeptWorkers) -> Paint:
    """Paint something from what is in the folder and return what the file says of it."""

    def paint(*words: str) -> Metadata:
        code, _, err = kept.finish(folder, "imagine", "--out", "next.png", *words, *settings_for(tiny_models))
        assert code == 0, err
        return read((folder / "next.png").read_bytes())

    return paint


def pixels(file: Path) -> np.ndarray:
    with Image.open(file) as image:
        return np.asarray(image.convert("RGB"), dtype=float)


def test_it_is_painted_on(folder: Path, paint: Paint) -> None:
    made = paint("--continue", "apple.png", "--steps", "4")
    assert (made.request.prompt, made.request.steps, made.request.seed) == ("a red apple", 4, 7)
    assert made.pictures.keys() == {made.request.init_picture}
    assert not np.array_equal(pixels(folder / "next.png"), pixels(folder / "apple.png"))
    again = paint("--from", "next.png")
    assert again.request.init_picture == made.request.init_picture


def test_another_prompt_turns_it_into_something_else(paint: Paint) -> None:
    same = paint("--continue", "apple.png").request
    other = paint("a storm", "--continue", "apple.png", "--no", "fog").request
    assert (other.prompt, other.without, other.targets) == ("a storm", ("fog",), ())
    assert same.strength is not None
    assert other.strength is not None
    assert other.strength > same.strength


def test_it_becomes_larger(folder: Path, paint: Paint) -> None:
    made = paint("--larger", "apple.png")
    assert made.request.shape == (128, 128)
    assert pixels(folder / "next.png").shape == (128, 128, 3)


def test_each_variation_is_another(paint: Paint) -> None:
    subtle, strong = (paint("--vary", "apple.png", *more).request for more in ([], ["--strong"]))
    assert 0 < subtle.variation < strong.variation
    assert len({7, subtle.seed, strong.seed}) == 3
    assert paint("--vary", "apple.png", "--seed", "9").request.seed == 9


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--continue", "apple.png", "--vary", "apple.png"], "--vary and --larger take one picture; give one of them"),
        (["--strong", "--continue", "apple.png"], "--strong says how --vary FILE varies a picture; name the file"),
        (["--larger", "apple.png", "--init", "apple.png"], "begin from their picture, and not in another way"),
        (["--larger", "apple.png", "--from", "apple.png"], "begin from their picture, and not in another way"),
        (["--larger", "apple.png", "painting.max_side=64", "painting.width=64", "painting.height=64"], "64 pixels a s"),
        (["--vary", "apple.webp"], "apple.webp is a video; name the picture that was painted"),
    ],
)
def test_what_cannot_be_is_wrong_usage(
    folder: Path, monkeypatch: pytest.MonkeyPatch, easel: Easel, words: list[str], sentence: str
) -> None:
    monkeypatch.chdir(folder)
    code, _, err = easel("imagine", "--out", "b.png", *words)
    assert code == 2
    assert sentence in " ".join(err.replace("│", " ").split())


def test_a_picture_that_does_not_say_how_it_was_made_is_refused(tmp_path: Path, easel: Easel) -> None:
    Image.new("RGB", (64, 64)).save(tmp_path / "a.png")
    code, _, err = easel("imagine", "--larger", str(tmp_path / "a.png"), "--out", str(tmp_path / "b.png"))
    assert code == 1
    assert "It does not say how it was made" in err
