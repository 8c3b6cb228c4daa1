"""A step of deep-daze's own code and one of ours by the same network, in turn: seconds, and what a step keeps."""

import argparse
import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import torch

from benchmarks import options as common
from benchmarks.errors import BenchmarkError
from benchmarks.networks import NETWORKS, Networks
from benchmarks.painters import MIB
from benchmarks.single import ENDLESS, PROMPT
from benchmarks.stopwatch import alternate, medians, seconds
from benchmarks.textbook import CHANNEL_MEAN, CHANNEL_STD, Textbook
from generation.recipe import Recipe
from generation.request import ImagineRequest
from generation.worker.memory import Saved

BATCH, ACCUMULATED, LAYERS, RATE = 4, 4, 16, 1e-5
"""Deep-daze's defaults: views at once, how often in a step, layers of sines, learning rate."""
UNUSED = {
    "torchvision": (),
    "torchvision.transforms": ("Compose", "Normalize"),
    "imageio": ("imread", "mimsave"),
    "torch_optimizer": ("AdamP", "DiffGrad"),
    "tqdm": ("tqdm", "trange"),
}
"""What it imports, and what of that: none is called in a step, so empty modules stand in for them meanwhile."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's own."""
    common.painting(parser)
    common.rounds(3)(parser)
    parser.add_argument(
        "--deep-daze",
        type=Path,
        required=True,
        metavar="FOLDER",
        help="with deep_daze/ and siren_pytorch/ in it, as `pip install --no-deps --target FOLDER` leaves them",
    )


def measure(options: argparse.Namespace) -> dict[str, object]:
    """Return the seconds of a step of each and their ratio, and what autograd keeps in it.

    Both paint by 16 layers of 256 sines, judge 16 views by the same CLIP, and take a step of Adam.
    Deep-daze computes the picture at its size for every four views; ours computes it once, as large as CLIP sees it.

    Raises:
        BenchmarkError: there is no deep-daze.
    """
    device = common.device(options)
    networks = NETWORKS[options.models]()
    engine = networks.engine(Recipe(cutouts=BATCH * ACCUMULATED), device, common.PRECISIONS[options.precision])
    engine.add_request(ImagineRequest("peers", PROMPT, 0, options.size, options.size, ENDLESS, canvas="siren"))
    tasks = {"deep_daze": _deep_daze(options.deep_daze, networks, device, options.size), "ours": engine.step}
    kept = {}
    for name, task in tasks.items():
        saved = Saved()
        with saved.hooks():
            task()
        kept[name] = saved.peak / MIB
        seconds(task, device, common.WARM_UP[device.type])
    taken = alternate(tasks, device, options.rounds, options.steps or common.STEPS[device.type])
    median = medians(taken)
    return {
        "seconds": median,
        "ratio": median["deep_daze"] / median["ours"],
        "kept_mib": {name: round(each, 1) for name, each in kept.items()},
        "kept_ratio": kept["deep_daze"] / kept["ours"],
        "precision": common.precision(options, device),
        "device": str(device),
        "size": options.size,
        "models": options.models,
        "rounds_s": taken,
    }


def _deep_daze(folder: Path, networks: Networks, device: torch.device, size: int) -> Callable[[], None]:
    """Return a step of its training, as ``Imagine.train_step`` takes it without a scaler."""
    textbook = Textbook(networks, device)
    textbook.read(PROMPT)

    def normalised(picture: torch.Tensor) -> torch.Tensor:
        mean, deviation = (torch.tensor(each, device=device).view(3, 1, 1) for each in (CHANNEL_MEAN, CHANNEL_STD))
        return (picture - mean) / deviation

    torch.manual_seed(0)
    painting: Any = (
        _module(folder)
        .DeepDaze(
            textbook.clip,
            normalised,
            textbook.clip.visual.input_resolution,
            ENDLESS,
            batch_size=BATCH,
            image_width=size,
            num_layers=LAYERS,
        )
        .to(device)
    )
    adam = torch.optim.Adam(painting.model.parameters(), RATE)

    def step() -> None:
        for _ in range(ACCUMULATED):
            _, loss = painting(textbook.text)
            (loss / ACCUMULATED).backward()
        adam.step()
        adam.zero_grad()

    return step


def _module(folder: Path) -> Any:
    """Return deep-daze's module from a folder; raises ``BenchmarkError``."""
    if not (folder / "deep_daze" / "deep_daze.py").is_file():
        raise BenchmarkError(f"There is no deep_daze/deep_daze.py in {folder}.")
    there = sys.modules.copy()
    for name, contents in UNUSED.items():
        sys.modules[name] = ModuleType(name)
        vars(sys.modules[name]).update(dict.fromkeys(contents))
    sys.path.insert(0, str(folder))
    try:
        return importlib.import_module("deep_daze.deep_daze")
    except ImportError as error:
        raise BenchmarkError(f"deep-daze cannot be imported: {error}.") from None
    finally:
        sys.path.remove(str(folder))
        for name in UNUSED:
            sys.modules.pop(name)
            sys.modules.update({name: there[name]} if name in there else {})
