"""One picture: seconds a step of the textbook loop and of ours, in turn, in one process."""

import argparse

from benchmarks import options as common
from benchmarks.flops import step_flops
from benchmarks.networks import NETWORKS
from benchmarks.stopwatch import alternate, medians, seconds
from benchmarks.textbook import CUTOUTS, Textbook
from generation.recipe import Recipe
from generation.request import ImagineRequest

PROMPT = "a lighthouse in a storm, oil painting"
ENDLESS = 1_000_000
"""Steps of a request that is not to be finished."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's own."""
    common.painting(parser)
    common.rounds(3)(parser)


def measure(options: argparse.Namespace) -> dict[str, object]:
    """Return ``textbook_s``, ``ours_s`` and what belongs to them."""
    device = common.device(options)
    networks = NETWORKS[options.models]()
    textbook = Textbook(networks, device)
    engine = networks.engine(Recipe(), device, common.PRECISIONS[options.precision])
    textbook.begin(PROMPT, options.size, options.size, seed=0)
    engine.add_request(ImagineRequest("single", PROMPT, 0, options.size, options.size, ENDLESS))
    tasks = {"textbook": textbook.step, "ours": engine.step}
    warm_up = {name: seconds(task, device, common.WARM_UP[device.type]) for name, task in tasks.items()}
    taken = alternate(tasks, device, options.rounds, options.steps or common.STEPS[device.type])
    median = medians(taken)
    result: dict[str, object] = {
        "textbook_s": median["textbook"],
        "ours_s": median["ours"],
        "ratio": median["textbook"] / median["ours"],
        "precision": common.precision(options, device),
        "device": str(device),
        "size": options.size,
        "models": options.models,
        "rounds_s": taken,
        "warm_up_s": warm_up,
    }
    if options.models == "official":
        tflop = step_flops(options.size, options.size, CUTOUTS) / 1e12
        result["ours_tflops"] = tflop / median["ours"]
        result["textbook_tflops"] = tflop / median["textbook"]
    return result
