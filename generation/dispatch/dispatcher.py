"""The owner of every request, from its submission to its end."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import replace
from typing import Literal

import structlog

from config.settings.painting import MIN_SIDE
from generation.dispatch.devices import Device, Pool
from generation.dispatch.estimates import Estimates
from generation.dispatch.forecast import Forecast, forecast
from generation.dispatch.journal import Journal, MemoryJournal
from generation.dispatch.plan import Plan
from generation.dispatch.record import Record, Snapshot, Status, Update
from generation.dispatch.register import Register
from generation.dispatch.resumption import inherit, resumed
from generation.dispatch.saving import Saving
from generation.dispatch.sending import Sending
from generation.dispatch.steering import Steerer
from generation.dispatch.unanswered import Said
from generation.events import (
    Checkpoint,
    Down,
    Event,
    Failed,
    Finished,
    Heartbeat,
    Loaded,
    Offer,
    Progress,
    Ready,
    RequestEvent,
    Started,
    Steered,
    Suspended,
    Unloaded,
    Unusable,
)
from generation.executor import Executor
from generation.request import ImagineRequest
from generation.sizes import Shape, smaller_shape
from generation.targets import Steering

ATTEMPTS = 2
"""So many workers may die over a request before it is given up."""
GIVEN_UP = "The painting broke off more than once; its operator can see why."
FORECAST_SECONDS = 1.0
SUSPENSION_SECONDS = 5.0
"""For which a worker that is told to stop can be silent."""

_log = structlog.get_logger(__name__)


class Dispatcher:
    """Takes requests in, has devices paint them in turn, and knows how each fares.

    Args:
        executor: that carries requests to the devices; it must have been entered before :meth:`run`.
        total: the most requests at a time, of all members together.
        per_member: the most requests at a time of one member, waiting or being painted: the limit is on what they
            have going, not on their luck.
        journal: where requests are written down.
        picture: returns the PNG of a SHA-256 that a request names, in a thread; None where there is none.
        forecast_seconds: between two forecasts, at least.
        observe: called with each event and the number of its device.
    """

    def __init__(
        self,
        executor: Executor,
        *,
        total: int,
        per_member: int,
        journal: Journal | None = None,
        picture: Callable[[str], bytes | None] = lambda _: None,
        forecast_seconds: float = FORECAST_SECONDS,
        observe: Callable[[int, Event], None] = lambda *_: None,
    ) -> None:
        self._executor = executor
        self._journal = journal or MemoryJournal()
        self._sending = Sending(executor, picture)
        self._plan = Plan()
        self._estimates = Estimates(forecast_seconds)
        self._register = Register(self._plan, self._estimates, total, per_member)
        self._steerer = Steerer(self._plan, self._register, self._sending, self._journal)
        self._saving = Saving(self._journal)
        self._takes: Literal["all", "interrupted", "nothing"] = "all"
        self._released = asyncio.Event()
        self._doubted = asyncio.Event()
        """Set where some of what waits may be such that no device can paint it."""
        self._observe = observe
        self.ended: Counter[Status] = self._register.ended
        """How many requests have ended so since the start."""

    async def run(self) -> None:
        """Have requests painted, until cancelled."""
        await inherit(self._executor, self._plan, self._register, self._steerer)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._listen())
            tasks.create_task(self._sending.run())
            tasks.create_task(self._saving.run())
            tasks.create_task(self._refuse())
            tasks.create_task(self._estimates.keep(self.forecast, self._register.tell))

    async def resume(self) -> list[Record]:
        """Take in what is unfinished in the journal, before :meth:`run` and before anything is submitted."""
        return await resumed(self._journal, self._plan, self._register)

    def check_room(self, member: str, count: int = 1) -> None:
        """Raise ``QueueFullError`` where so many further requests of a member cannot be taken in."""
        self._register.check_room(member, count)

    async def submit(self, request: ImagineRequest, note: str = "") -> Record:
        """Take in a request and return its record with a first estimate.

        Args:
            request: whose id must be new.
            note: what the journal is to keep with it.

        Raises:
            QueueFullError: there are too many.
        """
        return (await self.submit_all([request], [note]))[0]

    async def submit_all(self, requests: Sequence[ImagineRequest], notes: Sequence[str]) -> list[Record]:
        """Take in requests of one member, all or none, as :meth:`submit` does."""
        self.check_room(requests[0].member, len(requests))
        records = [self._register.enter(Record(request)) for request in requests]
        try:
            await self._journal.accept(requests, notes)
        except BaseException:
            await self.cancel(*(request.id for request in requests))
            raise
        for record in records:
            if record.status == "cancelled":
                await self._journal.finish(record, None)
            else:
                self._register.stand(record, self._plan.scheduler.add(record.request))
                self._doubt(record)
        self._assign()
        return records

    async def edit(self, request: ImagineRequest) -> None:
        """Let a request take the place in line of the one that waits under its id; it must wait."""
        record = self._register[request.id]
        assert record.status == "waiting"
        before, record.request = record.request, request
        tag = self._plan.scheduler.replace(request)
        if (request.load, request.end_step) != (before.load, before.end_step):
            self._estimates.discard(record)
            self._register.stand(record, tag)
        await self._journal.change(request)
        self._doubt(record)
        self._assign()

    async def steer(self, request_id: str, steering: Sequence[Steering]) -> ImagineRequest | None:
        """Have a request painted otherwise from now on, whether it waits or is being painted.

        An update with ``Steered`` comes too; see ``generation.dispatch.steering``.

        Args:
            request_id: of the request.
            steering: as :func:`generation.steering.read` returns it; the step is set here.

        Returns:
            The request as it is painted then, written down; None where it ended before it could be.

        Raises:
            RequestError: it cannot be steered like that, and is painted as before.
        """
        record = self._register.find(request_id)
        return None if record is None else await self._steerer.steer(record, steering)

    async def cancel(self, *request_ids: str) -> None:
        """Take back requests, whether they wait or are being painted; of them no update comes any more.

        One that has ended is ignored.
        """
        records = [record for record in map(self._register.find, request_ids) if record is not None]
        for record in records:
            if record.device is not None:
                self._sending.abort(record.device.number, record.request.id)
            self._end(record, "cancelled")
        for record in records:
            await self._journal.finish(record, None)
        self._assign()

    async def drain(self, seconds: float) -> None:
        """Take nothing more from the line, and have what runs finished within so many seconds, or else suspended.

        When this returns, the journal knows how it ended or from what it goes on. :meth:`run` must go on meanwhile.
        Where the executor's devices go on by themselves nothing is waited for or suspended.
        """
        stays = self._executor.outlives
        self._takes = "interrupted"
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0 if stays else seconds):
                await self._until_idle()
        self._takes = "nothing"
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SUSPENSION_SECONDS):
                await self._sending.join()
                for device in () if stays else self.pool.devices:
                    for request_id in device.running:
                        self._executor.suspend(device.number, request_id)
                if not stays:
                    await self._until_idle()
                await self._saving.join()

    def updates(self) -> AsyncIterator[Update]:
        """Yield what changes, in order; never ends. There is one reader, for whom everything is kept."""
        return self._register.updates()

    def find(self, request_id: str) -> Record | None:
        """Return what there is to know of a request; None where it has ended, or was never taken in."""
        return self._register.find(request_id)

    def snapshot(self) -> Snapshot:
        """Return what waits and what is being painted."""
        return self._register.snapshot()

    def forecast(self) -> Iterator[Forecast]:
        """Return when each request will be begun and finished, in the order of finishing, in seconds from now."""
        return forecast(self._plan, {record.request.id: record.step for record in self._register})

    @property
    def pool(self) -> Pool:
        """The devices."""
        return self._plan.pool

    def _assign(self) -> None:
        """Let devices with room take what is next."""
        if self._takes == "nothing":
            return
        for request, device in self._plan.assign(only_interrupted=self._takes == "interrupted"):
            record = self._register[request.id]
            self._sending.send(device.number, request, record.checkpoint)
            self._estimates.discard(record)
            record.status, record.device = "running", device
            self._register.begin(record)
            self._saving.add(record)
        self._estimates.outdate()

    async def _until_idle(self) -> None:
        """Wait until no device paints."""
        while any(device.running for device in self.pool.devices):
            self._released.clear()
            await self._released.wait()

    async def _listen(self) -> None:
        async for number, event in self._executor.events():
            self._observe(number, event)
            await self._handle(self.pool.device(number), event)

    async def _handle(self, device: Device, event: Event) -> None:
        match event:
            case Heartbeat():
                device.observe(event.kind, event.batch, event.seconds, event.steps, event.taken)
            case Ready(name, offer, model):
                device.come_up(name, offer.capacity.slots)
                self._take_model(device, model, offer)
            case Loaded(model, offer):
                self._take_model(device, model, offer)
            case Unloaded(model):
                device.loaded.discard(model)
            case Unusable(model):
                device.unusable.add(model)
                self._doubted.set()
            case Down():
                await self._take_back(device, event)
            case _:
                record = self._register.find(event.request_id)
                if record is not None and record.device is device:
                    await self._follow(record, event)

    def _take_model(self, device: Device, model: str, offer: Offer) -> None:
        """Take note that a device has loaded a model."""
        device.take_in(model, offer)
        self._plan.scheduler.usual[model] = self.pool.usual(model)
        self._doubted.set()
        self._assign()

    def _doubt(self, record: Record) -> None:
        if self.pool.refusal(record.painted.load) is not None:
            self._doubted.set()

    async def _refuse(self) -> None:
        """Let what waits fail of which it is known by now that no device can paint it, until cancelled."""
        while True:
            await self._doubted.wait()
            self._doubted.clear()
            waiting = [record for record in self._register if self._plan.has_waiting(record.request.id)]
            refusals = {load: self.pool.refusal(load) for load in {record.painted.load for record in waiting}}
            for record in waiting:
                refusal = refusals[record.painted.load]
                if refusal is not None and self._plan.has_waiting(record.request.id):
                    await self._conclude(record, Failed(record.request.id, refusal))
            self._assign()

    async def _follow(self, record: Record, event: RequestEvent) -> None:
        """Take note of what happens to a request."""
        match event:
            case Started():
                _log.info("started", request=event.request_id, device=event.device, step=event.step)
                record.left_out = event.left_out
                if event.step == 0 and record.checkpoint is not None:  # it was sent along and did not fit
                    record.checkpoint = None
                    self._saving.add(record)
                self._register.begin(record, event)
            case Progress():
                record.step = event.step
                self._register.reckon(record)
                self._register.tell(record, event)
                if event.preview is not None or not event.step:
                    self._estimates.outdate()
            case Steered():
                await self._steerer.take_answer(record, event)
            case Checkpoint():
                record.checkpoint = event
                self._saving.add(record)
            case Suspended():
                await self._interrupt(record)
            case Failed(is_shortage=True) if (shape := self._smaller(record)) is not None:
                _log.warning("painted smaller: memory ran out", request=event.request_id, shape=shape)
                record.smaller, record.checkpoint = shape, None
                await self._interrupt(record)
            case Finished() | Failed():
                if isinstance(event, Finished) and event.stop < record.request.stop:
                    await self._end_early(record, event.stop)
                await self._conclude(record, event)
                self._assign()

    async def _end_early(self, record: Record, stop: int) -> None:
        """Take note that a picture was still, and charge no more than was painted."""
        record.request = replace(record.request, stop=stop)
        await self._journal.change(record.request)

    async def _conclude(self, record: Record, event: Finished | Failed) -> None:
        await self._journal.finish(record, event)
        if record.status == "cancelled":
            return
        self._end(record, "finished" if isinstance(event, Finished) else "failed")
        self._register.tell(record, event)
        if isinstance(event, Failed):
            _log.warning("failed", request=event.request_id, reason=event.reason)

    def _smaller(self, record: Record) -> Shape | None:
        """Return in which shape to paint what its device has no memory for; None where that was tried, or cannot be."""
        request = record.request
        return None if record.smaller else smaller_shape(request.shape, self.pool.multiple(request.model), MIN_SIDE)

    async def _interrupt(self, record: Record) -> None:
        """Let a request that a device has let go of go on first of all."""
        while granted := self._steerer.steer_again(record):
            await self._steerer.note(record, *granted)
        if record.device is None:  # it was taken back meanwhile
            return
        del record.device.running[record.request.id]
        record.device = None
        self._plan.interrupted.append(record.painted)
        self._register.begin(record)
        self._released.set()
        self._doubted.set()
        self._assign()

    async def _take_back(self, device: Device, down: Down) -> None:
        """Have what a device painted go on elsewhere, first of all; what killed too many workers is given up."""
        interrupted = [self._register[request_id] for request_id in device.go_down(parked=down.parked)]
        self._released.set()
        granted: list[tuple[Record, Said]] = []
        for record in interrupted:
            record.device = None
            if record.request.id in down.requests:
                record.attempts += 1
                self._plan.suspects[record.request.id] = device.name
            else:
                # Sent while it went down: a worker that has come up meanwhile may have it.
                self._sending.abort(device.number, record.request.id)
            if record.attempts < ATTEMPTS:
                granted += [(record, said) for said in self._steerer.steer_again(record)]
                self._plan.interrupted.append(record.painted)
                self._register.begin(record)
        self._assign()
        for record, said in granted:
            await self._steerer.note(record, said)
        for record in interrupted:
            if record.attempts >= ATTEMPTS and record.status == "running":
                await self._conclude(record, Failed(record.request.id, GIVEN_UP))
            elif record.device is None:
                self._saving.add(record)

    def _end(self, record: Record, status: Status) -> None:
        """Let go of a request."""
        self._register.end(record, status)
        self._steerer.end(record.request.id)
        self._released.set()
