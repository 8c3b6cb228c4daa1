"""A process that paints by one program, and takes as many steps as it is told to.

``python -m benchmarks.peer '{"program": …}'`` reads a number of steps from each line of its input, and answers with a
line of JSON: ``seconds``, of the processor or, on CUDA, until the device was done, and ``peak_mib``, the most memory
that it had so far.
"""

import importlib
import json
import os
import re
import runpy
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import torch

PROMPT = "a lighthouse in a storm, oil painting"
ENDLESS = 1_000_000
"""Steps of a painting that is not to be finished."""
MIB = 1 << 20
CUTOUTS = 32
BATCH, ACCUMULATED, LAYERS, RATE = 4, 4, 16, 1e-5
"""Deep-daze's defaults: views at once, how often in a step, layers of sines, learning rate."""


@dataclass(frozen=True, slots=True)
class Job:
    """What the process is told.

    Args:
        program: one of `PROGRAMS`.
        source: folder of the peer's code, ``""`` for an installed package or for ours.
        weights: folder with ``vqgan.yaml``, ``vqgan.ckpt`` and ``clip.pt``.
        size: side of the picture in pixels.
        device: ``cpu`` or ``cuda:N``.
        precision: of ours.
    """

    program: str
    source: str
    weights: str
    size: int
    device: str
    precision: str

    @property
    def vqgan(self) -> str:
        """Path of the YAML."""
        return str(Path(self.weights) / "vqgan.yaml")

    @property
    def clip(self) -> str:
        """Path of the state dict."""
        return str(Path(self.weights) / "clip.pt")


class Turns:
    """Counts the steps that are taken, and waits for its turn after the last.

    Args:
        device: on which the steps are taken.
        answers: where to say what they took.
    """

    def __init__(self, device: torch.device, answers: TextIO) -> None:
        self._device = device
        self._answers = answers
        self._left = 1
        """The first step belongs to no turn: it warms up."""
        self._start = self._now()

    def stepped(self) -> None:
        """Take note of a step, and answer and wait where it was the last of a turn; the process ends with its input."""
        self._left -= 1
        if self._left:
            return
        print(
            json.dumps({"seconds": self._now() - self._start, "peak_mib": self._peak()}), file=self._answers, flush=True
        )
        line = sys.stdin.readline()
        if not line:
            os._exit(0)
        self._left = int(line)
        self._start = self._now()

    def _now(self) -> float:
        if self._device.type == "cpu":
            return time.process_time()
        torch.cuda.synchronize(self._device)
        return time.perf_counter()

    def _peak(self) -> float:
        if self._device.type == "cuda":
            return torch.cuda.max_memory_allocated(self._device) / MIB
        found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text("ascii"))
        return int(found[1]) / 1024 if found else float("nan")


def nerdyrodent(job: Job, stepped: Callable[[], None]) -> None:
    """Run ``generate.py`` of nerdyrodent's VQGAN-CLIP, by its defaults; it writes into the folder of the weights."""
    from benchmarks import stand_ins

    stand_ins.install(stepped)
    program = Path(job.source).resolve() / "generate.py"
    os.chdir(job.weights)
    options = {
        "-p": PROMPT,
        "-i": ENDLESS,
        "-se": ENDLESS,
        "-cuts": CUTOUTS,
        "-conf": job.vqgan,
        "-ckpt": Path(job.weights) / "vqgan.ckpt",
        "-m": job.clip,
        "-cd": job.device,
        "-sd": 0,
    }
    words = [str(word) for option in options.items() for word in option]
    sys.argv = [str(program), *words, "-s", str(job.size), str(job.size)]
    runpy.run_path(str(program), run_name="__main__")


def deep_daze(job: Job, stepped: Callable[[], None]) -> None:
    """Take the steps of deep-daze's ``Imagine.train_step`` without a scaler, with Adam."""
    from benchmarks import stand_ins
    from benchmarks.textbook import tokenise

    stand_ins.install(stepped)
    if job.source:
        sys.path.insert(0, job.source)
    perceptor, normalised = stand_ins.load_clip(job.clip, job.device)
    perceptor.requires_grad_(False)
    words = tokenise(PROMPT, perceptor.context_length).to(job.device)
    text = perceptor.encode_text(words)
    torch.manual_seed(0)
    resolution = perceptor.visual.input_resolution
    sizes = {"batch_size": BATCH, "image_width": job.size, "num_layers": LAYERS}
    module: Any = importlib.import_module("deep_daze.deep_daze")
    painting = module.DeepDaze(perceptor, normalised, resolution, ENDLESS, **sizes).to(job.device)
    adam = torch.optim.Adam(painting.model.parameters(), RATE)
    while True:
        for _ in range(ACCUMULATED):
            _, loss = painting(text)
            (loss / ACCUMULATED).backward()
        adam.step()
        adam.zero_grad()
        stepped()


def ours(canvas: str, cutouts: int) -> Callable[[Job, Callable[[], None]], None]:
    """Return what takes the steps of a worker's engine, by a painter and so many views."""

    def paint(job: Job, stepped: Callable[[], None]) -> None:
        from dataclasses import replace

        from benchmarks.options import PRECISIONS
        from generation.checkpoints.loader import load_models
        from generation.recipe import Recipe
        from generation.request import ImagineRequest
        from generation.worker.build import engine_for

        device = torch.device(job.device)
        models = load_models(job.vqgan, job.clip, device, PRECISIONS[job.precision])
        engine = engine_for(replace(models, recipe=Recipe(cutouts=cutouts)), device, slots=1)
        engine.add_request(ImagineRequest("peer", PROMPT, 0, job.size, job.size, ENDLESS, canvas=canvas))
        while True:
            engine.step()
            stepped()

    return paint


PROGRAMS = {
    "nerdyrodent": nerdyrodent,
    "deep_daze": deep_daze,
    "our_vqgan": ours("vqgan", CUTOUTS),
    "our_siren": ours("siren", BATCH * ACCUMULATED),
}


def main(words: str) -> None:
    """Paint until there is no turn any more."""
    job = Job(**json.loads(words))
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    PROGRAMS[job.program](job, Turns(torch.device(job.device), answers).stepped)


if __name__ == "__main__":
    main(sys.argv[1])
