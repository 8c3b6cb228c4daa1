import json
import shutil
from functools import partial
from pathlib import Path

import pytest
from PIL import Image

from training import clip, dataset, evaluate, sketch, vqgan
from training.__main__ import main
from training.dataset import Dataset


def test_commands_make_weights_and_figures(
    drawings: Dataset,
    drawings_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(dataset, "make", lambda *_, **__: None)
    monkeypatch.setattr(dataset, "load", lambda _: drawings)
    monkeypatch.setattr(clip, "Shape", partial(clip.Shape, vision_width=8, transformer_width=64))
    monkeypatch.setattr(vqgan, "Shape", partial(vqgan.Shape, ch_mult=(1, 1, 1, 1), num_res_blocks=0, n_embed=32))
    monkeypatch.setattr(sketch, "Shape", partial(sketch.Shape, vocab_size=32, n_layer=1, n_embd=32))
    monkeypatch.setattr(evaluate, "AMONG", 20)
    monkeypatch.setattr(evaluate, "ATTACKED", 20)
    monkeypatch.setattr(evaluate, "RECONSTRUCTED", 10)
    weights = tmp_path / "weights"
    common = ["--runs", str(tmp_path / "runs"), "--weights", str(weights), "--drawings", "120"]
    common += ["--figures", str(tmp_path / "figures")]
    main([*common, "clip", "--minutes", "0.005"])
    main([*common, "vqgan", "--minutes", "0.005"])
    shutil.copytree(drawings_folder, tmp_path / "runs" / "sketches")
    main([*common, "sketch", "--minutes", "0.005"])
    assert sum(path.stat().st_size for path in weights.iterdir()) < 25e6
    capsys.readouterr()
    main([*common, "evaluate"])
    figures = json.loads((weights / "figures.json").read_text())
    assert figures["held_out"] == 120
    assert {path.name for path in (tmp_path / "figures").iterdir()} >= {"vqgan-sheet.png", "sketch-sheet.png"}
    assert figures["clip"]["steps"] >= 1
    assert 0 <= figures["clip"]["object_eps_2"] <= 1
    assert figures["vqgan"]["psnr"] > 0
    assert 0 < figures["sketch"]["nats_with_text"] < 5
    assert json.loads(capsys.readouterr().out) == figures


def test_sheet_shows_drawings(tmp_path: Path) -> None:
    main(["sheet", "--seed", "any", "--out", str(tmp_path / "sheet.png")])
    with Image.open(tmp_path / "sheet.png") as page:
        assert page.width == 12 * 132


def test_wrong_usage_ends_with_2() -> None:
    with pytest.raises(SystemExit) as ending:
        main(["paint"])
    assert ending.value.code == 2
