"""The batches of an engine: each state is in one of its key."""

from itertools import accumulate

from generation.canvas import Init, Surface
from generation.engine.batch import VIEWS, Batch
from generation.engine.equipment import Equipment
from generation.engine.state import RequestState

KEPT = 12
"""Batches without states that are kept for the next one of their key, at most: each has its recordings, and a picture
from coarse to fine takes part in four."""
KEPT_BYTES = 512 << 20
"""Of all that are kept, at most."""


class Batches:
    """Which state is in which batch.

    Args:
        equipment: that they paint with.
    """

    def __init__(self, equipment: Equipment) -> None:
        self._equipment = equipment
        self._all: list[Batch] = []
        """Also those without states, of which the one that was left last is at the end."""
        self._of: dict[RequestState, Batch] = {}

    def __getitem__(self, state: RequestState) -> Batch:
        """Return the batch in which a state is."""
        return self._of[state]

    @property
    def running(self) -> list[Batch]:
        """Those with states."""
        return [batch for batch in self._all if batch.states]

    @property
    def next(self) -> Batch | None:
        """The one whose steps have taken least time, None where none runs."""
        return min(self.running, key=lambda batch: batch.seconds, default=None)

    def drop_idle(self) -> None:
        """Let go of those that are kept for states to come."""
        self._all = self.running

    def join(self, state: RequestState, surface: Surface, init: Init, seconds: float) -> None:
        """Let a state take part in one of its key.

        Args:
            state: that takes part.
            surface: on which it paints.
            init: with which it begins.
            seconds: with which a batch is credited that begins with it.
        """
        stage = state.stages[state.stage]
        fitting = [batch for batch in self._all if batch.key == state.key and not batch.full]
        batch = max(fitting, key=lambda batch: len(batch.states), default=None)
        if batch is None:
            parts = self._equipment.parts(stage)
            own = self._equipment
            batch = Batch(surface, parts.objective, parts.optimiser, stage, state, init, own.device, own.slots)
            self._all.append(batch)
        if not batch.states:
            batch.seconds = seconds
        batch.join(state, init)
        self._of[state] = batch

    def leave(self, state: RequestState) -> None:
        """Let a state take part no longer; one that is in none is ignored."""
        batch = self._of.pop(state, None)
        if batch is None:
            return
        batch.leave(state)
        if batch in self._all and not batch.states:
            idle = [each for each in self._all if not each.states and each is not batch]
            newest = [*([] if batch.limited else [batch]), *reversed(idle)][:KEPT]
            room = [total <= KEPT_BYTES for total in accumulate(each.nbytes for each in newest)]
            self._all = [*self.running, *reversed(newest[: sum(room)])]

    def remove(self, batch: Batch) -> None:
        """Let go of one that is of no use any more; its states stay in it until they leave or are in another."""
        self._all.remove(batch)

    def divide(self, batch: Batch) -> None:
        """Let the states of one that was removed go on in two, or one alone with its cutouts judged a few at a time."""
        count = len(batch.states)
        for part in batch.parts(1, VIEWS) if count == 1 else batch.parts((count + 1) // 2):
            self._all.append(part)
            self._of |= dict.fromkeys(part.states, part)
