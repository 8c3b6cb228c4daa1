"""A dispatcher in another process of the bot, which may be another one tomorrow."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from dataclasses import replace
from typing import Protocol

import structlog

from generation.dispatch.devices import Device, Pool
from generation.dispatch.line import AWAY, TIMES, Line, Times
from generation.dispatch.record import Estimate, Record, Snapshot, Status, Update
from generation.dispatch.wire import (
    Answer,
    Cancel,
    Devices,
    Down,
    Edit,
    Follow,
    Gone,
    Standing,
    Steer,
    Submit,
    Up,
)
from generation.errors import AwayError, QueueFullError, RequestError
from generation.events import Failed, Finished, Progress, RequestEvent, Steered
from generation.request import ImagineRequest
from generation.targets import Steering

_log = structlog.get_logger(__name__)


class Ledger(Protocol):
    """What is written down of requests, by whichever process."""

    async def open_requests(self) -> Sequence[ImagineRequest]:
        """Return what has not ended and is this process's to follow, in the order of acceptance."""

    async def outcome(self, request_id: str) -> tuple[Status, Finished | Failed | None]:
        """Return how a request stands, and how it ended where it was painted or failed."""


class RemoteDispatcher:
    """Passes on what is asked for, and follows what this process has asked for; see ``generation.dispatch.Dispatch``.

    While no dispatcher is reached, records stay as they were. Once one is, it is asked how each stands; of those that
    it does not have, the ledger knows how they ended.

    Args:
        find: returns the URL of the dispatcher, which is another one once another process has taken over; ``""`` where
            none is known.
        key: that makes this a process of the same bot.
        ledger: what is written down.
        errors: of the ledger's, which the dispatcher may raise.
        per_member: the most requests at a time of one member.
        times: how long to wait.
    """

    def __init__(
        self,
        find: Callable[[], Awaitable[str]],
        key: str,
        ledger: Ledger,
        errors: Collection[type[Exception]],
        per_member: int,
        times: Times = TIMES,
    ) -> None:
        self.pool = Pool()
        self.ended: Counter[Status] = Counter()
        self._line = Line(find, key, self._greet, self._hear, times)
        self._ledger = ledger
        self._errors: dict[str, type[Exception]] = {RequestError.__name__: RequestError}
        self._errors |= {each.__name__: each for each in errors}
        self._per_member = per_member
        self._times = times
        self._records: dict[str, Record] = {}
        self._unsubmitted: set[str] = set()
        """What of them no dispatcher has taken in yet, as far as is known."""
        self._updates: asyncio.Queue[Update] = asyncio.Queue()
        self._taken_back: set[str] = set()
        """What is to be cancelled once a dispatcher is reached."""
        self._concluding: dict[str, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Stay connected, until cancelled."""
        try:
            await self._line.run()
        finally:
            for task in self._concluding.values():
                task.cancel()

    async def connected(self) -> None:
        """Wait until a dispatcher is reached."""
        await self._line.connected()

    async def resume(self) -> list[Record]:
        """Follow what is this process's and has not ended."""
        records = [Record(request) for request in await self._ledger.open_requests()]
        self._records |= {record.request.id: record for record in records}
        await self._follow(*(record.request.id for record in records))
        return records

    def check_room(self, member: str, count: int = 1) -> None:
        """Raise ``QueueFullError`` where this process alone has too many; what others have the dispatcher knows."""
        by_member = Counter(record.request.member for record in self._records.values())
        if by_member[member] + count > self._per_member:
            raise QueueFullError(self._per_member, member=True)

    async def submit_all(self, requests: Sequence[ImagineRequest], notes: Sequence[str]) -> list[Record]:
        """Take in requests; where no answer comes they are taken back."""
        records = [Record(request) for request in requests]
        self._records |= {record.request.id: record for record in records}
        texts = tuple(request.to_json() for request in requests)
        ids = {request.id for request in requests}
        self._unsubmitted |= ids
        try:
            await self._call(lambda call: Submit(call, texts, tuple(notes)))
        except tuple(self._errors.values()):
            if await self._are_written(requests):  # by an earlier try, whose answer was lost
                await self._follow(*(request.id for request in requests))
                return records
            self._forget(requests)
            raise
        except AwayError:
            self._forget(requests)
            self._taken_back.update(request.id for request in requests)
            await self._take_back()
            raise
        except QueueFullError:
            self._forget(requests)
            raise
        finally:
            self._unsubmitted -= ids
        return records

    async def edit(self, request: ImagineRequest) -> None:
        """Let a request take the place of the one that waits under its id."""
        text = request.to_json()
        await self._call(lambda call: Edit(call, text))
        if request.id in self._records:
            self._records[request.id].request = request

    async def steer(self, request_id: str, steering: Sequence[Steering]) -> ImagineRequest | None:
        """Have a request painted otherwise from now on."""
        answer = await self._call(lambda call: Steer(call, request_id, tuple(steering)))
        return None if answer.request is None else ImagineRequest.from_json(answer.request)

    async def cancel(self, *request_ids: str) -> None:
        """Take back requests, as soon as a dispatcher is reached."""
        for request_id in request_ids:
            record = self._records.pop(request_id, None)
            if record is not None:
                record.status = "cancelled"
                self.ended["cancelled"] += 1
        self._taken_back.update(request_ids)
        try:
            await self._call(lambda call: Cancel(call, request_ids))
        except AwayError:
            _log.warning("cancelled once the process that has requests painted is reached", requests=len(request_ids))
        else:
            self._taken_back.difference_update(request_ids)

    async def updates(self) -> AsyncIterator[Update]:
        """Yield what changes, in order; never ends."""
        while True:
            update = await self._updates.get()
            if update.record.status != "cancelled":
                yield update

    def snapshot(self) -> Snapshot:
        """Return what this process has asked for."""
        records = self._records.values()
        waiting = [record for record in records if record.status == "waiting"]
        waiting.sort(key=lambda record: record.estimate.place)
        return Snapshot(tuple(record for record in records if record.status == "running"), tuple(waiting))

    async def _greet(self) -> None:
        """Say what was left to be said, and ask how all requests stand that are known to a dispatcher."""
        await self._take_back()
        await self._follow(*(self._records.keys() - self._unsubmitted))

    def _hear(self, message: Up) -> None:
        match message:
            case Devices():
                self.pool.devices[:] = [
                    Device(
                        each.number,
                        each.name,
                        each.slots,
                        offers=dict(each.offers),
                        unusable=set(each.unusable),
                        parked=each.parked,
                    )
                    for each in message.devices
                ]
            case Standing():
                self._stand(message)
            case Gone(request_id=request_id):
                if request_id in self._records and request_id not in self._concluding:
                    task = self._concluding[request_id] = asyncio.create_task(self._conclude(request_id))
                    task.add_done_callback(lambda _: self._concluding.pop(request_id))

    def _stand(self, standing: Standing) -> None:
        """Take note of how a request stands, and say what is new."""
        record = self._records.get(standing.request_id)
        if record is None:
            return
        record.status, record.step, record.left_out = standing.status, standing.step, standing.left_out
        record.smaller = standing.smaller
        record.estimate = Estimate(standing.starts, standing.finishes, standing.place)
        is_steered = standing.steering != record.request.steering
        record.request = replace(record.request, steering=standing.steering)
        if standing.outcome is not None:
            self._end(record, standing.status, standing.outcome)
            return
        if is_steered:
            self._tell(record, Steered(record.request.id, standing.steering))
        if standing.preview is not None:
            self._tell(record, Progress(record.request.id, record.step, record.request.steps, 0.0, standing.preview))
        else:
            self._tell(record)

    async def _conclude(self, request_id: str) -> None:
        """Look up how a request ended of which the dispatcher does not know any more."""
        try:
            status, outcome = await self._ledger.outcome(request_id)
        except tuple(self._errors.values()):
            status, outcome = "waiting", None
        record = self._records.get(request_id)
        if record is None:
            return
        if status in ("waiting", "running"):  # how it ended is not written down yet, or it will go on
            await asyncio.sleep(self._times.pause)
            await self._follow(request_id)
        elif outcome is not None:
            self._end(record, status, outcome)
        else:
            record.status = status
            del self._records[request_id]

    def _end(self, record: Record, status: Status, outcome: Finished | Failed) -> None:
        record.status = status
        if isinstance(outcome, Finished):
            record.request = replace(record.request, stop=min(record.request.stop, outcome.stop))
        self.ended[status] += 1
        self._records.pop(record.request.id, None)
        self._tell(record, outcome)

    def _tell(self, record: Record, event: RequestEvent | None = None) -> None:
        self._updates.put_nowait(Update(record, event))

    def _forget(self, requests: Sequence[ImagineRequest]) -> None:
        for request in requests:
            self._records.pop(request.id, None)

    async def _are_written(self, requests: Sequence[ImagineRequest]) -> bool:
        """Return whether requests that were refused had been taken in before."""
        try:
            standing = [(await self._ledger.outcome(request.id))[0] for request in requests]
        except tuple(self._errors.values()):
            return False
        return "cancelled" not in standing

    async def _follow(self, *request_ids: str) -> None:
        """Ask how requests stand; where no dispatcher is reached that is asked once one is."""
        if request_ids:
            await self._line.say(Follow(request_ids))

    async def _take_back(self) -> None:
        """Cancel what could not be cancelled before; nothing is answered that somebody waits for."""
        if self._taken_back:
            await self._line.say(Cancel(0, tuple(self._taken_back)))

    async def _call(self, make: Callable[[int], Down]) -> Answer:
        """Ask for something, and raise what is answered."""
        answer = await self._line.ask(make)
        if not answer.error:
            return answer
        if answer.error == QueueFullError.__name__:
            raise QueueFullError(answer.limit, member=answer.member)
        raise self._errors.get(answer.error, AwayError)(answer.sentence if answer.error in self._errors else AWAY)
