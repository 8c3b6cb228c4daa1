"""One picture by each painter, in turn, in one process: seconds a step, and what a step keeps in memory."""

import argparse
from dataclasses import replace

from benchmarks import options as common
from benchmarks.networks import NETWORKS
from benchmarks.single import ENDLESS, PROMPT
from benchmarks.stopwatch import alternate, medians, seconds
from generation.engine.engine import Engine
from generation.options import VQGAN
from generation.recipe import Recipe
from generation.request import ImagineRequest
from generation.worker.memory import Saved

MIB = 1 << 20


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's own."""
    common.painting(parser)
    common.rounds(3)(parser)


def measure(options: argparse.Namespace) -> dict[str, object]:
    """Return the seconds of a step of each, as multiples of the usual one's too, and what autograd keeps in it.

    All have their published numbers and are judged by the same views. Memory is counted, not measured: no allocator
    tells whose a peak was. Weights come to it, and gradients and workspaces that are no more than what is kept.
    """
    device = common.device(options)
    networks = NETWORKS[options.models]()
    engines: dict[str, Engine] = {}
    kept: dict[str, float] = {}
    request = ImagineRequest("painters", PROMPT, 0, options.size, options.size, ENDLESS)
    for name in networks.engine(Recipe(), device, common.PRECISIONS[options.precision]).equipment.painters:
        engine = networks.engine(Recipe(), device, common.PRECISIONS[options.precision])
        engine.add_request(replace(request, canvas=name))
        saved = Saved()
        with saved.hooks():
            engine.step()
        engines[name], kept[name] = engine, saved.peak / MIB
    tasks = {name: engine.step for name, engine in engines.items()}
    for task in tasks.values():
        seconds(task, device, common.WARM_UP[device.type])
    taken = alternate(tasks, device, options.rounds, options.steps or common.STEPS[device.type])
    median = medians(taken)
    return {
        "seconds": median,
        "ratio": {name: each / median[VQGAN] for name, each in median.items()},
        "kept_mib": {name: round(each, 1) for name, each in kept.items()},
        "precision": common.precision(options, device),
        "device": str(device),
        "size": options.size,
        "models": options.models,
        "rounds_s": taken,
    }
