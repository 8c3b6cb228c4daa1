"""The line of those who wait, in the order of the last forecast, with when their turn comes."""

import asyncio
import time
from bisect import bisect_left, bisect_right
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import replace

from generation.dispatch.forecast import Forecast
from generation.dispatch.record import Estimate, Record

SHARE = 0.1
"""Of the time may be spent on forecasts, at most."""
SLICE = 50
"""Requests that are played forward before something else gets a turn: a few milliseconds."""


class Estimates:
    """Keeps the estimates of waiting requests; who came after a forecast stands where the scheduler's tags put them.

    Args:
        least_pause: seconds between two forecasts, at least.
        pause: sleeps for so many seconds between two forecasts.
    """

    def __init__(self, least_pause: float, pause: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._least_pause = least_pause
        self._pause = pause
        self._line: list[Record] = []
        self._outdated = asyncio.Event()

    @property
    def line(self) -> list[Record]:
        """What waits, next first."""
        return list(self._line)

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits."""
        return not self._line

    def add(self, record: Record, tag: int, soonest: float, between: float) -> None:
        """Let a request stand in line.

        Args:
            record: of the request.
            tag: its start tag.
            soonest: when it starts if nobody else waits, in Unix seconds.
            between: seconds from its start to the next.
        """
        index = bisect_right(self._line, tag, key=_tag)
        if index < len(self._line):
            starts = self._line[index].estimate.starts
        else:
            starts = self._line[-1].estimate.following if self._line else soonest
        record.estimate = Estimate(starts, place=index + 1, tag=tag, following=starts + between)
        self._line.insert(index, record)
        self._outdated.set()

    def discard(self, record: Record) -> None:
        """Let a request stand in line no more; one that does not is ignored."""
        first = bisect_left(self._line, record.estimate.tag, key=_tag)
        last = bisect_right(self._line, record.estimate.tag, key=_tag)
        self._line[first:last] = [other for other in self._line[first:last] if other is not record]

    def outdate(self) -> None:
        """Say that something has changed that a forecast depends on."""
        if self._line:
            self._outdated.set()

    async def keep(self, forecast: Callable[[], Iterator[Forecast]], changed: Callable[[Record], None]) -> None:
        """Forecast whenever the last forecast is outdated, though seldom; never returns.

        Args:
            forecast: begins one.
            changed: called with each in line after it, next first.
        """
        while True:
            await self._outdated.wait()
            self._outdated.clear()
            now, began = time.time(), time.monotonic()
            forecasts = []
            for number, each in enumerate(forecast(), start=1):
                forecasts.append(each)
                if not number % SLICE:
                    await asyncio.sleep(0)
            self._stand(forecasts, now)
            for record in self._line:
                changed(record)
            await self._pause(max(self._least_pause, (time.monotonic() - began) / SHARE))

    def _stand(self, forecasts: Iterable[Forecast], now: float) -> None:
        """Stand as it is forecast; who came or left meanwhile came or left."""
        late = {record.request.id: record for record in self._line}
        ordered = sorted(forecasts, key=lambda forecast: forecast.place)
        waiting = [(forecast, late.pop(forecast.request_id)) for forecast in ordered if forecast.request_id in late]
        last = waiting[-1][0].starts if waiting else 0.0
        following = [forecast.starts for forecast, _ in waiting[1:]]
        following.append(min((each.finishes for each in ordered if each.finishes > last), default=last))
        for (each, record), next_starts in zip(waiting, following, strict=False):
            record.estimate = Estimate(now + each.starts, tag=each.tag, following=now + next_starts)
        self._line = [record for _, record in waiting]
        for record in late.values():
            self._line.insert(bisect_right(self._line, record.estimate.tag, key=_tag), record)
        for place, record in enumerate(self._line, start=1):
            record.estimate = replace(record.estimate, place=place)


def _tag(record: Record) -> int:
    return record.estimate.tag
