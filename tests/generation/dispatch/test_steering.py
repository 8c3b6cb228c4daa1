"""What becomes of what is said of a request, whatever happens to it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

import pytest

from generation.dispatch.journal import MemoryJournal
from generation.errors import RequestError
from generation.events import Checkpoint, Failed, Finished, Progress, Started, Steered
from generation.request import ImagineRequest
from generation.steering import read
from generation.targets import Steering
from tests.generation.dispatch.test_dispatcher import Running
from tests.generation.scripted import ScriptedExecutor
from tests.generation.simulated import LARGE, a_request

LIGHTHOUSE, FOG = read("more: a lighthouse", "ada"), read("less: fog", "bob")
CHECKPOINT = Checkpoint("r0", 4, 2.0, b"data")


def at(step: int, *said: Sequence[Steering]) -> tuple[Steering, ...]:
    return tuple(replace(each, step=step) for steering in said for each in steering)


class Written(MemoryJournal):
    """A journal that tells what it knows."""

    async def steering(self, request_id: str = "r0") -> tuple[Steering, ...]:
        return next(each.request.steering for each in await self.unfinished() if each.request.id == request_id)


@pytest.fixture
def journal() -> Written:
    return Written()


@pytest.fixture
async def running(journal: Written) -> AsyncIterator[Running]:
    running = Running(ScriptedExecutor(), journal)
    yield running
    running.task.cancel()
    await asyncio.wait({running.task})
    assert running.task.cancelled()


async def say(running: Running, said: Sequence[Steering]) -> asyncio.Task[ImagineRequest | None]:
    """Say something of what is being painted, and wait until the device is told."""
    before = len(running.executor.said)
    task = asyncio.create_task(running.dispatcher.steer("r0", said))
    await running.executor.until(lambda: len(running.executor.said) > before)
    assert running.executor.said[-1] == ("r0", said)
    return task


async def answer(task: asyncio.Task[ImagineRequest | None]) -> ImagineRequest | None:
    async with asyncio.timeout(60):
        return await task


async def test_what_waits_is_painted_so_from_the_beginning(running: Running, journal: Written) -> None:
    record = await running.dispatcher.submit(a_request(0))
    await running.submit(a_request(1))
    await running.sent(0)
    request = await running.dispatcher.steer("r1", LIGHTHOUSE)
    assert request is not None
    assert request.steering == LIGHTHOUSE == await journal.steering("r1")
    assert (await running.until(Steered)).event == Steered("r1", LIGHTHOUSE)
    running.executor.finish(a_request(0))
    await running.sent(1)
    assert running.executor.requests["r1"] == request
    assert record.request.steering == ()


async def test_what_is_painted_turns_when_its_worker_says_so(running: Running, journal: Written) -> None:
    record = await running.dispatcher.submit(a_request(0))
    await running.sent(0)
    first, second = await say(running, LIGHTHOUSE), await say(running, FOG)
    assert record.request.steering == ()
    assert not first.done()
    running.executor.turn(a_request(0), *at(3, LIGHTHOUSE))
    request = await answer(first)
    assert request is not None
    assert request.steering == at(3, LIGHTHOUSE) == await journal.steering()
    assert record.request == request == running.dispatcher.pool.devices[0].running["r0"]
    both = *at(3, LIGHTHOUSE), *at(4, FOG)
    running.executor.turn(a_request(0), *both)
    assert (await running.until(Steered("r0", both))).record.request.steering == both
    assert await answer(second) == record.request


async def test_what_its_worker_refuses_is_told_to_who_said_it_and_to_nobody_else(running: Running) -> None:
    record = await running.dispatcher.submit(a_request(0))
    await running.sent(0)
    task = await say(running, LIGHTHOUSE)
    running.executor.turn(a_request(0), refusal="No.")
    with pytest.raises(RequestError, match=r"^No\.$"):
        await answer(task)
    assert record.request == a_request(0)


async def test_what_cannot_be_is_refused_before_a_worker_hears_of_it(running: Running) -> None:
    await running.submit(a_request(0), a_request(1))
    await running.sent(0)
    for request_id in ("r0", "r1"):
        with pytest.raises(RequestError, match="Nothing with a weight above 0"):
            await running.dispatcher.steer(request_id, read("a cat::0"))
    tasks = [await say(running, FOG) for _ in range(16)]
    with pytest.raises(RequestError, match="at most 16 texts"):
        await running.dispatcher.steer("r0", FOG)
    assert len(running.executor.said) == 16
    running.executor.finish(a_request(0))
    assert [await answer(task) for task in tasks] == [None] * 16


@pytest.mark.parametrize("end", ["finished", "failed", "cancelled"])
async def test_who_spoke_too_late_is_told(running: Running, end: str) -> None:
    await running.submit(a_request(0))
    await running.sent(0)
    task = await say(running, LIGHTHOUSE)
    if end == "finished":
        running.executor.finish(a_request(0))
    elif end == "failed":
        running.executor.fail(a_request(0), "Why.")
    else:
        await running.dispatcher.cancel("r0")
    assert await answer(task) is None
    assert await running.dispatcher.steer("r0", LIGHTHOUSE) is None


async def test_what_a_worker_did_not_answer_counts_from_where_the_request_goes_on(
    running: Running, journal: Written
) -> None:
    record = await running.dispatcher.submit(a_request(0))
    await running.sent(0)
    heard = await say(running, FOG)
    running.executor.turn(a_request(0), *at(6, FOG))
    await answer(heard)
    running.executor.say(CHECKPOINT)
    unheard = await say(running, LIGHTHOUSE)
    running.executor.change(0, "down")
    request = await answer(unheard)
    assert request is not None
    assert request.steering == (*at(6, FOG), *at(4, LIGHTHOUSE)) == await journal.steering()
    later = await running.dispatcher.steer("r0", FOG)
    assert later is not None
    assert later.steering == (*request.steering, *at(4, FOG))
    running.executor.change(0, "ready")
    await running.sent(0)
    assert (running.executor.requests["r0"], running.executor.checkpoints["r0"]) == (record.request, CHECKPOINT)
    running.executor.start(later, step=4)
    assert (await running.until(Started)).record.request == later
    running.executor.finish(later)
    await running.until(Finished)


async def test_what_is_given_up_answers_nobody_with_a_picture(running: Running) -> None:
    await running.submit(a_request(0))
    await running.sent(0)
    first = await say(running, LIGHTHOUSE)
    running.executor.change(0, "down")
    assert await answer(first) is not None
    running.executor.change(0, "ready")
    await running.sent(0)
    second = await say(running, FOG)
    running.executor.change(0, "down")
    await running.until(Failed)
    assert await answer(second) is None


async def test_what_is_painted_smaller_is_steered_from_the_beginning(running: Running) -> None:
    await running.submit(a_request(0, shape=LARGE))
    await running.sent(0)
    running.executor.say(CHECKPOINT)
    task = await say(running, LIGHTHOUSE)
    running.executor.fail(a_request(0, shape=LARGE), "Too large.", is_shortage=True)
    request = await answer(task)
    assert request is not None
    assert request.steering == LIGHTHOUSE
    await running.sent(0)
    assert (running.executor.requests["r0"].steering, request.shape) == (LIGHTHOUSE, LARGE)
    turning = await say(running, FOG)
    running.executor.turn(a_request(0), *LIGHTHOUSE, *at(3, FOG))
    turned = await answer(turning)
    assert turned is not None
    assert (turned.shape, turned.steering) == (LARGE, (*LIGHTHOUSE, *at(3, FOG)))


async def test_what_is_suspended_before_it_heard_goes_on_so_after_a_restart(running: Running, journal: Written) -> None:
    await running.submit(a_request(0))
    await running.sent(0)
    task = await say(running, LIGHTHOUSE)
    async with asyncio.timeout(60):
        await running.dispatcher.drain(0.0)
    request = await answer(task)
    assert request is not None
    (unfinished,) = await journal.unfinished()
    assert unfinished.request.steering == at(1, LIGHTHOUSE) == request.steering
    assert unfinished.checkpoint is not None
    assert unfinished.checkpoint.step == 1


async def test_who_no_longer_waits_for_an_answer_is_in_nobodys_way(running: Running, journal: Written) -> None:
    await running.submit(a_request(0))
    await running.sent(0)
    task = await say(running, LIGHTHOUSE)
    task.cancel()
    await asyncio.wait({task})
    running.executor.turn(a_request(0), *at(3, LIGHTHOUSE))
    await running.until(Steered)
    assert await journal.steering() == at(3, LIGHTHOUSE)


async def test_an_answer_to_nothing_changes_nothing(running: Running) -> None:
    record = await running.dispatcher.submit(a_request(0))
    await running.sent(0)
    running.executor.turn(a_request(0), *LIGHTHOUSE)
    running.executor.advance(a_request(0), 3)
    await running.until(Progress)
    assert record.request == a_request(0)
