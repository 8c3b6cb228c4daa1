import copy
from collections.abc import Callable

import pytest
import torch
from taming.modules.diffusionmodules.model import Decoder, Upsample
from torch import Generator, Tensor, nn

from generation.models.decoder import FrozenDecoder
from generation.models.frozen import FrozenConv2d, FrozenLinear, FrozenUpsample, PlainLinear
from generation.models.layers import Layers, native_layers, plain_layers
from generation.models.upstream import clip_model
from generation.models.vit import FrozenVisionTransformer
from generation.perceptor.clip import CLIPPerceptor

Network = Callable[[Tensor], Tensor]


def random(*shape: int) -> Tensor:
    return torch.randn(shape, generator=Generator().manual_seed(1))


def same(mine: Network, official: Network, x: Tensor, tolerance: float = 1e-4) -> bool:
    """Return whether both networks give the same values and the same gradient of a loss, in relative error."""
    results = []
    for network in (mine, official):
        input = x.clone().requires_grad_()
        out = network(input)
        (out * torch.linspace(-1, 1, out.numel(), device=out.device).view_as(out)).sum().backward()
        assert input.grad is not None
        results.append((out.detach(), input.grad))
    (out, gradient), (right_out, right_gradient) = results
    return distance(out, right_out) < tolerance and distance(gradient, right_gradient) < tolerance


def distance(a: Tensor, b: Tensor) -> float:
    return float((a - b).norm() / b.norm())


@pytest.mark.parametrize(("size", "padding"), [(1, 0), (3, 1), (3, 0)])
@pytest.mark.parametrize("bias", [True, False])
def test_convolution(size: int, padding: int, bias: bool) -> None:
    convolution = nn.Conv2d(5, 7, size, padding=padding, bias=bias)
    assert same(FrozenConv2d.of(convolution), convolution, random(2, 5, 8, 6))


def test_a_convolution_that_skips_pixels_is_refused() -> None:
    with pytest.raises(AssertionError):
        FrozenConv2d.of(nn.Conv2d(5, 7, 3, stride=2))


def test_upsampling() -> None:
    official = Upsample(6, with_conv=True)
    assert same(FrozenUpsample(official.conv), official, random(2, 6, 5, 7))


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("kind", [FrozenLinear, PlainLinear])
def test_linear(kind: type[FrozenLinear | PlainLinear], bias: bool) -> None:
    linear = nn.Linear(6, 9, bias=bias)
    assert same(kind(linear.weight, linear.bias), linear, random(2, 5, 6))


@pytest.mark.parametrize("attention", [[8], []])
@pytest.mark.parametrize("layers", [plain_layers(torch.float32), native_layers(torch.float32)])
def test_decoder(layers: Layers, attention: list[int], capsys: pytest.CaptureFixture[str]) -> None:
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
    assert same(FrozenDecoder(copy.deepcopy(official), layers), official, random(2, 16, 8, 10))


@pytest.mark.parametrize(("layers", "tolerance"), [(3, 1e-3), ((1, 2, 1, 1), 0.03)])
def test_picture_encoder(layers: int | tuple[int, ...], tolerance: float) -> None:
    """The residual network's gradient jumps where rounding carries a value across zero."""
    patch = 16 if isinstance(layers, int) else None
    clip = clip_model.CLIP(24, 64, layers, 64 if patch else 16, patch, 77, 100, 64, 1, 1).eval()
    for module in clip.visual.modules():
        if isinstance(module, nn.BatchNorm2d):
            for tensor in (module.weight, module.running_var, module.running_mean, module.bias):
                assert tensor is not None
                nn.init.uniform_(tensor, 0.1, 1)
    official = CLIPPerceptor(clip).requires_grad_(False)
    mine = copy.deepcopy(official)
    mine.freeze(torch.float32, torch.device("cpu"))
    assert same(mine.encode_image, official.encode_image, random(4, 3, 64, 64).sigmoid(), tolerance)


def test_picture_encoder_of_pytorch_s_own_functions() -> None:
    visual = clip_model.CLIP(24, 64, 2, 64, 16, 77, 100, 64, 1, 1).eval().requires_grad_(False).visual
    mine = FrozenVisionTransformer(
        copy.deepcopy(visual), torch.zeros(1, 3, 1, 1), torch.ones(1, 3, 1, 1), native_layers(torch.float32)
    )
    assert same(mine, visual, random(2, 3, 64, 64).sigmoid())


def test_text_encoder() -> None:
    clip = clip_model.CLIP(24, 32, 1, 64, 16, 77, 49408, 64, 2, 2).eval().requires_grad_(False)
    perceptor = CLIPPerceptor(clip)
    tokens = torch.cat([perceptor.tokens(text) for text in ("a red apple", "the sea at night")])
    official = nn.functional.normalize(clip.encode_text(tokens), dim=-1)
    assert torch.allclose(perceptor.encode_text(tokens), official, atol=1e-5)
