"""Paints the sixty prompts of `prompts.txt`, one seed each, onto a page that is looked at, and tables a judgement.

The judge is a perceptor that took no part in painting and picks the prompt among nineteen others that differ from it
in nothing but the thing or the place.
"""

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from benchmarks import options as common
from benchmarks.errors import BenchmarkError
from benchmarks.judge import Judge, Prompt, parse
from generation.checkpoints.loader import load_models
from generation.engine.engine import Engine
from generation.engine.state import RequestState
from generation.errors import CheckpointError
from generation.request import ImagineRequest
from generation.worker.build import engine_for

PROMPTS = Path(__file__).with_name("prompts.txt")
COLUMNS = 10
CAPTION_HEIGHT = 26
BATCH = 4  # painted at once: more gain nothing on a CPU


@dataclass(frozen=True, slots=True)
class Painted:
    """Two pictures of a painting, RGB, uint8 [side, side, 3].

    Args:
        first: what it began from, as it was before the first step.
        last: as it ended.
    """

    first: np.ndarray
    last: np.ndarray


def prompts(path: Path = PROMPTS) -> list[Prompt]:
    """Return the prompts of a file, one a line; lines with a hash are headings."""
    lines = [line.strip() for line in path.read_text().splitlines()]
    return [parse(line) for line in lines if line and not line.startswith("#")]


def paint(
    engine: Engine,
    wanted: Sequence[str],
    seed: int,
    steps: int,
    side: int,
    init: str = "auto",
    progress: Callable[[int], None] | None = None,
) -> list[Painted]:
    """Paint each prompt once with the same seed."""
    first: dict[str, np.ndarray] = {}
    last: dict[str, np.ndarray] = {}
    for start in range(0, len(wanted), BATCH):
        for index in range(start, min(start + BATCH, len(wanted))):
            engine.add_request(ImagineRequest(str(index), wanted[index], seed, side, side, steps, init=init))
        while len(engine):
            for painting in engine.step():
                if painting.step == 1 or painting.done:
                    shown = pixels(painting)
                    first.setdefault(painting.request.id, shown)
                    last[painting.request.id] = shown
        if progress:
            progress(len(last))
    return [Painted(first[str(index)], last[str(index)]) for index in range(len(wanted))]


def paint_one(engine: Engine, request: ImagineRequest) -> np.ndarray:
    """Paint a request alone and return the picture, uint8 [height, width, 3]."""
    painting = engine.add_request(request)
    while len(engine):
        engine.step()
    return pixels(painting)


def pixels(painting: RequestState) -> np.ndarray:
    """Return the picture of a painting as it is now, uint8 [height, width, 3]."""
    assert painting.picture is not None
    shown: np.ndarray = painting.picture.clamp(0, 1).mul(255).round().byte().permute(1, 2, 0).cpu().numpy()
    return shown


def sheet(pictures: Sequence[np.ndarray], captions: Sequence[str], columns: int = COLUMNS) -> Image.Image:
    """Put pictures of one size in rows, each with its prompt below it in two lines."""
    height, width = pictures[0].shape[:2]
    letters = width // 6
    rows = -(-len(pictures) // columns)
    page = Image.new("RGB", (columns * (width + 4), rows * (height + CAPTION_HEIGHT)), "white")
    pencil = ImageDraw.Draw(page)
    for index, (picture, caption) in enumerate(zip(pictures, captions, strict=True)):
        x, y = index % columns * (width + 4), index // columns * (height + CAPTION_HEIGHT)
        page.paste(Image.fromarray(picture), (x, y))
        for line in range(2):
            pencil.text((x, y + height + 11 * line), caption[line * letters : (line + 1) * letters], fill="black")
    return page


def whole_paintings(parser: argparse.ArgumentParser) -> None:
    """Add what says which pictures are painted: ``--prompts``, the models, ``--seed``, ``--steps`` and ``--size``."""
    parser.add_argument("--prompts", type=Path, default=PROMPTS, help="one a line (default: the sixty)")
    parser.add_argument("--vqgan", default="pocket", help="pocket, or the path of a YAML (default: pocket)")
    parser.add_argument("--clip", default="pocket", help="pocket, or the path of the weights (default: pocket)")
    parser.add_argument("--device", default="auto", help="cpu, cuda or cuda:N (default: a GPU, else the CPU)")
    parser.add_argument("--seed", type=int, default=1, help="of every picture (default: 1)")
    parser.add_argument("--steps", type=common.count, default=250, help="of a picture (default: 250)")
    parser.add_argument("--size", type=common.size, default=128, help="side of a picture in pixels (default: 128)")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's own."""
    whole_paintings(parser)
    parser.add_argument("--init", default="auto", help="auto, noise or sketch: what to begin from (default: auto)")
    parser.add_argument("--judge", type=Path, help="weights of a CLIP, such as `python -m training judge` makes")
    parser.add_argument(
        "--out",
        type=image_file,
        default=Path("pictures.png"),
        help="the page (default: pictures.png); the table is beside it",
    )


def image_file(text: str) -> Path:
    """Return where the page will be: an image's name in a folder that is there."""
    path = Path(text)
    if path.suffix not in Image.registered_extensions() or not path.parent.is_dir():
        raise argparse.ArgumentTypeError(f"{text} is no image's name in a folder that is there")
    return path


def measure(options: argparse.Namespace) -> dict[str, object]:
    """Paint, write page and table, and return where they lie and what is in them.

    Raises:
        BenchmarkError: there are no such prompts, weights or device.
    """
    device = common.device(options)
    try:
        wanted = prompts(options.prompts)
        models = load_models(options.vqgan, options.clip, device)
        judge = Judge(options.judge) if options.judge else None
    except (OSError, CheckpointError) as error:
        raise BenchmarkError(str(error)) from None
    engine = engine_for(models, device)

    def progress(done: int) -> None:
        print(f"pictures: {done} of {len(wanted)}", file=sys.stderr, flush=True)

    texts = [prompt.text for prompt in wanted]
    start = time.monotonic()
    painted = paint(engine, texts, options.seed, options.steps, options.size, options.init, progress)
    seconds = time.monotonic() - start
    sheet([each.last for each in painted], texts).save(options.out)
    sheet([each.first for each in painted], texts).save(options.out.with_stem(f"{options.out.stem}-first"))
    first = judge.places([each.first for each in painted], wanted) if judge else []
    last = judge.places([each.last for each in painted], wanted) if judge else []
    options.out.with_suffix(".md").write_text(table(texts, first, last), "utf-8")
    return {
        "out": str(options.out),
        "pictures": len(wanted),
        "seed": options.seed,
        "steps": options.steps,
        "size": options.size,
        "init": options.init,
        "seconds_a_picture": round(seconds / len(wanted), 2),
        "picked_at_first": _picked(first),
        "picked_at_last": _picked(last),
    }


def table(prompts: Sequence[str], first: Sequence[int], last: Sequence[int]) -> str:
    """Return a table in Markdown: the place of each prompt among twenty, before painting and after it."""
    if not first:
        rows = [f"| {prompt} |" for prompt in prompts]
        return "\n".join(["| prompt |", "|---|", *rows, ""])
    rows = [f"| {prompt} | {a} | {b} |" for prompt, a, b in zip(prompts, first, last, strict=True)]
    total = f"| **first of 20** | **{_picked(first):.0%}** | **{_picked(last):.0%}** |"
    return "\n".join(["| prompt | before painting | after |", "|---|---|---|", *rows, total, ""])


def _picked(places: Sequence[int]) -> float | None:
    """Return how many of the prompts the judge picks first."""
    return round(sum(place == 1 for place in places) / len(places), 3) if places else None
