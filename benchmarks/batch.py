"""Several pictures at once: picture steps a second of our engine over the size of the batch."""

import argparse

import torch

from benchmarks import options as common
from benchmarks.flops import ceiling, step_flops
from benchmarks.networks import NETWORKS
from benchmarks.single import ENDLESS, PROMPT
from benchmarks.stopwatch import seconds
from generation.engine.engine import Engine
from generation.pocket.description import PocketSection
from generation.recipe import Recipe
from generation.request import ImagineRequest
from generation.worker.build import engine_for

SIZES = (1, 2, 4, 8)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's own."""
    common.painting(parser)
    common.rounds(2)(parser)


def measure(options: argparse.Namespace) -> dict[str, object]:
    """Return picture steps a second for each size of the batch, and their share of the measured ceiling.

    Sizes take turns, and each has its best one: so has the ceiling, which is measured as often.
    """
    device = common.device(options)
    networks = NETWORKS[options.models]()
    models = networks.models(Recipe(), device, common.PRECISIONS[options.precision])
    engines = {size: engine_for(models, device, PocketSection()) for size in SIZES}
    steps = options.steps or common.STEPS[device.type]
    is_official = options.models == "official"
    for size, engine in engines.items():
        _fill(engine, size, options.size)
        for _ in range(common.WARM_UP[device.type]):
            engine.step()
    rounds, ceilings = [], []
    for _ in range(options.rounds):
        rounds.append({size: seconds(engine.step, device, steps) / steps for size, engine in engines.items()})
        ceilings.append(ceiling(device) if is_official else 0.0)
    taken = {size: min(each[size] for each in rounds) for size in SIZES}
    rates = {str(batch): batch / each for batch, each in taken.items()}
    result: dict[str, object] = {
        "steps_per_second": rates,
        "seconds_per_step": {str(batch): each for batch, each in taken.items()},
        "precision": common.precision(options, device),
        "device": str(device),
        "size": options.size,
        "models": options.models,
    }
    if is_official:
        most, tflop = max(ceilings) / 1e12, step_flops(options.size, options.size, Recipe().cutouts) / 1e12
        result["ceiling_tflops"] = most
        result["tflops"] = {batch: rate * tflop for batch, rate in rates.items()}
        result["share_of_ceiling"] = {batch: rate * tflop / most for batch, rate in rates.items()}
    if device.type == "cuda":
        result["peak_memory_gib"] = torch.cuda.max_memory_allocated(device) / 2**30
    return result


def _fill(engine: Engine, batch: int, size: int) -> None:
    """Add requests until there are ``batch``."""
    for number in range(len(engine), batch):
        engine.add_request(ImagineRequest(str(number), PROMPT, number, size, size, ENDLESS))
