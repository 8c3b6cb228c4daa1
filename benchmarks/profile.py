"""Where the time of a step goes, part by part, in the textbook loop and in ours.

The parts of the forward pass are timed around their calls. In the backward pass a hook notes when the gradient
arrives at what lies between two parts. Nothing is compiled or fused across the parts for that, so on CUDA, where ours
replays a whole step at once, it is measured on the CPU alone.
"""

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from statistics import median
from unittest.mock import patch

import torch
from torch import Tensor

from benchmarks import options as common
from benchmarks.networks import NETWORKS
from benchmarks.single import ENDLESS, PROMPT
from benchmarks.textbook import Textbook
from generation.canvas import Canvas
from generation.engine.engine import Engine
from generation.perceptor.clip import CLIPPerceptor
from generation.perceptor.cutouts import Cutouts
from generation.recipe import Recipe
from generation.request import ImagineRequest

PARTS = (
    "canvas forward",
    "cutouts forward",
    "perceptor forward",
    "perceptor backward",
    "cutouts backward",
    "canvas backward",
    "the rest",
)
WARM_UP = 1


class Chronicle:
    """The time since the last mark goes to the part that ends with the next one."""

    def __init__(self) -> None:
        self.seconds = dict.fromkeys(PARTS, 0.0)
        self._last = 0.0

    @contextmanager
    def step(self) -> Iterator[None]:
        """Begin with a step's beginning; what is left at its end is the rest."""
        self._last = time.perf_counter()
        yield
        self.mark("the rest")

    def mark(self, part: str) -> None:
        """End a part."""
        now = time.perf_counter()
        self.seconds[part] += now - self._last
        self._last = now

    def around(self, part: str, forward: Callable[..., Tensor], before: str) -> Callable[..., Tensor]:
        """Return ``forward`` with its time noted, and with the arrival of its gradient ending the part ``before``."""

        def timed(*arguments: object) -> Tensor:
            self.mark("the rest")
            out = forward(*arguments)
            self.mark(f"{part} forward")
            if out.requires_grad:
                out.register_hook(lambda _: self.mark(before))
            return out

        return timed


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's own."""
    common.painting(parser)


def measure(options: argparse.Namespace) -> dict[str, object]:
    """Return the seconds of each part for both loops."""
    options.device = "cpu"
    device = torch.device("cpu")
    networks = NETWORKS[options.models]()
    steps = options.steps or common.STEPS["cpu"]
    textbook = Textbook(networks, device)
    textbook.begin(PROMPT, options.size, options.size, seed=0)
    textbook_s = [_textbook_step(textbook) for _ in range(WARM_UP + steps)][WARM_UP:]
    engine = networks.engine(Recipe(), device, common.PRECISIONS[options.precision])
    engine.add_request(ImagineRequest("profile", PROMPT, 0, options.size, options.size, ENDLESS))
    ours_s = [_our_step(engine) for _ in range(WARM_UP + steps)][WARM_UP:]
    return {
        "textbook_s": _medians(textbook_s),
        "ours_s": _medians(ours_s),
        "precision": common.precision(options, device),
        "device": "cpu",
        "size": options.size,
        "models": options.models,
    }


def _textbook_step(textbook: Textbook) -> dict[str, float]:
    """Take one step, its parts wrapped for as long."""
    chronicle = Chronicle()
    hook = textbook.z.register_hook(lambda _: chronicle.mark("canvas backward"))
    with (
        patch.object(textbook, "paint", chronicle.around("canvas", textbook.paint, "cutouts backward")),
        patch.object(
            textbook.make_cutouts,
            "forward",
            chronicle.around("cutouts", textbook.make_cutouts.forward, "perceptor backward"),
        ),
        patch.object(
            textbook.clip, "encode_image", chronicle.around("perceptor", textbook.clip.encode_image, "the rest")
        ),
        chronicle.step(),
    ):
        textbook.step()
    hook.remove()
    return chronicle.seconds


def _our_step(engine: Engine) -> dict[str, float]:
    """Take one step, its parts wrapped for as long."""
    chronicle = Chronicle()
    kind = type(engine.equipment.parts(engine.equipment.recipe.stages[0]).canvas)
    render = chronicle.around("canvas", kind.render, "cutouts backward")

    def hooked(canvas: Canvas, parameters: Sequence[Tensor], constants: Sequence[Tensor]) -> Tensor:
        for parameter in parameters:
            parameter.register_hook(lambda _: chronicle.mark("canvas backward"))
        return render(canvas, parameters, constants)

    cut = chronicle.around("cutouts", Cutouts.__call__, "perceptor backward")
    encode = chronicle.around("perceptor", CLIPPerceptor.encode_image, "the rest")
    with (
        patch.object(kind, "render", hooked),
        patch.object(Cutouts, "__call__", cut),
        patch.object(CLIPPerceptor, "encode_image", encode),
        chronicle.step(),
    ):
        engine.step()
    return chronicle.seconds


def _medians(steps: Sequence[dict[str, float]]) -> dict[str, float]:
    return {part: median(step[part] for step in steps) for part in PARTS}
