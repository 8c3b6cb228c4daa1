"""Attention between the few tokens of a picture (Vaswani et al. 2017, section 3.2.1), a head at a time.

All tokens of a head fit into one program, which reads and writes them as the linear layers around it have them.
PyTorch's copies them into another order, and its backward pass adds up in no fixed one.
"""

from typing import Any

import torch
import triton
import triton.language as tl
from torch import Tensor

MOST_TOKENS = 64
"""That fit into one program."""
WIDTHS = (16, 32, 64, 128)
"""Channels of a head that a program can have."""


@triton.jit
def _weights(query, key, tokens, WIDTH: tl.constexpr):
    """Return the softmax of the products, ``[·, WIDTH]``."""
    products = tl.dot(query, tl.trans(key))
    products = tl.where((tl.arange(0, WIDTH) < tokens)[None, :], products, float("-inf"))
    powers = tl.exp(products - tl.max(products, 1)[:, None])
    return powers / tl.sum(powers, 1)[:, None]


@triton.jit(do_not_specialize=["asking", "tokens", "heads"])
def _attend(
    query,
    key,
    value,
    out,
    asking,
    tokens,
    heads,
    query_stride,
    key_stride,
    QUERIES: tl.constexpr,
    WIDTH: tl.constexpr,
    DEPTH: tl.constexpr,
):
    picture, head = tl.program_id(0).to(tl.int64) // heads, tl.program_id(0) % heads
    deep = head * DEPTH + tl.arange(0, DEPTH)[None, :]
    q, t = tl.arange(0, QUERIES)[:, None], tl.arange(0, WIDTH)[:, None]
    own = tl.load(query + (picture * asking + q) * query_stride + deep, q < asking, 0.0)
    keys = tl.load(key + (picture * tokens + t) * key_stride + deep, t < tokens, 0.0)
    values = tl.load(value + (picture * tokens + t) * key_stride + deep, t < tokens, 0.0)
    attended = tl.dot(_weights(own, keys, tokens, WIDTH).to(values.dtype), values)
    place = out + (picture * asking + q) * heads * DEPTH + deep
    tl.store(place, attended.to(out.dtype.element_ty), q < asking)


@triton.jit(do_not_specialize=["asking", "tokens", "heads"])
def _gradients(
    query,
    key,
    value,
    gradient,
    query_out,
    key_out,
    value_out,
    asking,
    tokens,
    heads,
    query_stride,
    key_stride,
    QUERIES: tl.constexpr,
    WIDTH: tl.constexpr,
    DEPTH: tl.constexpr,
):
    picture, head = tl.program_id(0).to(tl.int64) // heads, tl.program_id(0) % heads
    deep = head * DEPTH + tl.arange(0, DEPTH)[None, :]
    q, t = tl.arange(0, QUERIES)[:, None], tl.arange(0, WIDTH)[:, None]
    own_place = (picture * asking + q) * query_stride + deep
    key_place = (picture * tokens + t) * key_stride + deep
    own = tl.load(query + own_place, q < asking, 0.0)
    keys = tl.load(key + key_place, t < tokens, 0.0)
    values = tl.load(value + key_place, t < tokens, 0.0)
    slope = tl.load(gradient + (picture * asking + q) * heads * DEPTH + deep, q < asking, 0.0)
    weights = _weights(own, keys, tokens, WIDTH)
    value_slope = tl.dot(tl.trans(weights.to(slope.dtype)), slope)
    tl.store(value_out + key_place, value_slope.to(value_out.dtype.element_ty), t < tokens)
    weight_slope = tl.dot(slope, tl.trans(values))
    products = weights * (weight_slope - tl.sum(weight_slope * weights, 1)[:, None])
    products = products.to(slope.dtype)
    tl.store(query_out + own_place, tl.dot(products, keys).to(query_out.dtype.element_ty), q < asking)
    tl.store(key_out + key_place, tl.dot(tl.trans(products), own).to(key_out.dtype.element_ty), t < tokens)


class _Attention(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, query: Tensor, key_value: Tensor | None, heads: int) -> Tensor:
        ctx.save_for_backward(query, key_value)
        ctx.heads = heads
        parts = _parts(query, key_value)
        pictures, asking, channels = parts[0].shape
        out = query.new_empty(pictures, asking, channels)
        _attend[(pictures * heads,)](*parts, out, *_shapes(*parts[:2], heads))
        return out

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor | None, None]:
        query, key_value = ctx.saved_tensors
        parts = _parts(query, key_value)
        out = torch.empty_like(query), None if key_value is None else torch.empty_like(key_value)
        _gradients[(len(query) * ctx.heads,)](
            *parts, gradients[0].contiguous(), *_parts(*out), *_shapes(*parts[:2], ctx.heads)
        )
        return *out, None


def attend(query: Tensor, key_value: Tensor | None, heads: int) -> Tensor:
    """Return what scaled queries find, ``[N, Q, C]``.

    Args:
        query: ``[N, Q, C]``, or with keys and values beside them, ``[N, T, 3·C]``.
        key_value: keys and values side by side, ``[N, T, 2·C]``, with at most `MOST_TOKENS` tokens; None where they
            are beside the queries.
        heads: of which each has one of `WIDTHS`.
    """
    out: Tensor = _Attention.apply(query, key_value, heads)
    return out


def _parts(query: Tensor, key_value: Tensor | None) -> tuple[Tensor, Tensor, Tensor]:
    if key_value is None:
        query, key, value = query.chunk(3, dim=-1)
        return query, key, value
    key, value = key_value.chunk(2, dim=-1)
    return query, key, value


def _shapes(query: Tensor, key: Tensor, heads: int) -> tuple[int, ...]:
    asking, tokens, channels = query.shape[1], key.shape[1], query.shape[2]
    sizes = (max(16, triton.next_power_of_2(each)) for each in (asking, tokens))
    return asking, tokens, heads, query.stride(1), key.stride(1), *sizes, channels // heads
