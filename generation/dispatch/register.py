"""Every request that has not ended: how many there may be, how each stands, and who is told of it."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from math import inf

from generation.dispatch.estimates import Estimates
from generation.dispatch.plan import Plan
from generation.dispatch.record import Record, Snapshot, Status, Update
from generation.errors import QueueFullError
from generation.events import RequestEvent


class Register:
    """The records of requests, from their submission to their end.

    Args:
        plan: who is next, and where.
        estimates: of those that wait.
        total: the most requests at a time, of all members together.
        per_member: the most requests at a time of one member.
    """

    def __init__(self, plan: Plan, estimates: Estimates, total: int, per_member: int) -> None:
        self.ended: Counter[Status] = Counter()
        """How many requests have ended so since the start."""
        self._plan = plan
        self._estimates = estimates
        self._total = total
        self._per_member = per_member
        self._records: dict[str, Record] = {}
        self._by_member: Counter[str] = Counter()
        self._updates: asyncio.Queue[Update] = asyncio.Queue()

    def __getitem__(self, request_id: str) -> Record:
        """Return the record of a request that has not ended."""
        return self._records[request_id]

    def __iter__(self) -> Iterator[Record]:
        """Go through all records, in the order in which they came."""
        return iter(self._records.values())

    def find(self, request_id: str) -> Record | None:
        """Return what there is to know of a request; None where it has ended, or was never taken in."""
        return self._records.get(request_id)

    def check_room(self, member: str, count: int = 1) -> None:
        """Raise ``QueueFullError`` where so many further requests of a member cannot be taken in."""
        if self._by_member[member] + count > self._per_member:
            raise QueueFullError(self._per_member, member=True)
        if len(self._records) + count > self._total:
            raise QueueFullError(self._total, member=False)

    def enter(self, record: Record) -> Record:
        """Take in a request."""
        self._records[record.request.id] = record
        self._by_member[record.request.member] += 1
        return record

    def stand(self, record: Record, tag: int) -> None:
        """Let a request stand in line, with a first estimate; its start tag says where."""
        request, pool, now = record.request, self._plan.pool, time.time()
        running = (self._records[request_id] for device in pool.devices for request_id in device.running)
        finishes = (other.estimate.finishes for other in running)
        if self._estimates.is_empty and pool.has_room(request.load):
            self._estimates.add(record, tag, now, 0.0)  # it is taken at once
            return
        soonest = min(finishes, default=now) if self._estimates.is_empty and pool.is_up else inf
        self._estimates.add(record, tag, soonest, pool.seconds_between(request))

    def begin(self, record: Record, event: RequestEvent | None = None) -> None:
        """Take note that a request is painted from its checkpoint on, or that it waits to be, and tell."""
        record.step = record.checkpoint.step if record.checkpoint else 0
        self.reckon(record)
        self.tell(record, event)

    def reckon(self, record: Record) -> None:
        """Estimate anew when a request that is painted will be finished."""
        record.estimate = replace(record.estimate, place=0, finishes=time.time() + record.seconds_left)

    def tell(self, record: Record, event: RequestEvent | None = None) -> None:
        """Tell of a change, or that the place, the device or the estimate is another one."""
        self._updates.put_nowait(Update(record, event))

    def end(self, record: Record, status: Status) -> None:
        """Let go of a request."""
        record.status, record.device, record.checkpoint = status, None, None
        self.ended[status] += 1
        member = record.request.member
        del self._records[record.request.id]
        self._by_member[member] -= 1
        if not self._by_member[member]:
            del self._by_member[member]
        self._plan.remove(record.request.id)
        self._estimates.discard(record)
        if not self._records:
            self._plan.scheduler.rest()

    async def updates(self) -> AsyncIterator[Update]:
        """Yield what changes, in order; never ends. There is one reader, for whom everything is kept."""
        while True:
            update = await self._updates.get()
            if update.record.status != "cancelled":
                yield update

    def snapshot(self) -> Snapshot:
        """Return what waits and what is being painted."""
        running = tuple(record for record in self if record.status == "running")
        return Snapshot(running, tuple(self._estimates.line))
