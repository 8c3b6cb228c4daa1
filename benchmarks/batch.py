"""Several pictures at once: picture steps a second of our engine over the size of the batch."""

import argparse

import torch

from benchmarks import options as common
from benchmarks.flops import ceiling, step_flops
from benchmarks.networks import NETWORKS
from benchmarks.single import ENDLESS, PROMPT
from benchmarks.stopwatch import alternate, medians
from generation.engine.engine import Engine
from generation.recipe import Recipe
from generation.request import ImagineRequest

SIZES = (1, 2, 4, 8)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's own."""
    common.painting(parser)
    common.rounds(2)(parser)


def measure(options: argparse.Namespace) -> dict[str, object]:
    """Return picture steps a second for each size of the batch, and their share of the measured ceiling."""
    device = common.device(options)
    engine = NETWORKS[options.models]().engine(Recipe(), device, common.PRECISIONS[options.precision])
    steps = options.steps or common.STEPS[device.type]

    def paint(batch: int) -> float:
        _fill(engine, batch, options.size)
        for _ in range(common.WARM_UP[device.type]):
            engine.step()
        return medians(alternate({"step": engine.step}, device, options.rounds, steps))["step"]

    taken = {batch: paint(batch) for batch in SIZES}
    rates = {str(batch): batch / each for batch, each in taken.items()}
    result: dict[str, object] = {
        "steps_per_second": rates,
        "seconds_per_step": {str(batch): each for batch, each in taken.items()},
        "precision": common.precision(options, device),
        "device": str(device),
        "size": options.size,
        "models": options.models,
    }
    if options.models == "official":
        most, tflop = ceiling(device) / 1e12, step_flops(options.size, options.size, Recipe().cutouts) / 1e12
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
