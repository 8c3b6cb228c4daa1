"""Whether a picture still changes."""

from dataclasses import replace
from math import ceil

from torch import Tensor
from torch.nn import functional as F

from generation.engine.state import RequestState
from generation.request import LEAST_STOP, ImagineRequest

SIDE = 64
"""Of the squares of a picture that are compared, in pixels: what is finer is texture that never rests."""
CHANGE = 1.0 / 255
"""Mean difference of two pictures in [0, 1] below which nobody sees one beside the other."""


def ended_where_still(state: RequestState) -> ImagineRequest:
    """Return the request of a state that has taken a step: one that ends soon where its picture is still.

    A picture is still that differs by less than :data:`CHANGE` from the one so many steps before as the request says in
    ``until_still``. It then ends after a whole percent of its steps, so that it is an ordinary request that anybody can
    have painted again, to the same pixels.
    """
    request, stage = state.request, state.stages[state.stage]
    every = request.until_still
    if every is None or state.picture is None or state.step % every or state.done:
        return request
    before, state.seen = state.seen, (state.stage, F.adaptive_avg_pool2d(state.picture, SIDE))
    # Only the last stage ends a picture: those before it rest when their rates are low, and the next ones do not.
    is_last = state.stage == len(state.stages) - 1 and stage.side is None
    if before is None or not is_last or before[0] != state.stage or change(before[1], state.seen[1]) >= CHANGE:
        return request
    percent = max(LEAST_STOP, ceil(100 * (state.step + 1) / request.steps))
    return replace(request, stop=min(request.stop, percent), until_still=None)


def change(before: Tensor, after: Tensor) -> float:
    """Return the mean absolute difference of two pictures."""
    return float((before - after).abs().mean())
