import pytest
import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from generation.kernels.group_norm import add, gradient_of_norm, normalise

LAST = torch.channels_last


def random(seed: int, *shape: int) -> Tensor:
    return torch.randn(shape, generator=Generator().manual_seed(seed))


def distance(a: Tensor, b: Tensor) -> float:
    return float((a.double() - b.double()).norm() / b.double().norm())


@pytest.mark.parametrize("silu", [True, False])
@pytest.mark.parametrize("skips", [True, False])
@pytest.mark.parametrize(
    ("shape", "groups", "dtype", "tolerance"),
    [
        ((2, 64, 9, 7), 32, torch.float32, 1e-5),
        ((1, 96, 24, 40), 32, torch.float32, 1e-5),
        ((1, 8, 3, 1), 4, torch.float32, 1e-5),
        ((1, 32, 100, 90), 4, torch.bfloat16, 5e-3),
    ],
)
def test_values_and_gradients(
    shape: tuple[int, ...],
    groups: int,
    dtype: torch.dtype,
    tolerance: float,
    silu: bool,
    skips: bool,
    device: torch.device,
) -> None:
    channels = shape[1]
    x, gradient, skipped = (random(seed, *shape).to(device, dtype, memory_format=LAST) for seed in (1, 2, 3))
    x = x * 2 + 5
    weight, bias, before = (random(seed, channels).to(device) for seed in (4, 5, 6))
    out, table = normalise(x, weight, bias, before, groups, 1e-6, silu)
    found = gradient_of_norm(gradient, x, table, weight, groups, silu, skipped if skips else None)
    leaf = x.double().requires_grad_()
    right = F.group_norm(leaf + before[:, None, None], groups, weight.double(), bias.double(), 1e-6)
    right = F.silu(right) if silu else right
    (right_gradient,) = torch.autograd.grad(right, leaf, gradient.double())
    assert distance(out, right.detach()) < tolerance
    assert distance(found, right_gradient + skipped.double() if skips else right_gradient) < tolerance


def test_rows_do_not_depend_on_one_another(device: torch.device) -> None:
    x = random(1, 3, 32, 40, 30).to(device, memory_format=LAST)
    ones = torch.ones(32, device=device)
    together = normalise(x, ones, ones, ones, 8, 1e-6, True)
    alone = normalise(x[1:2], ones, ones, ones, 8, 1e-6, True)
    for both, one in zip(together, alone, strict=True):
        assert torch.equal(both[1:2], one)
    gradient = random(2, 3, 32, 40, 30).to(device, memory_format=LAST)
    found = gradient_of_norm(gradient, x, together[1], ones, 8, True)
    assert torch.equal(found[1:2], gradient_of_norm(gradient[1:2], x[1:2], alone[1], ones, 8, True))


def test_sum(device: torch.device) -> None:
    a, b = (random(seed, 2, 24, 10, 11).to(device, memory_format=LAST) for seed in (1, 2))
    bias = random(3, 24).to(device)
    assert distance(add(a, b, bias), a + b + bias[:, None, None]) < 1e-6
