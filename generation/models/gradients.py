"""Functions whose gradient is not their derivative (Crowson et al. 2022, arXiv 2204.08583)."""

from typing import Any

import torch
from torch import Tensor


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


def replace_gradient(forward: Tensor, backward: Tensor) -> Tensor:
    """Return the values of ``forward``; their gradient goes to ``backward``, of the same shape, unchanged."""
    return backward + (forward - backward).detach()
