import torch
from torch import Generator
from torch.nn import functional as F

from generation.kernels.layer_norm import add_and_normalise


def test_values_and_gradients(device: torch.device) -> None:
    generator = Generator().manual_seed(0)
    x, more, *gradients = (torch.randn(2, 5, 48, generator=generator).to(device) for _ in range(4))
    weight, bias = (torch.randn(48, generator=generator).to(device) for _ in range(2))
    leaves = [each.clone().requires_grad_() for each in (x + 3, more)]
    found = add_and_normalise(leaves[0], leaves[1], weight, bias, 1e-5)
    slopes = torch.autograd.grad(found, leaves, gradients)
    leaves = [each.detach().double().requires_grad_() for each in leaves]
    total = leaves[0] + leaves[1]
    right = total, F.layer_norm(total, (48,), weight.double(), bias.double(), 1e-5)
    right_slopes = torch.autograd.grad(right, leaves, [each.double() for each in gradients])
    for mine, other in zip((*found, *slopes), (*right, *right_slopes), strict=True):
        assert torch.allclose(mine.double(), other, atol=1e-5)
