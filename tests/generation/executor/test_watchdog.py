import asyncio
from collections.abc import Callable, Iterator

import pytest

from generation.capacity import Capacity
from generation.dispatch.devices import Device, Running
from generation.executor.protocol import Heartbeat
from generation.executor.watchdog import Patience, Watchdog
from generation.request import ImagineRequest

PATIENCE = Patience(loading=300, first_step=200, step=60, factor=20)
SHAPE = (64, 64)
REQUEST = ImagineRequest("a", "a red apple", 1, *SHAPE, steps=9)
BEAT = Heartbeat(SHAPE, 1, 1, 0.1)


def device(*, seconds: float = 0.1, busy: bool = True) -> Device:
    """Return a device that is up and takes so long for a step."""
    device = Device("cpu", Capacity(1))
    device.throughput.observe(SHAPE, 1, seconds)
    if busy:
        device.running["a"] = Running(REQUEST)
    return device


def test_loading_and_first_steps_may_take_long_and_later_ones_in_proportion() -> None:
    assert PATIENCE.limit(Device("cpu"), set()) == 300
    assert PATIENCE.limit(device(), set()) == 200
    assert PATIENCE.limit(device(), {SHAPE}) == 60
    assert PATIENCE.limit(device(seconds=10.0), {SHAPE}) == pytest.approx(200)


async def bite(device: Device, script: Iterator[Callable[[Watchdog], None]], monkeypatch: pytest.MonkeyPatch) -> float:
    """Let a watchdog watch while the script says what happens in each second."""
    dog = Watchdog(device, PATIENCE)

    async def tick(seconds: float) -> None:
        assert seconds == 1.0
        next(script)(dog)

    monkeypatch.setattr(asyncio, "sleep", tick)
    return await dog.wait_until_silent()


def nothing(_: Watchdog) -> None: ...


def beat(dog: Watchdog) -> None:
    dog.hear(BEAT)


async def test_silence_counts_from_the_last_word(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = 0

    def script() -> Iterator[Callable[[Watchdog], None]]:
        nonlocal seconds
        for second in range(1000):
            seconds = second
            yield beat if second < 500 else nothing

    assert await bite(device(), script(), monkeypatch) == 61
    assert seconds == 560


async def test_who_has_no_work_may_be_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    idle = device(busy=False)

    def script() -> Iterator[Callable[[Watchdog], None]]:
        yield beat
        for _ in range(10_000):
            yield nothing
        idle.running["a"] = Running(REQUEST)
        for _ in range(61):
            yield nothing

    assert await bite(idle, script(), monkeypatch) == 61
