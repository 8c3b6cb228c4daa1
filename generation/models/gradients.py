"""Functions whose gradient is not their derivative (Crowson et al. 2022, arXiv 2204.08583)."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

SMALLEST = 2.0**-100
"""Of a gradient's largest value, for which it is scaled."""


class _ClampWithGradient(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, low: Tensor, high: Tensor) -> Tensor:
        ctx.save_for_backward(x, low, high)
        return x.maximum(low).minimum(high)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        x, low, high = ctx.saved_tensors
        (gradient,) = gradients
        inward = gradient * (x - x.maximum(low).minimum(high)) >= 0
        return gradient * inward, None, None


def clamp_with_gradient(x: Tensor, low: Tensor, high: Tensor) -> Tensor:
    """Clamp ``x`` to ``[low, high]``; outside, only the gradient that leads back inside passes."""
    clamped: Tensor = _ClampWithGradient.apply(x, low, high)  # type: ignore[no-untyped-call]
    return clamped


class _Enter(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, scale: Tensor) -> Tensor:
        ctx.scale = scale
        return x.view_as(x)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        return gradients[0] / ctx.scale, None


class _Leave(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, scale: Tensor) -> Tensor:
        ctx.scale = scale
        return x.view_as(x)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        (gradient,) = gradients
        largest = gradient.flatten(1).abs().amax(1).clamp(min=SMALLEST)
        ctx.scale.copy_(largest.log2().floor().neg().exp2().view_as(ctx.scale))
        return gradient * ctx.scale.view(-1, *[1] * (gradient.ndim - 1)), None


def scale_gradient(network: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """Return what a network makes of ``x``, with its gradient scaled inside: the largest that enters it is about 1.

    Each row has a scale of its own, a power of two, so that rows do not depend on one another. For float16, in which
    what is below 6e-8 is 0 (Micikevicius et al. 2018, arXiv 1710.03740, section 3.2); what comes out is as it would be.
    """
    scale = x.new_ones(len(x), *[1] * (x.ndim - 1))
    entered: Tensor = _Enter.apply(x, scale)  # type: ignore[no-untyped-call]
    left: Tensor = network(entered)
    scaled: Tensor = _Leave.apply(left, scale)  # type: ignore[no-untyped-call]
    return scaled


def replace_gradient(forward: Tensor, backward: Tensor) -> Tensor:
    """Return the values of ``forward``; their gradient goes to ``backward``, of the same shape, unchanged."""
    return backward + (forward - backward).detach()
