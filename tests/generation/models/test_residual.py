import pytest
import torch
from taming.modules.diffusionmodules.model import ResnetBlock as Official

from generation.models.groupnorm import group_norm
from generation.models.residual import ResnetBlock
from generation.worker.memory import Saved


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("out", [32, 64])
def test_a_block_that_keeps_its_input_alone_gives_the_same_bits(dtype: torch.dtype, out: int) -> None:
    torch.manual_seed(0)
    official = Official(in_channels=32, out_channels=out, temb_channels=0, dropout=0.0).requires_grad_(False)
    x = torch.randn(2, 32, 16, 16).to(dtype, memory_format=torch.channels_last)
    direction = torch.randn(2, out, 16, 16).to(dtype, memory_format=torch.channels_last)

    def taken(most_kept: int | None) -> tuple[torch.Tensor, torch.Tensor, int]:
        block, saved, leaf = ResnetBlock(official, group_norm, dtype, most_kept), Saved(), x.clone().requires_grad_()
        with saved.hooks():
            picture = block(leaf * 1)
        (gradient,) = torch.autograd.grad(picture, leaf, direction)
        return picture.detach(), gradient, saved.peak

    picture, gradient, most = taken(None)
    for bound, least in ((x.nbytes, most), (x.nbytes - 1, x.nbytes)):
        again, other, kept = taken(bound)
        assert again.equal(picture)
        assert other.equal(gradient)
        assert kept == least


def test_what_it_is_given_may_lie_in_memory_as_it_likes() -> None:
    torch.manual_seed(0)
    official = Official(in_channels=32, out_channels=32, temb_channels=0, dropout=0.0).requires_grad_(False)
    gradients: list[torch.Tensor] = []
    for most_kept in (None, 0):
        x = torch.randn(2, 32, 16, 16, generator=torch.Generator().manual_seed(1)).requires_grad_()
        picture = ResnetBlock(official, group_norm, torch.float32, most_kept)(x[:, :, ::2, ::2])
        gradients += torch.autograd.grad(picture.square().sum(), x)
    kept, recomputed = gradients
    assert torch.allclose(kept, recomputed, rtol=1e-4, atol=1e-4)
