"""The line as members see it: who is where in it, and when it will be their turn."""

import asyncio
import time
from bisect import bisect_right
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

from bot.queue import RequestQueue
from generation.dispatch.devices import Pool
from generation.dispatch.estimates import Forecast

SHARE = 0.1
"""Of the time may be spent on forecasts, at most."""
SLICE = 50
"""Requests that are played forward before something else gets a turn: a few milliseconds."""


@dataclass(frozen=True, slots=True, eq=False)
class Standing:
    """Where a request stands.

    Args:
        request_id: of the request.
        tag: virtual time at which its turn comes.
        starts: in Unix seconds, as far as one can tell; infinite while no device is up.
        following: when the one behind it starts.
    """

    request_id: str
    tag: int
    starts: float
    following: float


class Line:
    """What waits, in the order of the last forecast; who came after it stands where the scheduler's tags put them.

    Args:
        queue: that is forecast.
        least_pause: seconds between two forecasts, at least.
        pause: sleeps for so many seconds between two forecasts.
    """

    def __init__(
        self,
        queue: RequestQueue,
        least_pause: float,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._queue = queue
        self._least_pause = least_pause
        self._pause = pause
        self._standings: list[Standing] = []
        self._by_id: dict[str, Standing] = {}
        self._outdated = asyncio.Event()

    @property
    def standings(self) -> list[Standing]:
        """Next first."""
        return list(self._standings)

    def add(self, request_id: str, tag: int, soonest: float, between: float) -> tuple[int, float]:
        """Let a request stand in line, and return its place, 1 for the next, and when it starts, in Unix seconds.

        Args:
            request_id: of the request.
            tag: its start tag.
            soonest: when it starts if nobody else waits, in Unix seconds.
            between: seconds from its start to the next.
        """
        index = bisect_right(self._standings, tag, key=_tag)
        if index < len(self._standings):
            starts = self._standings[index].starts
        else:
            starts = self._standings[-1].following if self._standings else soonest
        self._insert(index, Standing(request_id, tag, starts, starts + between))
        return index + 1, starts

    def discard(self, request_id: str) -> None:
        """Let a request stand in line no more; one that does not is ignored."""
        standing = self._by_id.pop(request_id, None)
        if standing is not None:
            self._standings.remove(standing)

    def clear(self) -> None:
        """Let nobody stand in line."""
        self._standings.clear()
        self._by_id.clear()

    def outdate(self) -> None:
        """Say that something has changed that a forecast depends on."""
        if self._standings:
            self._outdated.set()

    async def keep(self, pool: Callable[[], Pool], changed: Callable[[], None]) -> None:
        """Forecast whenever the last forecast is outdated, though seldom, and then call ``changed``; never returns."""
        while True:
            await self._outdated.wait()
            self._outdated.clear()
            began = time.time()
            forecasts = []
            for number, forecast in enumerate(self._queue.forecast(pool()), start=1):
                forecasts.append(forecast)
                if not number % SLICE:
                    await asyncio.sleep(0)
            self._stand(forecasts, began)
            changed()
            await self._pause(max(self._least_pause, (time.time() - began) / SHARE))

    def _stand(self, forecasts: Iterable[Forecast], now: float) -> None:
        """Stand as it is forecast; who came or left meanwhile came or left."""
        late = dict(self._by_id)
        ordered = sorted(forecasts, key=lambda forecast: forecast.place)
        waiting = [forecast for forecast in ordered if late.pop(forecast.request_id, None)]
        last = waiting[-1].starts if waiting else 0.0
        following = [forecast.starts for forecast in waiting[1:]]
        following.append(min((each.finishes for each in ordered if each.finishes > last), default=last))
        self._standings = [
            Standing(each.request_id, each.tag, now + each.starts, now + next_starts)
            for each, next_starts in zip(waiting, following, strict=False)
        ]
        self._by_id = {standing.request_id: standing for standing in self._standings}
        for standing in late.values():
            self._insert(bisect_right(self._standings, standing.tag, key=_tag), standing)

    def _insert(self, index: int, standing: Standing) -> None:
        self._standings.insert(index, standing)
        self._by_id[standing.request_id] = standing


def _tag(standing: Standing) -> int:
    return standing.tag
