"""Views judged a few at a time, so that autograd keeps what belongs to a few of them only."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from generation.perceptor.ensemble import Perceptor

BYTES_ON_CPU = 10 << 20
"""Of the views that are judged together there: 17 of 224×224 pixels, so 32 are judged in halves. All together are a few
per cent faster, for a sixth more memory; of smaller ones it takes more to keep the processor busy."""

Judge = Callable[[Tensor], Tensor]
"""Returns how far views are from what is wanted, each looked at for itself: ``[B, n, 3, size, size] → [B, n]``."""


def usual(perceptor: Perceptor) -> int | None:
    """Return how many views a perceptor judges together where it is; None for all."""
    if next(perceptor.buffers()).device.type != "cpu":
        return None
    return max(1, BYTES_ON_CPU // (3 * perceptor.input_size**2 * torch.float32.itemsize))


def judged(judge: Judge, views: Tensor, *bounds: int | None) -> Tensor:
    """Return what a judge says of views, ``[B, n, 3, size, size] → [B, n]``.

    Args:
        judge: of each.
        views: of pictures.
        bounds: no more than each are judged together, or one of each picture; None for none.
    """
    pictures, count = views.shape[:2]
    at_once = min(filter(None, bounds), default=None)
    if at_once is None or pictures * count <= at_once:
        return judge(views)
    slices = -(-count // max(1, at_once // pictures))
    some = -(-count // slices)
    if not (views.requires_grad and torch.is_grad_enabled()):
        return torch.cat([judge(each) for each in views.split(some, 1)], 1)
    distances: Tensor = _InSlices.apply(views, judge, some)  # type: ignore[no-untyped-call]
    return distances


class _InSlices(torch.autograd.Function):
    """Goes forward and back through one slice after the other: each view has a number, whose gradient is its own."""

    @staticmethod
    def forward(ctx: Any, views: Tensor, judge: Judge, some: int) -> Tensor:
        gradients, distances = torch.empty_like(views), []
        for own, gradient in zip(views.split(some, 1), gradients.split(some, 1), strict=True):
            with torch.enable_grad():
                own = own.detach().requires_grad_()
                distance = judge(own)
                gradient.copy_(*torch.autograd.grad(distance.sum(), own))
            distances.append(distance.detach())
            del distance  # with all that it keeps, before there is the next
        ctx.save_for_backward(gradients)
        return torch.cat(distances, 1)

    @staticmethod
    def backward(ctx: Any, *outer: Tensor) -> tuple[Tensor, None, None]:
        (gradients,) = ctx.saved_tensors
        return gradients * outer[0][:, :, None, None, None], None, None
