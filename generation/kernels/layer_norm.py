"""Layer normalisation of a sum, which is kept too, in one pass (Ba, Kiros and Hinton 2016, arXiv 1607.06450)."""

from typing import Any

import torch
import triton
import triton.language as tl
from torch import Tensor


@triton.jit
def _normed(x, mask, channels, eps):
    """Return what is normalised, and 1/σ."""
    away = tl.where(mask, x - tl.sum(x, 0) / channels, 0.0)
    rstd = 1 / tl.sqrt(tl.sum(away * away, 0) / channels + eps)
    return away * rstd, rstd


@triton.jit
def _add_and_normalise(x, more, weight, bias, total, out, channels, eps, WIDTH: tl.constexpr):
    column = tl.arange(0, WIDTH)
    mask = column < channels
    place = tl.program_id(0).to(tl.int64) * channels + column
    value = tl.load(x + place, mask, 0.0).to(tl.float32) + tl.load(more + place, mask, 0.0).to(tl.float32)
    value = value.to(total.dtype.element_ty)
    tl.store(total + place, value, mask)
    normed, _ = _normed(value.to(tl.float32), mask, channels, eps)
    scale, shift = tl.load(weight + column, mask, 0.0).to(tl.float32), tl.load(bias + column, mask, 0.0).to(tl.float32)
    tl.store(out + place, (normed * scale + shift).to(out.dtype.element_ty), mask)


@triton.jit
def _gradient(total, total_gradient, gradient, weight, out, channels, eps, WIDTH: tl.constexpr):
    column = tl.arange(0, WIDTH)
    mask = column < channels
    place = tl.program_id(0).to(tl.int64) * channels + column
    normed, rstd = _normed(tl.load(total + place, mask, 0.0).to(tl.float32), mask, channels, eps)
    slope = tl.load(gradient + place, mask, 0.0).to(tl.float32) * tl.load(weight + column, mask, 0.0).to(tl.float32)
    along = tl.sum(slope * normed, 0) / channels
    dx = (slope - tl.sum(slope, 0) / channels - normed * along) * rstd
    dx += tl.load(total_gradient + place, mask, 0.0).to(tl.float32)
    tl.store(out + place, dx.to(out.dtype.element_ty), mask)


class _AddAndNormalise(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, more: Tensor, weight: Tensor, bias: Tensor, eps: float) -> tuple[Tensor, Tensor]:
        x, more = x.contiguous(), more.contiguous()
        total, out = torch.empty_like(x), torch.empty_like(x)
        channels = x.shape[-1]
        rows, width = x.numel() // channels, triton.next_power_of_2(channels)
        _add_and_normalise[(rows,)](x, more, weight, bias, total, out, channels, eps, width)
        ctx.save_for_backward(total, weight)
        ctx.eps = eps
        return total, out

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, None, None, None]:
        total, weight = ctx.saved_tensors
        total_gradient, gradient = (each.contiguous() for each in gradients)
        out = torch.empty_like(total)
        channels = total.shape[-1]
        rows, width = total.numel() // channels, triton.next_power_of_2(channels)
        _gradient[(rows,)](total, total_gradient, gradient, weight, out, channels, ctx.eps, width)
        return out, out, None, None, None


def add_and_normalise(x: Tensor, more: Tensor, weight: Tensor, bias: Tensor, eps: float) -> tuple[Tensor, Tensor]:
    """Return ``x + more`` and its layer norm, all ``[…, C]``; weight and bias, ``[C]``, do not learn."""
    summed: tuple[Tensor, Tensor] = _AddAndNormalise.apply(x, more, weight, bias, eps)
    return summed
