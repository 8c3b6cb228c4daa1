import pytest
import torch
from torch import Generator, Tensor

from generation.models.gradients import clamp_with_gradient, replace_gradient, scale_gradient

LOW, HIGH = torch.tensor(0.0), torch.tensor(1.0)


def gradient_at(x: float, upstream: float) -> float:
    leaf = torch.tensor(x, requires_grad=True)
    clamp_with_gradient(leaf, LOW, HIGH).backward(torch.tensor(upstream))
    assert leaf.grad is not None
    return float(leaf.grad)


def test_clamp_passes_only_the_gradient_that_leads_back_inside() -> None:
    assert gradient_at(0.5, 1.0) == 1.0
    assert gradient_at(1.5, 1.0) == 1.0
    assert gradient_at(1.5, -1.0) == 0.0
    assert gradient_at(-0.5, -1.0) == -1.0
    assert gradient_at(-0.5, 1.0) == 0.0


def test_clamp_clamps() -> None:
    assert clamp_with_gradient(torch.tensor([-1.0, 0.25, 2.0]), LOW, HIGH).tolist() == [0.0, 0.25, 1.0]


def test_replaced_gradient_goes_straight_through() -> None:
    z = torch.tensor([0.2, 0.7], requires_grad=True)
    quantised = replace_gradient(torch.tensor([0.0, 1.0]), z)
    assert torch.allclose(quantised, torch.tensor([0.0, 1.0]))
    (quantised * torch.tensor([3.0, 5.0])).sum().backward()
    assert z.grad is not None
    assert z.grad.tolist() == [3.0, 5.0]


@pytest.mark.parametrize("strength", [1e-9, 1e-3, 1.0, 1e9])
def test_a_scaled_gradient_is_what_it_was_and_about_1_inside(strength: float) -> None:
    inside: list[Tensor] = []

    def network(x: Tensor) -> Tensor:
        y = torch.cat([x.sin()] * 2, dim=1)
        y.register_hook(inside.append)
        return y

    x = torch.randn(3, 4, 2, generator=Generator().manual_seed(0))
    upstream = strength * torch.tensor([1.0, 0.0, 1e-4]).view(3, 1, 1) * torch.linspace(-1, 1, 48).view(3, 8, 2)
    found, wanted = x.clone().requires_grad_(), x.clone().requires_grad_()
    scale_gradient(network, found).backward(upstream)
    torch.cat([wanted.sin()] * 2, dim=1).backward(upstream)
    assert found.grad is not None
    assert wanted.grad is not None
    assert torch.equal(found.grad, wanted.grad)
    largest = inside[0].flatten(1).abs().amax(1)
    assert largest[1] == 0
    assert torch.all((largest[[0, 2]] >= 1) & (largest[[0, 2]] < 2))
