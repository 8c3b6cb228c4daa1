"""What is painted with: the official shapes with random weights, or the pocket models."""

from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from generation.checkpoints.description import describe_vqgan
from generation.checkpoints.loader import Models, load_clip, load_vqgan, prepare
from generation.engine.engine import Engine
from generation.models.precision import Precision
from generation.models.upstream import clip_model
from generation.models.vqgan import VQGAN
from generation.perceptor.clip import CLIPPerceptor
from generation.pocket.description import PocketSection
from generation.recipe import Recipe
from generation.worker.build import engine_for

OFFICIAL_DDCONFIG: dict[str, Any] = {
    "double_z": False,
    "z_channels": 256,
    "resolution": 256,
    "in_channels": 3,
    "out_ch": 3,
    "ch": 128,
    "ch_mult": [1, 1, 2, 2, 4],
    "num_res_blocks": 2,
    "attn_resolutions": [16],
    "dropout": 0.0,
}
"""Of VQGAN f16-16384, as its YAML has it."""
OFFICIAL_CODES = 16384
OFFICIAL_CHANNELS = 256
"""Of a code."""
VIT_B_32 = (512, 224, 12, 768, 32, 77, 49408, 512, 8, 12)
"""Arguments of ``clip.model.CLIP``."""


@dataclass(frozen=True, slots=True)
class Networks:
    """Weights from which both the textbook and the engine build their networks.

    Args:
        ddconfig: taming's description of encoder and decoder.
        embed_dim: channels of a code.
        vqgan: weights under the names of taming's ``VQModel``, float32, on the CPU.
        clip: weights under the names of openai-clip's ``CLIP``.
    """

    ddconfig: dict[str, Any]
    embed_dim: int
    vqgan: dict[str, Tensor]
    clip: dict[str, Tensor]

    @property
    def factor(self) -> int:
        """Pixels a side that one code stands for."""
        factor: int = 2 ** (len(self.ddconfig["ch_mult"]) - 1)
        return factor

    def engine(self, recipe: Recipe, device: torch.device, precision: Precision) -> Engine:
        """Return an engine that paints with the networks as a worker's does."""
        return engine_for(self.models(recipe, device, precision), device, PocketSection())

    def models(self, recipe: Recipe, device: torch.device, precision: Precision) -> Models:
        """Return the networks as a worker has them."""
        vqgan = VQGAN(self.ddconfig, len(self.vqgan["quantize.embedding.weight"]), self.embed_dim)
        vqgan.load_state_dict(self.vqgan)
        perceptor = CLIPPerceptor(clip_model.build_model(dict(self.clip)).float())
        return prepare(Models(vqgan, perceptor, recipe, Path("vqgan.yaml")), device, precision)


def official() -> Networks:
    """Return VQGAN f16-16384 and CLIP ViT-B/32 with random weights, made on the spot, the same each time."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        vqgan = VQGAN(OFFICIAL_DDCONFIG, OFFICIAL_CODES, OFFICIAL_CHANNELS)
        clip = clip_model.CLIP(*VIT_B_32)
    return Networks(OFFICIAL_DDCONFIG, OFFICIAL_CHANNELS, dict(vqgan.state_dict()), dict(clip.state_dict()))


def read(vqgan: Path, clip: Path) -> Networks:
    """Return the weights of a taming YAML and a CLIP file."""
    params = describe_vqgan(vqgan).params
    canvas, _ = load_vqgan(vqgan)
    perceptor = load_clip(clip)
    return Networks(
        params.ddconfig.for_taming(), params.embed_dim, dict(canvas.state_dict()), dict(perceptor.clip.state_dict())
    )


def pocket() -> Networks:
    """Return the models that come with the program."""
    weights = Path(str(resources.files("generation"))) / "weights" / "pocket"
    return read(weights / "vqgan.yaml", weights / "clip.pt")


NETWORKS = {"official": official, "pocket": pocket}
