"""Processor time of a painting with a video of it, or with all there is, beside the same painting without."""

import argparse
import itertools
import math
import time
from statistics import median

import torch

from benchmarks.options import count, rounds, size
from config.settings.models import DEFAULT_MODEL
from config.settings.painting import PaintingSettings
from generation.checkpoints.loader import POCKET
from generation.events import Finished
from generation.executor.local import CHECKPOINT_SECONDS
from generation.executor.protocol import FromWorker, Paint, Weights
from generation.request import FILMS, PNG, ImagineRequest
from generation.worker.reporter import Reporter
from generation.worker.residents import Residents
from generation.worker.worker import Worker

WARM_UP_STEPS = 5


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's own."""
    rounds(3)(parser)
    parser.add_argument("--size", type=size, default=128, help="default: 128")
    parser.add_argument("--steps", type=count, default=100, help="default: 100")


def measure(options: argparse.Namespace) -> dict[str, object]:
    """Return the seconds without and with, and the share that each kind of video adds.

    ``extras_share`` is that of an MP4 with previews and checkpoints, as often as there usually are.
    """
    device = torch.device("cpu")
    sent: list[FromWorker] = []
    reporter = Reporter(sent.append)
    residents = Residents({DEFAULT_MODEL: Weights(POCKET, POCKET)}, device, torch.get_num_threads())
    residents.load_first()
    bare = Worker(residents, "cpu", math.inf, math.inf, reporter)
    usual = Worker(residents, "cpu", PaintingSettings().preview_seconds, CHECKPOINT_SECONDS, reporter)
    numbers = itertools.count()

    def seconds(steps: int, *films: str, worker: Worker = bare) -> float:
        side = options.size
        request = ImagineRequest(
            f"{next(numbers)}", "a red apple", 7, side, side, steps, init="noise", outputs=(PNG, *films)
        )
        start = time.process_time()
        worker.handle(Paint(request))
        while residents.is_busy:
            worker.step()
            reporter.flush()
        while not any(isinstance(message, Finished) for message in sent):
            time.sleep(0.001)
            reporter.flush()
        sent.clear()
        return time.process_time() - start

    seconds(WARM_UP_STEPS)
    kinds = [(), *((kind,) for kind in FILMS)]
    taken = [
        [*(seconds(options.steps, *kind) for kind in kinds), seconds(options.steps, FILMS[0], worker=usual)]
        for _ in range(options.rounds)
    ]
    without, *films, extras = (median(each) for each in zip(*taken, strict=True))
    return {
        "without_cpu_s": without,
        **{f"{kind}_share": film / without - 1 for kind, film in zip(FILMS, films, strict=True)},
        "extras_share": extras / without - 1,
        "size": options.size,
        "steps": options.steps,
        "models": "pocket",
        "rounds_cpu_s": taken,
    }
