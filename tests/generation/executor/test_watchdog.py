from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from generation.capacity import Capacity
from generation.events import Failed, Finished, Heartbeat, Offer, Ready
from generation.executor.protocol import Abort, FromWorker, Hello, Paint
from generation.executor.watchdog import Patience, Watchdog
from generation.load import Kind
from generation.request import ImagineRequest

PATIENCE = Patience(loading=300, first_step=200, step=60, factor=20)
SHAPE = (64, 64)
REQUEST = ImagineRequest("a", "a red apple", 1, *SHAPE, steps=9)
READY = Ready("cpu", Offer(Capacity(1), 16))
BEAT = Heartbeat(SHAPE, 1, 1, 0.1)

Script = Iterator[Callable[[Watchdog], None]]


def watchdog(*heard: FromWorker) -> Watchdog:
    """Return a watchdog of a worker that has a request and has said this."""
    dog = Watchdog(PATIENCE)
    dog.give(Paint(REQUEST))
    for message in heard:
        dog.hear(message)
    return dog


def test_loading_and_first_steps_may_take_long_and_later_ones_in_proportion() -> None:
    assert watchdog().limit == 300
    assert watchdog(Hello(0)).limit == 300
    assert watchdog(READY).limit == 200
    assert watchdog(READY, BEAT).limit == 60
    assert watchdog(READY, replace(BEAT, seconds=10.0)).limit == pytest.approx(200)
    assert watchdog(READY, replace(BEAT, seconds=50.0, steps=5)).limit == pytest.approx(200)


def test_a_batch_that_grows_may_take_longer() -> None:
    dog = watchdog(READY, replace(BEAT, seconds=10.0))
    dog.give(Paint(replace(REQUEST, id="b")))
    assert dog.limit == pytest.approx(400)
    dog.give(Abort("b"))
    assert dog.limit == pytest.approx(200)
    dog.give(Paint(replace(REQUEST, id="c", width=128)))
    assert dog.limit == 200, "the first step of a shape"


def test_it_knows_what_the_worker_has() -> None:
    dog = watchdog(READY)
    for request_id in "bcd":
        dog.give(Paint(replace(REQUEST, id=request_id)))
    dog.give(Abort("b"))
    dog.hear(Finished("c", b"", 1.0))
    dog.hear(Failed("d", "Why."))
    assert dog.requests == {"a": Kind(SHAPE)}


async def silence(script: Script) -> float:
    """Return how long it was silent in the end, when the script says what happens in each second."""

    async def tick(seconds: float) -> None:
        assert seconds == 1.0
        next(script)(dog)

    dog = Watchdog(PATIENCE, tick)
    dog.hear(READY)
    return await dog.wait_until_silent()


def nothing(_: Watchdog) -> None: ...


def beat(dog: Watchdog) -> None:
    dog.hear(BEAT)


async def test_silence_counts_from_the_last_word() -> None:
    seconds = 0

    def script() -> Script:
        nonlocal seconds
        yield lambda dog: dog.give(Paint(REQUEST))
        for second in range(1, 1000):
            seconds = second
            yield beat if second < 500 else nothing

    assert await silence(script()) == 61
    assert seconds == 560


async def test_who_has_no_work_may_be_silent() -> None:
    def script() -> Script:
        yield beat
        yield from [nothing] * 10_000
        yield lambda dog: dog.give(Paint(REQUEST))
        yield from [nothing] * 60

    assert await silence(script()) == 61
