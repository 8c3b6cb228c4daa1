"""The decoder's residual block as it is where PyTorch's own functions do best (He et al. 2016, arXiv 1512.03385)."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from generation.models.frozen import FrozenConv2d
from generation.models.groupnorm import gradient_to_input

GroupNorm = Callable[[Tensor, nn.GroupNorm, bool], Tensor]
"""Normalises ``[B, C, H, W]`` as an ``nn.GroupNorm`` does, with SiLU after it or not."""


class ResnetBlock(nn.Module):
    """Group norm, SiLU and convolution, twice, beside a shortcut.

    Args:
        block: taming's ``ResnetBlock``.
        group_norm: of the device.
        dtype: in which it computes.
        most_kept: bytes of its input, above which it keeps that alone for the backward pass and convolves it once more
            there, to the same numbers; None for no bound, as where ``group_norm`` is not that of a CPU.
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
        summed: Tensor = self.conv2(self.group_norm(self.between(x), self.norm2, True))
        return summed.add_(x if self.shortcut is None else self.shortcut(x))

    def between(self, x: Tensor) -> Tensor:
        """Return what the first convolution makes of it."""
        convolved: Tensor = self.conv1(self.group_norm(x, self.norm1, True))
        return convolved


class _Recomputed(torch.autograd.Function):
    """A block that keeps its input (Chen et al. 2016, arXiv 1604.06174); the last convolution needs nothing but."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, block: ResnetBlock) -> Tensor:
        x = x.contiguous(memory_format=torch.channels_last)
        ctx.save_for_backward(x)
        ctx.block = block
        return block.once(x)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        (x,), block, (gradient,) = ctx.saved_tensors, ctx.block, gradients
        between = block.between(x)
        slope = gradient_to_input(block.conv2.gradient(gradient), between, block.norm2)
        del between
        slope = block.conv1.gradient(slope)
        slope = gradient_to_input(slope, x, block.norm1)
        return slope.add_(gradient if block.shortcut is None else block.shortcut.gradient(gradient)), None


def shortcut_of(block: Any) -> nn.Conv2d | None:
    """Return the convolution beside taming's block, None where its input is added as it is."""
    shortcut: nn.Conv2d | None = getattr(block, "nin_shortcut", None) or getattr(block, "conv_shortcut", None)
    return shortcut
