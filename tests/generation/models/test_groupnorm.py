import pytest
import torch
from torch import nn

from generation.models.groupnorm import FastGroupNorm, hasten


def _pair() -> tuple[nn.GroupNorm, nn.GroupNorm]:
    torch.manual_seed(0)
    slow = nn.GroupNorm(32, 64, eps=1e-6)
    nn.init.normal_(slow.weight)
    nn.init.normal_(slow.bias)
    fast = nn.Sequential(nn.GroupNorm(32, 64, eps=1e-6))
    fast[0].load_state_dict(slow.state_dict())
    hasten(fast)
    assert isinstance(fast[0], FastGroupNorm)
    return slow, fast[0]


@pytest.mark.parametrize("offset", [0.0, 10.0])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_same_values_and_gradients_as_torch(offset: float, layout: torch.memory_format) -> None:
    slow, fast = _pair()
    x = (torch.randn(3, 64, 9, 7) + offset).to(memory_format=layout).requires_grad_()
    direction = torch.randn(3, 64, 9, 7)
    expected = slow(x)
    actual = fast(x)
    assert torch.allclose(actual, expected, atol=2e-4)
    inputs = torch.autograd.grad((expected * direction).sum(), [x, *slow.parameters()])
    own = torch.autograd.grad((actual * direction).sum(), [x, *fast.parameters()])
    for gradient, other in zip(inputs, own, strict=True):
        assert torch.allclose(gradient, other, rtol=1e-3, atol=2e-3)


def test_flat_pictures_keep_their_precision_in_bfloat16() -> None:
    slow, fast = _pair()
    x = 50 + torch.randn(1, 64, 16, 16)
    with torch.autocast("cpu", torch.bfloat16):
        actual = fast(x.bfloat16())
    assert actual.dtype == torch.bfloat16
    assert (actual - slow(x.bfloat16().float())).abs().mean() < 0.02
