"""CLIP's vision transformer with frozen weights, arranged for speed (Radford et al. 2021, section 2.4).

The same function as openai-clip's ``VisionTransformer``, whose weights it takes over, with what is constant worked
into them: the normalisation of colours into the patch embedding, the scale of the queries into their projection, the
1.702 of QuickGELU into the two layers around it, which makes it SiLU. (Networks of OpenCLIP's may have GELU instead.)
The last block computes nothing but the class token, the only one that is read.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from generation.models.frozen import FrozenLinear
from generation.models.upstream import clip_model

QUICK_GELU = 1.702


class _Block(nn.Module):
    """A residual attention block of ``[N, T, C]``."""

    def __init__(self, block: Any) -> None:
        super().__init__()
        attention, mlp = block.attn, block.mlp
        self.heads: int = attention.num_heads
        self.norm_1, self.norm_2 = _norm(block.ln_1), _norm(block.ln_2)
        query, key_value = attention.in_proj_weight.split([attention.embed_dim, 2 * attention.embed_dim])
        query_bias, key_value_bias = attention.in_proj_bias.split([attention.embed_dim, 2 * attention.embed_dim])
        scale = attention.head_dim**-0.5
        self.query = FrozenLinear(query * scale, query_bias * scale)
        self.key_value = FrozenLinear(key_value, key_value_bias)
        self.out = FrozenLinear(attention.out_proj.weight, attention.out_proj.bias)
        self.quick: bool = isinstance(mlp.gelu, clip_model.QuickGELU)
        scale = QUICK_GELU if self.quick else 1.0
        self.widen = FrozenLinear(mlp.c_fc.weight * scale, mlp.c_fc.bias * scale)
        self.narrow = FrozenLinear(mlp.c_proj.weight / scale, mlp.c_proj.bias)

    def forward(self, x: Tensor, tokens: int) -> Tensor:
        """Return the first ``tokens`` tokens of the block's output."""
        normed = self.norm_1(x)
        query = self._heads(self.query(normed[:, :tokens]))
        key, value = (self._heads(each) for each in self.key_value(normed).chunk(2, dim=-1))
        x = x[:, :tokens] + self.out(_attend(query, key, value).transpose(1, 2).flatten(2))
        activation = F.silu if self.quick else F.gelu
        out: Tensor = x + self.narrow(activation(self.widen(self.norm_2(x))))
        return out

    def _heads(self, x: Tensor) -> Tensor:
        """``[N, T, C] → [N, heads, T, C / heads]``."""
        heads: Tensor = x.unflatten(-1, (self.heads, -1)).transpose(1, 2)
        return heads


def _attend(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Attention with scaled queries, as plain products on a CPU: the backward pass of the fused one is slow there."""
    if query.is_cuda:
        return F.scaled_dot_product_attention(query, key, value, scale=1.0)
    return (query @ key.transpose(-1, -2)).softmax(-1) @ value


class FrozenVisionTransformer(nn.Module):
    """Encodes pictures in [0, 1].

    Args:
        visual: openai-clip's ``VisionTransformer``.
        mean: of the colours, ``[1, 3, 1, 1]``, that it was trained with.
        std: their standard deviation, likewise.
    """

    shift: Tensor
    first: Tensor
    projection: Tensor

    def __init__(self, visual: Any, mean: Tensor, std: Tensor) -> None:
        super().__init__()
        self.input_resolution: int = visual.input_resolution
        kernel = visual.conv1.weight.detach().float() / std
        self.side: int = kernel.shape[-1]
        self.patches = FrozenLinear(kernel.flatten(1), None)
        position = visual.positional_embedding.detach().float()
        self.register_buffer("shift", position[1:] - (kernel * mean).sum((1, 2, 3)))
        self.register_buffer("first", position[:1] + visual.class_embedding.detach().float())
        self.register_buffer("projection", visual.proj.detach())
        self.norm_pre, self.norm_post = _norm(visual.ln_pre), _norm(visual.ln_post)
        self.blocks = nn.ModuleList(_Block(block) for block in visual.transformer.resblocks)

    def forward(self, pictures: Tensor) -> Tensor:
        """Return the vectors: ``[N, 3, input_resolution, input_resolution] → [N, D]``."""
        rows = pictures.unflatten(3, (-1, self.side)).unflatten(2, (-1, self.side))
        patches = self.patches(rows.permute(0, 2, 4, 1, 3, 5).flatten(3).flatten(1, 2))
        x = torch.cat([self.first.expand(len(pictures), 1, -1), patches + self.shift], dim=1)
        x = self.norm_pre(x)
        *blocks, last = self.blocks
        for block in blocks:
            x = block(x, x.shape[1])
        vectors: Tensor = self.norm_post(last(x, 1))[:, 0] @ self.projection
        return vectors


def _norm(norm: nn.LayerNorm) -> nn.LayerNorm:
    """Return openai-clip's ``LayerNorm`` as the plain one, which takes half precision as it is."""
    plain = nn.LayerNorm(norm.normalized_shape, eps=norm.eps)
    plain.load_state_dict(norm.state_dict())
    return plain
