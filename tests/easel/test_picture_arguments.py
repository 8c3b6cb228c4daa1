"""Pictures on the command line, through a real worker."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageDraw

from config.settings.models import ModelsSettings
from easel.picture_arguments import PictureArguments, check_beside, sized, start_in
from generation.request import ImagineRequest
from generation.targets import Target
from generation.worker.images import read_request
from tests.easel.kept import KeptWorkers
from tests.easel.processes import settings_for

REQUEST = ImagineRequest("r", "a red apple", 7, 64, 64, 3)
SMALL = ["--size", "64x64", "--steps", "3", "--seed", "7"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a folder with pictures in it."""
    start = Image.radial_gradient("L").convert("RGB")
    start.save(tmp_path / "start.jpg", quality=95)
    Image.new("RGB", (64, 64), "blue").save(tmp_path / "blue:2.png")
    mask = Image.new("L", (64, 64))
    ImageDraw.Draw(mask).rectangle((0, 0, 31, 63), fill=255)
    mask.save(tmp_path / "mask.png")
    (tmp_path / "words.txt").write_text("no picture")
    return tmp_path


def test_the_start_and_the_mask_stay_where_it_is_not_painted(
    folder: Path, tiny_models: ModelsSettings, kept: KeptWorkers
) -> None:
    models = settings_for(tiny_models)
    words = ["imagine", "a red apple", "--init", "start.jpg", "--mask", "mask.png", "--out"]
    for out in ("a.png", "b.png"):
        code, _, err = kept.finish(folder, *words, out, *SMALL, *models)
        assert (code, err) == (0, "")
    with Image.open(folder / "a.png") as first, Image.open(folder / "b.png") as second:
        assert first.tobytes() == second.tobytes()
        with Image.open(folder / "start.jpg") as start:
            resized = start.resize((64, 64), Image.Resampling.LANCZOS)
        difference = ImageChops.difference(first, resized).convert("L").point(lambda value: 255 * (value > 2))
        left, _, right, _ = difference.getbbox() or (0, 0, 0, 0)
        assert left == 0
        assert 24 < right <= 32, "nothing beyond the mask"
    request = read_request((folder / "a.png").read_bytes())
    assert request.pictures == {request.init_picture, request.mask}
    assert len(request.pictures) == 2


def test_targets_have_weights_and_names_may_have_colons(
    folder: Path, tiny_models: ModelsSettings, kept: KeptWorkers
) -> None:
    words = ["imagine", "a red apple", "--target", "start.jpg:0.5", "--target", "blue:2.png", "--target", "mask.png:-1"]
    code, _, err = kept.finish(
        folder, *words, "--init", "fractal", "--out", "a.png", *SMALL, *settings_for(tiny_models)
    )
    assert (code, err) == (0, "")
    request = read_request((folder / "a.png").read_bytes())
    assert [target.weight for target in request.targets] == [1, 0.5, 1, -1]
    assert request.targets[0] == Target("a red apple")
    assert request.init == "fractal"


def test_a_picture_to_come_near_to_is_enough(folder: Path, tiny_models: ModelsSettings, kept: KeptWorkers) -> None:
    models = settings_for(tiny_models)
    code, _, err = kept.finish(folder, "imagine", "--target", "start.jpg:0.5", "--out", "a.png", *SMALL, *models)
    assert (code, err) == (0, "")
    request = read_request((folder / "a.png").read_bytes())
    assert [(target.text, target.weight, bool(target.picture)) for target in request.targets] == [("", 0.5, True)]
    code, _, err = kept.finish(folder, "imagine", "--from", "a.png", "--out", "b.png", *models)
    assert (code, err) == (0, "")
    with Image.open(folder / "a.png") as first, Image.open(folder / "b.png") as second:
        assert first.tobytes() == second.tobytes()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--init", "nothing.png"], "nothing.png: No such file or directory"),
        (["--init", "https://example.org/cat.png"], "pictures are not fetched here; save it, and name its file"),
        (["--init", "words.txt"], "words.txt: That file is no picture that I can read"),
        (["--target", "/dev/zero"], "/dev/zero is not a file"),
        (["--target", "./"], "is not a file"),
        (["--target", "start.jpg"] * 17, "--target is there 17 times; 16 are allowed"),
        (["--mask", "mask.png"], "--mask needs --init FILE"),
        (["--mask", "mask.png", "--init", "noise"], "--mask needs --init FILE"),
        (["--strength", "0.5"], "--strength is about a picture to begin from; name it with --init FILE"),
        (["--variation", "0.1", "--init", "noise"], "--variation is about a picture to begin from"),
        (["--fit", "stretch"], "--fit takes crop or pad, not stretch."),
        (["--init-weight", "-1"], "--init-weight takes a number from 0 to 1000, not -1."),
    ],
)
def test_what_cannot_be_is_wrong_usage(folder: Path, words: list[str], sentence: str, kept: KeptWorkers) -> None:
    code, out, err = kept.finish(folder, "imagine", "a red apple", "--out", "a.png", *SMALL, *words)
    assert (code, out) == (2, "")
    assert sentence in " ".join(re.sub("[│╭╮╰╯─]", "", err).split())
    assert not (folder / "a.png").exists()


@pytest.mark.parametrize(
    ("flags", "prompt", "shape", "expected"),
    [
        ({"size": None}, "a cat", None, {"size": None}),
        ({}, "a cat", (96, 64), {"size": "96x64"}),
        ({"size": "64x64"}, "a cat", (96, 64), {"size": "64x64"}),
        ({"w": "128"}, "a cat", (96, 64), {"w": "128", "h": "64"}),
        ({}, "a cat --h 128", (96, 64), {"w": "96"}),
        ({}, "a cat --ar 1:1", (96, 64), {}),
        ({}, "a cat --sead 1", (96, 64), {}),
    ],
)
def test_a_latent_says_the_size_that_is_not_said(
    flags: dict[str, str | None], prompt: str, shape: tuple[int, int] | None, expected: dict[str, str | None]
) -> None:
    assert sized(flags, prompt, shape) == expected


def test_what_a_file_lacks_may_be_lacking_again() -> None:
    odd = replace(REQUEST, strength=0.5)
    unmoved = replace(REQUEST, move_every=2)
    check_beside(unmoved, unmoved)
    check_beside(replace(unmoved, zoom=1.1), None)
    with pytest.raises(ValueError, match="--move-every is about how often it is moved"):
        check_beside(unmoved, REQUEST)
    check_beside(odd, odd)
    for request, before in ((odd, None), (odd, REQUEST), (replace(odd, variation=0.1), odd)):
        with pytest.raises(ValueError, match=r"--(strength|variation) is about a picture to begin from"):
            check_beside(request, before)


def test_a_picture_to_keep_away_from_is_not_enough(folder: Path, kept: KeptWorkers) -> None:
    code, _, err = kept.finish(folder, "imagine", "--target", "start.jpg:-1", "--out", "a.png", *SMALL)
    assert code == 2
    assert "only says what to keep away from; say also what to paint" in " ".join(err.replace("│", " ").split())


@pytest.mark.parametrize(
    ("init", "file"),
    [(None, None), ("noise", None), ("Noise", None), ("cat.png", "cat.png"), ("./cat", "cat"), ("/a/cat", "/a/cat")],
)
def test_a_bare_word_is_no_file(init: str | None, file: str | None) -> None:
    assert start_in(init) == (Path(file) if file else None)


def test_the_pictures_go_with_the_request(folder: Path) -> None:
    request, pictures = PictureArguments(folder / "start.jpg", [f"{folder}/start.jpg:3"], folder / "mask.png").read(
        REQUEST
    )
    assert request.pictures == pictures.keys()
    assert len(pictures) == 2
    assert request.targets == (Target("a red apple"), Target(picture=request.init_picture, weight=3.0))


@pytest.mark.parametrize(("weight", "read"), [(":.5", 0.5), ("::0.5", 0.5), ("::-.25", -0.25), (":100", 100.0)])
def test_a_weight_is_written_as_in_a_prompt(folder: Path, weight: str, read: float) -> None:
    request, _ = PictureArguments(targets=[f"{folder}/blue:2.png{weight}"]).read(REQUEST)
    assert request.targets[1].weight == read
