"""The decoder's residual block as it is where PyTorch's own functions do best (He et al. 2016, arXiv 1512.03385)."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.graph import get_gradient_edge

from generation.models.frozen import FrozenConv2d

GroupNorm = Callable[[Tensor, nn.GroupNorm, bool], Tensor]
"""Normalises ``[B, C, H, W]`` as an ``nn.GroupNorm`` does, with SiLU after it or not."""


class ResnetBlock(nn.Module):
    """Group norm, SiLU and convolution, twice, beside a shortcut.

    Args:
        block: taming's ``ResnetBlock``.
        group_norm: of the device.
        dtype: in which it computes.
        most_kept: bytes of its input, above which it keeps that alone for the backward pass and convolves it once more
            there, to the same numbers; None for no bound.
    """

    def __init__(self, block: Any, group_norm: GroupNorm, dtype: torch.dtype, most_kept: int | None = None) -> None:
        super().__init__()
        self.most_kept = most_kept
        self.group_norm = group_norm
        self.norm1, self.norm2 = block.norm1, block.norm2
        self.conv1, self.conv2 = FrozenConv2d.of(block.conv1, dtype), FrozenConv2d.of(block.conv2, dtype)
        shortcut = shortcut_of(block)
        self.shortcut = None if shortcut is None else FrozenConv2d.of(shortcut, dtype)

    def forward(self, x: Tensor) -> Tensor:
        """Return ``[B, C, H, W]`` with as many channels as the block has."""
        if self.most_kept is None or x.nbytes <= self.most_kept:
            return self.once(x)
        out: Tensor = _Recomputed.apply(x, self)  # type: ignore[no-untyped-call]
        return out

    def once(self, x: Tensor) -> Tensor:
        """Return the same, with all kept."""
        summed: Tensor = self.conv2(self.before_last(x)).add_(x if self.shortcut is None else self.shortcut(x))
        return summed

    def before_last(self, x: Tensor) -> Tensor:
        """Return what the last convolution is given."""
        return self.group_norm(self.conv1(self.group_norm(x, self.norm1, True)), self.norm2, True)


class _Recomputed(torch.autograd.Function):
    """A block that keeps its input (Chen et al. 2016, arXiv 1604.06174); the last convolution needs nothing but."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, block: ResnetBlock) -> Tensor:
        ctx.save_for_backward(x)
        ctx.block = block
        return block.once(x)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        (x,), block, (gradient,) = ctx.saved_tensors, ctx.block, gradients
        with torch.enable_grad():
            x = x.detach().requires_grad_()
            edge = get_gradient_edge(block.before_last(x))  # the tensor itself is not needed, and goes
        (slope,) = torch.autograd.grad([edge], [x], [block.conv2.gradient(gradient)])
        return slope + (gradient if block.shortcut is None else block.shortcut.gradient(gradient)), None


def shortcut_of(block: Any) -> nn.Conv2d | None:
    """Return the convolution beside taming's block, None where its input is added as it is."""
    shortcut: nn.Conv2d | None = getattr(block, "nin_shortcut", None) or getattr(block, "conv_shortcut", None)
    return shortcut
