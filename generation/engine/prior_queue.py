"""The requests that wait for the prior, which works for one after the other."""

from collections.abc import Generator as Slices

from torch import Tensor

from generation.engine.prior import Prior
from generation.engine.state import RequestState
from generation.engine.story import weights


class PriorQueue:
    """States that begin with a picture by the prior, which has not come yet.

    Attributes:
        seconds: as of a batch, of all of them together.
    """

    def __init__(self) -> None:
        self.seconds = 0.0
        self._work: dict[RequestState, Slices[None, None, Tensor]] = {}

    def __len__(self) -> int:
        return len(self._work)

    @property
    def first(self) -> RequestState | None:
        """For which the prior works next."""
        return next(iter(self._work), None)

    def add(self, state: RequestState, prior: Prior) -> None:
        """Let a state wait."""
        known = state.known
        self._work[state] = prior.begin(known, state.rows, weights(known, 0), state.generator)

    def discard(self, state: RequestState) -> None:
        """Let a state wait no longer; one that does not is ignored."""
        self._work.pop(state, None)

    def work(self, state: RequestState) -> Tensor | None:
        """Let the prior work for a state, and return its picture once that is there."""
        try:
            next(self._work[state])
        except StopIteration as end:
            picture: Tensor = end.value
            return picture
        return None
