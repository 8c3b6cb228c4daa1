"""The order in which a dispatcher goes on with what an earlier one left in the database."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace

from generation.dispatch.dispatcher import Dispatcher
from generation.events import Finished
from tests.generation.scripted import ScriptedExecutor
from tests.store.conftest import CAT, Place, a_note

MEMBERS = ["flood", "flood", "flood", "ada", "flood", "bob", "ada"]
ORDER = ["r0", "r3", "r5", "r1", "r6", "r2", "r4"]
"""Members take turns."""


@contextlib.asynccontextmanager
async def running(place: Place) -> AsyncIterator[tuple[Dispatcher, ScriptedExecutor]]:
    """Run a dispatcher, which goes on with what is in the database, until it is stopped in whatever it does."""
    async with place.journal() as journal:
        executor = ScriptedExecutor()
        dispatcher = Dispatcher(executor, total=100, per_member=100, journal=journal)
        await dispatcher.resume()
        task = asyncio.create_task(dispatcher.run())
        yield dispatcher, executor
        task.cancel()
        await asyncio.wait({task})


async def painted(dispatcher: Dispatcher, executor: ScriptedExecutor, count: int) -> list[str]:
    """Let so many be painted to their end, and return which."""
    updates = dispatcher.updates()
    order = []
    for _ in range(count):
        await executor.until(lambda: executor.requests)
        (request,) = executor.requests.values()
        order.append(request.id)
        executor.finish(request)
        while not isinstance((await anext(updates)).event, Finished):
            pass
    return order


async def submit(dispatcher: Dispatcher, numbers: range) -> None:
    for number in numbers:
        request = replace(CAT, id=f"r{number}", member=MEMBERS[number])
        await dispatcher.submit(request, a_note(number))


async def test_without_a_restart(place: Place) -> None:
    async with running(place) as (dispatcher, executor):
        await submit(dispatcher, range(7))
        assert await painted(dispatcher, executor, 7) == ORDER


async def test_what_was_painted_goes_first_and_members_take_turns_as_before(place: Place) -> None:
    async with running(place) as (dispatcher, executor):
        await submit(dispatcher, range(7))
        await executor.until(lambda: "r0" in executor.requests)
    async with running(place) as (dispatcher, executor):
        snapshot = dispatcher.snapshot()
        assert [record.request.id for record in (*snapshot.running, *snapshot.waiting)] == ORDER
        assert await painted(dispatcher, executor, 3) == ORDER[:3]
        await executor.until(lambda: "r1" in executor.requests)
    async with running(place) as (dispatcher, executor):
        assert sorted(await painted(dispatcher, executor, 4)) == sorted(ORDER[3:])
    async with running(place) as (dispatcher, _):
        assert dispatcher.snapshot().waiting == dispatcher.snapshot().running == ()
