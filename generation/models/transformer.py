"""CLIP's transformer as it is where PyTorch's own functions do best (Radford et al. 2021, section 2.4).

The scale of the queries is worked into their projection, and the 1.702 of QuickGELU into the two layers around it,
which makes it SiLU. (Networks of OpenCLIP's may have GELU instead.) The last block computes nothing but the class
token, the only one that is read.
"""

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel

from generation.models.upstream import clip_model

QUICK_GELU = 1.702

Linear = Callable[[Tensor, Tensor | None], nn.Module]
"""Makes a map of ``[N, T, C]`` of its weight, ``[O, C]``, and its bias, ``[O]``."""
Attend = Callable[[Tensor, Tensor, Tensor], Tensor]
"""Attention with scaled queries: ``[N, heads, Q, D], [N, heads, T, D], [N, heads, T, D] → [N, heads, Q, D]``."""


class Transformer(nn.Module):
    """Blocks of attention and perceptron.

    Args:
        blocks: openai-clip's ``ResidualAttentionBlock``s.
        norm_post: its norm of the class token.
        linear: of the device.
        attend: of the device.
    """

    def __init__(self, blocks: nn.Sequential, norm_post: nn.LayerNorm, linear: Linear, attend: Attend) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(_Block(block, linear, attend) for block in taken(blocks))
        self.norm_post = plain(norm_post)

    def forward(self, x: Tensor) -> Tensor:
        """Return the first token of each, normalised: ``[N, T, C] → [N, C]``."""
        *blocks, last = self.blocks
        for block in blocks:
            x = block(x, x.shape[1])
        first: Tensor = self.norm_post(last(x, 1))[:, 0]
        return first


class _Block(nn.Module):
    """A residual attention block of ``[N, T, C]``."""

    def __init__(self, block: Any, linear: Linear, attend: Attend) -> None:
        super().__init__()
        self.heads: int = block.attn.num_heads
        self.attend = attend
        self.norm_1, self.norm_2 = plain(block.ln_1), plain(block.ln_2)
        (query, key_value), (query_bias, key_value_bias) = (
            each.split([block.attn.embed_dim, 2 * block.attn.embed_dim]) for each in projection(block.attn)
        )
        self.query, self.key_value = linear(query, query_bias), linear(key_value, key_value_bias)
        self.out = linear(block.attn.out_proj.weight, block.attn.out_proj.bias)
        self.mlp = MLP(block.mlp, linear)

    def forward(self, x: Tensor, tokens: int) -> Tensor:
        """Return the first ``tokens`` tokens of the block's output."""
        normed = self.norm_1(x)
        query = self._heads(self.query(normed[:, :tokens]))
        key, value = (self._heads(each) for each in self.key_value(normed).chunk(2, dim=-1))
        x = x[:, :tokens] + self.out(self.attend(query, key, value).transpose(1, 2).flatten(2))
        out: Tensor = x + self.mlp(self.norm_2(x))
        return out

    def _heads(self, x: Tensor) -> Tensor:
        """``[N, T, C] → [N, heads, T, C / heads]``."""
        heads: Tensor = x.unflatten(-1, (self.heads, -1)).transpose(1, 2)
        return heads


class MLP(nn.Module):
    """The perceptron of a block.

    Args:
        mlp: openai-clip's.
        linear: of the device.
    """

    def __init__(self, mlp: Any, linear: Linear) -> None:
        super().__init__()
        self.quick: bool = isinstance(mlp.gelu, clip_model.QuickGELU)
        scale = QUICK_GELU if self.quick else 1.0
        self.widen = linear(mlp.c_fc.weight * scale, mlp.c_fc.bias * scale)
        self.narrow = linear(mlp.c_proj.weight / scale, mlp.c_proj.bias)

    def forward(self, x: Tensor) -> Tensor:
        """Return ``[N, T, C]``."""
        activation = F.silu if self.quick else F.gelu
        narrow: Tensor = self.narrow(activation(self.widen(x)))
        return narrow


def projection(attention: Any) -> tuple[Tensor, Tensor]:
    """Return weight and bias of what makes queries, keys and values, with the scale of the queries in them."""
    scale = torch.ones(3 * attention.embed_dim)
    scale[: attention.embed_dim] = attention.head_dim**-0.5
    return attention.in_proj_weight * scale[:, None], attention.in_proj_bias * scale


def taken(modules: nn.Sequential | nn.ModuleList) -> Iterator[nn.Module]:
    """Yield modules in float32 one after the other and take each out, to be freed once something is made of it."""
    while len(modules):
        module: nn.Module = modules.pop(0)
        yield module.float()
        del module


def attend_by_products(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Attention as plain products: on a CPU the backward pass of the fused one is slow."""
    return (query @ key.transpose(-1, -2)).softmax(-1) @ value


def attend_at_once(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Attention for CUDA by that kernel of PyTorch's which can give the same gradient each time."""
    with sdpa_kernel([SDPBackend.EFFICIENT_ATTENTION, SDPBackend.MATH]):
        return F.scaled_dot_product_attention(query, key, value, scale=1.0)


def plain(norm: nn.LayerNorm) -> nn.LayerNorm:
    """Return openai-clip's ``LayerNorm`` as the plain one, which takes half precision as it is."""
    same = nn.LayerNorm(norm.normalized_shape, eps=norm.eps)
    same.load_state_dict(norm.state_dict())
    return same
