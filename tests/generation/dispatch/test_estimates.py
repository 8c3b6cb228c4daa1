import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from math import inf

import pytest

from generation.capacity import Capacity
from generation.dispatch.devices import Device, Pool
from generation.dispatch.estimates import SHARE, Estimates
from generation.dispatch.forecast import Forecast, forecast
from generation.dispatch.plan import Plan
from generation.dispatch.record import Record
from generation.load import Kind
from generation.request import ImagineRequest
from tests.generation.simulated import SMALL, a_request, up

PAUSE = 1.0


@dataclass
class Scene:
    """A line beside a device that paints a picture of ten seconds."""

    device: Device = field(default_factory=lambda: up(0, "cpu", Capacity(1)))
    pauses: "asyncio.Queue[float]" = field(default_factory=asyncio.Queue)
    go_on: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))
    changes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.estimates = Estimates(PAUSE, self.pause)
        self.device.observe(Kind(SMALL), 1, 1.0)
        self.device.running["r-1"] = a_request(-1)
        self.plan = Plan(Pool([self.device]))

    async def pause(self, seconds: float) -> None:
        self.pauses.put_nowait(seconds)
        await self.go_on.acquire()

    def forecast(self) -> Iterator[Forecast]:
        return forecast(self.plan, Counter())

    def admit(self, *requests: ImagineRequest, soonest: float = 0.0) -> list[tuple[int, float]]:
        records = [Record(request) for request in requests]
        for record in records:
            self.estimates.add(record, self.plan.scheduler.add(record.request), soonest, between=10.0)
        return [(record.estimate.place, record.estimate.starts) for record in records]

    def note(self, record: Record) -> None:
        self.changes.append(record.request.id)

    def keep(self) -> "asyncio.Task[None]":
        return asyncio.create_task(self.estimates.keep(self.forecast, self.note))

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """Keep the line within the block; at its beginning one forecast has been made if it was outdated."""
        keeping = self.keep()
        async with asyncio.timeout(60):
            if self.estimates.line:
                await self.pauses.get()
            yield
        keeping.cancel()
        await asyncio.wait({keeping})
        assert keeping.cancelled()

    def places(self) -> list[str]:
        return [record.request.id for record in self.estimates.line]

    def starts(self) -> list[float]:
        return [record.estimate.starts for record in self.estimates.line]


def about(*seconds: float) -> object:
    now = time.time()
    return pytest.approx([now + each for each in seconds], abs=5)


async def test_everybody_stands_where_the_forecast_says() -> None:
    scene = Scene()
    scene.admit(*(a_request(number) for number in range(3)))
    async with scene.kept():
        assert scene.places() == ["r0", "r1", "r2"]
        assert scene.starts() == about(10, 20, 30)
        assert scene.changes == ["r0", "r1", "r2"]
        assert [record.estimate.place for record in scene.estimates.line] == [1, 2, 3]


async def test_a_newcomer_has_a_place_before_the_next_forecast() -> None:
    scene = Scene()
    flood = [a_request(number, member="flood") for number in range(10)]
    soonest = time.time() + 10
    assert scene.admit(*flood[:2], soonest=soonest) == [(1, soonest), (2, soonest + 10)]
    scene.admit(*flood[2:])
    async with scene.kept():
        assert scene.admit(a_request(100))[0][0] == 2
        assert scene.admit(a_request(101))[0][0] == 3
        assert scene.places()[:4] == ["r0", "r100", "r101", "r1"]
        (last,) = scene.admit(a_request(102, member="flood"))
        assert last[0] == 13
        assert [last[1]] == about(110)


async def test_however_much_happens_a_forecast_is_made_once_and_then_once_more() -> None:
    scene = Scene()
    scene.admit(a_request(0))
    async with scene.kept():
        for number in range(1, 100):
            scene.admit(a_request(number))
            await asyncio.sleep(0)
        assert len(scene.changes) == 1
        scene.go_on.release()
        assert await scene.pauses.get() >= PAUSE
        assert len(scene.changes) == 1 + 100
        assert scene.starts() == about(*range(10, 1010, 10))
        scene.go_on.release()
        await asyncio.sleep(0)
        assert len(scene.changes) == 1 + 100


async def test_a_forecast_lets_others_have_turns_and_takes_a_small_share_of_the_time() -> None:
    scene = Scene()
    scene.admit(*(a_request(number) for number in range(1000)))
    turns = 0
    keeping = scene.keep()
    began = time.monotonic()
    while not scene.changes:
        await asyncio.sleep(0)
        turns += 1
    assert turns > 10
    assert scene.pauses.get_nowait() <= max(PAUSE, (time.monotonic() - began) / SHARE)
    keeping.cancel()


async def test_who_comes_and_goes_during_a_forecast_is_not_lost() -> None:
    scene = Scene()
    scene.admit(*(a_request(number) for number in range(100)))

    def begin() -> Iterator[Forecast]:
        asyncio.get_running_loop().call_soon(scene.admit, a_request(200, member="member 0"))
        asyncio.get_running_loop().call_soon(scene.estimates.discard, scene.estimates.line[5])
        return scene.forecast()

    keeping = asyncio.create_task(scene.estimates.keep(begin, scene.note))
    await scene.pauses.get()
    assert scene.places()[:6] == ["r0", "r1", "r2", "r3", "r4", "r6"]
    assert scene.places()[-1] == "r200"
    keeping.cancel()


async def test_while_no_device_is_up_there_are_places_and_no_times() -> None:
    scene = Scene(Device())
    scene.device.running.clear()
    scene.admit(a_request(0), a_request(1), soonest=inf)
    async with scene.kept():
        assert scene.places() == ["r0", "r1"]
        assert scene.starts() == [inf, inf]


async def test_an_empty_line_needs_no_forecast() -> None:
    scene = Scene()
    async with scene.kept():
        scene.estimates.outdate()
        await asyncio.sleep(0)
        scene.estimates.discard(Record(a_request(0)))
        assert not scene.changes
        assert scene.pauses.empty()
