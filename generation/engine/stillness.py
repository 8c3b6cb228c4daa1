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
    request = state.request
    every = request.until_still
    if every is None or state.step % every or state.done or (picture := state.picture) is None:
        return request
    before, state.seen = state.seen, (state.stage, F.adaptive_avg_pool2d(picture, SIDE))
    # Only the last stage with steps ends a picture: those before rest when their rates are low, and the next do not.
    is_last = not any(stage.share for stage in state.stages[state.stage + 1 :])
    if before is None or not is_last or before[0] != state.stage or change(before[1], state.seen[1]) >= CHANGE:
        return request
    percent = max(LEAST_STOP, ceil(100 * (state.step + 1) / request.steps))
    return replace(request, stop=min(request.stop, percent), until_still=None)


def change(before: Tensor, after: Tensor) -> float:
    """Return the mean absolute difference of two pictures."""
    return float((before - after).abs().mean())
