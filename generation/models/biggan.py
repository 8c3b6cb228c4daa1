"""BigGAN-deep: pictures of classes (Brock, Donahue and Simonyan 2019, arXiv 1809.11096, appendix B, figure 16).

The tensors have the names of the package pytorch-pretrained-biggan, so that its checkpoints fit, with the spectral
norms already divided by. Every norm that is conditional, and the linear map in front, may have a condition of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from generation.models.biggan_frozen import FrozenGenerator
from generation.models.layers import layers_for

START = 4
"""Pixels a side that the linear map in front makes."""
DEEPEST = 16
"""Times the channel width that the first layer has in channels."""
ON_ONE = 1e-4
"""So near a truncation is one of those for which statistics are known, of their distance."""
REDUCTION = 4
"""By which a block's convolutions of 3×3 have fewer channels than what comes in."""


@dataclass(frozen=True, slots=True)
class BigGANShape:
    """Sizes of a BigGAN, named as in its published configuration.

    Args:
        z_dim: numbers of a latent, and of a class.
        channel_width: channels of the last layer.
        num_classes: that it knows.
        layers: for each block whether it doubles the sides, and its channels in and out in channel widths.
        attention_layer_position: before which block attention stands.
        eps: added to variances.
        n_stats: for how many truncations from 0 to 1 the statistics of the norms are known.
    """

    z_dim: int
    channel_width: int
    num_classes: int
    layers: tuple[tuple[bool, int, int], ...]
    attention_layer_position: int
    eps: float = 1e-4
    n_stats: int = 51

    @property
    def side(self) -> int:
        """Pixels a side of its pictures."""
        return START << sum(doubles for doubles, _, _ in self.layers)

    @property
    def latents(self) -> int:
        """How many conditions a picture has: one for the map in front, one for each block."""
        return len(self.layers) + 1

    def statistics(self, truncation: Tensor) -> Tensor:
        """Return how much each of the known statistics counts at truncations in (0, 1], ``[B] → [B, n_stats]``.

        Between two of them the package counts the further one more; so do we, to have its pictures.
        """
        place = truncation[:, None] * (self.n_stats - 1)
        distance = (place - torch.arange(self.n_stats, device=truncation.device)).abs()
        at, between = (distance < ON_ONE).float(), (distance < 1 - ON_ONE).float()
        return torch.where(at.sum(1, keepdim=True) > 0, at, between * distance)


class Attention(nn.Module):
    """Self-attention of a picture's places to a fourth as many (Zhang et al. 2019, arXiv 1805.08318)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.snconv1x1_theta = nn.Conv2d(channels, channels // 8, 1, bias=False)
        self.snconv1x1_phi = nn.Conv2d(channels, channels // 8, 1, bias=False)
        self.snconv1x1_g = nn.Conv2d(channels, channels // 2, 1, bias=False)
        self.snconv1x1_o_conv = nn.Conv2d(channels // 2, channels, 1, bias=False)
        self.gamma = nn.Parameter(torch.zeros(1))

    def forward(self, x: Tensor) -> Tensor:
        """Return ``[B, C, H, W]`` with what the places attend to added."""
        query = self.snconv1x1_theta(x).flatten(2).mT
        key = F.max_pool2d(self.snconv1x1_phi(x), 2).flatten(2).mT
        value = F.max_pool2d(self.snconv1x1_g(x), 2).flatten(2).mT
        seen = F.scaled_dot_product_attention(query, key, value, scale=1.0)
        seen = seen.mT.reshape(len(x), -1, *x.shape[2:])
        out: Tensor = x + self.gamma * self.snconv1x1_o_conv(seen)
        return out


class Norm(nn.Module):
    """A batch norm with statistics for several truncations; those of the batch while it learns.

    Args:
        channels: that it norms.
        shape: of the network.
        conditional: whether scale and offset come from a condition.
    """

    running_means: Tensor
    running_vars: Tensor

    def __init__(self, channels: int, shape: BigGANShape, conditional: bool = True) -> None:
        super().__init__()
        self.eps = shape.eps
        self.conditional = conditional
        self.register_buffer("running_means", torch.zeros(shape.n_stats, channels))
        self.register_buffer("running_vars", torch.ones(shape.n_stats, channels))
        if conditional:
            self.scale = nn.Linear(2 * shape.z_dim, channels, bias=False)
            self.offset = nn.Linear(2 * shape.z_dim, channels, bias=False)
        else:
            self.weight = nn.Parameter(torch.ones(channels))
            self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor, mix: Tensor, condition: Tensor) -> Tensor:
        """Norm ``[B, C, H, W]`` by a mix of the statistics, ``[B, n_stats]``, and a condition, ``[B, 2·z_dim]``."""
        if self.training:
            x = F.batch_norm(x, None, None, training=True, eps=self.eps)
        else:
            mean, variance = mix @ self.running_means, mix @ self.running_vars
            x = (x - mean[..., None, None]) * (variance + self.eps).rsqrt()[..., None, None]
        if self.conditional:
            weight, bias = 1 + self.scale(condition), self.offset(condition)
            return torch.addcmul(bias[..., None, None], x, weight[..., None, None])
        return torch.addcmul(self.bias[:, None, None], x, self.weight[:, None, None])


class Block(nn.Module):
    """A residual block with a bottleneck, which may double the sides and halve the channels."""

    def __init__(self, channels: int, out: int, doubles: bool, shape: BigGANShape) -> None:
        super().__init__()
        middle = channels // REDUCTION
        self.doubles = doubles
        self.out = out
        self.bn_0 = Norm(channels, shape)
        self.conv_0 = nn.Conv2d(channels, middle, 1)
        self.bn_1 = Norm(middle, shape)
        self.conv_1 = nn.Conv2d(middle, middle, 3, padding=1)
        self.bn_2 = Norm(middle, shape)
        self.conv_2 = nn.Conv2d(middle, middle, 3, padding=1)
        self.bn_3 = Norm(middle, shape)
        self.conv_3 = nn.Conv2d(middle, out, 1)

    def forward(self, x: Tensor, mix: Tensor, condition: Tensor) -> Tensor:
        """Return ``[B, C, H, W]`` as ``[B, out, H, W]``, or of twice the sides."""
        kept = x[:, : self.out]
        x = self.conv_0(F.relu(self.bn_0(x, mix, condition)))
        x = F.relu(self.bn_1(x, mix, condition))
        if self.doubles:
            x, kept = (F.interpolate(each, scale_factor=2.0) for each in (x, kept))
        x = self.conv_1(x)
        x = self.conv_2(F.relu(self.bn_2(x, mix, condition)))
        out: Tensor = self.conv_3(F.relu(self.bn_3(x, mix, condition))) + kept
        return out


class Generator(nn.Module):
    """From conditions to pictures."""

    def __init__(self, shape: BigGANShape) -> None:
        super().__init__()
        width = shape.channel_width
        self.gen_z = nn.Linear(2 * shape.z_dim, START * START * DEEPEST * width)
        layers: list[nn.Module] = []
        for number, (doubles, channels, out) in enumerate(shape.layers):
            if number == shape.attention_layer_position:
                layers.append(Attention(channels * width))
            layers.append(Block(channels * width, out * width, doubles, shape))
        self.layers = nn.ModuleList(layers)
        self.bn = Norm(width, shape, conditional=False)
        self.conv_to_rgb = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, conditions: Tensor, mix: Tensor) -> Tensor:
        """Return pictures, ``[B, 3, side, side]`` in [-1, 1], of conditions, ``[B, latents, 2·z_dim]``."""
        x = self.gen_z(conditions[:, 0])
        x = x.view(len(x), START, START, -1).permute(0, 3, 1, 2)  # the channels are the last in memory
        number = 1
        for layer in self.layers:
            if isinstance(layer, Block):
                x = layer(x, mix, conditions[:, number])
                number += 1
            else:
                x = layer(x)
        x = self.conv_to_rgb(F.relu(self.bn(x, mix, conditions[:, 0])))
        pictures: Tensor = x[:, :3].tanh()
        return pictures


class BigGAN(nn.Module):
    """A generator and what it knows of each class.

    Args:
        shape: of the network.
        classes: names of the classes, by number.
    """

    def __init__(self, shape: BigGANShape, classes: Sequence[str] = ()) -> None:
        super().__init__()
        self.shape = shape
        self.classes = tuple(classes)
        self.embeddings = nn.Linear(shape.num_classes, shape.z_dim, bias=False)
        self.generator: nn.Module = Generator(shape)

    def freeze(self, dtype: torch.dtype, device: torch.device) -> None:
        """Go to the device, the generator in this number format and arranged for speed; nothing learns any longer."""
        self.eval().requires_grad_(False).float()
        self.generator = FrozenGenerator(self.generator, layers_for(device, dtype))
        self.to(device)

    def forward(self, z: Tensor, classes: Tensor, mix: Tensor) -> Tensor:
        """Return pictures in [-1, 1], ``[B, 3, side, side]``.

        Args:
            z: ``[B, latents, z_dim]``, or ``[B, 1, z_dim]`` for one that goes everywhere.
            classes: how much there is of each, likewise ``[B, latents, num_classes]``.
            mix: of the statistics, ``[B, n_stats]``; see :meth:`BigGANShape.statistics`.
        """
        conditions = torch.cat([z, self.embeddings(classes)], 2)
        pictures: Tensor = self.generator(conditions.expand(-1, self.shape.latents, -1), mix)
        return pictures
