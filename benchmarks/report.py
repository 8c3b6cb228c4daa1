"""Results as a file and as a table with their goals."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import machine

RESULTS = Path(__file__).parent / "results"

Results = Mapping[str, Any]
"""What the commands returned, by the names under which they ran, and ``machine``."""


@dataclass(frozen=True, slots=True)
class Goal:
    """A row of the table.

    Args:
        what: is measured.
        run: name of the run in the results.
        keys: path of its figure in the run's result.
        unit: behind the figure.
        bound: that it should reach, None where there is no goal.
        at_most: whether it should stay below the bound, and not reach it.
        device: on which the goal holds, None for any.
    """

    what: str
    run: str
    keys: tuple[str, ...]
    unit: str = ""
    bound: float | None = None
    at_most: bool = False
    device: str | None = None

    def row(self, results: Results) -> "Row | None":
        """Return the row, None where it was not measured."""
        figure: Any = results.get(self.run)
        if figure is None or (self.device and not str(figure.get("device", "")).startswith(self.device)):
            return None
        for key in self.keys:
            figure = figure.get(key, {})
        if not isinstance(figure, int | float):
            return None
        met = None if self.bound is None else figure <= self.bound if self.at_most else figure >= self.bound
        sign = "≤" if self.at_most else "≥"
        goal = "" if self.bound is None else f"{sign} {self.bound:g} {self.unit}".strip()
        return Row(self.what, f"{figure:.3g} {self.unit}".strip(), goal, met)


@dataclass(frozen=True, slots=True)
class Row:
    """A row as it is printed; ``met`` is None where there is no goal."""

    what: str
    figure: str
    goal: str
    met: bool | None

    @property
    def verdict(self) -> str:
        """Whether the goal is met."""
        return "" if self.met is None else "met" if self.met else "missed"


def _single(what: str, run: str, bound: float, device: str) -> list[Goal]:
    return [
        Goal(f"{what}: the textbook loop", run, ("textbook_s",), "s", device=device),
        Goal(f"{what}: ours", run, ("ours_s",), "s", device=device),
        Goal(f"{what}: ratio", run, ("ratio",), "×", bound, device=device),
    ]


GOALS = (
    *_single("one picture, 256², a step", "single", 5.0, "cpu"),
    *_single("one picture, 256², a step, float32", "single-fp32", 1.5, "cpu"),
    *_single("one picture, 256², a step", "single", 8.0, "cuda"),
    *_single("one picture, 512², a step", "single-512", 8.0, "cuda"),
    Goal("eight pictures at once, 256², against a row", "eight", ("ratio",), "×", 20.0, device="cuda"),
    Goal("eight pictures at once, 256², share of the ceiling", "eight", ("share_of_ceiling",), "", 0.5, device="cuda"),
    Goal("eight pictures at once, 512², against a row", "eight-512", ("ratio",), "×", 20.0, device="cuda"),
    Goal(
        "eight pictures at once, 512², share of the ceiling", "eight-512", ("share_of_ceiling",), "", 0.5, device="cuda"
    ),
    *(
        Goal(f"batch of {size}, 256², picture steps", "batch", ("steps_per_second", str(size)), "/s")
        for size in (1, 2, 4, 8)
    ),
    Goal("batch of 8, 256², share of the ceiling", "batch", ("share_of_ceiling", "8")),
    Goal("batch of 8, 512², share of the ceiling", "batch-512", ("share_of_ceiling", "8")),
    Goal("two CPU workers against one", "workers", ("ratio",), "×", 1.0),
    Goal("queue, 10,000 waiting against 100", "queue", ("ratio",), "×", 1.5, at_most=True),
    Goal("acknowledgement, workers busy, p50", "ack", ("p50_ms",), "ms"),
    Goal("acknowledgement, workers busy, p99", "ack", ("p99_ms",), "ms", 250.0, at_most=True),
    Goal("forecast at admission, mean error", "estimate", ("admitted_mean_error",)),
    Goal("forecast at admission, p90 of the error", "estimate", ("admitted_p90_error",)),
    Goal("forecast when painting begins, mean error", "estimate", ("begun_mean_error",)),
    Goal("final loss, float32", "precision", ("fp32_loss",)),
    Goal("final loss, bfloat16", "precision", ("bf16_loss",)),
)


def rows(results: Results) -> list[Row]:
    """Return the rows of what was measured."""
    return [row for goal in GOALS if (row := goal.row(results)) is not None]


def folder() -> Path:
    """Return a folder for the results of this machine and day, and make it."""
    described = machine.describe()
    path = RESULTS / f"{described['machine']}-{str(described['date'])[:10]}"
    path.mkdir(parents=True, exist_ok=True)
    return path


def write(results: Results, path: Path) -> Path:
    """Write the results, with the machine, into the folder and return the file."""
    file = path / "results.json"
    file.write_text(json.dumps({"machine": machine.describe(), **results}, indent=2) + "\n", "utf-8")
    return file


def plain(table: Sequence[Row]) -> str:
    """Return the table as lines of text."""
    cells = [(row.what, row.figure, row.goal, row.verdict) for row in table]
    widths = [max(len(row[column]) for row in cells) for column in range(4)] if cells else []
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in cells)


def markdown(table: Sequence[Row]) -> str:
    """Return the table as the documentation has it."""
    lines = [f"| {row.what} | {row.figure} | {row.goal} | {row.verdict} |" for row in table]
    return "\n".join(["| what | measured | goal | |", "|---|---|---|---|", *lines])
