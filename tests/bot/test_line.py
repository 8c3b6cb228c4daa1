import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from math import inf

import pytest

from bot.line import SHARE, Line
from bot.queue import RequestQueue
from generation.capacity import Capacity
from generation.dispatch.devices import Device, Pool, Running
from generation.request import ImagineRequest

PAUSE = 1.0
SHAPE = (64, 64)


def a_request(number: int, member: str = "", steps: int = 10) -> ImagineRequest:
    return ImagineRequest(f"r{number}", "a cat", 7, *SHAPE, steps, member or f"member {number}")


@dataclass
class Scene:
    """A line beside a device that paints a picture of ten seconds."""

    device: Device = field(default_factory=lambda: Device("cpu", Capacity(1)))
    queue: RequestQueue = field(default_factory=lambda: RequestQueue(20_000, 20_000))
    pauses: "asyncio.Queue[float]" = field(default_factory=asyncio.Queue)
    go_on: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))
    changes: int = 0

    def __post_init__(self) -> None:
        self.line = Line(self.queue, PAUSE, self.pause)
        self.device.throughput.observe(SHAPE, 1, 1.0)
        self.device.running["r-1"] = Running(a_request(-1))

    @property
    def pool(self) -> Pool:
        return Pool((self.device,))

    async def pause(self, seconds: float) -> None:
        self.pauses.put_nowait(seconds)
        await self.go_on.acquire()

    def admit(self, *requests: ImagineRequest, soonest: float = 0.0) -> list[tuple[int, float]]:
        between = 10.0
        shown = [self.line.add(each.id, self.queue.admit(each), soonest, between) for each in requests]
        self.line.outdate()
        return shown

    def note(self) -> None:
        self.changes += 1

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """Keep the line within the block; at its beginning one forecast has been made if it was outdated."""
        keeping = asyncio.create_task(self.line.keep(lambda: self.pool, self.note))
        async with asyncio.timeout(60):
            if self.line.standings:
                await self.pauses.get()
            yield
        keeping.cancel()
        await asyncio.wait({keeping})
        assert keeping.cancelled()

    def places(self) -> list[str]:
        return [standing.request_id for standing in self.line.standings]

    def starts(self) -> list[float]:
        return [standing.starts for standing in self.line.standings]


def about(*seconds: float) -> object:
    now = time.time()
    return pytest.approx([now + each for each in seconds], abs=5)


async def test_everybody_stands_where_the_forecast_says() -> None:
    scene = Scene()
    scene.admit(*(a_request(number) for number in range(3)))
    async with scene.kept():
        assert scene.places() == ["r0", "r1", "r2"]
        assert scene.starts() == about(10, 20, 30)
        assert scene.changes == 1


async def test_a_newcomer_has_a_place_before_the_next_forecast() -> None:
    scene = Scene()
    flood = [a_request(number, "flood") for number in range(10)]
    soonest = time.time() + 10
    assert scene.admit(*flood[:2], soonest=soonest) == [(1, soonest), (2, soonest + 10)]
    scene.admit(*flood[2:])
    async with scene.kept():
        assert scene.admit(a_request(100))[0][0] == 2
        assert scene.admit(a_request(101))[0][0] == 3
        assert scene.places()[:4] == ["r0", "r100", "r101", "r1"]
        (last,) = scene.admit(a_request(102, "flood"))
        assert last[0] == 13
        assert [last[1]] == about(110)


async def test_however_much_happens_a_forecast_is_made_once_and_then_once_more() -> None:
    scene = Scene()
    scene.admit(a_request(0))
    async with scene.kept():
        for number in range(1, 100):
            scene.admit(a_request(number))
            await asyncio.sleep(0)
        assert scene.changes == 1
        scene.go_on.release()
        assert await scene.pauses.get() >= PAUSE
        assert scene.changes == 2
        assert scene.starts() == about(*range(10, 1010, 10))
        scene.go_on.release()
        await asyncio.sleep(0)
        assert scene.changes == 2


async def test_a_forecast_lets_others_have_turns_and_takes_a_small_share_of_the_time() -> None:
    scene = Scene()
    scene.admit(*(a_request(number) for number in range(1000)))
    turns = 0
    keeping = asyncio.create_task(scene.line.keep(lambda: scene.pool, scene.note))
    began = time.time()
    while not scene.changes:
        await asyncio.sleep(0)
        turns += 1
    assert turns > 10
    assert scene.pauses.get_nowait() <= max(PAUSE, (time.time() - began) / SHARE)
    keeping.cancel()


async def test_who_comes_and_goes_during_a_forecast_is_not_lost() -> None:
    scene = Scene()
    scene.admit(*(a_request(number) for number in range(100)))

    def begin() -> Pool:
        asyncio.get_running_loop().call_soon(scene.admit, a_request(200, "member 0"))
        asyncio.get_running_loop().call_soon(scene.line.discard, "r5")
        return scene.pool

    keeping = asyncio.create_task(scene.line.keep(begin, scene.note))
    await scene.pauses.get()
    assert scene.places()[:6] == ["r0", "r1", "r2", "r3", "r4", "r6"]
    assert scene.places()[-1] == "r200"
    keeping.cancel()


async def test_while_no_device_is_up_there_are_places_and_no_times() -> None:
    scene = Scene(Device("cpu"))
    scene.device.running.clear()
    scene.admit(a_request(0), a_request(1), soonest=inf)
    async with scene.kept():
        assert scene.places() == ["r0", "r1"]
        assert scene.starts() == [inf, inf]


async def test_an_empty_line_needs_no_forecast() -> None:
    scene = Scene()
    async with scene.kept():
        scene.line.outdate()
        await asyncio.sleep(0)
        scene.line.discard("never there")
        assert scene.changes == 0
        assert scene.pauses.empty()
