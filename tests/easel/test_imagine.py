"""A picture from the command line, painted by a real worker."""

import json
import signal
from pathlib import Path

import pytest
from PIL import Image

from config.settings import ModelsSettings
from tests.easel.processes import descendants, finish, is_alive, settings_for, start, wait_until

SMALL = ["--size", "64x64", "--steps", "3"]


def test_the_same_seed_paints_the_same_picture(tmp_path: Path, tiny_models: ModelsSettings) -> None:
    models = settings_for(tiny_models)
    code, out, err = finish(
        tmp_path, "imagine", "a red apple", "--out", "a.png", *SMALL, "--seed", "7", "--json", *models
    )
    assert (code, err) == (0, "")
    report = json.loads(out)
    assert out.count("\n") == 1
    assert report.keys() == {"seed", "seconds", "steps_per_second", "out"}
    assert (report["seed"], report["out"]) == (7, "a.png")
    assert report["steps_per_second"] == pytest.approx(3 / report["seconds"], rel=0.05)

    code, out, err = finish(tmp_path, "imagine", "a red apple", "--out", "b.png", *SMALL, "--seed", "7", *models)
    assert (code, err) == (0, "")
    assert out.startswith("b.png: seed 7, ")
    with Image.open(tmp_path / "a.png") as first, Image.open(tmp_path / "b.png") as second:
        assert first.size == (64, 64)
        assert first.tobytes() == second.tobytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "b.png"]


def test_damaged_weights(tmp_path: Path, tiny_models: ModelsSettings) -> None:
    (tmp_path / "clip.pt").write_bytes(b"no weights at all")
    models = settings_for(tiny_models.model_copy(update={"clip": "clip.pt"}))
    code, out, err = finish(tmp_path, "imagine", "a red apple", "--out", "a.png", *SMALL, *models)
    assert (code, out) == (78, "")
    assert err.startswith("easel: ")
    assert "clip.pt" in err
    assert err.count("\n") == 1
    assert not (tmp_path / "a.png").exists()


def test_ctrl_c(tmp_path: Path, tiny_models: ModelsSettings) -> None:
    models = settings_for(tiny_models)
    with start(tmp_path, "imagine", "a", "--out", "a.png", "--size", "512x512", "--steps", "500", *models) as easel:
        wait_until(lambda: descendants(easel.pid))
        workers = descendants(easel.pid)
        easel.send_signal(signal.SIGINT)
        out, _ = easel.communicate(timeout=60)
    assert (easel.returncode, out) == (130, "")
    assert not any(map(is_alive, workers))
    assert not list(tmp_path.iterdir())
