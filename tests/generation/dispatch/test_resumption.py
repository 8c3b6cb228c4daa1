"""What an earlier run has left, and devices that went on painting while there was no bot."""

import asyncio
from dataclasses import replace

import pytest

from generation.dispatch.dispatcher import Dispatcher
from generation.dispatch.journal import MemoryJournal, Unfinished
from generation.dispatch.record import Record
from generation.events import Checkpoint, Finished, Steered
from generation.request import ImagineRequest
from generation.targets import Steering
from tests.generation.scripted import ScriptedExecutor
from tests.generation.simulated import a_request


class Kept(MemoryJournal):
    """A journal with what an earlier bot has left."""

    def __init__(self, *unfinished: Unfinished) -> None:
        super().__init__()
        self._kept = {each.request.id: each for each in unfinished}


def left(*requests: ImagineRequest, slots: int = 2) -> ScriptedExecutor:
    """Return two devices, of which the second paints these already."""
    executor = ScriptedExecutor(slots, devices=2)
    executor.outlives = True
    for request in requests:
        executor.send(1, request)
    executor.inherited = [(1, request) for request in requests]
    return executor


async def running(executor: ScriptedExecutor, journal: MemoryJournal) -> tuple[Dispatcher, list[Record]]:
    dispatcher = Dispatcher(executor, total=9, per_member=9, journal=journal)
    return dispatcher, await dispatcher.resume()


async def test_what_is_painted_already_goes_on_where_it_is() -> None:
    executor = left(a_request(0))
    journal = Kept(Unfinished(a_request(0), was_running=True, checkpoint=Checkpoint("r0", 3, 1.0, b"")))
    dispatcher, (record,) = await running(executor, journal)
    task = asyncio.create_task(dispatcher.run())
    await dispatcher.submit(a_request(1))
    await executor.until(lambda: len(executor.requests) == 2)
    assert record.device is not None
    assert (record.device.number, record.step, record.attempts) == (1, 3, 0)
    assert executor.checkpoints["r0"] is None, "it was not sent again"
    executor.finish(a_request(0))
    async for update in dispatcher.updates():
        if isinstance(update.event, Finished):
            break
    assert record.status == "finished"
    task.cancel()


async def test_what_is_not_wanted_any_more_is_aborted() -> None:
    executor = left(a_request(0), a_request(1))
    dispatcher, _ = await running(executor, Kept(Unfinished(a_request(1))))
    task = asyncio.create_task(dispatcher.run())
    await executor.until(lambda: len(executor.aborted) == 2)
    await executor.until(lambda: [*executor.requests] == ["r1"])
    task.cancel()


async def test_it_is_known_as_it_is_painted() -> None:
    steering = (Steering("blue", 1.0, step=2),)
    smaller = replace(a_request(0), width=64, height=64, steering=steering)
    journal = Kept(Unfinished(a_request(0), was_running=True))
    executor = left(smaller)
    dispatcher, (record,) = await running(executor, journal)
    task = asyncio.create_task(dispatcher.run())
    async for update in dispatcher.updates():
        if isinstance(update.event, Steered):
            break
    assert record.request == replace(a_request(0), steering=steering)
    assert record.painted == smaller
    assert (await journal.unfinished())[0].request == record.request
    task.cancel()


async def test_a_suspect_stays_alone_where_it_is() -> None:
    executor = left(a_request(0))
    dispatcher, _ = await running(executor, Kept(Unfinished(a_request(0), attempts=1, was_running=True)))
    task = asyncio.create_task(dispatcher.run())
    for number in (1, 2):
        await dispatcher.submit(a_request(number))
    await executor.until(lambda: len(executor.requests) == 3)
    assert {executor.device_of(a_request(number)) for number in (1, 2)} == {0}
    task.cancel()


async def test_draining_waits_for_nothing_that_goes_on_by_itself() -> None:
    executor = left()
    dispatcher, _ = await running(executor, journal := MemoryJournal())
    task = asyncio.create_task(dispatcher.run())
    await dispatcher.submit(a_request(0))
    await executor.until(lambda: executor.requests)
    async with asyncio.timeout(60):
        await dispatcher.drain(3600.0)
    assert [*executor.requests] == ["r0"]
    assert [each.was_running for each in await journal.unfinished()] == [True]
    task.cancel()


@pytest.mark.parametrize(("starts", "together"), [(1, 2), (2, 1)])
async def test_what_ran_when_the_process_ended_twice_goes_on_alone(starts: int, together: int) -> None:
    journal = Kept(*(Unfinished(a_request(number), was_running=True, starts=starts) for number in range(2)))
    executor = ScriptedExecutor(slots=2)
    dispatcher, _ = await running(executor, journal)
    task = asyncio.create_task(dispatcher.run())
    await executor.until(lambda: len(executor.requests) == together)
    for _ in range(10):
        await asyncio.sleep(0)
    assert len(executor.requests) == together
    task.cancel()
    await asyncio.wait({task})
