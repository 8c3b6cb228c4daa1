"""Whole networks made of kernels compute what taming's and openai-clip's do."""

import copy

import pytest
import torch
from taming.modules.diffusionmodules.model import Decoder
from torch import Generator, nn

from generation.models.decoder import FrozenDecoder
from generation.models.fused import fused_layers
from generation.models.upstream import clip_model
from generation.models.vit import FrozenVisionTransformer
from tests.generation.models.test_frozen import same


@pytest.fixture(autouse=True)
def exact(monkeypatch: pytest.MonkeyPatch) -> None:
    """Convolve in float32 and not in TF32."""
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", False)


@pytest.mark.parametrize("attention", [[8], []])
def test_decoder(attention: list[int], device: torch.device, capsys: pytest.CaptureFixture[str]) -> None:
    official = Decoder(
        ch=32, out_ch=3, ch_mult=(1, 2, 2), num_res_blocks=1, attn_resolutions=attention, in_channels=3,
        resolution=32, z_channels=16,
    )  # fmt: skip
    capsys.readouterr()
    for module in official.modules():
        if isinstance(module, nn.GroupNorm):
            nn.init.normal_(module.weight, 1, 0.3)
            nn.init.normal_(module.bias, 0, 0.3)
    official.requires_grad_(False)
    mine = FrozenDecoder(copy.deepcopy(official), fused_layers(torch.float32)).to(device)
    z = torch.randn(2, 16, 4, 6, generator=Generator().manual_seed(0)).to(device)
    assert same(mine, official.to(device), z)


@pytest.mark.parametrize(("size", "width"), [(64, 64), (160, 64), (64, 96)])
def test_picture_encoder(size: int, width: int, device: torch.device) -> None:
    """With as many tokens as the kernel takes, and with more; and with a head of a width that it does not take."""
    visual = clip_model.CLIP(24, size, 3, width, 16, 77, 100, 64, 1, 1).eval().requires_grad_(False).visual
    mean, std = torch.zeros(1, 3, 1, 1), torch.ones(1, 3, 1, 1)
    mine = FrozenVisionTransformer(copy.deepcopy(visual), mean, std, fused_layers(torch.float32)).to(device)
    pictures = torch.rand(2, 3, size, size, generator=Generator().manual_seed(0)).to(device)
    tolerance = 5e-3 if device.type == "cuda" else 1e-4  # products of the attention in TF32
    assert same(mine, visual.to(device), pictures, tolerance)
