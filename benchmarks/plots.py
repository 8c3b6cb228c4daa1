"""Plots of a file of results: throughput, score, memory, time by part, latency, cost over the queue."""

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.errors import BenchmarkError
from benchmarks.report import Results

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PARTS_COLOURS = "tab20c"
INCHES = (6.4, 3.6)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's own."""
    parser.add_argument("file", type=Path, help="results.json of an earlier run; the plots are put beside it")


def measure(options: argparse.Namespace) -> dict[str, object]:
    """Draw the plots and return their paths.

    Raises:
        BenchmarkError: the file is none of ours.
    """
    try:
        results = json.loads(options.file.read_text("utf-8"))
        return {"plots": [str(path) for path in draw(results, options.file.parent)]}
    except (OSError, ValueError, KeyError) as error:
        raise BenchmarkError(f"{options.file} holds no results ({type(error).__name__}).") from error


def draw(results: Results, folder: Path) -> list[Path]:
    """Draw what the results hold, as SVG files in the folder, and return them."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams |= {"svg.hashsalt": "easel", "svg.fonttype": "none", "axes.grid": True, "grid.alpha": 0.3}
    from matplotlib import pyplot

    drawn = []
    for name, (run, plot) in PLOTS.items():
        if run not in results:
            continue
        figure, axes = pyplot.subplots(figsize=INCHES, layout="constrained")
        plot(axes, results)
        path = folder / f"{name}.svg"
        figure.savefig(path, metadata={"Date": None})
        pyplot.close(figure)
        drawn.append(path)
    return drawn


def _throughput(axes: "Axes", results: Results) -> None:
    for run, marker in (("batch", "o"), ("batch-512", "s")):
        if run in results:
            result = results[run]
            rates = result["steps_per_second"]
            label = f"{result['size']}², {result['precision']}, {result['device']}"
            axes.plot([int(batch) for batch in rates], list(rates.values()), marker=marker, label=label)
    axes.set(title="Throughput over batch size", xlabel="pictures in the batch", ylabel="picture steps per second")
    axes.set_xscale("log", base=2)
    axes.set_xticks([1, 2, 4, 8], ["1", "2", "4", "8"])
    axes.set_ylim(0, 1.1 * axes.dataLim.ymax)
    axes.legend(loc="lower right")


def _parts(axes: "Axes", results: Results) -> None:
    import matplotlib

    result = results["profile"]
    loops = {f"ours, {result['precision']}": result["ours_s"], "textbook, fp32": result["textbook_s"]}
    colours = matplotlib.colormaps[PARTS_COLOURS].colors  # type: ignore[attr-defined]
    left = [0.0] * len(loops)
    for colour, part in zip(colours, result["ours_s"], strict=False):
        widths = [seconds[part] for seconds in loops.values()]
        axes.barh(list(loops), widths, left=left, label=part, color=colour)
        left = [start + width for start, width in zip(left, widths, strict=True)]
    axes.set(title=f"Time per step by part, {result['size']}², {result['device']}", xlabel="seconds")
    axes.legend(fontsize="small", ncols=3, loc="upper center", bbox_to_anchor=(0.5, -0.2))


def _latency(axes: "Axes", results: Results) -> None:
    taken: list[float] = results["ack"]["sorted_ms"]
    axes.plot(taken, [100 * (index + 1) / len(taken) for index in range(len(taken))], drawstyle="steps-post")
    for name in ("p50_ms", "p99_ms"):
        axes.axvline(results["ack"][name], linestyle=":", color="grey")
        axes.text(results["ack"][name], 2, f" {name[:3]}", color="grey")
    axes.set(title="From message to acknowledgement, workers busy", xlabel="milliseconds", ylabel="% of messages")
    axes.set_xlim(left=0)
    axes.set_ylim(0, 101)


def _queue(axes: "Axes", results: Results) -> None:
    for key, label in (("curve_us", "median"), ("curve_p99_us", "p99")):
        curve: dict[str, float] = results["queue"][key]
        axes.plot([int(waiting) for waiting in curve], list(curve.values()), marker="o", label=label)
    axes.set(title="One request in and one out", xlabel="requests waiting", ylabel="microseconds")
    axes.set_xscale("log")
    axes.set_ylim(0, 1.1 * axes.dataLim.ymax)
    axes.legend(loc="lower right")


def _memory(axes: "Axes", results: Results) -> None:
    peaks: dict[str, float] = results["memory"]["peak_gib"]
    axes.plot([int(size) for size in peaks], list(peaks.values()), marker="o", label=results["memory"].get("precision"))
    axes.set(title="Most memory of one picture", xlabel="pixels a side", ylabel="GiB")
    axes.set_ylim(0, 1.1 * axes.dataLim.ymax)
    axes.legend(loc="lower right")


def _score(axes: "Axes", results: Results) -> None:
    for run, colour in zip(SCORES, ("C0", "C1", "C2", "C3"), strict=True):
        for (way, line), style in zip(results.get(run, {"ways": {}})["ways"].items(), (":", "-"), strict=False):
            label = f"{results[run]['size']}², {way.replace('--', '') or 'usual'}"
            axes.plot(line["cpu_s"], line["score"], style, color=colour, label=label)
    axes.set(title="Score over the processor's seconds", xlabel="seconds of the processor", ylabel="mean cosine")
    axes.set_xscale("log")
    axes.legend(fontsize="small")


SCORES = tuple(f"score-{side}" for side in (128, 256, 512, 1024))
PLOTS: dict[str, tuple[str, Callable[["Axes", Any], None]]] = {
    "memory": ("memory", _memory),
    "throughput": ("batch", _throughput),
    "parts": ("profile", _parts),
    "latency": ("ack", _latency),
    "queue": ("queue", _queue),
    "score": ("score-128", _score),
}
"""By the name of the file: the run that it needs, and who draws it."""
