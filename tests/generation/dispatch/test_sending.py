"""That pictures are read beside everything else, and that what changes meanwhile is heeded."""

import asyncio
import threading
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from generation.dispatch.dispatcher import Dispatcher
from generation.request import ImagineRequest
from generation.targets import Steering
from tests.generation.scripted import ScriptedExecutor
from tests.generation.simulated import a_request

DIGEST = "1" * 64


class Disk:
    """Gives pictures, each once the test lets it."""

    def __init__(self) -> None:
        self.asked = threading.Semaphore(0)
        self.gate = threading.Semaphore(0)
        self.threads: list[threading.Thread] = []

    def read(self, digest: str) -> bytes | None:
        self.threads.append(threading.current_thread())
        self.asked.release()
        assert self.gate.acquire(timeout=60)
        return digest.encode() if digest == DIGEST else None

    async def until_asked(self) -> None:
        assert await asyncio.to_thread(self.asked.acquire, timeout=60)


def with_picture(number: int, digest: str = DIGEST) -> ImagineRequest:
    return replace(a_request(number), init_picture=digest)


@pytest.fixture
def disk() -> Disk:
    return Disk()


@pytest.fixture
def executor() -> ScriptedExecutor:
    return ScriptedExecutor(devices=2)


@pytest.fixture
async def dispatcher(executor: ScriptedExecutor, disk: Disk) -> AsyncIterator[Dispatcher]:
    dispatcher = Dispatcher(executor, total=100, per_member=100, picture=disk.read)
    running = asyncio.create_task(dispatcher.run())
    yield dispatcher
    disk.gate.release(100)
    running.cancel()
    await asyncio.wait({running})


async def sent(executor: ScriptedExecutor, *numbers: int) -> None:
    await executor.until(lambda: set(executor.requests) == {f"r{number}" for number in numbers})


async def test_pictures_are_read_in_a_thread_and_others_do_not_wait(
    executor: ScriptedExecutor, dispatcher: Dispatcher, disk: Disk
) -> None:
    await dispatcher.submit(with_picture(0))
    await disk.until_asked()
    await dispatcher.submit(a_request(1))
    await sent(executor, 1)
    assert [record.request.id for record in dispatcher.snapshot().running] == ["r0", "r1"]
    disk.gate.release()
    await sent(executor, 0, 1)
    assert executor.pictures["r0"] == {DIGEST: DIGEST.encode()}
    assert threading.main_thread() not in disk.threads


async def test_a_picture_that_is_gone_is_left_out(
    executor: ScriptedExecutor, dispatcher: Dispatcher, disk: Disk
) -> None:
    disk.gate.release()
    await dispatcher.submit(with_picture(0, "2" * 64))
    await sent(executor, 0)
    assert executor.pictures["r0"] == {}


async def test_what_is_cancelled_meanwhile_is_not_sent(
    executor: ScriptedExecutor, dispatcher: Dispatcher, disk: Disk
) -> None:
    await dispatcher.submit(with_picture(0))
    await disk.until_asked()
    await dispatcher.cancel("r0")
    await dispatcher.submit(with_picture(1))
    disk.gate.release(2)
    await sent(executor, 1)
    assert not executor.aborted


async def test_what_loses_its_device_meanwhile_is_sent_once_and_to_another(
    executor: ScriptedExecutor, dispatcher: Dispatcher, disk: Disk
) -> None:
    await dispatcher.submit(with_picture(0))
    await disk.until_asked()
    executor.change(0, "down")
    async with asyncio.timeout(60):
        async for _ in dispatcher.updates():
            if not dispatcher.pool.device(0).is_up:
                break
    disk.gate.release(2)
    await sent(executor, 0)
    assert executor.device_of(executor.requests["r0"]) == 1
    assert {record.attempts for record in dispatcher.snapshot().running} == {0}


async def test_what_is_steered_meanwhile_is_told_afterwards(
    executor: ScriptedExecutor, dispatcher: Dispatcher, disk: Disk
) -> None:
    await dispatcher.submit(with_picture(0))
    await disk.until_asked()
    steering = Steering("fog", -0.5)
    steered = asyncio.create_task(dispatcher.steer("r0", [steering]))
    await asyncio.sleep(0)
    disk.gate.release()
    await sent(executor, 0)
    assert executor.said == [("r0", (steering,))]
    executor.turn(executor.requests["r0"], steering)
    request = await asyncio.wait_for(steered, 60)
    assert request is not None
    assert request.steering == (steering,)


async def test_what_is_not_sent_yet_is_suspended_all_the_same(
    executor: ScriptedExecutor, dispatcher: Dispatcher, disk: Disk
) -> None:
    await dispatcher.submit(with_picture(0))
    await disk.until_asked()
    draining = asyncio.create_task(dispatcher.drain(0))
    await asyncio.sleep(0)
    disk.gate.release()
    await asyncio.wait_for(draining, 4)
    assert not executor.requests
    assert [record.request.id for record in dispatcher.snapshot().running] == ["r0"]
