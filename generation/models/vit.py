"""CLIP's vision transformer with frozen weights, arranged for speed (Radford et al. 2021, section 2.4).

The same function as openai-clip's ``VisionTransformer``, whose weights it takes over, with what is constant worked
into them; here that is the normalisation of colours, in the patch embedding.
"""

from typing import Any

import torch
from torch import Tensor, nn

from generation.models.layers import Layers
from generation.models.transformer import plain


class FrozenVisionTransformer(nn.Module):
    """Encodes pictures in [0, 1].

    Args:
        visual: openai-clip's ``VisionTransformer``.
        mean: of the colours, ``[1, 3, 1, 1]``, that it was trained with.
        std: their standard deviation, likewise.
        layers: of the device and the number format.
    """

    shift: Tensor
    first: Tensor
    projection: Tensor

    def __init__(self, visual: Any, mean: Tensor, std: Tensor, layers: Layers) -> None:
        super().__init__()
        self.input_resolution: int = visual.input_resolution
        kernel = visual.conv1.weight.detach().float() / std
        self.side: int = kernel.shape[-1]
        self.patches = layers.linear(kernel.flatten(1), None)
        position = visual.positional_embedding.detach().float()
        self.register_buffer("shift", position[1:] - (kernel * mean).sum((1, 2, 3)))
        self.register_buffer("first", position[:1] + visual.class_embedding.detach().float())
        self.register_buffer("projection", visual.proj.detach())
        self.norm_pre = plain(visual.ln_pre)
        self.transformer = layers.transformer(visual.transformer.resblocks, visual.ln_post)

    def forward(self, pictures: Tensor) -> Tensor:
        """Return the vectors: ``[N, 3, input_resolution, input_resolution] → [N, D]``."""
        rows = pictures.unflatten(3, (-1, self.side)).unflatten(2, (-1, self.side))
        patches = self.patches(rows.permute(0, 2, 4, 1, 3, 5).flatten(3).flatten(1, 2))
        x = torch.cat([self.first.expand(len(pictures), 1, -1), patches + self.shift], dim=1)
        vectors: Tensor = self.transformer(self.norm_pre(x)) @ self.projection
        return vectors
