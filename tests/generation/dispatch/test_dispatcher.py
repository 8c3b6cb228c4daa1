import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from math import inf

import pytest

from generation.dispatch.dispatcher import GIVEN_UP, Dispatcher
from generation.dispatch.journal import MemoryJournal
from generation.dispatch.record import Record, Update
from generation.errors import QueueFullError
from generation.events import Checkpoint, Down, Failed, Finished, Heartbeat, Progress, Started
from generation.request import ImagineRequest
from tests.generation.scripted import ScriptedExecutor
from tests.generation.simulated import LARGE, SMALL, a_request


class Running:
    """A dispatcher that runs, and its updates."""

    def __init__(
        self,
        executor: ScriptedExecutor,
        journal: MemoryJournal | None = None,
        plenty: int = 1000,
        forecast_seconds: float = 3600.0,
    ) -> None:
        self.executor = executor
        self.dispatcher = Dispatcher(
            executor, total=plenty, per_member=plenty, journal=journal, forecast_seconds=forecast_seconds
        )
        self.updates = self.dispatcher.updates()
        self.task = asyncio.create_task(self.dispatcher.run())

    async def submit(self, *requests: ImagineRequest) -> None:
        for request in requests:
            await self.dispatcher.submit(request)

    async def until(self, *events: object) -> Update:
        """Wait for an update with one of these events, or of this class."""
        async with asyncio.timeout(60):
            async for update in self.updates:
                if update.event in events or type(update.event) in events:
                    return update
        raise AssertionError

    async def sent(self, *numbers: int) -> None:
        """Wait until exactly these are being painted."""
        await self.executor.until(lambda: set(self.executor.requests) == {f"r{number}" for number in numbers})

    async def nothing_more(self) -> None:
        """Wait until the dispatcher has handled what there was."""
        for _ in range(10):
            await asyncio.sleep(0)

    def statuses(self) -> dict[str, str]:
        snapshot = self.dispatcher.snapshot()
        return {record.request.id: record.status for record in (*snapshot.running, *snapshot.waiting)}


@pytest.fixture
async def make() -> AsyncIterator[type[Running]]:
    made: list[Running] = []

    class Made(Running):
        def __init__(self, *arguments: object, **more: object) -> None:
            super().__init__(*arguments, **more)  # type: ignore[arg-type]
            made.append(self)

    yield Made
    for running in made:
        running.task.cancel()
        await asyncio.wait({running.task})
        assert running.task.cancelled()


async def test_a_request_from_its_submission_to_its_end(make: type[Running]) -> None:
    running = make(ScriptedExecutor())
    request = a_request(0)
    record = await running.dispatcher.submit(request)
    assert (record.status, record.device, record.step) == ("waiting", None, 0)
    await running.sent(0)
    assert (record.status, record.device) == ("running", running.dispatcher.pool.devices[0])
    running.executor.start(request, "the tail")
    assert (await running.until(Started)).record is record
    assert record.left_out == "the tail"
    running.executor.advance(request, 4)
    await running.until(Progress)
    assert (record.step, record.percent) == (4, 40)
    assert time.time() < record.estimate.finishes < inf
    running.executor.finish(request, b"png")
    assert (await running.until(Finished)).event == Finished("r0", b"png", 21.4)
    assert (record.status, record.device) == ("finished", None)
    assert running.statuses() == {}


async def test_what_was_still_is_charged_for_what_was_painted(make: type[Running]) -> None:
    changed: list[ImagineRequest] = []

    class Charges(MemoryJournal):
        async def change(self, request: ImagineRequest) -> None:
            changed.append(request)

    request = replace(a_request(0, steps=100), until_still=10)
    running = make(ScriptedExecutor(), Charges())
    record = await running.dispatcher.submit(request)
    await running.sent(0)
    running.executor.say(Finished("r0", b"png", 1.0, stop=40))
    await running.until(Finished)
    assert changed == [record.request] == [replace(request, stop=40)]
    assert changed[0].cost() == pytest.approx(0.4 * request.cost())


async def test_what_fails_is_over(make: type[Running]) -> None:
    running = make(ScriptedExecutor())
    record = await running.dispatcher.submit(a_request(0))
    await running.sent(0)
    running.executor.fail(a_request(0), "Why.")
    assert (await running.until(Failed)).event == Failed("r0", "Why.")
    assert record.status == "failed"
    await running.submit(a_request(0))
    await running.sent(0)


async def test_members_take_turns_and_one_is_painted_after_the_other(make: type[Running]) -> None:
    running = make(ScriptedExecutor())
    await running.submit(a_request(0, member="flood"), a_request(1, member="flood"), a_request(2, member="ada"))
    for number in (0, 2, 1):
        await running.sent(number)
        running.executor.finish(running.executor.requests[f"r{number}"])


async def test_every_device_is_used(make: type[Running]) -> None:
    running = make(ScriptedExecutor(slots=2, devices=3))
    await running.submit(*(a_request(number) for number in range(9)))
    await running.sent(*range(6))
    devices = [running.executor.device_of(a_request(number)) for number in range(6)]
    assert sorted(devices) == [0, 0, 1, 1, 2, 2]
    assert list(running.statuses().values()) == ["running"] * 6 + ["waiting"] * 3


async def test_heartbeats_tell_how_fast_a_device_is(make: type[Running]) -> None:
    running = make(ScriptedExecutor())
    await running.submit(a_request(0, steps=10))
    await running.sent(0)
    running.executor.say(Heartbeat(SMALL, 1, 2, 14.0))
    running.executor.advance(a_request(0, steps=10), 2)
    record = (await running.until(Progress)).record
    assert record.seconds_left == pytest.approx(8 * 7.0)
    assert record.estimate.finishes == pytest.approx(time.time() + 56, abs=5)


async def test_cancelling_what_waits_and_what_is_painted(make: type[Running]) -> None:
    running = make(ScriptedExecutor())
    records = [await running.dispatcher.submit(a_request(number)) for number in range(3)]
    await running.sent(0)
    await running.dispatcher.cancel("r0", "r1")
    await running.sent(2)
    assert [record.status for record in records] == ["cancelled", "cancelled", "running"]
    assert [request.id for request in running.executor.aborted] == ["r0"]
    running.executor.say(Finished("r0", b"too late", 1.0))
    running.executor.finish(a_request(2))
    assert (await running.until(Finished)).record is records[2]
    await running.dispatcher.cancel("r2")
    assert records[2].status == "finished"


async def test_of_what_was_cancelled_no_update_comes(make: type[Running]) -> None:
    running = make(ScriptedExecutor())
    await running.submit(a_request(0), a_request(1))
    await running.sent(0)
    running.executor.start(a_request(0))
    await running.dispatcher.cancel("r0")
    async with asyncio.timeout(60):
        assert (await anext(running.updates)).record.request.id == "r1"


async def test_an_edited_request_keeps_its_place(make: type[Running]) -> None:
    running = make(ScriptedExecutor())
    await running.submit(*(a_request(number) for number in range(4)))
    await running.sent(0)
    await running.dispatcher.edit(replace(a_request(1), prompt="a dog"))
    assert [record.request.id for record in running.dispatcher.snapshot().waiting] == ["r1", "r2", "r3"]
    running.executor.finish(a_request(0))
    assert (await running.executor.next("a dog")).id == "r1"


async def test_a_member_has_a_limit_for_what_waits_and_what_is_painted(make: type[Running]) -> None:
    running = make(ScriptedExecutor(), plenty=2)
    for number in range(2):
        await running.submit(a_request(number, member="ada"))
    with pytest.raises(QueueFullError) as refused:
        await running.submit(a_request(2, member="ada"))
    assert (refused.value.limit, refused.value.member) == (2, True)
    await running.sent(0)
    running.executor.finish(a_request(0))
    await running.until(Finished)
    await running.submit(a_request(2, member="ada"))


async def test_all_members_together_have_a_limit(make: type[Running]) -> None:
    running = make(ScriptedExecutor(), plenty=2)
    await running.submit(a_request(0), a_request(1))
    for _ in range(3):
        with pytest.raises(QueueFullError) as refused:
            await running.submit(a_request(2))
        assert (refused.value.limit, refused.value.member) == (2, False)
    await running.dispatcher.cancel("r0")
    await running.submit(a_request(2))
    assert set(running.statuses()) == {"r1", "r2"}


async def test_what_loses_its_device_goes_on_where_there_is_room(make: type[Running]) -> None:
    running = make(ScriptedExecutor(devices=2))
    record = await running.dispatcher.submit(a_request(0))
    await running.sent(0)
    first = running.executor.device_of(a_request(0))
    running.executor.advance(a_request(0), 5)
    await running.until(Progress)
    running.executor.change(first, "down")
    await running.executor.until(
        lambda: running.executor.requests and running.executor.device_of(a_request(0)) != first
    )
    assert (record.status, record.step, record.attempts) == ("running", 0, 1)


CHECKPOINT = Checkpoint("r0", 4, 8.0, b"a painting")


async def checkpointed(running: Running) -> Record:
    """Paint r0, with a checkpoint after its fourth step of ten, and let its device go down after its fifth."""
    record = await running.dispatcher.submit(a_request(0))
    await running.sent(0)
    running.executor.start(a_request(0))
    running.executor.say(CHECKPOINT)
    running.executor.advance(a_request(0), 5)
    await running.until(Progress)
    running.executor.say(Heartbeat(SMALL, 1, 1, 7.0))
    running.executor.change(0, "down")
    while record.device is not None:
        await anext(running.updates)
    return record


async def test_what_loses_its_device_goes_on_from_its_last_checkpoint(make: type[Running]) -> None:
    running = make(ScriptedExecutor())
    record = await checkpointed(running)
    assert (record.device, record.percent, record.checkpoint) == (None, 40, CHECKPOINT)
    running.executor.change(0, "ready")
    await running.sent(0)
    assert running.executor.checkpoints["r0"] == CHECKPOINT
    assert record.percent == 40
    assert record.seconds_left == pytest.approx(6 * 7.0)
    assert next(running.dispatcher.forecast()).finishes == pytest.approx(6 * 7.0)
    running.executor.start(a_request(0), step=4)
    assert (await running.until(Started)).record.percent == 40
    running.executor.finish(a_request(0))
    await running.until(Finished)
    assert record.checkpoint is None


async def test_a_checkpoint_that_a_worker_refuses_is_forgotten(make: type[Running]) -> None:
    running = make(ScriptedExecutor())
    record = await checkpointed(running)
    running.executor.change(0, "ready")
    await running.sent(0)
    running.executor.start(a_request(0))
    await running.until(Started)
    assert (record.step, record.checkpoint) == (0, None)


async def test_a_checkpoint_with_which_a_second_worker_dies_is_not_tried_again(make: type[Running]) -> None:
    running = make(ScriptedExecutor())
    record = await checkpointed(running)
    running.executor.change(0, "ready")
    await running.sent(0)
    running.executor.change(0, "down")
    running.executor.change(0, "ready")
    assert (await running.until(Failed)).event == Failed("r0", GIVEN_UP)
    assert (record.status, record.attempts, record.checkpoint) == ("failed", 2, None)


async def test_what_loses_its_device_goes_first_and_longest_first(make: type[Running]) -> None:
    running = make(ScriptedExecutor(devices=2))
    await running.submit(*(a_request(number) for number in range(4)))
    await running.sent(0, 1)
    second = running.executor.device_of(a_request(1))
    running.executor.change(second, "down")
    running.executor.change(1 - second, "down")
    await running.sent()
    assert list(running.statuses().values()) == ["running", "running", "waiting", "waiting"]
    running.executor.change(0, "ready")
    for number in (1, 0, 2):
        await running.sent(number)
        running.executor.finish(a_request(number))


async def test_nothing_overtakes_what_lost_its_device_and_fits_nowhere(make: type[Running]) -> None:
    running = make(ScriptedExecutor())
    await running.submit(a_request(0, shape=LARGE))
    await running.sent(0)
    running.executor.change(0, "down")
    await running.sent()
    await running.submit(a_request(1))
    running.executor.change(0, "ready")
    await running.sent(0)
    assert running.statuses() == {"r0": "running", "r1": "waiting"}


async def test_a_request_that_kills_two_workers_is_given_up(make: type[Running]) -> None:
    running = make(ScriptedExecutor())
    record = await running.dispatcher.submit(a_request(0))
    for _ in range(2):
        await running.sent(0)
        running.executor.change(0, "down")
        running.executor.change(0, "ready")
    assert (await running.until(Failed)).event == Failed("r0", GIVEN_UP)
    assert (record.status, record.attempts) == ("failed", 2)
    await running.submit(a_request(1))
    await running.sent(1)


async def test_after_a_death_each_goes_on_alone_so_that_the_second_is_of_the_cause(make: type[Running]) -> None:
    running = make(ScriptedExecutor(slots=4))
    await running.submit(*(a_request(number) for number in range(5)))
    await running.sent(0, 1, 2, 3)
    running.executor.change(0, "down")
    running.executor.change(0, "ready")
    await running.sent(0)
    running.executor.finish(a_request(0))
    await running.sent(1)
    running.executor.change(0, "down")
    assert (await running.until(Failed)).event == Failed("r1", GIVEN_UP)
    running.executor.change(0, "ready")
    for number in (2, 3):
        await running.sent(number)
        running.executor.finish(running.executor.requests[f"r{number}"])
    await running.sent(4)
    await running.submit(a_request(5))
    await running.sent(4, 5)
    forecasts = {each.request_id for each in running.dispatcher.forecast()}
    assert forecasts == {"r4", "r5"}


async def test_what_killed_a_worker_goes_on_on_another_device_where_one_is_up(make: type[Running]) -> None:
    running = make(ScriptedExecutor(devices=2))
    await running.submit(a_request(0), a_request(1))
    await running.sent(0, 1)
    first = running.executor.device_of(a_request(0))
    running.executor.change(first, "down")
    running.executor.change(first, "ready")
    await running.sent(1)
    await running.submit(a_request(2))
    await running.sent(1, 2)
    assert running.executor.device_of(a_request(2)) == first, "which need not wait"
    running.executor.finish(a_request(1))
    await running.sent(0, 2)
    assert running.executor.device_of(a_request(0)) != first


async def test_what_killed_a_worker_goes_on_on_the_same_device_where_no_other_is_up(make: type[Running]) -> None:
    running = make(ScriptedExecutor(devices=2))
    await running.submit(a_request(0))
    await running.sent(0)
    first = running.executor.device_of(a_request(0))
    running.executor.change(1 - first, "down")
    running.executor.change(first, "down")
    running.executor.change(first, "ready")
    await running.sent(0)
    assert running.executor.device_of(a_request(0)) == first


async def test_what_its_device_has_no_memory_for_is_painted_smaller_once(make: type[Running]) -> None:
    running = make(ScriptedExecutor())
    record = await running.dispatcher.submit(a_request(0, shape=LARGE))
    await running.submit(a_request(1))
    await running.sent(0)
    running.executor.say(replace(CHECKPOINT, step=3))
    running.executor.fail(a_request(0), "Too large.", is_shortage=True)
    await running.executor.until(lambda: running.executor.checkpoints["r0"] is None and running.executor.requests)
    async with asyncio.timeout(60):
        while record.smaller is None:
            await anext(running.updates)
    await running.sent(0)
    assert running.executor.requests["r0"] == a_request(0, shape=SMALL)
    assert running.executor.checkpoints["r0"] is None
    assert (record.request.shape, record.smaller, record.step, record.attempts) == (LARGE, SMALL, 0, 0)
    running.executor.fail(a_request(0), "Too large.", is_shortage=True)
    assert (await running.until(Failed)).event == Failed("r0", "Too large.", is_shortage=True)
    await running.sent(1)
    running.executor.fail(a_request(1), "Too large.", is_shortage=True)
    assert (await running.until(Failed)).event == Failed("r1", "Too large.", is_shortage=True), "it is the smallest"


async def test_a_worker_that_dies_over_a_smaller_picture_leaves_it_smaller(make: type[Running]) -> None:
    running = make(ScriptedExecutor())
    await running.submit(a_request(0, shape=LARGE))
    await running.sent(0)
    running.executor.fail(a_request(0), "Too large.", is_shortage=True)
    await running.executor.until(lambda: [each.shape for each in running.executor.requests.values()] == [SMALL])
    running.executor.change(0, "down")
    running.executor.change(0, "ready")
    await running.sent()
    await running.sent(0)
    assert running.executor.requests["r0"].shape == SMALL


async def test_while_a_start_is_being_made_nobody_is_promised_the_past(make: type[Running]) -> None:
    running = make(ScriptedExecutor(), forecast_seconds=0.0)
    await running.submit(a_request(0))
    await running.sent(0)
    waiting = await running.dispatcher.submit(a_request(1))
    for _ in range(3):
        before = waiting.estimate.starts
        running.executor.advance(a_request(0), 0)
        async with asyncio.timeout(60):
            while waiting.estimate.starts <= before:
                await anext(running.updates)


async def test_a_worker_that_never_had_a_request_has_not_died_over_it(make: type[Running]) -> None:
    running = make(ScriptedExecutor())
    record = await running.dispatcher.submit(a_request(0))
    await running.sent(0)
    for _ in range(3):
        running.executor.say(Down(parked=False))
        await running.executor.until(lambda: running.executor.aborted)
        running.executor.aborted.clear()
        running.executor.change(0, "ready")
        await running.sent(0)
    assert record.attempts == 0


async def test_what_is_cancelled_while_no_device_paints_it_is_gone(make: type[Running]) -> None:
    running = make(ScriptedExecutor())
    record = await running.dispatcher.submit(a_request(0))
    await running.submit(a_request(1))
    await running.sent(0)
    running.executor.change(0, "down")
    async for update in running.updates:
        if update.record is record and record.device is None:
            break
    await running.dispatcher.cancel("r0")
    running.executor.change(0, "ready")
    await running.sent(1)


async def test_places_and_times_follow_the_forecast(make: type[Running]) -> None:
    running = make(ScriptedExecutor())
    running.executor.say(Heartbeat(SMALL, 1, 1, 1.0))
    records = [await running.dispatcher.submit(a_request(number)) for number in range(3)]
    async with asyncio.timeout(60):
        async for update in running.updates:
            if update.record is records[2]:
                break
    assert [record.estimate.place for record in records] == [0, 1, 2]
    starts = [record.estimate.starts - time.time() for record in records[1:]]
    assert starts == pytest.approx([10, 20], abs=5)
    forecasts = {each.request_id: each.finishes for each in running.dispatcher.forecast()}
    assert forecasts == {"r0": 10, "r1": 20, "r2": 30}


class Notes(MemoryJournal):
    """A journal that remembers what it was told, and whose `accept` takes a while."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[tuple[str, ...]] = []
        self.accepting = asyncio.Event()
        self.accepting.set()

    async def accept(self, requests: Sequence[ImagineRequest], notes: Sequence[str]) -> None:
        self.told += [("accept", request.id, note) for request, note in zip(requests, notes, strict=True)]
        await self.accepting.wait()
        await super().accept(requests, notes)

    async def change(self, request: ImagineRequest) -> None:
        self.told.append(("change", request.id, request.prompt))
        await super().change(request)

    async def checkpoint(self, record: Record) -> None:
        self.told.append(("checkpoint", record.request.id, str(record.attempts)))
        await super().checkpoint(record)

    async def finish(self, record: Record, outcome: Finished | Failed | None) -> None:
        self.told.append(("finish", record.request.id, type(outcome).__name__))
        await super().finish(record, outcome)

    async def ids(self) -> Sequence[tuple[str, int]]:
        return [(each.request.id, each.attempts) for each in await self.unfinished()]


async def test_the_journal_knows_what_has_not_ended(make: type[Running]) -> None:
    journal = Notes()
    running = make(ScriptedExecutor(), journal)
    await running.submit(*(a_request(number) for number in range(4)))
    await running.sent(0)
    await running.dispatcher.edit(replace(a_request(3), prompt="a dog"))
    running.executor.change(0, "down")
    running.executor.change(0, "ready")
    await running.sent(0)
    assert await journal.ids() == [("r0", 1), ("r1", 0), ("r2", 0), ("r3", 0)]
    running.executor.finish(a_request(0))
    await running.sent(1)
    running.executor.fail(a_request(1), "Why.")
    await running.sent(2)
    await running.dispatcher.cancel("r2")
    await running.sent(3)
    assert await journal.ids() == [("r3", 0)]
    assert {("checkpoint", "r0", "0"), ("checkpoint", "r0", "1"), ("checkpoint", "r1", "0")} <= {*journal.told}
    assert [note for note in journal.told if note[0] != "checkpoint"] == [
        *(("accept", f"r{number}", "") for number in range(4)),
        ("change", "r3", "a dog"),
        ("finish", "r0", "Finished"),
        ("finish", "r1", "Failed"),
        ("finish", "r2", "NoneType"),
    ]


async def test_nothing_is_painted_before_it_is_written_down(make: type[Running]) -> None:
    journal = Notes()
    journal.accepting.clear()
    running = make(ScriptedExecutor(), journal, plenty=2)
    submitting = [asyncio.create_task(running.dispatcher.submit(a_request(number))) for number in range(2)]
    await asyncio.sleep(0)
    assert not running.executor.requests
    with pytest.raises(QueueFullError):
        await running.submit(a_request(2))
    await running.dispatcher.cancel("r0")
    journal.accepting.set()
    cancelled, accepted = await asyncio.gather(*submitting)
    assert (cancelled.status, accepted.status) == ("cancelled", "running")
    await running.sent(1)
    assert await journal.ids() == [("r1", 0)]


async def test_a_request_that_cannot_be_written_down_leaves_nothing_behind(make: type[Running]) -> None:
    class Full(MemoryJournal):
        async def accept(self, requests: Sequence[ImagineRequest], notes: Sequence[str]) -> None:
            raise OSError(f"No space left for {requests[0].id}{notes[0]}")

    running = make(ScriptedExecutor(), Full(), plenty=1)
    for _ in range(2):
        with pytest.raises(OSError, match="No space left"):
            await running.submit(a_request(0))
    assert running.statuses() == {}


async def test_a_request_that_is_cancelled_and_then_cannot_be_written_down_is_gone(make: type[Running]) -> None:
    class Full(Notes):
        async def accept(self, requests: Sequence[ImagineRequest], notes: Sequence[str]) -> None:
            await super().accept(requests, notes)
            raise OSError(f"No space left for {requests[0].id}")

    journal = Full()
    journal.accepting.clear()
    running = make(ScriptedExecutor(), journal)
    submitting = asyncio.create_task(running.dispatcher.submit(a_request(0)))
    await asyncio.sleep(0)
    await running.dispatcher.cancel("r0")
    journal.accepting.set()
    with pytest.raises(OSError, match="No space left"):
        await submitting
    assert running.statuses() == {}


async def test_a_submission_that_is_broken_off_leaves_nothing_behind(make: type[Running]) -> None:
    journal = Notes()
    journal.accepting.clear()
    running = make(ScriptedExecutor(), journal, plenty=1)
    submitting = asyncio.create_task(running.dispatcher.submit(a_request(0)))
    await asyncio.sleep(0)
    submitting.cancel()
    await asyncio.wait({submitting})
    assert running.statuses() == {}
    assert journal.told[-1] == ("finish", "r0", "NoneType")


async def test_what_an_earlier_run_left_unfinished_is_painted_first(make: type[Running]) -> None:
    journal = MemoryJournal()
    for number in range(3):
        await journal.accept([a_request(number)], [""])
    await journal.checkpoint(Record(a_request(1), attempts=1))
    running = make(ScriptedExecutor(), journal)
    records = await running.dispatcher.resume()
    assert [(record.request.id, record.status) for record in records] == [
        ("r1", "running"),
        ("r0", "waiting"),
        ("r2", "waiting"),
    ]
    await running.sent(1)
    await running.submit(a_request(3))
    assert list(running.statuses()) == ["r1", "r0", "r2", "r3"]
    running.executor.change(0, "down")
    assert (await running.until(Failed)).event == Failed("r1", GIVEN_UP)
    running.executor.change(0, "ready")
    await running.sent(0)


async def test_an_outcome_is_written_down_before_anybody_is_told(make: type[Running]) -> None:
    class Slow(MemoryJournal):
        finishing = asyncio.Event()

        async def finish(self, record: Record, outcome: Finished | Failed | None) -> None:
            if isinstance(outcome, Finished):
                await self.finishing.wait()
            await super().finish(record, outcome)

    running = make(ScriptedExecutor(slots=2), journal := Slow())
    await running.submit(a_request(0), a_request(1))
    await running.sent(0, 1)
    running.executor.finish(a_request(0))
    running.executor.finish(a_request(1))
    await running.nothing_more()
    assert running.statuses() == {"r0": "running", "r1": "running"}
    await running.dispatcher.cancel("r0")
    journal.finishing.set()
    update = await running.until(Finished)
    assert update.record.request.id == "r1"
    assert not await journal.unfinished()


async def test_draining_lets_what_runs_be_finished_and_takes_nothing_from_the_line(make: type[Running]) -> None:
    journal = MemoryJournal()
    running = make(ScriptedExecutor(), journal)
    await running.submit(a_request(0), a_request(1))
    await running.sent(0)
    draining = asyncio.create_task(running.dispatcher.drain(3600.0))
    await running.nothing_more()
    running.executor.finish(a_request(0))
    async with asyncio.timeout(60):
        await draining
    await running.until(Finished)
    assert running.executor.requests == {}
    assert [each.request.id for each in await journal.unfinished()] == ["r1"]


async def test_what_is_not_finished_in_time_is_suspended_at_a_checkpoint(make: type[Running]) -> None:
    journal = MemoryJournal()
    running = make(ScriptedExecutor(slots=2), journal)
    await running.submit(a_request(0), a_request(1), a_request(2))
    await running.sent(0, 1)
    async with asyncio.timeout(60):
        await running.dispatcher.drain(0.0)
    assert running.executor.requests == {}
    unfinished = {each.request.id: each for each in await journal.unfinished()}
    for number in (0, 1):
        each = unfinished[f"r{number}"]
        assert (each.was_running, each.checkpoint) == (True, Checkpoint(f"r{number}", 1, 1.0, b"suspended"))
    assert not unfinished["r2"].was_running

    resumed = make(ScriptedExecutor(slots=2), journal)
    resumed.task.cancel()
    records = await resumed.dispatcher.resume()
    assert [(record.request.id, record.step) for record in records] == [("r0", 1), ("r1", 1), ("r2", 0)]


async def test_what_loses_its_worker_while_draining_goes_on(make: type[Running]) -> None:
    running = make(ScriptedExecutor(devices=2))
    await running.submit(a_request(0), a_request(1), a_request(2))
    await running.sent(0, 1)
    draining = asyncio.create_task(running.dispatcher.drain(3600.0))
    await running.nothing_more()
    first = running.executor.device_of(a_request(0))
    running.executor.change(first, "down")
    running.executor.change(first, "ready")
    for number in (1, 0):
        await running.sent(number)
        running.executor.finish(a_request(number))
    async with asyncio.timeout(60):
        await draining
