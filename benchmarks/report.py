"""Results as a file, and as a table of goals and figures."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import machine

RESULTS = Path(__file__).parent / "results"

Results = Mapping[str, Any]
"""What the commands returned, by the names under which they ran, and ``machine``."""
NOT_MEASURED = "not measured"


@dataclass(frozen=True, slots=True)
class Figure:
    """What a run found; ``met`` is None where there is no goal, or nothing was measured."""

    text: str
    met: bool | None = None

    @property
    def verdict(self) -> str:
        """Whether the goal is met."""
        return "" if self.met is None else "met" if self.met else "missed"


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table, with a figure for each file of results, None where it was not measured."""

    what: str
    goal: str
    figures: tuple[Figure | None, ...]


@dataclass(frozen=True, slots=True)
class Goal:
    """An entry of the table.

    Args:
        what: is measured.
        run: name of the run in the results.
        keys: path of its figure in the run's result.
        unit: behind the figure.
        bound: that it should reach, None where there is no goal.
        at_most: whether it should stay below the bound, and not reach it.
        device: on which it holds, None for any.
    """

    what: str
    run: str
    keys: tuple[str, ...]
    unit: str = ""
    bound: float | None = None
    at_most: bool = False
    device: str | None = None

    def figure(self, results: Results) -> Figure | None:
        """Return its figure, None where it was not measured."""
        found: Any = results.get(self.run)
        if not isinstance(found, Mapping):
            return None
        if self.device and not str(found.get("device", "cpu")).startswith(self.device):
            return None
        for key in self.keys:
            found = found.get(key) if isinstance(found, Mapping) else None
        if not isinstance(found, int | float):
            return None
        met = None if self.bound is None else found <= self.bound if self.at_most else found >= self.bound
        return Figure(self._with_unit(f"{100 * found:.1f}" if self.unit == "%" else f"{found:.3g}"), met)

    @property
    def goal(self) -> str:
        """The bound as it is printed."""
        if self.bound is None:
            return ""
        bound = 100 * self.bound if self.unit == "%" else self.bound
        return f"{'≤' if self.at_most else '≥'} {self._with_unit(f'{bound:g}')}"

    def _with_unit(self, number: str) -> str:
        return number + self.unit if self.unit in ("×", "%") else f"{number} {self.unit}".strip()


def _sizes(what: str, run: str, key: str, unit: str, bounds: Mapping[int, float]) -> list[Goal]:
    return [Goal(f"{what}, {size}²", run, (key, str(size)), unit, bound, True) for size, bound in bounds.items()]


def _single(what: str, run: str, bound: float, device: str) -> list[Goal]:
    return [
        Goal(f"{what}, a step: the textbook loop", run, ("textbook_s",), "s", device=device),
        Goal(f"{what}, a step: ours", run, ("ours_s",), "s", device=device),
        Goal(f"{what}, a step: the textbook loop to ours", run, ("ratio",), "×", bound, device=device),
    ]


def _eight(size: int, run: str) -> list[Goal]:
    what = f"CUDA, eight pictures at once, {size}²"
    return [
        Goal(f"{what}, against a row by the textbook loop", run, ("ratio",), "×", 20.0, device="cuda"),
        Goal(f"{what}, share of the ceiling", run, ("share_of_ceiling",), "%", 0.5, device="cuda"),
    ]


SCORE = "to the score of one painted whole, seconds of the processor"
GOALS = (
    *(
        Goal(f"{SCORE}, {size}²", f"score-{size}", ("ratio",), "×", bound, at_most=True)
        for size, bound in ((128, 0.5), (256, 0.5), (512, 0.25), (1024, 0.25))
    ),
    *(
        Goal(
            f"all steps from coarse to fine, beside all of a whole one, {size}²", f"score-{size}", ("whole_ratio",), "×"
        )
        for size in (128, 256, 512, 1024)
    ),
    *_sizes("most memory of one picture", "memory", "peak_gib", "GiB", {256: 1.6, 512: 2.2, 1024: 4.5}),
    *_sizes(
        "time of a step beside one that saves no memory",
        "memory",
        "time_ratio",
        "×",
        dict.fromkeys((256, 512, 1024), 1.15),
    ),
    Goal("start to the first step", "load", ("start_cpu_s",), "s", 3.0, True),
    Goal("most memory while loading, beside the weights in float32", "load", ("ratio",), "×", 1.1, True),
    *(
        Goal(
            f"{count} pictures at once, 256², share of the ceiling",
            "batch",
            ("share_of_ceiling", str(count)),
            "%",
            0.88,
            device="cpu",
        )
        for count in (4, 8)
    ),
    Goal("same seed in any company, exact: pixels differ by", "equal", ("exact_largest",), "of 255", 0, True),
    Goal("same seed in any company, fast: pixels differ by", "equal", ("fast_largest",), "of 255"),
    Goal("what exact costs two CPU workers, seconds of the processor", "workers", ("exact_cpu_cost",), "%", 0.1, True),
    Goal("what exact costs two CPU workers, time", "workers", ("exact_cost",), "%"),
    Goal("checkpoints, previews and all frames of a video together", "video", ("extras_share",), "%", 0.05, True),
    *_single("CUDA, one picture, 256²", "single", 8.0, "cuda"),
    *_single("CUDA, one picture, 512²", "single-512", 8.0, "cuda"),
    *_eight(256, "eight"),
    *_eight(512, "eight-512"),
    *_single("one picture, 256²", "single", 5.0, "cpu"),
    *_single("one picture, 256², float32", "single-fp32", 1.5, "cpu"),
    *(
        Goal(f"batch of {count}, 256², picture steps", "batch", ("steps_per_second", str(count)), "/s")
        for count in (1, 2, 4, 8)
    ),
    Goal("batch of 8, 256², share of the ceiling", "batch", ("share_of_ceiling", "8"), "%", device="cuda"),
    Goal("batch of 8, 512², share of the ceiling", "batch-512", ("share_of_ceiling", "8"), "%"),
    Goal("two CPU workers against one", "workers", ("ratio",), "×", 1.0),
    Goal("queue, 10,000 waiting against 100", "queue", ("ratio",), "×", 1.5, True),
    Goal("acknowledgement, workers busy, p50", "ack", ("p50_ms",), "ms"),
    Goal("acknowledgement, workers busy, p99", "ack", ("p99_ms",), "ms", 250.0, True),
    Goal("forecast at admission, mean error", "estimate", ("admitted_mean_error",), "%"),
    Goal("forecast at admission, p90 of the error", "estimate", ("admitted_p90_error",), "%"),
    Goal("forecast when painting begins, mean error", "estimate", ("begun_mean_error",), "%"),
    Goal("final loss, float32", "precision", ("fp32_loss",)),
    Goal("final loss, bfloat16", "precision", ("bf16_loss",)),
    Goal("nerdyrodent's program, a step to one of ours", "peers", ("nerdyrodent", "ratio"), "×"),
    Goal("nerdyrodent's program, most memory to ours", "peers", ("nerdyrodent", "memory_ratio"), "×"),
    Goal("deep-daze, a step to one of ours", "peers", ("deep_daze", "ratio"), "×"),
    Goal("deep-daze, most memory to ours", "peers", ("deep_daze", "memory_ratio"), "×"),
)
"""What has a goal is in every table, and the rest where it was measured."""


def rows(*files: Results) -> list[Row]:
    """Return the rows of what has a goal or was measured."""
    found = [Row(goal.what, goal.goal, tuple(goal.figure(results) for results in files)) for goal in GOALS]
    return [row for row in found if row.goal or any(row.figures)]


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
    """Return the table of one file as lines of text."""
    cells = [(row.what, row.goal, _text(row.figures[0]), _verdict(row.figures[0])) for row in table]
    widths = [max(len(row[column]) for row in cells) for column in range(4)] if cells else []
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in cells)
    return "\n".join(line.rstrip() for line in lines)


def show(table: Sequence[Row]) -> None:
    """Print the table of one file to standard error: in colours on a terminal, red where a goal is missed."""
    from rich.console import Console
    from rich.table import Table

    console = Console(stderr=True)
    if not console.is_terminal:
        console.file.write(plain(table) + "\n")
        return
    shown = Table("what", "goal", "figure", "")
    for row in table:
        verdict = _verdict(row.figures[0])
        style = {"met": "green", "missed": "bold red"}.get(verdict, "default" if row.figures[0] else "dim")
        shown.add_row(row.what, row.goal, f"[{style}]{_text(row.figures[0])}[/]", f"[{style}]{verdict}[/]")
    console.print(shown)


def markdown(table: Sequence[Row], names: Sequence[str]) -> str:
    """Return the table of one file or of several as the documentation has it; bold is what falls short of its goal."""
    lines = [f"| what | goal | {' | '.join(names)} |", f"|---|---|{'---|' * len(names)}"]
    for row in table:
        nothing = "" if any(row.figures) else NOT_MEASURED
        texts = (each.text if each else nothing for each in row.figures)
        cells = (
            f"**{text}**" if _verdict(each) == "missed" else text for text, each in zip(texts, row.figures, strict=True)
        )
        lines.append(f"| {row.what} | {row.goal} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _text(figure: Figure | None) -> str:
    return figure.text if figure else NOT_MEASURED


def _verdict(figure: Figure | None) -> str:
    return figure.verdict if figure else ""
