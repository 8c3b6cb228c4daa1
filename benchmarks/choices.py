"""Paints some prompts by each of several choices, as one types them, onto a page that is looked at, and judges them.

Each picture is painted alone, so that the times can be compared. The judge is that of `pictures`.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks import options as common
from benchmarks.errors import BenchmarkError
from benchmarks.judge import Judge, Prompt, nearness
from benchmarks.pictures import COLUMNS, image_file, paint_one, prompts, sheet, whole_paintings
from bot.errors import PromptError
from bot.prompt import parse
from config.settings.painting import PaintingSettings
from generation.checkpoints.biggan import with_biggan
from generation.checkpoints.loader import POCKET, prepare, read_models
from generation.errors import CheckpointError
from generation.options import AUGMENTATIONS, CUT_METHODS, NEURAL_STYLE, OPTIMISERS, PAINTERS, PRESETS
from generation.perceptor.ensemble import Perceptor
from generation.request import ImagineRequest
from generation.worker.build import engine_for

SETS = {
    "presets": [f"--quality {name}" for name in PRESETS],
    "painters": [f"--painter {name}" for name in PAINTERS if name != NEURAL_STYLE],
    "options": [
        "",
        *("--rate 0.0005", "--rate 0.008", "--final-rate 0", "--ema 0.9", "--smooth 0", "--smooth 8"),
        *("--cutouts 2", "--cutouts 32", "--cuts crops", "--cuts pooled", "--cuts crops --cut-power 4", "--grow 0.6"),
    ],
    "optimisers": [f"--optimiser {name}" for name in OPTIMISERS],
    "cuts": [f"--cuts {name}" for name in CUT_METHODS],
    "augmentations": ["--augment none", *(f"--augment {name}" for name in AUGMENTATIONS)],
    "growing": [f"--grow {share / 10}" for share in (0, 3, 6, 9)],
}
SETS["all"] = [*SETS["options"], *SETS["optimisers"], *SETS["augmentations"]]
"""Choices that are compared, by name."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What came of a choice.

    Args:
        seconds: for a picture, on average.
        near: mean cosine of picture and prompt, as the perceptor sees them that painted.
        near_judge: the same, as the judge sees them; None without one.
        place: of the prompt among the judge's twenty, on average; None without a judge.
        picked: share of the prompts that the judge picks first.
    """

    seconds: float
    near: float
    near_judge: float | None
    place: float | None
    picked: float | None


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's own."""
    parser.add_argument("--set", choices=SETS, default="presets", help="which choices (default: presets)")
    parser.add_argument("--also", default="", help="flags that go with each, as one types them")
    parser.add_argument("--choice", action="append", help="flags instead of those, as one types them; several times")
    parser.add_argument("--every", type=common.count, default=12, help="take each so-many-th prompt (default: 12)")
    whole_paintings(parser)
    parser.add_argument("--judge", type=Path, help="weights of a CLIP, such as `python -m training judge` makes")
    parser.add_argument("--out", type=image_file, default=Path("choices.jpg"), help="the page (default: choices.jpg)")


def measure(options: argparse.Namespace) -> dict[str, object]:
    """Paint, write the page, and return how long each choice takes and what the judge says of it.

    Raises:
        BenchmarkError: there are no such prompts, weights or device, or a choice is not understood.
    """
    device = common.device(options)
    choices = options.choice or SETS[options.set]
    try:
        wanted = prompts(options.prompts)[:: options.every]
        asked = [[request_for(prompt, choice, options) for choice in choices] for prompt in wanted]
        models = prepare(with_biggan(read_models(options.vqgan, options.clip), POCKET), device)
        judge = Judge(options.judge) if options.judge else None
    except (OSError, CheckpointError, PromptError) as error:
        raise BenchmarkError(str(error)) from None
    engine = engine_for(models, device)
    painted: dict[str, list[np.ndarray]] = {choice: [] for choice in choices}
    seconds: dict[str, list[float]] = {choice: [] for choice in choices}
    for number, row in enumerate(asked, start=1):
        for choice, request in zip(choices, row, strict=True):
            began = time.monotonic()
            painted[choice].append(paint_one(engine, request))
            seconds[choice].append(time.monotonic() - began)
        print(f"choices: {number} of {len(asked)} prompts", file=sys.stderr, flush=True)
    rows = [painted[choice][number] for number in range(len(wanted)) for choice in choices]
    captions = [choice.replace("--", "") or "usual" for _ in wanted for choice in choices]
    sheet(rows, captions, columns=len(choices) if len(wanted) > 1 else COLUMNS).save(options.out, quality=85)
    found = {choice: _figures(seconds[choice], painted[choice], wanted, models.perceptor, judge) for choice in choices}
    options.out.with_suffix(".md").write_text(table(found), "utf-8")
    return {
        "out": str(options.out),
        "prompts": [prompt.text for prompt in wanted],
        "seconds": {choice: round(each.seconds, 2) for choice, each in found.items()},
        "near": {choice: each.near for choice, each in found.items()},
        "near_judge": {choice: each.near_judge for choice, each in found.items()},
        "place": {choice: each.place for choice, each in found.items()},
        "picked": {choice: each.picked for choice, each in found.items()},
    }


def table(found: dict[str, Figures]) -> str:
    """Return a table in Markdown: each choice with its figures."""
    lines = [
        f"| `{choice or 'usual'}` | {each.seconds:.1f} s | {each.near:.3f} | {_shown(each.near_judge, '.3f')} "
        f"| {_shown(each.place, '.1f')} | {_shown(each.picked, '.0%')} |"
        for choice, each in found.items()
    ]
    head = "| choice | a picture | near, to the painter | to the judge | mean place of 20 | first of 20 |"
    return "\n".join([head, "|---|---|---|---|---|---|", *lines, ""])


def _shown(figure: float | None, form: str) -> str:
    return "" if figure is None else format(figure, form)


def request_for(prompt: Prompt, choice: str, options: argparse.Namespace) -> ImagineRequest:
    """Return the request for a prompt with flags, as one types them; raises ``PromptError``."""
    side, steps = options.size, options.steps
    settings = PaintingSettings(width=side, height=side, max_side=side, steps=steps, max_steps=4 * steps)
    return parse(f"{prompt.text} --seed {options.seed} {choice} {options.also}", settings).request("choice")


def _figures(
    seconds: Sequence[float],
    pictures: Sequence[np.ndarray],
    wanted: Sequence[Prompt],
    perceptor: Perceptor,
    judge: Judge | None,
) -> Figures:
    mean, near = sum(seconds) / len(seconds), round(nearness(perceptor, pictures, wanted), 3)
    if judge is None:
        return Figures(mean, near, None, None, None)
    places = judge.places(pictures, wanted)
    place, picked = round(sum(places) / len(places), 2), round(places.count(1) / len(places), 3)
    return Figures(mean, near, round(nearness(judge.perceptor, pictures, wanted), 3), place, picked)
