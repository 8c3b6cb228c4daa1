"""Arguments that several commands take."""

import argparse
from collections.abc import Callable
from pathlib import Path

import torch

from benchmarks.errors import BenchmarkError
from benchmarks.networks import NETWORKS
from generation.models.precision import FORMATS, Precision, choose_format

PRECISIONS: dict[str, Precision] = {"auto": "auto", "fp32": "float32", "bf16": "bfloat16", "fp16": "float16"}
"""What is typed, and what the setting ``models.precision`` calls it."""
STEPS = {"cpu": 2, "cuda": 20}
WARM_UP = {"cpu": 1, "cuda": 60}
"""Steps before the first that counts: on CUDA until graphs have been captured and what is compiled is there."""


def count(text: str) -> int:
    """Return a number of at least 1."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is less than 1")
    return number


def size(text: str) -> int:
    """Return the side of a picture: a multiple of 16, at least 64."""
    number = int(text)
    if number < 64 or number % 16:
        raise argparse.ArgumentTypeError(f"{text} is no multiple of 16 of at least 64")
    return number


def rounds(default: int) -> Callable[[argparse.ArgumentParser], None]:
    """Return a function that adds ``--rounds``."""
    return lambda parser: _add(parser, "--rounds", count, default, "how often each takes its turn")


def painting(parser: argparse.ArgumentParser) -> None:
    """Add what says how to paint: ``--size``, ``--steps``, ``--precision``, ``--device``, ``--models``."""
    _add(parser, "--size", size, 256, "side of the picture in pixels")
    parser.add_argument("--steps", type=count, help="in a row before the other's turn (default: 2, on CUDA 20)")
    parser.add_argument("--precision", choices=PRECISIONS, default="auto", help="of ours (default: auto)")
    parser.add_argument("--device", default="auto", help="cpu, cuda or cuda:N (default: a GPU, else the CPU)")
    parser.add_argument(
        "--models", choices=NETWORKS, default="official", help="default: official shapes, random weights"
    )


def peers(parser: argparse.ArgumentParser) -> None:
    """Add where the peers' programs are: ``--nerdyrodent``, ``--deep-daze``, which is False where it is installed."""
    parser.add_argument("--nerdyrodent", type=Path, metavar="FOLDER", help="a checkout of nerdyrodent's VQGAN-CLIP")
    parser.add_argument(
        "--deep-daze",
        type=Path,
        nargs="?",
        const=False,
        metavar="FOLDER",
        help="a checkout of deep-daze, or what `pip install --no-deps --target FOLDER deep-daze siren-pytorch` leaves; "
        "without one the installed package",
    )


def device(options: argparse.Namespace) -> torch.device:
    """Return the device to paint on.

    Raises:
        BenchmarkError: it is not there.
    """
    name = options.device
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        chosen = torch.device(name)
    except RuntimeError:
        chosen = torch.device("meta")
    gpus = torch.cuda.device_count()
    if chosen.type not in STEPS or (chosen.type == "cuda" and (chosen.index or 0) >= gpus):
        raise BenchmarkError(f"There is no device {name}: torch {torch.__version__} sees the CPU and {gpus} GPUs.")
    return chosen


def precision(options: argparse.Namespace, chosen: torch.device) -> str:
    """Return in which format ours computes, as it is called in results: ``fp32``, ``bf16`` or ``fp16``."""
    dtype = choose_format(PRECISIONS[options.precision], chosen)
    return next(typed for typed, name in PRECISIONS.items() if FORMATS.get(name) is dtype)


def _add(parser: argparse.ArgumentParser, name: str, kind: Callable[[str], int], default: int, text: str) -> None:
    parser.add_argument(name, type=kind, default=default, help=f"{text} (default: {default})")
