import json
import shutil
from pathlib import Path

import pytest
from PIL import Image

from training import clip, evaluate, sketch, vqgan
from training.__main__ import Sizes, main

TINY = Sizes(
    clip.Shape(vision_width=8, transformer_width=64),
    vqgan.Shape(ch_mult=(1, 1, 1, 1), num_res_blocks=0, n_embed=32),
    sketch.Shape(vocab_size=32, n_layer=1, n_embd=32),
    held_out=120,
)


def test_commands_make_weights_and_figures(
    drawings_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluate, "RECONSTRUCTED", 24)  # one whole part and some of the next
    monkeypatch.setattr(vqgan, "SHOWN", 4)
    for name in ("drawings", "held-out", "sketches", "held-out-sketches"):
        shutil.copytree(drawings_folder, tmp_path / "runs" / name)
    weights = tmp_path / "weights"
    common = ["--runs", str(tmp_path / "runs"), "--weights", str(weights), "--drawings", "120"]
    common += ["--figures", str(tmp_path / "figures")]
    main([*common, "clip", "--minutes", "0.005"], TINY)
    main([*common, "vqgan", "--minutes", "0.005"], TINY)
    main([*common, "sketch", "--minutes", "0.005"], TINY)
    assert sum(path.stat().st_size for path in weights.iterdir()) < 25e6
    capsys.readouterr()
    main([*common, "evaluate"], TINY)
    figures = json.loads((weights / "figures.json").read_text())
    assert figures["held_out"] == 120
    assert {path.name for path in (tmp_path / "figures").iterdir()} >= {"vqgan-sheet.webp", "sketch-sheet.webp"}
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
