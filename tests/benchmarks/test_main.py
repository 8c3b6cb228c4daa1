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
from benchmarks import gpu, plots, processor, profile, report, score, stream
from benchmarks.__main__ import COMMANDS, main, parse
from benchmarks.table import read as read_results
from config.settings.models import ModelsSettings
from tests.test_rooms import modules_after

ROOT = Path(__file__).parents[2]
DOCUMENTED = ROOT / "docs" / "performance.md"
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
    common = ("--init", "noise", "--steps", "1", "--size", "64", "--device", "cpu", "--judge", str(judge))
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
    common = ("--steps", "2", "--size", "64", "--device", "cpu", "--judge", str(judge), "--also", "--init noise")
    result = run(capsys, "choices", *words, *common, "--choice", "", "--choice", "--quality draft")
    assert result["prompts"] == ["a red apple", "a banana"]
    assert list(result["seconds"]) == ["", "--quality draft"]
    assert all(1 <= place <= 20 for place in result["place"].values())
    assert result["near"] == pytest.approx(result["near_judge"], abs=0.0011), (
        "it judges itself here, and both are rounded"
    )
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


@pytest.fixture
def tiny_stream(tiny_models: ModelsSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let workers load tiny models; with the pocket ones, as in `equal`, each picture would take seconds to sketch."""
    monkeypatch.setattr(stream, "MODELS", tiny_models)


@pytest.mark.usefixtures("tiny_stream")
def test_workers(capsys: pytest.CaptureFixture[str]) -> None:
    result = run(capsys, "workers", "--rounds", "1", "--size", "64", "--requests", "2", "--steps", "2")
    assert result["ratio"] == pytest.approx(result["two_pictures_per_s"] / result["one_pictures_per_s"])
    assert result["exact_cpu_cost"] > -1
    assert result["processor"] == processor.name()


def test_equal(capsys: pytest.CaptureFixture[str]) -> None:
    result = run(capsys, "equal", "--size", "64", "--steps", "4")
    assert result["exact"] == {"again": 0, "beside_others": 0, "two_workers": 0}
    assert set(result["fast"]) == set(result["exact"])


def test_the_processor_is_told_by_family_and_model(tmp_path: Path) -> None:
    (tmp_path / "cpuinfo").write_text("cpu family\t: 25\nmodel\t\t: 17\nmodel name\t: AMD EPYC\nstepping\t: 1\n")
    told = processor.describe(tmp_path / "cpuinfo")
    assert told == {"cpu": "AMD EPYC", "cpu_family": "25", "cpu_model": "17", "cpu_stepping": "1"}
    assert set(processor.describe(tmp_path / "none")) == {"cpu"}


@pytest.mark.usefixtures("tiny_stream")
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


ALL = everything.runs(Path(), parse(["all", "--long", "--nerdyrodent", "/code", "--deep-daze"])[1])


@pytest.mark.parametrize("runs", [gpu.RUNS, ALL])
def test_the_words_of_every_run_are_understood(runs: dict[str, tuple[str, ...]]) -> None:
    for words in runs.values():
        assert parse(words)[0].__module__ == f"benchmarks.{words[0]}"
    assert {goal.run for goal in report.GOALS} <= {*gpu.RUNS, *ALL}


def test_peers_are_beside_the_rest_only_where_they_are_named() -> None:
    assert ALL["peers"] == ("peers", "--nerdyrodent", "/code", "--deep-daze")
    assert "peers" not in everything.runs(Path(), parse(["all"])[1])


WAY = {"cpu_s": [1.0, 2.0], "score": [0.2, 0.3]}
RESULTS: dict[str, Any] = {
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
    "equal": {"exact_largest": 0, "fast_largest": 130},
    "workers": {"ratio": 1.4, "exact_cpu_cost": 0.25, "exact_cost": 0.1},
    "score-128": {"size": 128, "ways": {"--grow 0": WAY, "": WAY}, "ratio": 0.45},
    "memory": {"peak_gib": {"256": 1.5}, "precision": "bf16"},
    "queue": {"ratio": 1.1, "curve_us": {"100": 9.0, "1000": 9.5}, "curve_p99_us": {"100": 12.0, "1000": 13.0}},
}


def test_rows_tell_which_goals_are_met() -> None:
    rows = {row.what: row for row in report.rows(RESULTS)}
    figures = {what: row.figures[0] for what, row in rows.items() if row.figures[0]}
    verdicts = {what: figure.verdict for what, figure in figures.items()}
    assert verdicts["one picture, 256², a step: the textbook loop to ours"] == "met"
    assert verdicts["queue, 10,000 waiting against 100"] == "met"
    assert verdicts["acknowledgement, workers busy, p99"] == "missed"
    assert verdicts["acknowledgement, workers busy, p50"] == ""
    assert verdicts["same seed in any company, exact: pixels differ by"] == "met"
    assert figures["what exact costs two CPU workers, seconds of the processor"] == report.Figure("25.0%", met=False)
    assert rows["most memory of one picture, 512²"] == report.Row(
        "most memory of one picture, 512²", "≤ 2.2 GiB", (None,)
    )
    assert not any("CUDA" in what for what in figures), "these were measured on a CPU"
    assert "forecast at admission, mean error" not in rows, "which has no goal"


def test_the_table_shows_files_side_by_side(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, results in (("a", RESULTS), ("b", {"queue": {"ratio": 1.7}})):
        (tmp_path / name).write_text(json.dumps({"machine": {"machine": name}, **results}), "utf-8")
    assert run(capsys, "table", str(tmp_path / "a"))["missed"] == 2
    assert main(["table", str(tmp_path / "a"), str(tmp_path / "b")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "| what | goal | a | b |"
    assert "| queue, 10,000 waiting against 100 | ≤ 1.5× | 1.1× | **1.7×** |" in lines
    assert "| start to the first step | ≤ 3 s | not measured | not measured |" in lines
    assert "| acknowledgement, workers busy, p50 |  | 10 ms |  |" in lines


def test_the_table_is_plain_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    report.show(report.rows(RESULTS))
    lines = [re.split(r"  +", line) for line in capsys.readouterr().err.splitlines()]
    assert ["acknowledgement, workers busy, p99", "≤ 250 ms", "300 ms", "missed"] in lines
    assert ["start to the first step", "≤ 3 s", "not measured"] in lines


def test_on_a_terminal_what_is_missed_is_red(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in {"FORCE_COLOR": "1", "TERM": "xterm-256color", "COLUMNS": "160"}.items():
        monkeypatch.setenv(name, value)
    report.show(report.rows(RESULTS))
    shown = capsys.readouterr().err
    assert "\x1b[1;31mmissed" in shown
    assert "\x1b[32mmet" in shown


def test_the_documentation_has_the_table_of_the_results() -> None:
    text = DOCUMENTED.read_text("utf-8")
    (command,) = re.findall(r"<!-- python -m benchmarks table (.+) -->", text)
    files = [read_results(ROOT / file) for file in command.split()]
    table = report.markdown(report.rows(*files), [str(results["machine"]["machine"]) for results in files])
    assert f"table {command} -->\n\n{table}\n\n<!-- end of the table -->" in text


def test_results_are_written_with_their_machine_and_drawn(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("matplotlib")
    file = report.write(RESULTS, tmp_path)
    assert json.loads(file.read_text("utf-8"))["machine"]["versions"]["torch"] == torch.__version__
    drawn = run(capsys, "plots", str(file))["plots"]
    assert {Path(path).stem for path in drawn} == set(plots.PLOTS)
    assert all("<svg" in Path(path).read_text("utf-8") for path in drawn)
    counted = run(capsys, "table", str(file))
    assert (counted["met"], counted["missed"]) == (6, 2)


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
    for option, file in (("--deep-daze", "deep_daze/deep_daze.py"), ("--nerdyrodent", "generate.py")):
        assert main(["peers", *TINY, "--device", "cpu", option, str(tmp_path)]) == 1
        assert capsys.readouterr().err == f"python -m benchmarks: There is no {file} in {tmp_path}.\n"
    assert main(["peers", *TINY, "--device", "cpu"]) == 1
    assert "No peer is named" in capsys.readouterr().err


PROGRAM = """
import argparse
from omegaconf import OmegaConf
from taming.models import cond_transformer, vqgan
import torch
from torchvision import transforms
from torchvision.transforms import functional as TF
from CLIP import clip
from tqdm import tqdm

parser = argparse.ArgumentParser(allow_abbrev=False)
for option in ("-p", "-i", "-se", "-cuts", "-conf", "-ckpt", "-m", "-cd", "-sd"):
    parser.add_argument(option)
parser.add_argument("-s", nargs=2, type=int)
args = parser.parse_args()
model = vqgan.VQModel(**OmegaConf.load(args.conf).model.params)
model.init_from_ckpt(args.ckpt)
del model.loss
perceptor = clip.load(args.m, jit=False)[0].eval()
normalize = transforms.Normalize(mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5))
text = perceptor.encode_text(clip.tokenize(args.p))
side, step = perceptor.visual.input_resolution, 0
z = torch.zeros(1, model.quantize.e_dim, 8, 8)
with tqdm() as bar:
    while step < int(args.i):
        picture = model.decode(z)
        image = perceptor.encode_image(normalize(torch.nn.functional.interpolate(picture, (side, side))))
        assert image.shape == text.shape
        TF.to_pil_image(picture[0].detach().clamp(0, 1)).save("out.png")
        step += 1
        bar.update()
"""
"""That needs what nerdyrodent's does."""


def test_a_program_by_its_folder_takes_turns_with_ours(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "generate.py").write_text(PROGRAM)
    words = ("--rounds", "2", "--precision", "fp32", "--device", "cpu", "--nerdyrodent", str(tmp_path))
    result = run(capsys, "peers", *TINY, *words)["nerdyrodent"]
    assert result["ratio"] == pytest.approx(result["seconds"]["theirs"] / result["seconds"]["ours"])
    assert result["memory_ratio"] == pytest.approx(result["peak_mib"]["theirs"] / result["peak_mib"]["ours"])
    assert [len(each) for each in result["rounds_s"].values()] == [2, 2]
    assert [file.name for file in tmp_path.iterdir()] == ["generate.py"], "nothing is written beside it"


def test_a_program_that_breaks_off_is_told_in_one_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "generate.py").write_text("import nowhere")
    assert main(["peers", *TINY, "--device", "cpu", "--nerdyrodent", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert said == "python -m benchmarks: nerdyrodent broke off: ModuleNotFoundError: No module named 'nowhere'\n"


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


def test_memory(capsys: pytest.CaptureFixture[str]) -> None:
    result = run(capsys, "memory", "--sizes", "64", "--steps", "1", "--precision", "bf16")
    (peak,), (loaded,) = result["peak_gib"].values(), result["loaded_gib"].values()
    assert 0 < loaded <= peak < 2


def test_a_video_with_previews_and_checkpoints(capsys: pytest.CaptureFixture[str]) -> None:
    result = run(capsys, "video", "--size", "64", "--steps", "2", "--rounds", "1")
    assert result["extras_share"] > -1
    assert [len(each) for each in result["rounds_cpu_s"]] == [5]
