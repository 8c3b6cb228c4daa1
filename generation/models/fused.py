"""Parts of networks made of Triton kernels, for CUDA: they compute what the plain ones do, in fewer passes."""

from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from generation.kernels.attention import MOST_TOKENS, WIDTHS, attend
from generation.kernels.group_norm import add, gradient_of_norm, normalise
from generation.kernels.layer_norm import add_and_normalise
from generation.models.frozen import FrozenConv2d, PlainLinear
from generation.models.layers import Layers
from generation.models.residual import shortcut_of
from generation.models.transformer import MLP, Linear, attend_at_once, plain, projection, taken


class _GroupNorm(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, norm: nn.GroupNorm, silu: bool) -> Tensor:
        nothing = torch.zeros_like(norm.bias)
        out, table = normalise(x, norm.weight, norm.bias, nothing, norm.num_groups, norm.eps, silu)
        ctx.save_for_backward(x, table)
        ctx.norm, ctx.silu = norm, silu
        return out

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        x, table = ctx.saved_tensors
        norm = ctx.norm
        return gradient_of_norm(gradients[0], x, table, norm.weight, norm.num_groups, ctx.silu), None, None


def group_norm(x: Tensor, norm: nn.GroupNorm, silu: bool) -> Tensor:
    """Normalise ``[B, C, H, W]`` as ``norm`` does, and apply SiLU after it, if asked for."""
    out: Tensor = _GroupNorm.apply(x, norm, silu)  # type: ignore[no-untyped-call]
    return out


class ResnetBlock(nn.Module):
    """As ``generation.models.residual.ResnetBlock``. The norms and the sum take in what lies beside them.

    Args:
        block: taming's ``ResnetBlock``.
        before: added to its input, ``[C]``; None for nothing.
        dtype: in which it computes.
    """

    before: Tensor
    bias: Tensor

    def __init__(self, block: Any, before: Tensor | None = None, *, dtype: torch.dtype) -> None:
        super().__init__()
        self.norm1, self.norm2 = block.norm1, block.norm2
        self.conv1, self.conv2 = FrozenConv2d.of(block.conv1, dtype), FrozenConv2d.of(block.conv2, dtype)
        shortcut = shortcut_of(block)
        self.shortcut = None if shortcut is None else FrozenConv2d.of(shortcut, dtype)
        if before is None:
            before = torch.zeros(block.norm1.num_channels)
        beside = before
        if shortcut is not None:
            assert shortcut.kernel_size == (1, 1)
            assert shortcut.bias is not None
            beside = shortcut.weight[..., 0, 0] @ before + shortcut.bias
        self.register_buffer("before", before.detach().to(dtype))
        self.register_buffer("bias", (block.conv2.bias + beside).detach().to(dtype))

    def forward(self, x: Tensor) -> Tensor:
        """Return ``[B, C, H, W]`` with as many channels as the block has."""
        out: Tensor = _Residual.apply(x, self)  # type: ignore[no-untyped-call]
        return out


class _Residual(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, block: ResnetBlock) -> Tensor:
        one, two, conv1, conv2, shortcut = block.norm1, block.norm2, block.conv1, block.conv2, block.shortcut
        assert conv1.bias is not None
        h, table1 = normalise(x, one.weight, one.bias, block.before, one.num_groups, one.eps, True)
        h = F.conv2d(h, conv1.weight, padding=1)
        y, table2 = normalise(h, two.weight, two.bias, conv1.bias, two.num_groups, two.eps, True)
        y = F.conv2d(y, conv2.weight, padding=1)
        ctx.save_for_backward(x, table1, h, table2)
        ctx.block = block
        return add(y, x if shortcut is None else F.conv2d(x, shortcut.weight, padding=shortcut.padding), block.bias)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        x, table1, h, table2 = ctx.saved_tensors
        block: ResnetBlock = ctx.block
        one, two, shortcut = block.norm1, block.norm2, block.shortcut
        gradient = gradients[0].contiguous(memory_format=torch.channels_last)
        slope = F.conv2d(gradient, block.conv2.turned, padding=1)
        slope = gradient_of_norm(slope, h, table2, two.weight, two.num_groups, True)
        slope = F.conv2d(slope, block.conv1.turned, padding=1)
        skipped = gradient
        if shortcut is not None:
            skipped = F.conv2d(gradient, shortcut.turned, padding=shortcut.turned.shape[2] - 1 - shortcut.padding)
        return gradient_of_norm(slope, x, table1, one.weight, one.num_groups, True, skipped), None


class Transformer(nn.Module):
    """As ``generation.models.transformer.Transformer``; each sum is normalised for what comes next.

    Args:
        blocks: openai-clip's ``ResidualAttentionBlock``s.
        norm_post: its norm of the class token.
        linear: makes a linear map.
    """

    def __init__(self, blocks: nn.Sequential, norm_post: nn.LayerNorm, linear: Linear) -> None:
        super().__init__()
        norms: list[Any] = [*(block.ln_1 for block in blocks), norm_post]
        self.norm = plain(norms[0])
        lasts = [False] * (len(blocks) - 1) + [True]
        self.blocks = nn.ModuleList(map(partial(_Block, linear=linear), taken(blocks), norms[1:], lasts))

    def forward(self, x: Tensor) -> Tensor:
        """Return the first token of each, normalised: ``[N, T, C] → [N, C]``."""
        normed = self.norm(x)
        for block in self.blocks:
            x, normed = block(x, normed)
        first: Tensor = normed[:, 0]
        return first


class _Block(nn.Module):
    """A residual attention block; the last one goes on with the first token alone."""

    def __init__(self, block: Any, after: nn.LayerNorm, last: bool, linear: Linear) -> None:
        super().__init__()
        self.heads: int = block.attn.num_heads
        self.width: int = block.attn.head_dim
        self.norm, self.after = plain(block.ln_2), plain(after)
        weight, bias = projection(block.attn)
        query = block.attn.embed_dim if last else 3 * block.attn.embed_dim
        self.query = linear(weight[:query], bias[:query])
        self.key_value = linear(weight[query:], bias[query:]) if last else None
        self.out = linear(block.attn.out_proj.weight, block.attn.out_proj.bias)
        self.mlp = MLP(block.mlp, linear)

    def forward(self, x: Tensor, normed: Tensor) -> tuple[Tensor, Tensor]:
        """Return the block's output and its norm for the next, ``[N, T, C]``, of its input and that one's norm."""
        tokens = x.shape[1]
        if self.key_value is None:
            attended = self._attend(self.query(normed), None, tokens)
        else:
            attended = self._attend(self.query(normed[:, :1]), self.key_value(normed), tokens)
            x = x[:, :1]
        x, normed = _add(x, self.out(attended), self.norm)
        return _add(x, self.mlp(normed), self.after)

    def _attend(self, query: Tensor, key_value: Tensor | None, tokens: int) -> Tensor:
        if tokens <= MOST_TOKENS and self.width in WIDTHS:
            return attend(query, key_value, self.heads)
        parts = query.chunk(3, dim=-1) if key_value is None else (query, *key_value.chunk(2, dim=-1))
        own, keys, values = (part.unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in parts)
        return attend_at_once(own, keys, values).transpose(1, 2).flatten(2)


def _add(x: Tensor, more: Tensor, norm: nn.LayerNorm) -> tuple[Tensor, Tensor]:
    return add_and_normalise(x, more, norm.weight, norm.bias, norm.eps)


def fused_layers(dtype: torch.dtype) -> Layers:
    """Return the layers for CUDA."""
    linear = partial(PlainLinear, dtype=dtype)
    return Layers(
        dtype,
        group_norm,
        partial(ResnetBlock, dtype=dtype),
        linear,
        partial(Transformer, linear=linear),
        attend_at_once,
        takes_bias=True,
    )
