"""What a worker paints with, as pictures tell of it."""

from importlib.metadata import version
from pathlib import Path

import torch

from generation.executor.protocol import Load
from generation.metadata import Setup
from generation.models.precision import choose_format

NAMELESS = "model"
"""How the files of fetched models are called; the folder has the name."""


def setup_of(load: Load, device: torch.device, fingerprint: str) -> Setup:
    """Return what decides a picture beside its request.

    Args:
        load: what was to be loaded.
        device: where it is.
        fingerprint: of the models.
    """
    on_cpu = device.type == "cpu"
    return Setup(
        vqgan=_name(load.vqgan),
        clip="+".join(map(_name, load.clip.split("+"))),
        fingerprint=fingerprint,
        precision=str(choose_format(load.precision, device)).removeprefix("torch."),
        device="cpu" if on_cpu else torch.cuda.get_device_name(device),
        threads=load.threads if on_cpu else 1,
        torch=torch.__version__,
        easel=version("easel"),
    )


def _name(path: str) -> str:
    """Return the name of a model without the folders above, which tell of somebody's machine."""
    file = Path(path)
    return file.parent.name if file.stem == NAMELESS else file.name
