"""One step of painting: a canvas renders, an objective judges, an optimiser moves."""

from collections.abc import Sequence

import torch
from torch import Tensor

from generation.canvas import Surface
from generation.engine.objective import Loss
from generation.engine.optimisers import Optimiser, Tensors

CANDIDATES = 4
"""Of a population that are evaluated together, for each painting: without gradients they take less memory than a step
with gradients of one picture is taken to. So a device that has room for the picture has room for a population."""


def step(
    canvas: Surface,
    objective: Loss,
    optimiser: Optimiser,
    parameters: Tensors,
    state: Tensors,
    constants: Sequence[Tensor],
    rows: Sequence[Tensor],
    weights: Tensor,
    coefficients: Tensor,
    drawn: Tensor,
    pull: Tensor | None = None,
    at_once: int | None = None,
) -> tuple[Tensors, Tensors, Tensor]:
    """Return the parameters and the optimiser's state after a step, and the pictures before it, ``[B, 3, H, W]``.

    Nothing is changed in place, and nothing waits for the device. All tensors have a row for each painting.

    Args:
        canvas: of the paintings.
        objective: by which they are judged.
        optimiser: that moves the parameters.
        parameters: of the canvas.
        state: of the optimiser.
        constants: of the canvas.
        rows: of the objective.
        weights: of the objective's targets in this step.
        coefficients: of the optimiser in this step.
        drawn: what is random about the objective in this step.
        pull: of what the paintings began with, in this step, ``[B]``: so many times the distance is added to the loss.
        at_once: so many views are judged together, and the candidates of a population one by one, to take less memory;
            None for what is usual.
    """

    def evaluate(candidates: Tensors) -> tuple[Tensor, Tensor]:
        count = len(weights)
        times = len(candidates[0]) // count
        if times == 1:
            return judge(candidates, slice(None))
        painting = torch.arange(count, device=weights.device).repeat_interleave(times)
        some = count if at_once else count * CANDIDATES
        parts = [
            judge([each[first : first + some] for each in candidates], painting[first : first + some])
            for first in range(0, len(painting), some)
        ]
        losses, pictures = (torch.cat(each) for each in zip(*parts, strict=True))
        return losses, pictures

    def judge(candidates: Sequence[Tensor], painting: Tensor | slice) -> tuple[Tensor, Tensor]:
        own, wanted, (counted, chance) = (
            [each[painting] for each in tensors] for tensors in (constants, rows, (weights, drawn))
        )
        pictures = canvas.render(candidates, own)
        losses = objective.loss(pictures, wanted, counted, chance, at_once)
        losses = losses + canvas.regulariser(candidates, own, pictures)
        if pull is not None:
            losses = losses + pull[painting] * canvas.distance_to_start(candidates)
        return losses, pictures

    return optimiser.step(parameters, state, coefficients, evaluate)
