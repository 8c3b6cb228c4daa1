"""The same painting alone and in a batch: by how much its pixels differ, after one step and after more."""

import argparse
from dataclasses import replace

import torch
from torch import Tensor

from benchmarks import options as common
from generation.checkpoints.loader import POCKET, load_models
from generation.engine.engine import Engine
from generation.request import NOISE, ImagineRequest
from generation.worker.build import engine_for

PROMPTS = ("a red apple", "a sunset over the sea", "a lighthouse at night", "green hills")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's own."""
    parser.add_argument("--size", type=common.size, default=128, help="default: 128")
    parser.add_argument("--steps", type=common.count, nargs="+", default=[1, 50], help="default: 1 50")
    parser.add_argument("--device", default="auto", help="cpu, cuda or cuda:N (default: a GPU, else the CPU)")


def measure(options: argparse.Namespace) -> dict[str, object]:
    """Return the largest and the mean difference of pixels, in levels of 255, by number format and steps."""
    device = common.device(options)
    found: dict[str, object] = {}
    for name in ("fp32", "bf16"):
        engine = engine_for(load_models(POCKET, POCKET, device, common.PRECISIONS[name]), device)
        for steps in options.steps:
            differences = _differences(engine, options.size, steps)
            found[f"{name}_{steps}_largest"] = float(differences.max())
            found[f"{name}_{steps}_mean"] = float(differences.mean())
    return {**found, "size": options.size, "batch": len(PROMPTS), "models": "pocket"}


def _differences(engine: Engine, side: int, steps: int) -> Tensor:
    requests = [
        ImagineRequest(prompt, prompt, seed, side, side, steps, init=NOISE) for seed, prompt in enumerate(PROMPTS)
    ]
    together = _painted(engine, requests)
    alone = [_painted(engine, [replace(request, id="alone")])[0] for request in requests]
    return torch.stack([(a - b).abs() for a, b in zip(together, alone, strict=True)])


def _painted(engine: Engine, requests: list[ImagineRequest]) -> list[Tensor]:
    states = [engine.add_request(request) for request in requests]
    while len(engine):
        engine.step()
    return [state.picture.clamp(0, 1).mul(255).round() for state in states if state.picture is not None]
