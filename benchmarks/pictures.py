"""Paints the sixty prompts of `prompts.txt`, one seed each, onto a page that is looked at."""

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from benchmarks import options as common
from benchmarks.errors import BenchmarkError
from generation.canvas.stages import canvases_for
from generation.checkpoints import load_models
from generation.engine import Engine
from generation.errors import CheckpointError
from generation.request import ImagineRequest

PROMPTS = Path(__file__).with_name("prompts.txt")
COLUMNS = 10
CAPTION_HEIGHT = 26
BATCH = 4  # painted at once: more gain nothing on a CPU


def prompts(path: Path = PROMPTS) -> list[str]:
    """Return the prompts of a file, one a line; lines with a hash are headings."""
    lines = [line.strip() for line in path.read_text().splitlines()]
    return [line for line in lines if line and not line.startswith("#")]


def paint(
    engine: Engine,
    wanted: Sequence[str],
    seed: int,
    steps: int,
    side: int,
    progress: Callable[[int], None] | None = None,
) -> list[np.ndarray]:
    """Paint each prompt once with the same seed; RGB, uint8 [side, side, 3]."""
    pictures: dict[str, np.ndarray] = {}
    for first in range(0, len(wanted), BATCH):
        for index in range(first, min(first + BATCH, len(wanted))):
            engine.add_request(ImagineRequest(str(index), wanted[index], seed, side, side, steps))
        while len(engine):
            for painting in engine.step():
                if painting.done and painting.picture is not None:
                    pixels = painting.picture.clamp(0, 1).mul(255).round().byte()
                    pictures[painting.request.id] = pixels.permute(1, 2, 0).cpu().numpy()
        if progress:
            progress(len(pictures))
    return [pictures[str(index)] for index in range(len(wanted))]


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


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's own."""
    parser.add_argument("--prompts", type=Path, default=PROMPTS, help="one a line (default: the sixty)")
    parser.add_argument("--vqgan", default="pocket", help="pocket, or the path of a YAML (default: pocket)")
    parser.add_argument("--clip", default="pocket", help="pocket, or the path of the weights (default: pocket)")
    parser.add_argument("--device", default="auto", help="cpu, cuda or cuda:N (default: a GPU, else the CPU)")
    parser.add_argument("--seed", type=int, default=1, help="of every picture (default: 1)")
    parser.add_argument("--steps", type=common.count, default=250, help="of every picture (default: 250)")
    parser.add_argument("--size", type=common.size, default=128, help="side of a picture in pixels (default: 128)")
    parser.add_argument("--out", type=Path, default=Path("pictures.png"), help="default: pictures.png")


def measure(options: argparse.Namespace) -> dict[str, object]:
    """Paint, write the page, and return where it lies and how long a picture took.

    Raises:
        BenchmarkError: there are no such prompts, weights or device.
    """
    device = common.device(options)
    try:
        wanted = prompts(options.prompts)
        models = load_models(options.vqgan, options.clip, device)
    except (OSError, CheckpointError) as error:
        raise BenchmarkError(str(error)) from None
    engine = Engine(canvases_for(models, device), models.perceptor, models.recipe, device)

    def progress(done: int) -> None:
        print(f"pictures: {done} of {len(wanted)}", file=sys.stderr, flush=True)

    start = time.monotonic()
    pictures = paint(engine, wanted, options.seed, options.steps, options.size, progress)
    seconds = time.monotonic() - start
    sheet(pictures, wanted).save(options.out)
    return {
        "out": str(options.out),
        "pictures": len(wanted),
        "seed": options.seed,
        "steps": options.steps,
        "size": options.size,
        "seconds_a_picture": round(seconds / len(wanted), 2),
    }
