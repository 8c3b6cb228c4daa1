"""The decoder's residual block as it is where PyTorch's own functions do best (He et al. 2016, arXiv 1512.03385)."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from generation.models.frozen import FrozenConv2d

GroupNorm = Callable[[Tensor, nn.GroupNorm, bool], Tensor]
"""Normalises ``[B, C, H, W]`` as an ``nn.GroupNorm`` does, with SiLU after it or not."""


class ResnetBlock(nn.Module):
    """Group norm, SiLU and convolution, twice, beside a shortcut.

    Args:
        block: taming's ``ResnetBlock``.
        group_norm: of the device.
        dtype: in which it computes.
    """

    def __init__(self, block: Any, group_norm: GroupNorm, dtype: torch.dtype) -> None:
        super().__init__()
        self.group_norm = group_norm
        self.norm1, self.norm2 = block.norm1, block.norm2
        self.conv1, self.conv2 = FrozenConv2d.of(block.conv1, dtype), FrozenConv2d.of(block.conv2, dtype)
        shortcut = shortcut_of(block)
        self.shortcut = nn.Identity() if shortcut is None else FrozenConv2d.of(shortcut, dtype)

    def forward(self, x: Tensor) -> Tensor:
        """Return ``[B, C, H, W]`` with as many channels as the block has."""
        h = self.conv1(self.group_norm(x, self.norm1, True))
        h = self.conv2(self.group_norm(h, self.norm2, True))
        summed: Tensor = h.add_(self.shortcut(x))
        return summed


def shortcut_of(block: Any) -> nn.Conv2d | None:
    """Return the convolution beside taming's block, None where its input is added as it is."""
    shortcut: nn.Conv2d | None = getattr(block, "nin_shortcut", None) or getattr(block, "conv_shortcut", None)
    return shortcut
