"""Everything that can be measured on this machine, with the table of goals, a file and plots."""

import argparse
import importlib.util
from pathlib import Path

from benchmarks import options as common
from benchmarks import report
from benchmarks.errors import BenchmarkError
from benchmarks.plots import draw
from benchmarks.runs import run

EVERY = "12"
"""So-many-th of the sixty prompts is painted where the score is measured."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's own."""
    parser.add_argument("--rounds", type=common.count, default=3, help="of single (default: 3)")
    parser.add_argument("--long", action="store_true", help="also score what is painted at 256², 512² and 1024²: hours")
    common.peers(parser)


def runs(path: Path, options: argparse.Namespace) -> dict[str, tuple[str, ...]]:
    """Return the commands by the names of their runs; pictures are put into the folder ``path``."""
    single = ("single", "--size", "256", "--rounds", str(options.rounds))
    folders = {"--nerdyrodent": options.nerdyrodent, "--deep-daze": options.deep_daze}
    peers = [
        word
        for name, folder in folders.items()
        if folder is not None
        for word in ((name, str(folder)) if folder else (name,))
    ]
    sizes = (128, 256, 512, 1024) if options.long else (128,)
    return {
        "single": single,
        "single-fp32": (*single, "--precision", "fp32"),
        "batch": ("batch", "--size", "256", "--rounds", "1", "--steps", "2"),
        "load": ("load",),
        "memory": ("memory",),
        "equal": ("equal",),
        "workers": ("workers",),
        "profile": ("profile", "--size", "256"),
        "precision": ("precision", "--steps", "150", "--sheet", str(path / "precision.png")),
        "queue": ("queue",),
        "ack": ("ack",),
        "estimate": ("estimate",),
        "video": ("video",),
        **{f"score-{size}": ("score", "--size", str(size), "--every", EVERY) for size in sizes},
        **({"peers": ("peers", *peers)} if peers else {}),
    }


def measure(options: argparse.Namespace) -> dict[str, object]:
    """Run all, print the table, and return where everything lies.

    Raises:
        BenchmarkError: matplotlib is missing, or a command failed.
    """
    if importlib.util.find_spec("matplotlib") is None:
        raise BenchmarkError("The plots need matplotlib: run `make bench`, or install the extra `bench`.")
    path = report.folder()
    results = run(runs(path, options))
    file = report.write(results, path)
    report.show(report.rows(results))
    return {"results": str(file), "plots": [str(plot) for plot in draw(results, path)]}
