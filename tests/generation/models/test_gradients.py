import torch

from generation.models.gradients import clamp_with_gradient, replace_gradient

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
