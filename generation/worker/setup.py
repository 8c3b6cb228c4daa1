"""What a worker paints with, as pictures tell of it."""

from importlib.metadata import version
from pathlib import Path

import torch

from config.settings.executor import Reproducible
from generation.executor.protocol import Weights
from generation.metadata import Setup
from generation.models.precision import choose_format

NAMELESS = "model"
"""How the files of fetched models are called; the folder has the name."""


def setup_of(
    weights: Weights,
    threads: int,
    device: torch.device,
    fingerprint: str,
    reproducible: Reproducible,
    biggan: str = "",
    vgg: str = "",
) -> Setup:
    """Return what decides a picture beside its request.

    Args:
        weights: that were to be loaded.
        threads: for arithmetic on a CPU.
        device: where they are.
        fingerprint: of VQGAN and CLIP.
        reproducible: as ``executor.reproducible``.
        biggan: fingerprint of the BigGAN.
        vgg: fingerprint of the VGG.
    """
    on_cpu = device.type == "cpu"
    return Setup(
        vqgan=_name(weights.vqgan),
        clip="+".join(map(_name, weights.clip.split("+"))),
        fingerprint=fingerprint,
        precision=str(choose_format(weights.precision, device)).removeprefix("torch."),
        device="cpu" if on_cpu else torch.cuda.get_device_name(device),
        threads=threads if on_cpu else 1,
        torch=torch.__version__,
        easel=version("easel"),
        biggan=_name(weights.biggan) if biggan else "",
        biggan_fingerprint=biggan,
        vgg=_name(weights.vgg) if weights.vgg and vgg else "",
        vgg_fingerprint=vgg,
        reproducible=reproducible,
    )


def _name(path: str) -> str:
    """Return the name of a model without the folders above, which tell of somebody's machine."""
    file = Path(path)
    return file.parent.name if file.stem == NAMELESS else file.name
