"""Walks from the command line, by a real worker."""

import json
import struct
from pathlib import Path
from shutil import copyfile

import av
import numpy as np
import pytest
from PIL import Image, ImageSequence
from safetensors.torch import load_file, save_file

from config.settings.models import ModelsSettings
from generation.checkpoints.biggan import pocket
from generation.metadata import read
from generation.waypoint import Waypoint
from tests.easel.conftest import Easel
from tests.easel.kept import KeptWorkers
from tests.easel.processes import settings_for

SMALL = ["--size", "64x64", "--steps", "2", "--frames", "4", "--hold", "1"]


def shown(film: Path) -> list[np.ndarray]:
    with av.open(str(film)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def test_the_same_walk_is_the_same_film(tmp_path: Path, tiny_models: ModelsSettings, kept: KeptWorkers) -> None:
    models = settings_for(tiny_models)
    words = "a red apple | a pear --quality draft", "--loop", "--fps", "10", *SMALL
    code, out, err = kept.finish(tmp_path, "walk", *words, "--seed", "7", "--out", "a.mp4", "--json", *models)
    assert (code, err) == (0, "")
    assert json.loads(out)["out"] == "a.mp4"
    frames = shown(tmp_path / "a.mp4")
    assert len(frames) == 10
    assert frames[0].shape == (64, 64, 3)
    request = read((tmp_path / "a.mp4").read_bytes()).request
    assert request.waypoints == (Waypoint("a red apple"), Waypoint("a pear"))
    assert (request.quality, request.fps, request.loop) == ("draft", 10, True)
    code, out, err = kept.finish(tmp_path, "show", "a.mp4")
    assert (code, out) == (0, "easel walk --from a.mp4 --out a.mp4 models.vqgan=vqgan.yaml models.clip=clip.pt\n")
    code, out, err = kept.finish(tmp_path, "walk", "--from", "a.mp4", "--out", "b.mp4", *models)
    assert (code, err) == (0, "")
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()
    code, _, err = kept.finish(tmp_path, "imagine", "--from", "a.mp4", "--out", "b.png", *models)
    assert (code, "easel walk --from makes it again" in " ".join(err.replace("│", " ").split())) == (2, True)


def test_it_walks_between_a_stored_latent_and_a_picture(
    tmp_path: Path,
    tiny_models: ModelsSettings,
    easel: Easel,
    kept: KeptWorkers,
) -> None:
    models = settings_for(tiny_models)
    words = "--out", "a.png", "--latent", "a.safetensors", *SMALL[:4]
    code, _, err = kept.finish(tmp_path, "imagine", "a cat", *words, *models)
    assert (code, err) == (0, "")
    files = "--latent", "a.safetensors", "--picture", "a.png"
    code, _, err = kept.finish(tmp_path, "walk", *files, "--out", "a.gif", "--frames", "4", *models)
    assert (code, err) == (0, "")
    with Image.open(tmp_path / "a.png") as begun, Image.open(tmp_path / "a.gif") as film:
        assert film.size == (64, 64)
        difference = np.asarray(begun).astype(int) - np.asarray(film.convert("RGB"))
        assert np.abs(difference).mean() < 12, "but for 256 colours"
    assert len(read((tmp_path / "a.gif").read_bytes()).request.pictures) == 2
    code, _, err = easel("walk", "--from", "a.gif", "--out", "again.gif")
    assert code == 2
    assert "give by --latent or --picture what it passes" in " ".join(err.replace("│", " ").split())


def test_it_walks_past_classes_and_a_stored_latent(tmp_path: Path, easel: Easel, kept: KeptWorkers) -> None:
    sampled = "sample", "--class", "owl", "--seed", "3", "--latent", "owl.safetensors", "--out", "owl.png"
    code, _, err = kept.finish(tmp_path, *sampled)
    assert (code, err) == (0, "")
    words = "class: owl | class: frog:0.6, mushroom:0.4", "--seeds", "3,4", "--latent", "owl.safetensors"
    files = "--out", "a.gif", "--frames", "2", "--hold", "0"
    code, _, err = kept.finish(tmp_path, "walk", *words, *files, "executor.devices=[cpu]")
    assert (code, err) == (0, "")
    request = read((tmp_path / "a.gif").read_bytes()).request
    assert [(each.classes, each.seed) for each in request.waypoints[:4]] == [
        (classes, seed) for classes in ((("owl", 1.0),), (("frog", 0.6), ("mushroom", 0.4))) for seed in (3, 4)
    ]
    assert request.waypoints[4].latent
    with Image.open(tmp_path / "owl.png") as drawn, Image.open(tmp_path / "a.gif") as film:
        frames = ImageSequence.all_frames(film, lambda frame: frame.convert("RGB"))
        for shown in (frames[0], frames[-1]):
            difference = np.asarray(drawn.resize(film.size)).astype(int) - np.asarray(shown)
            assert np.abs(difference).mean() < 12, "but for 256 colours"
    code, line, _ = easel("show", "a.gif")
    assert (code, "models.biggan" in line) == (0, False)
    weights = load_file(pocket().with_suffix(".safetensors"))
    save_file({name: tensor * 1.01 for name, tensor in weights.items()}, tmp_path / "other.safetensors")
    copyfile(pocket(), tmp_path / "other.json")
    again = "--from", "a.gif", "--latent", "owl.safetensors", "--out", "again.gif", "models.biggan=other.json"
    code, _, err = kept.finish(tmp_path, "walk", *again, "executor.devices=[cpu]")
    assert (code, err) == (
        1,
        "easel: The latent is of another VQGAN or BigGAN than the one in use, which reads other pictures from it.\n",
    )
    plain = "walk", "class: owl | class: frog", "--frames", "2", "--hold", "0", "--out", "b.gif"
    assert kept.finish(tmp_path, *plain, "executor.devices=[cpu]")[0] == 0
    walk = "walk", "--from", "b.gif", "--out", "again.gif", "models.biggan=other.json"
    code, _, err = kept.finish(tmp_path, *walk, "executor.devices=[cpu]")
    assert (code, err) == (0, "easel: this can be another picture: it was made with another BigGAN (pocket)\n")
    code, _, err = easel("walk", "class: owls | class: frog", "--out", "b.gif")
    assert (code, "easel: There is no class 'owls'; there is for example owl" in err) == (1, True)


def test_a_latent_of_another_model_is_refused(tmp_path: Path, tiny_models: ModelsSettings, kept: KeptWorkers) -> None:
    file = str(stored(tmp_path / "a.safetensors"))
    code, _, err = kept.finish(tmp_path, "walk", *["--latent", file] * 2, "--out", "c.mp4", *settings_for(tiny_models))
    assert code == 1
    assert (
        err
        == "easel: The latent is of another VQGAN or BigGAN than the one in use, which reads other pictures from it.\n"
    )
    assert not (tmp_path / "c.mp4").exists()


def stored(path: Path, width: int = 64) -> Path:
    """Write what says that it is a latent."""
    about = {"vqgan": "a", "width": width, "height": 64, "channels": 1, "rows": 1, "columns": 1}
    header = json.dumps(
        {
            "__metadata__": {"easel-latent": json.dumps(about)},
            "z": {"dtype": "F32", "shape": [1, 1, 1], "data_offsets": [0, 4]},
        }
    ).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header + bytes(4))
    return path


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], "say what to walk past"),
        (["a red apple"], "put | between them"),
        ([""], "put | between them"),
        (["class: owl:3 | b"], "with shares from 0 to 1"),
        (["a", *["--latent", "good.safetensors"] * 16], "a walk passes up to 16 pictures, not 17"),
        (["--latent", "good.safetensors"], "two or more --latent or --picture FILE"),
        (["--latent", "good.safetensors", "--latent", "empty"], "The latent is damaged"),
        (["--latent", "good.safetensors", "--latent", "wide.safetensors"], "of 80x64, and the first latent of one"),
        (["--latent", "good.safetensors", "--latent", "none"], "No such file"),
        (["--picture", "good.safetensors", "--picture", "empty"], "no picture"),
        (["a | b", "--seeds", "1,x"], "--seeds takes whole numbers"),
        (["a | b", "--seeds", "1,4294967296"], "--seeds takes whole numbers"),
        (["a | b", "--seeds", "1,2,3,4,5,6,7,8,9"], "up to 16 pictures, and this one would pass 18"),
        (["a | b --w 32", "--latent", "good.safetensors"], "--w takes pixels from 64"),
        (["a | b", "--frames", "many"], "--frames takes a whole number from 1 to 3000, not many"),
        (["a | b", "--from", "empty"], "leave out the prompt"),
        (["--seeds", "1,2"], "say what to walk past"),
    ],
)
def test_bad_input_is_refused_in_a_sentence(easel: Easel, tmp_path: Path, words: list[str], sentence: str) -> None:
    stored(tmp_path / "good.safetensors")
    stored(tmp_path / "wide.safetensors", 80)
    (tmp_path / "empty").touch()
    code, out, err = easel("walk", *words, "--out", "a.mp4")
    assert (code, out) == (2, "")
    assert sentence in " ".join(err.replace("│", " ").split())
    assert not (tmp_path / "a.mp4").exists()


@pytest.mark.parametrize("name", ["a.png", "a", "none/a.mp4"])
def test_what_is_no_film_is_refused(easel: Easel, name: str) -> None:
    assert easel("walk", "a | b", "--out", name)[0] == 2


def test_a_picture_is_no_walk(easel: Easel, tmp_path: Path) -> None:
    Image.new("RGB", (64, 64)).save(tmp_path / "a.png")
    code, _, err = easel("walk", "--from", "a.png", "--out", "a.mp4")
    assert code == 1
    assert err.startswith("easel: a.png: It does not say how it was made")
