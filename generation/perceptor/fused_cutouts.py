"""Cutouts made by Triton kernels, for CUDA: in one pass, and with a gradient that is the same each time."""

from typing import Any

import torch
from torch import Generator, Tensor

from generation.kernels.cutouts import cut, gradient_of_cut, scale_of
from generation.perceptor.cutouts import Cutouts


class FusedCutouts:
    """Cuts views from pictures.

    Args:
        cutouts: which views.
    """

    def __init__(self, cutouts: Cutouts) -> None:
        self.cutouts = cutouts

    def draw(self, steps: int, generator: Generator) -> Tensor:
        """Draw what is random about the cutouts of several steps of a painting, ``[steps, count, DRAWN]``."""
        return self.cutouts.draw(steps, generator)

    def __call__(self, pictures: Tensor, drawn: Tensor) -> Tensor:
        """Return the cutouts, ``[B, 3, H, W]`` in [0, 1] and ``[B, count, DRAWN]`` → ``[B, count, 3, size, size]``."""
        cutouts = self.cutouts
        reduced = cutouts.reduced(pictures)
        out: Tensor = _Cut.apply(pictures, reduced, drawn, cutouts.sheet, cutouts.whole)  # type: ignore[no-untyped-call]
        return out


class _Cut(torch.autograd.Function):
    """Cuts the first so many views from the second pictures and the others from the first."""

    @staticmethod
    def forward(ctx: Any, pictures: Tensor, reduced: Tensor, drawn: Tensor, sheet: Tensor, whole: int) -> Tensor:
        drawn = drawn.contiguous()
        batch, count, _ = drawn.shape
        size = sheet.shape[1] // 2
        out = pictures.new_empty(batch, count, 3, size, size)
        ctx.shapes = reduced.shape, pictures.shape
        ctx.views = (0, whole), (whole, count - whole)
        ctx.save_for_backward(drawn)
        for source, views in zip((reduced, pictures), ctx.views, strict=True):
            cut(source.contiguous(), drawn, sheet, out, *views)
        return out

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, None, None, None]:
        (drawn,) = ctx.saved_tensors
        gradient = gradients[0].contiguous()
        scales = scale_of(gradient)
        reduced, pictures = (
            gradient_of_cut(gradient, scales, drawn, shape, *views)
            for shape, views in zip(ctx.shapes, ctx.views, strict=True)
        )
        return pictures, reduced, None, None, None
