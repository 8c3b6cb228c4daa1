import pytest
import torch
from torch import Generator

from generation.perceptor.cutouts import Cutouts
from generation.perceptor.fused_cutouts import FusedCutouts


@pytest.mark.parametrize(("count", "sides"), [(1, (40, 56)), (5, (40, 56)), (5, (24, 16)), (4, (80, 96))])
def test_the_same_cutouts_with_the_same_gradient(count: int, sides: tuple[int, int], device: torch.device) -> None:
    cutouts = Cutouts(count, 32, device)
    generator = Generator().manual_seed(0)
    drawn = cutouts.draw(2, generator).to(device)
    pictures = torch.rand(2, 3, *sides, generator=generator).to(device).requires_grad_()
    direction = torch.randn(2, count, 3, 32, 32, generator=generator).to(device) * torch.tensor([1, 1e-4]).to(
        device
    ).view(2, 1, 1, 1, 1)
    right, found = cutouts(pictures, drawn), FusedCutouts(cutouts)(pictures, drawn)
    assert torch.allclose(found, right, atol=1e-4)
    (slope,), (right_slope,) = (torch.autograd.grad(each, pictures, direction) for each in (found, right))
    for mine, other in zip(slope, right_slope, strict=True):
        assert (mine - other).norm() / other.norm() < 1e-4


def test_a_gradient_of_nothing_is_nothing(device: torch.device) -> None:
    cutouts = Cutouts(3, 16, device)
    pictures = torch.rand(1, 3, 20, 20, device=device, requires_grad=True)
    out = FusedCutouts(cutouts)(pictures, cutouts.draw(1, Generator().manual_seed(0)).to(device))
    (slope,) = torch.autograd.grad(out, pictures, torch.zeros_like(out))
    assert not slope.any()
