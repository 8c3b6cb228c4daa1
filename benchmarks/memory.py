"""The most memory that one picture takes: a fresh process for each size loads the official shapes and paints.

It counts all of the process, libraries and mapped files included, as the kernel does (``VmHWM``).
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.errors import BenchmarkError
from benchmarks.load import write
from benchmarks.options import PRECISIONS, count, size
from generation.executor.process import ENVIRONMENT

GIB = 1 << 30
SIZES = (256, 512, 1024)
STATUS = Path("/proc/self/status")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's own."""
    parser.add_argument("--sizes", type=size, nargs="+", default=SIZES, help="default: 256 512 1024")
    parser.add_argument("--steps", type=count, default=2, help="default: 2")
    parser.add_argument("--precision", choices=PRECISIONS, default="auto", help="default: auto")


def measure(options: argparse.Namespace) -> dict[str, object]:
    """Return the most memory of each size, and what was there before the first step.

    ``time_ratio`` is the processor's time of a step, beside one that does nothing to save memory: no block is computed
    again, and all views are judged at once.

    Raises:
        BenchmarkError: the system does not tell.
    """
    if not STATUS.exists():
        raise BenchmarkError("It needs Linux, which tells how much memory a process had at most.")

    with TemporaryDirectory() as folder:
        write(Path(folder))
        said = {str(side): _painted(folder, side, options) for side in options.sizes}
    return {
        "peak_gib": {side: each["peak_gib"] for side, each in said.items()},
        "loaded_gib": {side: each["loaded_gib"] for side, each in said.items()},
        "loading_peak_gib": {side: each["loading_peak_gib"] for side, each in said.items()},
        "time_ratio": {side: each["time_ratio"] for side, each in said.items()},
        "precision": options.precision,
    }


def _painted(folder: str, side: int, options: argparse.Namespace) -> dict[str, float]:
    """Return what a process says that paints a picture of this side."""
    precision = PRECISIONS[options.precision]
    command = [sys.executable, "-m", "benchmarks.memory", folder, str(side), str(options.steps), precision]
    done = subprocess.run(command, env={**ENVIRONMENT, **os.environ}, stdout=subprocess.PIPE, text=True, check=True)  # noqa: S603
    said: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return said


def _bytes(field: str) -> int:
    (line,) = (line for line in STATUS.read_text("ascii").splitlines() if line.startswith(f"{field}:"))
    return int(line.split()[1]) * 1024


def _child(folder: Path, side: int, steps: int, precision: str) -> None:
    """Load, paint, and print the most memory and the ratio of times, in turn."""
    import torch

    from generation.checkpoints.loader import load_models
    from generation.models.precision import Precision
    from generation.models.residual import ResnetBlock
    from generation.perceptor import slices
    from generation.request import ImagineRequest
    from generation.worker.build import engine_for
    from generation.worker.memory import SLOTS

    formats: dict[str, Precision] = {each: each for each in PRECISIONS.values()}
    device = torch.device("cpu")
    models = load_models(str(folder / "vqgan.yaml"), str(folder / "clip.pt"), device, formats[precision])
    engine = engine_for(models, device, slots=SLOTS["cpu"])
    engine.add_request(ImagineRequest("memory", "a red apple", 0, side, side, 3 * steps + 1))
    loaded, loading_peak = _bytes("VmRSS"), _bytes("VmHWM")
    for _ in range(steps):
        engine.step()
    said = {"peak_gib": _bytes("VmHWM"), "loaded_gib": loaded, "loading_peak_gib": loading_peak}
    blocks = [block for block in models.vqgan.modules() if isinstance(block, ResnetBlock)]
    usual, together = [block.most_kept for block in blocks], slices.BYTES_ON_CPU
    taken: dict[bool, list[float]] = {True: [], False: []}
    for saves in (True, False) * steps:
        for block, bound in zip(blocks, usual, strict=True):
            block.most_kept = bound if saves else None
        slices.BYTES_ON_CPU = together if saves else 1 << 40
        began = time.process_time()
        engine.step()
        taken[saves].append(time.process_time() - began)
    ratio = median(taken[True]) / median(taken[False])
    print(json.dumps({name: each / GIB for name, each in said.items()} | {"time_ratio": ratio}))


if __name__ == "__main__":
    _child(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
