import pytest
import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from generation.kernels.attention import attend

HEADS, DEPTH = 2, 32


def heads(x: Tensor) -> Tensor:
    each: Tensor = x.unflatten(-1, (HEADS, -1)).transpose(1, 2)
    return each


@pytest.mark.parametrize(("asking", "tokens"), [(17, 17), (1, 50), (64, 64), (3, 5)])
@pytest.mark.parametrize("packed", [True, False])
def test_values_and_gradients(asking: int, tokens: int, packed: bool, device: torch.device) -> None:
    if packed:
        asking = tokens
    generator = Generator().manual_seed(0)
    query = (torch.randn(3, asking, HEADS * DEPTH, generator=generator) / DEPTH**0.5).to(device)
    key_value = torch.randn(3, tokens, 2 * HEADS * DEPTH, generator=generator).to(device)
    gradient = torch.randn(3, asking, HEADS * DEPTH, generator=generator).to(device)
    given = [torch.cat([query, key_value], -1)] if packed else [query, key_value]
    leaves = [each.requires_grad_() for each in given]
    out = attend(leaves[0], None if packed else leaves[1], HEADS)
    found = torch.cat([each.flatten() for each in torch.autograd.grad(out, leaves, gradient)])
    leaves = [each.detach().double().requires_grad_() for each in given]
    parts = leaves[0].chunk(3, -1) if packed else (leaves[0], *leaves[1].chunk(2, -1))
    asked, keys, values = map(heads, parts)
    right = F.scaled_dot_product_attention(asked, keys, values, scale=1.0).transpose(1, 2).flatten(2)
    wanted = torch.cat([each.flatten() for each in torch.autograd.grad(right, leaves, gradient.double())])
    tolerance = 2e-3 if device.type == "cuda" else 1e-5  # products in TF32
    assert (out - right).detach().norm() / right.detach().norm() < tolerance
    assert (found - wanted).norm() / wanted.norm() < tolerance
