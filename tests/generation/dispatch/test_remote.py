"""A dispatcher that is used from another process: here by real connections, in one."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

import aiohttp
import pytest

from generation.dispatch.dispatcher import Dispatcher
from generation.dispatch.journal import MemoryJournal
from generation.dispatch.line import Times
from generation.dispatch.record import Record, Status, Update
from generation.dispatch.remote import RemoteDispatcher
from generation.dispatch.server import DispatchServer, served
from generation.dispatch.wire import PATH
from generation.errors import AwayError, QueueFullError, RequestError
from generation.events import Failed, Finished, Progress, Steered
from generation.request import ImagineRequest
from generation.steering import read
from tests.generation.scripted import ScriptedExecutor, picture

CAT = ImagineRequest("cat", "a cat", 7, 64, 64, 10, member="mia")
TIMES = Times(pause=0.02, longest=60.0)
KEY = "0" * 64


class LostNoteError(Exception):
    """The ledger cannot be written."""


class Ledger(MemoryJournal):
    """What several dispatchers write in, one after the other, and who follows reads."""

    def __init__(self) -> None:
        super().__init__()
        self.outcomes: dict[str, tuple[Status, Finished | Failed | None]] = {}
        self.fails = False

    async def accept(self, requests: Sequence[ImagineRequest], notes: Sequence[str]) -> None:
        if self.fails:
            raise LostNoteError("No space left.")
        await super().accept(requests, notes)

    async def finish(self, record: Record, outcome: Finished | Failed | None) -> None:
        status: Status = "finished" if isinstance(outcome, Finished) else "failed" if outcome else "cancelled"
        self.outcomes[record.request.id] = status, outcome
        await super().finish(record, outcome)

    async def open_requests(self) -> Sequence[ImagineRequest]:
        return [each.request for each in await self.unfinished()]

    async def outcome(self, request_id: str) -> tuple[Status, Finished | Failed | None]:
        open_ids = {each.request.id for each in await self.unfinished()}
        return self.outcomes.get(request_id, ("waiting" if request_id in open_ids else "cancelled", None))


class Scene:
    """A ledger, and where the dispatcher is at the moment."""

    def __init__(self) -> None:
        self.ledger = Ledger()
        self.address = ""

    async def find(self) -> str:
        return self.address

    @contextlib.asynccontextmanager
    async def leader(self, executor: ScriptedExecutor, total: int = 9) -> AsyncIterator[Dispatcher]:
        """Run a dispatcher that others use."""
        dispatcher = Dispatcher(executor, total=total, per_member=5, journal=self.ledger, forecast_seconds=0.02)
        await dispatcher.resume()
        server = DispatchServer(dispatcher, KEY)
        async with served(server, "127.0.0.1") as self.address:
            tasks = [asyncio.create_task(dispatcher.run()), asyncio.create_task(server.run())]
            yield dispatcher
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    @contextlib.asynccontextmanager
    async def follower(self, key: str = KEY, times: Times = TIMES) -> AsyncIterator[RemoteDispatcher]:
        """Run a process that uses it."""
        remote = RemoteDispatcher(self.find, key, self.ledger, (LostNoteError,), 5, times)
        running = asyncio.create_task(remote.run())
        yield remote
        running.cancel()
        await asyncio.wait({running})


@pytest.fixture
def scene() -> Scene:
    return Scene()


async def until(updates: AsyncIterator[Update], kind: type | None, request_id: str = "cat") -> Update:
    """Wait for an update of a kind."""
    async with asyncio.timeout(30):
        async for update in updates:
            is_kind = update.event is None if kind is None else isinstance(update.event, kind)
            if update.record.request.id == request_id and is_kind:
                return update
    raise AssertionError


async def test_a_request_from_its_submission_to_its_end(scene: Scene) -> None:
    executor = ScriptedExecutor()
    async with scene.leader(executor), scene.follower() as remote:
        updates = remote.updates()
        (record,) = await remote.submit_all([CAT], [""])
        request = await executor.next("a cat")
        executor.start(request, left_out="and a dog")
        executor.advance(request, 5, b"\xffa preview")
        update = await until(updates, Progress)
        assert isinstance(update.event, Progress)
        assert update.event.preview == b"\xffa preview"
        assert update.record is record
        assert (record.status, record.step, record.left_out, record.percent) == ("running", 5, "and a dog", 50)
        assert remote.snapshot().running == (record,)
        assert remote.pool.inits == ("sketch", "noise")
        executor.finish(request)
        finished = (await until(updates, Finished)).event
        assert isinstance(finished, Finished)
        assert finished.png == picture()
        assert (record.status, remote.snapshot().running) == ("finished", ())


async def test_what_is_asked_for_while_nobody_leads(scene: Scene) -> None:
    executor = ScriptedExecutor()
    async with scene.follower() as remote:
        updates = remote.updates()
        submitting = asyncio.create_task(remote.submit_all([CAT], [""]))
        async with scene.leader(executor):
            await submitting
            executor.finish(await executor.next("a cat"))
            await until(updates, Finished)


async def test_another_process_takes_over(scene: Scene) -> None:
    executor = ScriptedExecutor()
    async with scene.follower() as remote:
        updates = remote.updates()
        async with scene.leader(executor):
            running, waiting = await remote.submit_all([CAT, replace(CAT, id="dog", prompt="a dog")], ["", ""])
            await executor.next("a cat")
            await until(updates, None, "dog")
        scene.ledger.outcomes["cat"] = "failed", Failed("cat", "Why.")  # the other one wrote it down, and told nobody
        await MemoryJournal.finish(scene.ledger, running, None)
        second = ScriptedExecutor()
        async with scene.leader(second):
            failed = (await until(updates, Failed)).event
            assert failed == Failed("cat", "Why.")
            second.finish(await second.next("a dog"))
            assert (await until(updates, Finished, "dog")).record is waiting
    assert remote.snapshot().waiting == ()


async def test_a_process_that_was_restarted_goes_on(scene: Scene) -> None:
    executor = ScriptedExecutor()
    async with scene.leader(executor):
        async with scene.follower() as remote:
            await remote.submit_all([CAT], [""])
            request = await executor.next("a cat")
        async with scene.follower() as remote:
            (record,) = await remote.resume()
            updates = remote.updates()
            executor.finish(request)
            assert (await until(updates, Finished)).record is record


async def test_refusals(scene: Scene) -> None:
    executor = ScriptedExecutor()
    async with scene.leader(executor, total=2), scene.follower() as remote:
        dogs = [replace(CAT, id=f"dog{number}", member=f"m{number}") for number in range(3)]
        await remote.submit_all(dogs[:1], [""])
        await remote.submit_all(dogs[1:2], [""])
        with pytest.raises(QueueFullError) as full:
            await remote.submit_all(dogs[2:], [""])
        assert (full.value.limit, full.value.member) == (2, False)
        with pytest.raises(QueueFullError):
            remote.check_room("m0", 5)
        with pytest.raises(RequestError):
            await remote.edit(replace(dogs[0], steps=3))  # it is being painted
        await remote.edit(replace(dogs[1], steps=3))
        await remote.cancel("dog0")
        assert (await executor.next("a cat")).steps == 3
        scene.ledger.fails = True
        with pytest.raises(LostNoteError, match=r"No space left."):
            await remote.submit_all([CAT], [""])
        assert not [record for record in remote.snapshot().waiting if record.request.id == "cat"]


async def test_steering(scene: Scene) -> None:
    executor = ScriptedExecutor()
    async with scene.leader(executor), scene.follower() as remote:
        updates = remote.updates()
        (record,) = await remote.submit_all([CAT], [""])
        request = await executor.next("a cat")
        executor.start(request)
        steering = asyncio.create_task(remote.steer("cat", read("more: a hat", "mia")))
        await executor.until(lambda: executor.said)
        executor.turn(request, *executor.said[0][1])
        steered = await steering
        await until(updates, Steered)
        assert steered is not None
        assert steered.steering == record.request.steering != ()
        assert await remote.steer("dog", read("more: a hat", "mia")) is None


async def test_what_is_cancelled_while_nobody_leads(scene: Scene) -> None:
    executor = ScriptedExecutor()
    async with scene.follower(times=Times(pause=0.02, longest=2.0)) as remote:
        async with scene.leader(executor):
            await remote.connected()
            await remote.submit_all([CAT], [""])
            await executor.next("a cat")
        await remote.cancel("cat")
        with pytest.raises(AwayError):
            await remote.submit_all([replace(CAT, id="dog")], [""])
        second = ScriptedExecutor()
        async with scene.leader(second):
            await second.until(lambda: second.aborted)
        assert scene.ledger.outcomes["cat"] == ("cancelled", None)


async def test_who_does_not_know_the_key(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    async with scene.leader(ScriptedExecutor()), aiohttp.ClientSession() as http:
        for headers in ({}, {"Authorization": "Bearer 1"}, {"Authorization": f"Basic {KEY}"}):
            async with http.get(scene.address, headers=headers) as response:
                assert response.status == 401
        async with scene.follower("1" * 64, Times(0.01, 0.2)) as remote:
            with pytest.raises(AwayError):
                await remote.steer("cat", ())
    assert capsys.readouterr().out.count("is data_dir the same folder for all?") == 1


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "[]", '{"kind": "follow"}', '{"kind": "paint"}', '{"kind": "edit", "call": 1, "request": "{}"}'),
        *('{"kind": "submit", "call": 1, "requests": ["{}"]}', f'{{"kind": "follow", "request_ids": ["{"x" * 101}"]}}'),
    ],
)
async def test_what_is_no_message_ends_the_connection(scene: Scene, text: str) -> None:
    async with scene.leader(ScriptedExecutor()), aiohttp.ClientSession() as http:
        assert scene.address.endswith(PATH)
        async with http.ws_connect(scene.address, headers={"Authorization": f"Bearer {KEY}"}) as socket:
            await socket.receive_json()
            await socket.send_str(text)
            async with asyncio.timeout(30):
                while (await socket.receive()).type is aiohttp.WSMsgType.TEXT:
                    pass
        assert socket.close_code == 1008
