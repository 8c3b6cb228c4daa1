"""Several models on the command line."""

import json
from pathlib import Path

from config.settings.models import ModelsSettings
from generation.metadata import read
from tests.easel.processes import finish, settings_for

SMALL = ["--size", "64x64", "--steps", "2", "--seed", "7"]


def test_a_picture_by_a_model_of_the_settings(tmp_path: Path, tiny_models: ModelsSettings) -> None:
    (tmp_path / "easel.yaml").write_text(
        f"models: {{vqgan: /nowhere.yaml, more: {{faces: {{vqgan: {tiny_models.vqgan}, clip: {tiny_models.clip}}}}}}}"
    )
    code, _, err = finish(tmp_path, "imagine", "a cat", "--out", "a.png", *SMALL, "--model", "faces")
    assert (code, err) == (0, ""), "the default is not needed"
    metadata = read((tmp_path / "a.png").read_bytes())
    assert metadata.request.model == "faces"
    assert metadata.setup is not None
    assert metadata.setup.vqgan == "vqgan.yaml"
    code, out, _ = finish(tmp_path, "show", "a.png", "--json")
    assert (code, "--model faces" in json.loads(out)["command"]) == (0, True)
    (tmp_path / "easel.yaml").unlink()
    _, out, _ = finish(tmp_path, "show", "a.png", "--json")
    command = json.loads(out)["command"]
    assert "--model" not in command, "which is not known any more"
    assert "--vqgan vqgan.yaml --clip clip.pt" in command
    code, _, err = finish(tmp_path, "imagine", "--from", "a.png", "--out", "b.png")
    assert (code, "There is no model faces here; there is only the default." in " ".join(err.split("│"))) == (2, True)
    chosen = ["--vqgan", tiny_models.vqgan, "--clip", tiny_models.clip]
    code, _, err = finish(tmp_path, "imagine", "--from", "a.png", "--out", "b.png", *chosen)
    assert (code, err) == (0, "")
    assert read((tmp_path / "b.png").read_bytes()).request.model == "default"


def test_names_that_are_wrong(tmp_path: Path, tiny_models: ModelsSettings) -> None:
    models = [*settings_for(tiny_models), "models.more={faces: {clip: pocket}}"]
    code, _, err = finish(tmp_path, "imagine", "a cat", *models, "--out", "a.png", "--model", "face")
    assert (code, "did you mean faces?" in " ".join(err.split())) == (2, True)
    arguments = ["--model", "faces", "--vqgan", "pocket"]
    code, _, err = finish(tmp_path, "imagine", "a cat", *models, "--out", "a.png", *arguments)
    assert (code, "leave --vqgan and --clip out" in " ".join(err.split())) == (2, True)
    broken = ["models.more={faces: {vqgan: /nowhere.yaml}}", "executor.devices=[cpu]"]
    code, _, err = finish(tmp_path, "imagine", "a cat", *broken, "--out", "a.png", "--model", "faces")
    assert (code, err) == (
        78,
        "easel: models.more.faces.vqgan: /nowhere.yaml does not exist: put the file there or change what names it.\n",
    )
