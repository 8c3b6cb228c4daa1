"""VQGAN's decoder with frozen weights, arranged for speed (Esser, Rombach and Ommer 2021, appendix A).

The same function as taming's ``Decoder``, whose weights it takes over.
"""

from typing import Any

import torch
from torch import Tensor, nn

from generation.models.frozen import FrozenConv2d, FrozenUpsample
from generation.models.groupnorm import group_norm


class _ResnetBlock(nn.Module):
    def __init__(self, block: Any) -> None:
        super().__init__()
        self.norm1, self.norm2 = block.norm1, block.norm2
        self.conv1, self.conv2 = FrozenConv2d.of(block.conv1), FrozenConv2d.of(block.conv2)
        shortcut = getattr(block, "nin_shortcut", None) or getattr(block, "conv_shortcut", None)
        self.shortcut = nn.Identity() if shortcut is None else FrozenConv2d.of(shortcut)

    def forward(self, x: Tensor) -> Tensor:
        h = self.conv1(group_norm(x, self.norm1, silu=True))
        h = self.conv2(group_norm(h, self.norm2, silu=True))
        summed: Tensor = h.add_(self.shortcut(x))
        return summed


class _AttentionBlock(nn.Module):
    """Attention of every pixel to every other, with one head."""

    def __init__(self, block: Any) -> None:
        super().__init__()
        self.norm = block.norm
        query, key, value = (FrozenConv2d.of(part) for part in (block.q, block.k, block.v))
        scale = len(query.weight) ** -0.5
        self.query_key_value = FrozenConv2d(
            torch.cat([query.weight * scale, key.weight, value.weight]),
            torch.cat([_bias(query) * scale, _bias(key), _bias(value)]),
            padding=0,
        )
        self.out = FrozenConv2d.of(block.proj_out)

    def forward(self, x: Tensor) -> Tensor:
        pixels = self.query_key_value(group_norm(x, self.norm)).flatten(2).transpose(1, 2)
        query, key, value = pixels.chunk(3, dim=-1)
        attended = torch.bmm(torch.bmm(query, key.transpose(1, 2)).softmax(-1), value)
        summed: Tensor = x + self.out(attended.transpose(1, 2).unflatten(2, x.shape[2:]))
        return summed


class FrozenDecoder(nn.Module):
    """Decodes latents.

    Args:
        decoder: taming's ``Decoder``.
    """

    def __init__(self, decoder: Any) -> None:
        super().__init__()
        mid = decoder.mid
        blocks: list[nn.Module] = [FrozenConv2d.of(decoder.conv_in)]
        blocks += [_ResnetBlock(mid.block_1), _AttentionBlock(mid.attn_1), _ResnetBlock(mid.block_2)]
        for level in reversed(list(decoder.up)):
            attentions = list(level.attn) or [None] * len(level.block)
            for block, attention in zip(level.block, attentions, strict=True):
                blocks.append(_ResnetBlock(block))
                if attention is not None:
                    blocks.append(_AttentionBlock(attention))
            if hasattr(level, "upsample"):
                blocks.append(FrozenUpsample(level.upsample.conv))
        self.blocks = nn.Sequential(*blocks)
        self.norm_out = decoder.norm_out
        self.conv_out = FrozenConv2d.of(decoder.conv_out)

    def forward(self, z: Tensor) -> Tensor:
        """Return the pictures: ``[B, z_channels, h, w] → [B, 3, h·f, w·f]``."""
        h = self.blocks(z.contiguous(memory_format=torch.channels_last))
        pictures: Tensor = self.conv_out(group_norm(h, self.norm_out, silu=True))
        return pictures


def _bias(convolution: FrozenConv2d) -> Tensor:
    assert convolution.bias is not None
    return convolution.bias
