"""What is said of torch and devices that this machine has not got."""

import hashlib
from pathlib import Path

import pytest

from config.layers import load
from config.settings.models import ModelsSettings
from easel.doctor.devices import (
    Gpu,
    Seen,
    examine_models,
    examine_painting,
    examine_weights,
    judge_device,
    judge_torch,
    names,
)
from easel.models import root
from tests.easel.processes import settings_for
from weights.catalogue import known
from weights.folder import ModelFolder

GB = 10**9
CARD = Gpu("NVIDIA H100", 70 * GB, 80 * GB)
NO_DRIVER = Seen("2.13.0", "13.0", "Found no NVIDIA driver on your system.")


@pytest.mark.parametrize(
    ("seen", "devices", "level", "words"),
    [
        (Seen("2.13.0+cpu", None), "auto", "ok", "built without CUDA"),
        (Seen("2.13.0+cpu", None), ["cuda"], "error", "install a build of torch for CUDA"),
        (NO_DRIVER, "auto", "warning", "Found no NVIDIA driver"),
        (NO_DRIVER, ["cpu", "cuda:0"], "error", "nvidia-smi"),
        (NO_DRIVER, ["cpu"], "warning", "sees 0 GPUs"),
        (Seen("2.13.0", "13.0", None, [CARD]), "auto", "ok", "sees 1 GPUs"),
    ],
)
def test_torch(seen: Seen, devices: str | list[str], level: str, words: str) -> None:
    finding = judge_torch(seen, devices)
    assert finding.level == level
    assert words in finding.sentence


@pytest.mark.parametrize(
    ("name", "gpus", "level", "words"),
    [
        ("cuda:0", [CARD], "ok", "NVIDIA H100, 70.0 of 80.0 GB free"),
        ("cuda:1", [CARD], "error", "change executor.devices"),
        ("cuda:0", [Gpu("NVIDIA H100", GB // 10, 80 * GB)], "warning", "0.1 of 80.0 GB free: end what else uses it"),
        ("cpu", [], "ok", "cores"),
    ],
)
def test_a_device(name: str, gpus: list[Gpu], level: str, words: str) -> None:
    finding = judge_device(name, Seen("2.13.0", "13.0", None, gpus))
    assert finding.level == level
    assert words in finding.sentence


def test_which_devices() -> None:
    two = Seen("2.13.0", "13.0", None, [CARD, CARD])
    assert names("auto", two) == ["cuda:0", "cuda:1"]
    assert names("auto", NO_DRIVER) == ["cpu"]
    assert names(["cuda", "cpu"], two) == ["cuda:0", "cpu"]


def test_weights_that_are_cut_off_are_told_and_left(tmp_path: Path) -> None:
    settings = load(environment={}, arguments=[f"data_dir={tmp_path}", "models.vqgan=wikiart-1024"])
    assert examine_weights(settings).sentence == "wikiart-1024 is missing: easel models fetch wikiart-1024"
    folder = ModelFolder(root(settings), known("wikiart-1024"))
    folder.path.mkdir(parents=True)
    (folder.path / "model.yaml").write_text("model: {}\n")
    file = folder.path / "model.ckpt"
    file.write_bytes(b"weights")
    assert examine_weights(settings).text == "wikiart-1024 (as first fetched) and pocket"
    digest = hashlib.sha256(b"weights").hexdigest()
    assert digest in (folder.path / "model.ckpt.sha256").read_text()
    file.write_bytes(b"weig")
    finding = examine_weights(settings)
    assert (finding.level, finding.sentence) == (
        "error",
        "wikiart-1024 is damaged: easel models fetch wikiart-1024",
    )
    assert file.exists()


def test_a_name_that_is_mistyped() -> None:
    finding = examine_weights(load(environment={}, arguments=["models.clip=ViT-B/23"]))
    assert finding.level == "error"
    assert "did you mean ViT-B/32" in finding.text


def test_each_further_model_is_told_and_what_is_wrong_with_one_is_no_error(tmp_path: Path) -> None:
    more = "models.more={faces: {vqgan: wikiart-1024}, trees: {clip: pocket}, odd: {vqgan: ViT-B/32}}"
    settings = load(environment={}, arguments=[f"data_dir={tmp_path}", more])
    found = {each.name: each for each in examine_models(settings)}
    assert found["model faces"].sentence == "wikiart-1024 is missing: easel models fetch wikiart-1024"
    assert {name: each.level for name, each in found.items()} == {
        "model faces": "warning",
        "model trees": "ok",
        "model odd": "warning",
    }
    assert examine_weights(settings).level == "ok"


async def test_a_broken_model_is_told_alike_while_the_bot_runs(tmp_path: Path, tiny_models: ModelsSettings) -> None:
    damaged = tmp_path / "cut.pt"
    damaged.write_bytes(b"no weights at all")
    gone = tmp_path / "gone.pt"
    more = f"models.more={{faces: {{clip: {damaged}}}, gone: {{clip: {gone}}}, whole: {{clip: pocket}}}}"
    models = [*settings_for(tiny_models), "painting.width=64", "painting.height=64", more]
    settings = load(environment={}, arguments=[f"data_dir={tmp_path}", *models])
    running, alone = [
        {each.name: each for each in await examine_painting(settings, is_running=is_running)}
        for is_running in (True, False)
    ]
    for name in ("weights", "model faces", "model gone"):
        assert running[name] == alone[name]
    assert "damaged or not a checkpoint" in running["model faces"].text
    assert "does not exist" in running["model gone"].text
    assert {running[name].level for name in ("model faces", "model gone")} == {"warning"}
    assert (running["model whole"].level, running["weights"].level) == ("ok", "ok")


async def test_the_usual_model_is_told_alike_where_it_broke_while_the_bot_runs(
    tmp_path: Path, tiny_models: ModelsSettings
) -> None:
    models = [*settings_for(tiny_models), f"models.clip={tmp_path / 'gone.pt'}"]
    settings = load(environment={}, arguments=[f"data_dir={tmp_path}", *models])
    running = await examine_painting(settings, is_running=True)
    assert running == await examine_painting(settings, is_running=False)
    assert (running[0].level, "does not exist" in running[0].text) == ("error", True)
