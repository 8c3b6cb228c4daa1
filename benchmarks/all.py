"""Everything that can be measured on this machine, with a table, a file and plots."""

import argparse
import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks import options as common
from benchmarks import report
from benchmarks.errors import BenchmarkError
from benchmarks.plots import draw
from benchmarks.runs import run


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's own."""
    parser.add_argument("--rounds", type=common.count, default=3, help="of single (default: 3)")


def runs(path: Path, rounds: int) -> dict[str, tuple[str, ...]]:
    """Return the commands by the names of their runs; pictures are put into the folder ``path``."""
    single = ("single", "--size", "256", "--rounds", str(rounds))
    return {
        "single": single,
        "single-fp32": (*single, "--precision", "fp32"),
        "batch": ("batch", "--size", "256", "--rounds", "1", "--steps", "2"),
        "profile": ("profile", "--size", "256"),
        "precision": ("precision", "--steps", "150", "--sheet", str(path / "precision.png")),
        "queue": ("queue",),
        "ack": ("ack",),
        "workers": ("workers",),
        "estimate": ("estimate",),
    }


def measure(options: argparse.Namespace) -> dict[str, object]:
    """Run all, print the table, and return where everything lies.

    Raises:
        BenchmarkError: matplotlib is missing, or a command failed.
    """
    if importlib.util.find_spec("matplotlib") is None:
        raise BenchmarkError("The plots need matplotlib: run `make bench`, or install the extra `bench`.")
    path = report.folder()
    results = run(runs(path, options.rounds))
    file = report.write(results, path)
    _show(report.rows(results))
    return {"results": str(file), "plots": [str(plot) for plot in draw(results, path)]}


def _show(rows: Sequence[report.Row]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("what", "measured", "goal", "")
    for row in rows:
        colour = {True: "green", False: "red", None: "default"}[row.met]
        table.add_row(row.what, row.figure, row.goal, f"[{colour}]{row.verdict}[/]")
    Console(file=sys.stderr).print(table)
