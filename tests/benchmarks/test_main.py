"""Every command, with as little work as it takes."""

import json
import re
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from benchmarks import all as everything
from benchmarks import gpu, plots, profile, report, score
from benchmarks.__main__ import COMMANDS, main, parse
from tests.test_rooms import modules_after

TINY = ("--models", "pocket", "--size", "64", "--steps", "1")


def run(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    """Run a command and return its JSON."""
    assert main([*words, "--json"]) == 0
    result: dict[str, Any] = json.loads(capsys.readouterr().out.splitlines()[-1])
    return result


def test_single(capsys: pytest.CaptureFixture[str]) -> None:
    result = run(capsys, "single", *TINY, "--rounds", "2", "--precision", "fp32", "--device", "cpu")
    assert result["precision"] == "fp32"
    assert result["device"] == "cpu"
    assert result["ratio"] == pytest.approx(result["textbook_s"] / result["ours_s"])
    assert [len(each) for each in result["rounds_s"].values()] == [2, 2]


def test_pictures(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "prompts.txt").write_text("# fruit\na red [apple]\n\na [banana]\n")
    words = ("--prompts", str(tmp_path / "prompts.txt"), "--out", str(tmp_path / "page.png"))
    judge = Path(str(files("generation"))) / "weights" / "pocket" / "clip.pt"
    common = ("--steps", "1", "--size", "64", "--device", "cpu", "--judge", str(judge))
    result = run(capsys, "pictures", *words, *common)
    assert result["pictures"] == 2
    assert 0 <= result["picked_at_first"] <= 1
    assert 0 <= result["picked_at_last"] <= 1
    table = (tmp_path / "page.md").read_text().splitlines()
    assert [line.split("|")[1].strip() for line in table] == [
        "prompt",
        "---",
        "a red apple",
        "a banana",
        "**first of 20**",
    ]
    with Image.open(tmp_path / "page.png") as page:
        assert page.size == (10 * 68, 64 + 26)


def test_score(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "prompts.txt").write_text("a red [apple]\na [banana]\n")
    words = ("--prompts", str(tmp_path / "prompts.txt"), "--every", "1", "--out", str(tmp_path / "page.jpg"))
    result = run(capsys, "score", *words, "--steps", "20", "--size", "64", "--device", "cpu")
    assert result["prompts"] == 2
    assert result["judge"] == "the painter"
    assert [*result["ways"]] == ["--grow 0", ""]
    for way in result["ways"].values():
        assert len(way["cpu_s"]) == len(way["score"]) == score.MARKS
        assert way["cpu_s"] == sorted(way["cpu_s"])
    assert result["whole_ratio"] > 0
    with Image.open(tmp_path / "page.jpg") as page:
        assert page.size == (2 * 68, 2 * (64 + 26))


def test_a_score_is_reached_between_two_marks() -> None:
    line = score.Line()
    line.add(range(1, 21), [0.1 * mark for mark in range(20)], np.zeros(0))
    line.add(range(1, 21), [0.1 * mark for mark in range(20)], np.zeros(0))
    assert line.seconds_to(0.25) == pytest.approx(3.5)
    assert line.seconds_to(-1) == 1
    assert line.seconds_to(2) is None


def test_choices(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "prompts.txt").write_text("a red [apple]\na [banana]\n")
    judge = Path(str(files("generation"))) / "weights" / "pocket" / "clip.pt"
    words = ("--prompts", str(tmp_path / "prompts.txt"), "--every", "1", "--out", str(tmp_path / "page.jpg"))
    common = ("--steps", "2", "--size", "64", "--device", "cpu", "--judge", str(judge))
    result = run(capsys, "choices", *words, *common, "--choice", "", "--choice", "--quality draft")
    assert result["prompts"] == ["a red apple", "a banana"]
    assert list(result["seconds"]) == ["", "--quality draft"]
    assert all(1 <= place <= 20 for place in result["place"].values())
    assert result["near"] == result["near_judge"], "it judges itself here"
    assert all(-1 < near < 1 for near in result["near"].values())
    rows = (tmp_path / "page.md").read_text().splitlines()[2:]
    assert [row.split("|")[1].strip() for row in rows] == ["`usual`", "`--quality draft`"]
    with Image.open(tmp_path / "page.jpg") as page:
        assert page.size == (2 * 68, 2 * (64 + 26))


def test_a_choice_that_is_not_understood_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["choices", "--device", "cpu", "--choice", "--quality great"]) == 1
    assert "`--quality` takes" in capsys.readouterr().err


def test_batch(capsys: pytest.CaptureFixture[str]) -> None:
    rates = run(capsys, "batch", *TINY, "--rounds", "1", "--device", "cpu")["steps_per_second"]
    assert list(rates) == ["1", "2", "4", "8"]
    assert all(rate > 0 for rate in rates.values())


def test_eight(capsys: pytest.CaptureFixture[str]) -> None:
    result = run(capsys, "eight", *TINY, "--rounds", "1", "--device", "cpu")
    rates = result["ours_pictures_per_hour"] / result["textbook_pictures_per_hour"]
    assert result["ratio"] == pytest.approx(rates)


def test_profile(capsys: pytest.CaptureFixture[str]) -> None:
    result = run(capsys, "profile", *TINY)
    for loop in ("textbook_s", "ours_s"):
        assert list(result[loop]) == list(profile.PARTS)
        assert all(seconds > 0 for seconds in result[loop].values())


def test_precision(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.png"
    words = ("--size", "64", "--steps", "2", "--seeds", "1", "--prompts", "2", "--device", "cpu")
    result = run(capsys, "precision", *words, "--sheet", str(sheet))
    assert [each["prompt"] for each in result["losses"]] == ["a red apple", "a sunset over the sea"]
    assert result["mean_difference"] == pytest.approx(result["bf16_loss"] - result["fp32_loss"])
    with Image.open(sheet) as image:
        assert image.width > 4 * 64


def test_queue(capsys: pytest.CaptureFixture[str]) -> None:
    result = run(capsys, "queue", "--rounds", "1")
    assert list(result["curve_us"]) == ["100", "1000", "10000"]
    assert result["ratio"] == pytest.approx(result["many_us"] / result["few_us"])


def test_workers(capsys: pytest.CaptureFixture[str]) -> None:
    result = run(capsys, "workers", "--rounds", "1", "--size", "64", "--requests", "2", "--steps", "2")
    assert result["ratio"] == pytest.approx(result["two_pictures_per_s"] / result["one_pictures_per_s"])


def test_estimate(capsys: pytest.CaptureFixture[str]) -> None:
    result = run(capsys, "estimate", "--requests", "3", "--steps", "2", "4")
    assert len(result["admitted_told_and_came_s"]) == len(result["begun_told_and_came_s"]) == 3
    assert result["admitted_mean_error"] >= 0


def test_ack(capsys: pytest.CaptureFixture[str]) -> None:
    result = run(capsys, "ack", "--messages", "6", "--set", "painting.preview_seconds=0.5")
    assert 0 < result["p50_ms"] <= result["p99_ms"] == result["max_ms"]
    assert len(result["sorted_ms"]) == 6


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("sinlge",),
        ("single", "--size", "70"),
        ("single", "--size", "x"),
        ("single", "--rounds", "0"),
        ("single", "--precision", "fp8"),
        ("pictures", "--out", "page"),
        ("pictures", "--out", "no-such-folder/page.png"),
        ("plots",),
    ],
)
def test_bad_arguments_are_told_in_one_line(capsys: pytest.CaptureFixture[str], words: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(words)
    assert stop.value.code == 2
    out, err = capsys.readouterr()
    assert not out
    assert re.fullmatch(r"python -m benchmarks.*: .+\n", err)


@pytest.mark.parametrize("device", ["cuda:99", "tpu"])
def test_a_device_that_is_not_there_is_told_in_one_line(capsys: pytest.CaptureFixture[str], device: str) -> None:
    assert main(["single", "--device", device]) == 1
    assert f"There is no device {device}" in capsys.readouterr().err


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is one")
def test_without_cuda_the_gpu_is_not_measured(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["gpu"]) == 1
    assert "There is no CUDA device here" in capsys.readouterr().err


def test_the_gpu_needs_only_what_painting_needs() -> None:
    loaded = modules_after("import benchmarks.__main__\nfrom benchmarks import batch, eight, gpu, precision, single")
    apart = {"bot", "discord", "aiohttp", "structlog", "typer", "rich", "matplotlib"}
    assert not loaded & apart


def test_help_tells_all_commands(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["--help"])
    assert not stop.value.code
    assert set(COMMANDS) <= set(capsys.readouterr().out.split())


@pytest.mark.parametrize("runs", [gpu.RUNS, everything.runs(Path(), 3)])
def test_the_words_of_every_run_are_understood(runs: dict[str, tuple[str, ...]]) -> None:
    for words in runs.values():
        assert parse(words)[0].__module__ == f"benchmarks.{words[0]}"
    assert {goal.run for goal in report.GOALS} <= {*gpu.RUNS, *everything.runs(Path(), 3)}


RESULTS = {
    "single": {"textbook_s": 6.0, "ours_s": 1.0, "ratio": 6.0, "device": "cpu", "precision": "bf16", "size": 256},
    "batch": {
        "steps_per_second": {"1": 1.0, "2": 1.5, "4": 2.0, "8": 2.5},
        "size": 256,
        "precision": "bf16",
        "device": "cpu",
    },
    "profile": {
        "textbook_s": dict.fromkeys(profile.PARTS, 1.0),
        "ours_s": dict.fromkeys(profile.PARTS, 0.1),
        "size": 256,
        "precision": "bf16",
        "device": "cpu",
    },
    "ack": {"p50_ms": 10.0, "p99_ms": 300.0, "sorted_ms": [5.0, 10.0, 300.0]},
    "queue": {"ratio": 1.1, "curve_us": {"100": 9.0, "1000": 9.5}, "curve_p99_us": {"100": 12.0, "1000": 13.0}},
}


def test_rows_tell_which_goals_are_met() -> None:
    rows = {row.what: row for row in report.rows(RESULTS)}
    assert rows["one picture, 256², a step: ratio"].verdict == "met"
    assert rows["queue, 10,000 waiting against 100"].verdict == "met"
    assert rows["acknowledgement, workers busy, p99"].verdict == "missed"
    assert rows["acknowledgement, workers busy, p50"].verdict == ""
    assert not any("512" in what or "worker" in what.partition(",")[0] for what in rows)


def test_results_are_written_with_their_machine_and_drawn(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("matplotlib")
    file = report.write(RESULTS, tmp_path)
    assert json.loads(file.read_text("utf-8"))["machine"]["versions"]["torch"] == torch.__version__
    drawn = run(capsys, "plots", str(file))["plots"]
    assert {Path(path).stem for path in drawn} == set(plots.PLOTS)
    assert all("<svg" in Path(path).read_text("utf-8") for path in drawn)
    assert run(capsys, "table", str(file)) == {"met": 2, "missed": 1}


@pytest.mark.parametrize("command", ["plots", "table"])
def test_a_file_without_results_is_told(command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "results.json").write_text("nothing")
    assert main([command, str(tmp_path / "results.json")]) == 1
    assert "holds no results" in capsys.readouterr().err


def test_painters(capsys: pytest.CaptureFixture[str]) -> None:
    result = run(capsys, "painters", *TINY, "--rounds", "1", "--precision", "fp32", "--device", "cpu")
    assert list(result["seconds"]) == ["vqgan", "fourier", "siren"]
    assert result["ratio"]["vqgan"] == 1
    assert result["kept_mib"]["fourier"] < result["kept_mib"]["vqgan"]


def test_peers_need_a_folder_with_one(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["peers", *TINY, "--device", "cpu", "--deep-daze", str(tmp_path)]) == 1
    assert capsys.readouterr().err == f"python -m benchmarks: There is no deep_daze/deep_daze.py in {tmp_path}.\n"


def test_scale(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--gpus", "2", "4", "--fleet", "2", "--seconds", "2", "--written", "2")
    result = run(capsys, "scale", *words)
    two, four = (result["fleets"][gpus] for gpus in ("2", "4"))
    assert four["requests"] == pytest.approx(2 * two["requests"])
    assert four["events"] > two["events"] > 0
    assert four["discord_calls"] >= four["discord_calls_without_previews"] > 0
    assert result["waiting"]["1.1"]["p50_s"] >= result["waiting"]["0.5"]["p50_s"]
    assert result["bytes_per_waiting"] > 0
    assert result["journal_requests_per_second"] > 0
