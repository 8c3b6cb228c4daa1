"""The judge's score over the processor's seconds: painted as the models' recipe says, and whole from the start.

Each prompt is painted by each way in turn, alone. On the way pictures are scored, which costs no time that counts. The
first way is what the others are measured against: `ratio` is the share of its seconds in which the second comes to the
score that it ends with; where it never does, `ratio` is missing, and `whole_ratio` says what its end takes.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from benchmarks import options as common
from benchmarks.choices import request_for
from benchmarks.errors import BenchmarkError
from benchmarks.judge import Judge, Prompt, nearness
from benchmarks.pictures import COLUMNS, image_file, pixels, prompts, sheet, whole_paintings
from bot.errors import PromptError
from generation.checkpoints.loader import load_models
from generation.engine.engine import Engine
from generation.errors import CheckpointError
from generation.perceptor.ensemble import Perceptor
from generation.request import ImagineRequest
from generation.worker.build import engine_for

WAYS = ("--grow 0", "")
"""Whole from the start, and as the recipe says."""
MARKS = 20
"""Pictures of a painting that are scored."""


@dataclass(slots=True)
class Line:
    """What came of a way: one value for each mark, means over the prompts painted so far.

    Args:
        cpu_s: seconds of the processor until then, of all threads.
        score: the judge's mean cosine of picture and prompt.
        pictures: as they ended.
    """

    cpu_s: np.ndarray = field(default_factory=lambda: np.zeros(MARKS))
    score: np.ndarray = field(default_factory=lambda: np.zeros(MARKS))
    pictures: list[np.ndarray] = field(default_factory=list)

    def add(self, cpu_s: Sequence[float], scores: Sequence[float], picture: np.ndarray) -> None:
        """Take in one more painting."""
        count = len(self.pictures)
        self.cpu_s = (count * self.cpu_s + np.array(cpu_s)) / (count + 1)
        self.score = (count * self.score + np.array(scores)) / (count + 1)
        self.pictures.append(picture)

    def seconds_to(self, score: float) -> float | None:
        """Return the seconds after which it first comes to a score, by straight lines between marks; None for never."""
        reached = np.flatnonzero(self.score >= score)
        if not len(reached):
            return None
        last = int(reached[0])
        if last == 0:
            return float(self.cpu_s[0])
        share = (score - self.score[last - 1]) / (self.score[last] - self.score[last - 1])
        return float(self.cpu_s[last - 1] + share * (self.cpu_s[last] - self.cpu_s[last - 1]))


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's own."""
    parser.add_argument("--way", action="append", help="flags, as one types them; several times (default: two ways)")
    parser.add_argument("--every", type=common.count, default=2, help="take each so-many-th prompt (default: 2)")
    whole_paintings(parser)
    parser.add_argument("--also", default="--init noise", help="flags that go with each (default: --init noise)")
    parser.add_argument("--judge", type=Path, help="weights of a CLIP; without one the painter's own scores")
    parser.add_argument("--out", type=image_file, help="a page of what came of it")


def measure(options: argparse.Namespace) -> dict[str, object]:
    """Paint, and return what each way scored after how many seconds.

    Raises:
        BenchmarkError: there are no such prompts, weights or device, or a way is not understood.
    """
    device = common.device(options)
    ways = options.way or WAYS
    try:
        wanted = prompts(options.prompts)[:: options.every]
        asked = [[request_for(prompt, way, options) for way in ways] for prompt in wanted]
        models = load_models(options.vqgan, options.clip, device)
        judge = Judge(options.judge).perceptor if options.judge else models.perceptor
    except (OSError, CheckpointError, PromptError) as error:
        raise BenchmarkError(str(error)) from None
    engine = engine_for(models, device)
    lines = [Line() for _ in ways]
    for request in asked[0]:
        _paint(engine, request, wanted[0], judge, steps=1)  # what is only done once
    for number, (prompt, row) in enumerate(zip(wanted, asked, strict=True), start=1):
        for line, request in zip(lines, row, strict=True):
            line.add(*_paint(engine, request, prompt, judge))
        print(f"score: {number} of {len(wanted)} prompts", file=sys.stderr, flush=True)
    if options.out:
        pages = [line.pictures[number] for number in range(len(wanted)) for line in lines]
        captions = [way.replace("--", "") or "usual" for _ in wanted for way in ways]
        sheet(pages, captions, columns=len(ways) if len(wanted) > 1 else COLUMNS).save(options.out)
    return {
        "size": options.size,
        "steps": options.steps,
        "prompts": len(wanted),
        "judge": "independent" if options.judge else "the painter",
        "device": str(device),
        **_ratios(lines),
        "ways": {
            way: {"cpu_s": _rounded(line.cpu_s), "score": _rounded(line.score)}
            for way, line in zip(ways, lines, strict=True)
        },
    }


def _ratios(lines: Sequence[Line]) -> dict[str, float]:
    whole = float(lines[0].cpu_s[-1])
    reached = lines[1].seconds_to(float(lines[0].score[-1])) if len(lines) > 1 else None
    ratios = {} if reached is None else {"ratio": round(reached / whole, 3)}
    return ratios | ({"whole_ratio": round(float(lines[1].cpu_s[-1]) / whole, 3)} if len(lines) > 1 else {})


def _paint(
    engine: Engine, request: ImagineRequest, prompt: Prompt, judge: Perceptor, steps: int | None = None
) -> tuple[list[float], list[float], np.ndarray]:
    """Paint a request alone; return seconds and score after each mark, and the last picture.

    Raises:
        BenchmarkError: the painting broke off.
    """
    ends = [max(1, round(request.end_step * (mark + 1) / MARKS)) for mark in range(MARKS)]
    state = engine.add_request(request)
    seconds, taken, seen = 0.0, list[float](), list[np.ndarray]()
    while len(engine):
        began = time.process_time()
        engine.step()
        seconds += time.process_time() - began
        if state.fault:
            raise BenchmarkError(state.fault.traceback)
        if state.step == steps:
            engine.abort_request(request.id)
        while len(seen) < MARKS and state.step >= ends[len(seen)]:
            seen.append(pixels(state))
            taken.append(seconds)
    scores = [nearness(judge, [picture], [prompt]) for picture in seen]
    return taken, scores, seen[-1] if seen else np.zeros(0)


def _rounded(values: np.ndarray) -> list[float]:
    return [round(float(value), 4) for value in values]
