"""What is read from a file computes what taming-transformers and openai-clip compute with the same random weights.

In float32, after it was arranged for speed, to 1e-5: the L2 norm of the difference over that of what they compute.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from safetensors.torch import save_file
from taming.modules.diffusionmodules.model import Decoder, Encoder
from taming.modules.vqvae.quantize import VectorQuantizer
from torch import Generator, Tensor, nn
from torch.nn import functional as F

from generation.checkpoints.loader import load_clip, load_vqgan
from generation.models.upstream import clip_model
from generation.perceptor.clip import CHANNEL_MEAN, CHANNEL_STD
from tests.generation.checkpoints.clips import of_open_clip, of_transformers, residual_network, vision_transformer

CPU = torch.device("cpu")
TOLERANCE = 1e-5


def distance(a: Tensor, b: Tensor) -> float:
    """Return the L2 norm of the difference over that of ``b``."""
    return float((a - b).norm() / b.norm())


class GumbelQuantizer(nn.Module):
    """Gumbel-softmax over the codes (Jang et al. 2017, equation 1), with a hard sample, under taming's names."""

    def __init__(self, channels: int, codes: int) -> None:
        super().__init__()
        self.proj = nn.Conv2d(channels, codes, 1)
        self.embed = nn.Embedding(codes, channels)
        # Logits so far apart that the noise decides nothing.
        nn.init.normal_(self.proj.weight, std=1e4)

    def forward(self, z: Tensor) -> tuple[Tensor]:
        """Return the codes of latents."""
        logits = self.proj(z)
        used = dict(self.named_buffers()).get("used", torch.arange(logits.shape[1])).tolist()
        logits[:, [code for code in range(logits.shape[1]) if code not in used]] = float("-inf")
        chosen = F.gumbel_softmax(logits, hard=True, dim=1)
        return (torch.einsum("bnhw,nd->bdhw", chosen, self.embed.weight),)


class Official(nn.Module):
    """taming's modules, put together as its ``VQModel`` does, which needs Lightning, or its ``GumbelVQ``."""

    def __init__(self, ddconfig: dict[str, Any], channels: int, codes: int, gumbel: bool) -> None:
        super().__init__()
        self.encoder, self.decoder = Encoder(**ddconfig), Decoder(**ddconfig)
        self.quantize = GumbelQuantizer(channels, codes) if gumbel else VectorQuantizer(codes, channels, 0.25)
        self.quant_conv = nn.Conv2d(ddconfig["z_channels"], channels, 1)
        self.post_quant_conv = nn.Conv2d(channels, ddconfig["z_channels"], 1)
        for module in self.modules():
            if isinstance(module, nn.GroupNorm):
                nn.init.normal_(module.weight, 1, 0.3)
                nn.init.normal_(module.bias, 0, 0.3)
            if isinstance(module, nn.Embedding):
                # A trained one fills its space; taming begins with a heap in the middle of it.
                nn.init.normal_(module.weight)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of VQGAN, by the number of levels and whether it is a ``GumbelVQ``."""

    ch_mult: tuple[int, ...]
    gumbel: bool = False
    used: tuple[int, ...] | None = None


KINDS = {
    "VQ f16": Kind((1, 1, 2, 2, 4)),
    "VQ f8": Kind((1, 1, 2, 4)),
    "VQ f8, remapped": Kind((1, 1, 2, 4), used=(3, 5, 60)),
    "Gumbel f8": Kind((1, 1, 2, 4), gumbel=True),
    "Gumbel f8, remapped": Kind((1, 1, 2, 4), gumbel=True, used=(3, 5, 60)),
}


@pytest.mark.parametrize("name", KINDS)
def test_a_vqgan_is_taming_s(name: str, tmp_path: Path) -> None:
    kind = KINDS[name]
    levels = len(kind.ch_mult)
    ddconfig = {
        "ch": 32, "out_ch": 3, "ch_mult": list(kind.ch_mult), "num_res_blocks": 2, "in_channels": 3, "z_channels": 64,
        "attn_resolutions": [64 >> (levels - 1)], "resolution": 64, "double_z": False, "dropout": 0.0,
    }  # fmt: skip
    torch.manual_seed(0)
    official = Official(ddconfig, channels=64 if kind.gumbel else 48, codes=200, gumbel=kind.gumbel).eval()
    remapping = {}
    if kind.used is not None:
        official.quantize.register_buffer("used", torch.tensor(kind.used))
        remapping = {"remap": "/nowhere/used.npy", "unknown_index": "extra", "sane_index_shape": True, "legacy": False}
    params = {"embed_dim": 64 if kind.gumbel else 48, "n_embed": 200, "ddconfig": ddconfig, **remapping}
    target = f"taming.models.vqgan.{'GumbelVQ' if kind.gumbel else 'VQModel'}"
    (tmp_path / "x.yaml").write_text(yaml.safe_dump({"model": {"target": target, "params": params}}), "utf-8")
    torch.save({"state_dict": official.state_dict()}, tmp_path / "x.ckpt")
    mine, _ = load_vqgan(tmp_path / "x.yaml")
    mine.freeze(torch.float32, CPU)
    pictures = torch.rand(2, 3, 64, 96, generator=Generator().manual_seed(0))
    with torch.no_grad():
        z = official.quant_conv(official.encoder(2 * pictures - 1))
        quantised = official.quantize(z)[0]
        decoded = official.decoder(official.post_quant_conv(quantised))
        assert quantised.shape[2:] == (64 >> (levels - 1), 96 >> (levels - 1))
        assert len(quantised.movedim(1, 3).flatten(0, 2).unique(dim=0)) > 1
        assert distance(mine.encode(pictures), quantised if kind.gumbel else z) < TOLERANCE
        assert distance(mine.quantise(quantised if kind.gumbel else z), quantised) < TOLERANCE
        assert distance(mine.decode(quantised), (decoded + 1) / 2) < TOLERANCE, "of pictures from 0 to 1"


def x4() -> nn.Module:
    """Return a residual network with the widths of RN50x4."""
    torch.manual_seed(0)
    clip: nn.Module = clip_model.CLIP(640, 96, (1, 1, 1, 1), 80, None, 77, 49408, 640, 10, 1)
    return clip.eval()


CLIPS = {
    "ViT": vision_transformer,
    "ViT, patches of another size": lambda: vision_transformer(width=64, text_width=64, size=48),
    "RN50": residual_network,
    "RN50x4": x4,
}
NAMES = {
    "openai-clip": lambda clip: clip.state_dict(),
    "OpenCLIP": of_open_clip,
    "transformers": of_transformers,
}


@pytest.mark.parametrize(
    ("kind", "names"), [(kind, names) for kind in CLIPS for names in NAMES if kind == "ViT" or names == "openai-clip"]
)
def test_a_clip_is_openai_s(kind: str, names: str, tmp_path: Path) -> None:
    official: Any = CLIPS[kind]()
    save_file(NAMES[names](official), tmp_path / "clip.safetensors")
    mine = load_clip(tmp_path / "clip.safetensors")
    mine.freeze(torch.float32, CPU)
    tokens = torch.cat([mine.tokens(text) for text in ("a red apple", "the sea at night", "x " * 100)])
    pictures = torch.rand(3, 3, mine.input_size, mine.input_size, generator=Generator().manual_seed(0))
    mean, std = (torch.tensor(each).view(1, 3, 1, 1) for each in (CHANNEL_MEAN, CHANNEL_STD))
    with torch.no_grad():
        image = F.normalize(official.encode_image((pictures - mean) / std), dim=-1)
        text = F.normalize(official.encode_text(tokens), dim=-1)
        assert distance(mine.encode_image(pictures), image) < TOLERANCE
        assert distance(mine.encode_text(tokens), text) < TOLERANCE
