"""VGG-19s: a state dict under torchvision's names, as ``vgg19`` has it; its classifier is not needed."""

from dataclasses import replace
from pathlib import Path

from generation.checkpoints.loader import Models, filled, fingerprint, named, require
from generation.checkpoints.state_dict import read_state_dict, without_prefix
from generation.errors import CheckpointError
from generation.models.vgg import CONVOLUTIONS, VGG

KNOWN = "features.0.weight"
"""A tensor of the network, which tells what stands before its name."""
MOST = 4096
"""Channels of a layer."""


def with_vgg(models: Models, vgg: str | None, section: str = "") -> Models:
    """Read a VGG-19 where one is named, and return models with it beside them, to be prepared.

    Args:
        models: that have been read.
        vgg: the path of its weights.
        section: as of :func:`generation.checkpoints.loader.read_models`.

    Raises:
        CheckpointError: the file is missing, damaged or of another kind.
    """
    if vgg is None:
        return models
    with named(f"{section}vgg"):
        network = load_vgg(Path(vgg).expanduser())
    return replace(models, vgg=network, vgg_fingerprint=fingerprint(network))


def load_vgg(path: Path) -> VGG:
    """Build a VGG-19 of the widths that its weights have, in float32 on the CPU.

    Raises:
        CheckpointError: the file is missing, damaged or of another kind.
    """
    require(path)
    state_dict = without_prefix(read_state_dict(path), KNOWN)
    names = [f"features.{place}.weight" for place in CONVOLUTIONS]
    if missing := next((name for name in names if name not in state_dict), None):
        raise CheckpointError.of(path, f"does not hold the weights of a VGG-19: {missing} is missing")
    widths = [len(state_dict[name]) if state_dict[name].ndim else 0 for name in names]
    if not all(1 <= width <= MOST for width in widths):
        raise CheckpointError.of(path, f"does not hold the weights of a VGG-19: a layer has {max(widths)} channels")
    return filled(lambda: VGG(widths), state_dict, path)
