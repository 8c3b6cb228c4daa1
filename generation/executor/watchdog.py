"""Tells a worker that hangs from one that takes its time."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from generation.events import Failed, Finished, Heartbeat, Ready, Suspended, Unloaded
from generation.executor.protocol import Abort, FromWorker, Paint, ToWorker
from generation.load import Kind


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a worker that has work may be silent, in seconds.

    Args:
        loading: before its models are loaded: a cold disk, eight workers at once.
        first_step: before its first step of a kind: a model is loaded, the libraries warm up, and nobody knows yet how
            slow it is.
        step: afterwards, at least.
        factor: afterwards, at least so many times its slowest step as measured.
    """

    loading: float = 300.0
    first_step: float = 300.0
    step: float = 60.0
    factor: float = 20.0


PATIENCE = Patience()


class Watchdog:
    """Watches one worker.

    Silence is counted in ticks and not read off the clock: while this process itself is stopped, by Ctrl-Z or with the
    machine, it hears nobody.

    Args:
        patience: how long it may be silent.
        sleep: waits for so many seconds.
    """

    def __init__(self, patience: Patience, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._patience = patience
        self._sleep = sleep
        self._is_loaded = False
        self._given: dict[str, Kind] = {}
        self._heartbeats: dict[Kind, Heartbeat] = {}
        """The last of each kind, since its model was loaded."""
        self._heard = False

    @property
    def requests(self) -> Mapping[str, Kind]:
        """What the worker was given and has not ended, by id."""
        return MappingProxyType(self._given)

    def give(self, message: ToWorker) -> None:
        """Take note that the worker is told something."""
        match message:
            case Paint(request):
                self._given[request.id] = request.kind
            case Abort(request_id):
                self._given.pop(request_id, None)

    def hear(self, message: FromWorker) -> None:
        """Take note that the worker said something."""
        self._heard = True
        match message:
            case Ready():
                self._is_loaded = True
            case Heartbeat():
                self._heartbeats[message.kind] = message
            case Unloaded(model):
                self._heartbeats = {kind: beat for kind, beat in self._heartbeats.items() if kind.model != model}
            case Finished() | Failed() | Suspended():
                self._given.pop(message.request_id, None)

    @property
    def limit(self) -> float:
        """How long the worker may be silent now, in seconds."""
        if not self._is_loaded:
            return self._patience.loading
        batches = Counter(self._given.values())
        if batches.keys() - self._heartbeats:
            return self._patience.first_step
        slowest = max((self._step_seconds(kind, batch) for kind, batch in batches.items()), default=0.0)
        return max(self._patience.step, self._patience.factor * slowest)

    def _step_seconds(self, kind: Kind, batch: int) -> float:
        last = self._heartbeats[kind]
        return last.seconds / last.steps * max(1.0, batch / last.batch)

    async def wait_until_silent(self) -> float:
        """Return when the worker has been silent for too long, and for how long, in seconds."""
        tick = min(1.0, self._patience.step / 4)
        silent = 0.0
        while silent <= self.limit:
            await self._sleep(tick)
            has_work = not self._is_loaded or self._given
            silent = silent + tick if has_work and not self._heard else 0.0
            self._heard = False
        return silent
