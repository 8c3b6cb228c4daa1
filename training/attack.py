"""Adversarial pictures: training on them makes a perceptor's gradients show form (Santurkar et al. 2019).

Without it the gradient of a small CLIP is noise in the right palette; see Engstrom et al. 2019, arXiv 1906.00945.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn


def attack(pictures: Tensor, radius: Tensor, steps: int, loss: Callable[[Tensor], Tensor]) -> Tensor:
    """Move each picture up to its radius to where the loss is higher: projected gradient ascent in L2.

    Args:
        pictures: [B, 3, H, W] in about [0, 1].
        radius: of the ball around each picture, [B, 1, 1, 1], in the same units.
        steps: of gradient ascent, at least 1.
        loss: of a batch of pictures, a scalar.
    """
    stride = radius * (1.0 if steps == 1 else 2.0 / steps if steps > 2 else 0.7 * 2 / steps)
    change = _unit(torch.randn_like(pictures)) * radius * 0.25
    for _ in range(steps):
        change.requires_grad_()
        (gradient,) = torch.autograd.grad(loss(pictures + change), change)
        change = change.detach() + _unit(gradient) * stride
        length = change.flatten(1).norm(dim=1).view(-1, 1, 1, 1)
        change = change * (radius / length.clamp(min=1e-9)).clamp(max=1)
    return (pictures + change).detach()


@contextmanager
def frozen_statistics(network: nn.Module) -> Iterator[None]:
    """Inside, batch normalisation does not learn from what it sees: attacked pictures are not the data."""
    layers = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
    momenta = [layer.momentum for layer in layers]
    for layer in layers:
        layer.momentum = 0.0
    try:
        yield
    finally:
        for layer, momentum in zip(layers, momenta, strict=True):
            layer.momentum = momentum


def _unit(change: Tensor) -> Tensor:
    unit: Tensor = change / change.flatten(1).norm(dim=1).view(-1, 1, 1, 1).clamp(min=1e-9)
    return unit
