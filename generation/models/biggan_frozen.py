"""BigGAN's generator with frozen weights, arranged for speed.

The same function as ``generation.models.biggan.Generator``, whose weights it takes over. With frozen statistics a norm
is a scale and an offset, which come from the condition: those of all norms are computed first, in float32. Doubling the
sides is one with the convolution behind it, and of the last convolution only three channels are computed.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from generation.models.frozen import FrozenConv2d, FrozenUpsample
from generation.models.layers import Layers
from generation.models.precision import compute


class _Scales(nn.Module):
    """Scales and offsets of several norms that have one condition."""

    matrix: Tensor
    means: Tensor
    variances: Tensor

    def __init__(self, norms: list[Any]) -> None:
        super().__init__()
        self.eps: float = norms[0].eps
        matrices = [norm.scale.weight for norm in norms], [norm.offset.weight for norm in norms]
        self.register_buffer("matrix", torch.cat([torch.cat(each) for each in matrices]).detach())
        self.register_buffer("means", torch.cat([norm.running_means for norm in norms], 1))
        self.register_buffer("variances", torch.cat([norm.running_vars for norm in norms], 1))

    def forward(self, condition: Tensor, mix: Tensor) -> Tensor:
        """Return scales and then offsets, ``[B, 2·C]``, of the channels of all norms."""
        scale, offset = F.linear(condition, self.matrix).chunk(2, 1)
        scale = (1 + scale) * (mix @ self.variances + self.eps).rsqrt()
        return torch.cat([scale, offset - (mix @ self.means) * scale], 1)


class _Block(nn.Module):
    def __init__(self, block: Any, dtype: torch.dtype) -> None:
        super().__init__()
        norms = block.bn_0, block.bn_1, block.bn_2, block.bn_3
        self.channels = [norm.running_means.shape[1] for norm in norms]
        self.scaled = 2 * sum(self.channels)
        self.doubles: bool = block.doubles
        self.out: int = block.out
        self.conv_0, self.conv_2, self.conv_3 = (
            FrozenConv2d.of(each, dtype) for each in (block.conv_0, block.conv_2, block.conv_3)
        )
        if self.doubles:
            self.conv_1: nn.Module = FrozenUpsample(block.conv_1, dtype=dtype)
        else:
            self.conv_1 = FrozenConv2d.of(block.conv_1, dtype)

    def forward(self, x: Tensor, scales: Tensor) -> Tensor:
        scale, offset = (each[..., None, None].split(self.channels, 1) for each in scales.chunk(2, 1))
        kept = x[:, : self.out]
        if self.doubles:
            kept = F.interpolate(kept, scale_factor=2.0)
        for number, convolution in enumerate((self.conv_0, self.conv_1, self.conv_2, self.conv_3)):
            x = convolution(torch.addcmul(offset[number], x, scale[number]).relu_())
        return x + kept


class _Attention(nn.Module):
    scaled = 0

    def __init__(self, attention: Any, layers: Layers) -> None:
        super().__init__()
        parts = attention.snconv1x1_theta, attention.snconv1x1_phi, attention.snconv1x1_g
        self.attend = layers.attend
        self.channels = [len(part.weight) for part in parts]
        self.query_key_value = FrozenConv2d(torch.cat([part.weight for part in parts]), None, 0, layers.dtype)
        scaled = attention.gamma[:, None, None, None] * attention.snconv1x1_o_conv.weight
        self.out = FrozenConv2d(scaled, None, 0, layers.dtype)

    def forward(self, x: Tensor, _: Tensor) -> Tensor:
        query, key, value = self.query_key_value(x).split(self.channels, 1)
        query = query.flatten(2).mT[:, None]
        key, value = (F.max_pool2d(each, 2).flatten(2).mT[:, None] for each in (key, value))
        seen = self.attend(query, key, value)[:, 0]
        summed: Tensor = x + self.out(seen.mT.unflatten(2, x.shape[2:]))
        return summed


class FrozenGenerator(nn.Module):
    """From conditions to pictures.

    Args:
        generator: a ``Generator``.
        layers: of the device and the number format.
    """

    def __init__(self, generator: Any, layers: Layers) -> None:
        super().__init__()
        self.dtype = layers.dtype
        self.gen_z = generator.gen_z
        blocks = [layer for layer in generator.layers if hasattr(layer, "bn_0")]
        self.scales = nn.ModuleList(_Scales([block.bn_0, block.bn_1, block.bn_2, block.bn_3]) for block in blocks)
        self.norm = generator.bn
        self.layers = nn.ModuleList(
            _Block(layer, self.dtype) if hasattr(layer, "bn_0") else _Attention(layer, layers)
            for layer in generator.layers
        )
        convolution = generator.conv_to_rgb
        self.to_rgb = FrozenConv2d(convolution.weight[:3], convolution.bias[:3], 1, self.dtype)

    def forward(self, conditions: Tensor, mix: Tensor) -> Tensor:
        """Return pictures, ``[B, 3, side, side]`` in [-1, 1], of conditions, ``[B, latents, 2·z_dim]``."""
        scale = self.norm.weight * (mix @ self.norm.running_vars + self.norm.eps).rsqrt()
        parts = [self.gen_z(conditions[:, 0])]
        parts += [scales(conditions[:, number + 1], mix) for number, scales in enumerate(self.scales)]
        parts += [scale, self.norm.bias - mix @ self.norm.running_means * scale]
        sizes = [part.shape[1] for part in parts]
        return compute(lambda joined: self._pictures(joined.split(sizes, 1)), torch.cat(parts, 1), self.dtype).tanh()

    def _pictures(self, parts: tuple[Tensor, ...]) -> Tensor:
        """Return pictures before the hyperbolic tangent, of what the first layer gets and all scales and offsets."""
        start, *scales, scale, offset = parts
        x = start.view(len(start), 4, 4, -1).permute(0, 3, 1, 2)  # the channels are the last in memory
        remaining = iter(scales)
        for layer in self.layers:
            x = layer(x, next(remaining) if layer.scaled else x)
        x = torch.addcmul(offset[..., None, None], x, scale[..., None, None]).relu_()
        pictures: Tensor = self.to_rgb(x)
        return pictures
