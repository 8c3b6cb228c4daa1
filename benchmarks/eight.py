"""Eight whole pictures: by our engine at once, and by the textbook loop one after the other."""

import argparse

from benchmarks import options as common
from benchmarks.flops import ceiling, step_flops
from benchmarks.networks import NETWORKS
from benchmarks.single import PROMPT
from benchmarks.stopwatch import alternate, medians
from benchmarks.textbook import Textbook
from generation.recipe import Recipe
from generation.request import ImagineRequest

PICTURES = 8
STEPS = {"cpu": 2, "cuda": 100}
HOUR = 3600


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's own."""
    common.painting(parser)
    common.rounds(2)(parser)


def measure(options: argparse.Namespace) -> dict[str, object]:
    """Return pictures an hour of both, from the prompt to the last step, and their ratio."""
    device = common.device(options)
    networks = NETWORKS[options.models]()
    textbook = Textbook(networks, device)
    engine = networks.engine(Recipe(), device, common.PRECISIONS[options.precision])
    steps = options.steps or STEPS[device.type]
    size = options.size

    def in_a_row(pictures: int = PICTURES, steps: int = steps) -> None:
        for seed in range(pictures):
            textbook.begin(PROMPT, size, size, seed)
            for _ in range(steps):
                textbook.step()

    def at_once(steps: int = steps) -> None:
        for seed in range(PICTURES):
            engine.add_request(ImagineRequest(str(seed), PROMPT, seed, size, size, steps))
        while len(engine):
            engine.step()

    in_a_row(1, common.WARM_UP[device.type])
    at_once(common.WARM_UP[device.type])
    taken = alternate({"textbook": in_a_row, "ours": at_once}, device, options.rounds, 1)
    median = medians(taken)
    result: dict[str, object] = {
        "textbook_pictures_per_hour": PICTURES / median["textbook"] * HOUR,
        "ours_pictures_per_hour": PICTURES / median["ours"] * HOUR,
        "ratio": median["textbook"] / median["ours"],
        "steps": steps,
        "precision": common.precision(options, device),
        "device": str(device),
        "size": size,
        "models": options.models,
        "rounds_s": taken,
    }
    if options.models == "official":
        done = PICTURES * steps * step_flops(size, size, Recipe().cutouts)
        result["ours_tflops"] = done / median["ours"] / 1e12
        result["share_of_ceiling"] = done / median["ours"] / ceiling(device)
    return result
