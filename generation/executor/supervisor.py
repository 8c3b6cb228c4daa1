"""Keeps one device painting."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

import structlog

from generation import errors
from generation.errors import CheckpointError, DeviceError, GenerationError, WorkerError
from generation.events import Down, Event, Finished, Heartbeat, Loaded, ModelEvent, Ready, RequestEvent, Unusable
from generation.executor.footprint import LEAK_BYTES, Footprint
from generation.executor.process import Context, Process
from generation.executor.protocol import GarbledError, Hello, LoadFailed, LoadModels, Paint, ToWorker
from generation.executor.watchdog import Patience, Watchdog

ADVICE = (
    "look at what its worker wrote above and, for a GPU, at nvidia-smi and dmesg; it is tried again every "
    "{minutes:.0f} minutes, and executor.devices can do without it"
)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Restarts:
    """How workers that died are started again.

    Args:
        pauses: seconds before that, by how often in a row a worker has died without finishing a picture.
        park_after: so many deaths in a row without a finished picture a device is parked.
        parked_seconds: so often a parked device is tried again.
        leak_bytes: a worker that has grown by so much for no reason is replaced.
    """

    pauses: tuple[float, ...] = (0.0, 1.0, 5.0, 15.0)
    park_after: int = 5
    parked_seconds: float = 600.0
    leak_bytes: int = LEAK_BYTES


RESTARTS = Restarts()


class Supervisor:
    """Starts a device's worker, passes on what it says, and replaces it when it dies, hangs or leaks.

    Args:
        load: what its workers are told first.
        patience: how long they may be silent.
        restarts: when they are replaced.
        start: starts one and tells it what to load; raises ``OSError`` where that cannot be.
        tell: called with each event.
        process: of the worker that is there already, None where none is.
    """

    def __init__(
        self,
        load: LoadModels,
        patience: Patience,
        restarts: Restarts,
        start: Callable[[LoadModels, Context], Awaitable[Process]],
        tell: Callable[[Event], None],
        process: Process | None = None,
    ) -> None:
        self.process: Process | None = None
        loop = asyncio.get_running_loop()
        self.gpus: asyncio.Future[int] = loop.create_future()
        """How many the first worker saw; 0 when it did not live to see them."""
        self.first: asyncio.Future[GenerationError | None] = loop.create_future()
        """None once the first worker is ready, or why it never was; raises what the operator has to put right."""
        self._load = load
        self._patience = patience
        self._restarts = restarts
        self._start = start
        self._tell = tell
        self._next = process
        self._device = load.device
        self._watchdog = Watchdog(patience)
        self._failures = 0
        self._slots = 0
        self._state: Literal["ready", "down", "parked"] | None = None
        self._resting, self._woken = asyncio.Event(), asyncio.Event()
        self._woken.set()

    @property
    def is_ready(self) -> bool:
        """Whether a worker is there that takes requests."""
        return self._state == "ready"

    @property
    def is_parked(self) -> bool:
        """Whether it failed too often in a row to be expected back soon."""
        return self._state == "parked"

    @property
    def is_idle(self) -> bool:
        """Whether the worker has been given nothing that has not ended."""
        return not self._watchdog.requests

    @property
    def has_room(self) -> bool:
        """Whether the worker holds more than it has been given."""
        return len(self._watchdog.requests) < self._slots

    @property
    def is_resting(self) -> bool:
        """Whether there is to be no worker for now."""
        return self._resting.is_set()

    def rest(self) -> None:
        """Have the worker ended, and another one started when :meth:`wake` is called."""
        self._woken.clear()
        self._resting.set()

    def wake(self) -> None:
        """Have a worker again."""
        self._resting.clear()
        self._woken.set()

    def send(self, message: ToWorker) -> None:
        """Give the worker a message, which is lost when it is gone."""
        if self.process is not None:
            self._watchdog.give(message)
            self.process.send(message)

    def forget(self, request_id: str) -> None:
        """Take note that how a request ended has been kept."""
        if self.process is not None:
            self.process.forget(request_id)

    async def run(self) -> None:
        """Keep the device painting, until cancelled."""
        while True:
            await self._woken.wait()
            try:
                failure = await self._serve()
            except OSError as error:
                failure = WorkerError(f"The worker for {self._device} cannot be started: {error}.")
                self._note_failure(failure)
            if failure is None:
                continue
            self._answer_first(failure)
            pauses = self._restarts.pauses
            pause = pauses[min(self._failures, len(pauses)) - 1]
            await asyncio.sleep(self._restarts.parked_seconds if self._state == "parked" else pause)

    async def _serve(self) -> GenerationError | None:
        """Start a worker, follow it to its end, and return why it ended; None where it leaks or the device rests."""
        self._watchdog = Watchdog(self._patience)
        process, self._next = self._next or await self._start(self._load, self._context), None
        self.process = process
        for request in process.held.values():
            self._watchdog.give(Paint(request))
        following = asyncio.create_task(self._follow(process))
        watching = asyncio.create_task(self._watchdog.wait_until_silent())
        resting = asyncio.create_task(self._resting.wait())
        tasks = following, watching, resting
        let_go = process.leave
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            if following.done():
                failure = following.result()
            elif resting.done():
                failure = None
            else:
                failure = WorkerError(f"The worker for {self._device} was silent for {watching.result():.0f} s.")
            # Before the process has gone, so that nothing more is sent to it.
            if failure is None:
                self._state = "down"
                self._tell(Down(parked=False))
            else:
                self._note_failure(failure)
            let_go = process.stop
            return failure
        finally:
            self.process = None
            for task in tasks:
                task.cancel()
            await let_go()

    async def _follow(self, process: Process) -> GenerationError | None:
        """Take in all that the worker says, and return why it ended, or is to end; None where it leaks."""
        footprint = Footprint(lambda: process.resident, self._restarts.leak_bytes)
        try:
            while (message := await process.receive()) is not None:
                kind = self._watchdog.requests.get(message.request_id) if isinstance(message, Finished) else None
                self._watchdog.hear(message)
                if isinstance(message, LoadFailed):
                    error: type[GenerationError] = getattr(errors, message.error)
                    return error(message.reason)
                self._handle(message)
                if isinstance(message, Loaded):
                    footprint.begin_anew()
                if kind is not None and (leaked := footprint.finish(kind.shape)):
                    log.warning("worker replaced: it leaks memory", device=self._device, megabytes=leaked // 10**6)
                    return None
        except GarbledError:
            return WorkerError(f"The worker for {self._device} sent what is no message.")
        return WorkerError(f"The worker for {self._device} {await process.ending()}.")

    def _handle(self, message: Hello | Ready | ModelEvent | Heartbeat | RequestEvent) -> None:
        match message:
            case Hello(gpus):
                if not self.gpus.done():
                    self.gpus.set_result(gpus)
                return
            case Ready():
                self._device, self._slots = message.name, message.offer.capacity.slots
                self._state = "ready"
                log.info("device ready", device=self._device, slots=self._slots)
                if not self.first.done():
                    self.first.set_result(None)
            case Loaded(model, offer):
                log.info("model loaded", device=self._device, model=model, seconds=round(offer.seconds, 1))
            case Unusable(model, reason):
                log.error("model cannot be used", device=self._device, model=model, reason=reason)
            case Finished():
                self._failures = 0
        self._tell(message)

    def _context(self) -> dict[str, object]:
        requests = list(self._watchdog.requests)
        return {"device": self._device, **({"requests": requests} if requests else {})}

    def _note_failure(self, failure: GenerationError) -> None:
        """Take note that the worker is gone and why."""
        if self._stops_the_start(failure):
            return
        self._failures += 1
        requests = tuple(self._watchdog.requests)
        if self._state != "parked":
            log.error("worker died", device=self._device, reason=str(failure), requests=list(requests))
        state: Literal["down", "parked"] = "parked" if self._failures >= self._restarts.park_after else "down"
        if state != self._state:
            self._state = state
            if state == "parked":
                advice = ADVICE.format(minutes=self._restarts.parked_seconds / 60)
                log.error("device parked", device=self._device, reason=str(failure), advice=advice)
            self._tell(Down(state == "parked", requests))

    def _answer_first(self, failure: GenerationError) -> None:
        """Let whoever waits for the first worker know why it never was ready."""
        if not self.gpus.done():
            self.gpus.set_result(0)
        if self._stops_the_start(failure):
            self.first.set_exception(failure)
        elif not self.first.done():
            self.first.set_result(failure)

    def _stops_the_start(self, failure: GenerationError) -> bool:
        """Return whether the operator has to put something right before anything can be painted."""
        return not self.first.done() and isinstance(failure, CheckpointError | DeviceError)
