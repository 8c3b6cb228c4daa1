"""VQGAN's decoder with frozen weights, arranged for speed (Esser, Rombach and Ommer 2021, appendix A).

The same function as taming's ``Decoder``, whose weights it takes over.
"""

from typing import Any

import torch
from torch import Tensor, nn

from generation.models.frozen import FrozenConv2d, FrozenUpsample
from generation.models.layers import Layers
from generation.models.transformer import taken


class _AttentionBlock(nn.Module):
    """Attention of every pixel to every other, with one head."""

    def __init__(self, block: Any, layers: Layers) -> None:
        super().__init__()
        self.group_norm = layers.group_norm
        self.norm = block.norm
        query, key, value = (FrozenConv2d.of(part) for part in (block.q, block.k, block.v))
        scale = len(query.weight) ** -0.5
        self.query_key_value = FrozenConv2d(
            torch.cat([query.weight * scale, key.weight, value.weight]),
            torch.cat([_bias(query) * scale, _bias(key), _bias(value)]),
            padding=0,
            dtype=layers.dtype,
        )
        self.out = FrozenConv2d.of(block.proj_out, layers.dtype)

    def forward(self, x: Tensor) -> Tensor:
        pixels = self.query_key_value(self.group_norm(x, self.norm, False)).flatten(2).transpose(1, 2)
        query, key, value = pixels.chunk(3, dim=-1)
        attended = torch.bmm(torch.bmm(query, key.transpose(1, 2)).softmax(-1), value)
        summed: Tensor = x + self.out(attended.transpose(1, 2).unflatten(2, x.shape[2:]))
        return summed


class FrozenDecoder(nn.Module):
    """Decodes latents.

    Args:
        decoder: taming's ``Decoder``.
        layers: of the device and the number format.
    """

    def __init__(self, decoder: Any, layers: Layers) -> None:
        super().__init__()
        self.group_norm = layers.group_norm
        mid = decoder.mid
        blocks: list[nn.Module] = [FrozenConv2d.of(decoder.conv_in, layers.dtype)]
        blocks += [
            layers.resnet_block(mid.block_1),
            _AttentionBlock(mid.attn_1, layers),
            layers.resnet_block(mid.block_2),
        ]
        biases: tuple[Tensor, ...] = ()
        for level in reversed(list(decoder.up)):
            attentions = list(level.attn) or [None] * len(level.block)
            for block, attention in zip(taken(level.block), attentions, strict=True):
                blocks.append(layers.resnet_block(block, *biases))
                biases = ()
                if attention is not None:
                    blocks.append(_AttentionBlock(attention, layers))
            if hasattr(level, "upsample"):
                blocks.append(FrozenUpsample(level.upsample.conv, not layers.takes_bias, layers.dtype))
                biases = (level.upsample.conv.bias,) if layers.takes_bias else ()
        self.blocks = nn.Sequential(*blocks)
        self.norm_out = decoder.norm_out
        self.conv_out = FrozenConv2d.of(decoder.conv_out, layers.dtype)

    def forward(self, z: Tensor) -> Tensor:
        """Return the pictures: ``[B, z_channels, h, w] → [B, 3, h·f, w·f]``."""
        h = self.blocks(z.contiguous(memory_format=torch.channels_last))
        pictures: Tensor = self.conv_out(self.group_norm(h, self.norm_out, True))
        return pictures


def _bias(convolution: FrozenConv2d) -> Tensor:
    assert convolution.bias is not None
    return convolution.bias
