"""Keeps one device painting."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import structlog

from generation import errors
from generation.capacity import Capacity
from generation.dispatch.devices import Device
from generation.errors import CheckpointError, DeviceError, GenerationError, WorkerError
from generation.events import DeviceChanged, Event, Finished
from generation.executor.process import WorkerProcess
from generation.executor.protocol import FromWorker, Heartbeat, Hello, Load, LoadFailed, Ready, ToWorker
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
    """

    pauses: tuple[float, ...] = (0.0, 1.0, 5.0, 15.0)
    park_after: int = 5
    parked_seconds: float = 600.0


RESTARTS = Restarts()


class Supervisor:
    """Starts a device's worker, passes on what it says, and replaces it when it dies or hangs.

    Args:
        device: kept up to date: its name, capacity and throughput, and whether it is parked.
        load: what its workers are told first.
        patience: how long they may be silent.
        restarts: when they are replaced.
        command: that starts one.
        tell: called with the device and each event, its own ``DeviceChanged`` among them.
    """

    def __init__(
        self,
        device: Device,
        load: Load,
        patience: Patience,
        restarts: Restarts,
        command: Sequence[str],
        tell: Callable[[Device, Event], None],
    ) -> None:
        self.device = device
        self.process: WorkerProcess | None = None
        loop = asyncio.get_running_loop()
        self.gpus: asyncio.Future[int] = loop.create_future()
        """How many the first worker saw; 0 when it did not live to see them."""
        self.first: asyncio.Future[GenerationError | None] = loop.create_future()
        """None once the first worker is ready, or why it never was; raises what the operator has to put right."""
        self._load = load
        self._patience = patience
        self._restarts = restarts
        self._command = command
        self._tell = tell
        self._failures = 0
        self._state: Literal["ready", "down", "parked"] | None = None

    def send(self, message: ToWorker) -> None:
        """Give the worker a message, which is lost when it is gone."""
        if self.process is not None:
            self.process.send(message)

    async def run(self) -> None:
        """Keep the device painting, until cancelled."""
        while True:
            try:
                failure = await self._serve()
            except OSError as error:
                failure = WorkerError(f"The worker for {self.device.name} cannot be started: {error}.")
            self._note_failure(failure)
            pauses = self._restarts.pauses
            pause = pauses[min(self._failures, len(pauses)) - 1]
            await asyncio.sleep(self._restarts.parked_seconds if self.device.parked else pause)

    async def _serve(self) -> GenerationError:
        """Start a worker, follow it to its end, and return why it ended."""
        process = self.process = await WorkerProcess.spawn(self._command)
        watchdog = Watchdog(self.device, self._patience)
        following = asyncio.create_task(self._follow(process, watchdog))
        watching = asyncio.create_task(watchdog.wait_until_silent())
        try:
            await asyncio.wait({following, watching}, return_when=asyncio.FIRST_COMPLETED)
            if following.done():
                return following.result()
            process.kill()
            return WorkerError(f"The worker for {self.device.name} was silent for {watching.result():.0f} s.")
        finally:
            following.cancel()
            watching.cancel()
            self.device.capacity = Capacity(0)
            await process.stop()
            self.process = None

    async def _follow(self, process: WorkerProcess, watchdog: Watchdog) -> GenerationError:
        """Tell the worker what to load, take in all that it says, and return why it ended."""
        process.send(self._load)
        while (message := await process.receive()) is not None:
            watchdog.hear(message)
            if isinstance(message, LoadFailed):
                kind: type[GenerationError] = getattr(errors, message.error)
                return kind(message.reason)
            self._handle(message)
        return WorkerError(f"The worker for {self.device.name} ended with code {await process.wait()}.")

    def _handle(self, message: FromWorker) -> None:
        match message:
            case Hello(gpus):
                if not self.gpus.done():
                    self.gpus.set_result(gpus)
            case Ready(name, capacity, multiple):
                self.device.name, self.device.capacity, self.device.multiple = name, capacity, multiple
                self._change("ready", "")
                if not self.first.done():
                    self.first.set_result(None)
            case Heartbeat(shape, batch, steps, seconds):
                self.device.throughput.observe(shape, batch, seconds, steps)
            case _:
                if isinstance(message, Finished):
                    self._failures = 0
                self._tell(self.device, message)  # type: ignore[arg-type]

    def _note_failure(self, failure: GenerationError) -> None:
        """Take note that the worker is gone and why."""
        if not self.gpus.done():
            self.gpus.set_result(0)
        if not self.first.done():
            if isinstance(failure, CheckpointError | DeviceError):
                self.first.set_exception(failure)
                return
            self.first.set_result(failure)
        self._failures += 1
        if self._state != "parked":
            log.error("worker died", device=self.device.name, reason=str(failure), requests=list(self.device.running))
        self._change("parked" if self._failures >= self._restarts.park_after else "down", str(failure))

    def _change(self, state: Literal["ready", "down", "parked"], reason: str) -> None:
        if state == self._state:
            return
        self._state = state
        self.device.parked = state == "parked"
        if state == "ready":
            log.info("device ready", device=self.device.name, slots=self.device.capacity.slots)
        elif state == "parked":
            log.error(
                "device parked",
                device=self.device.name,
                reason=reason,
                advice=ADVICE.format(minutes=self._restarts.parked_seconds / 60),
            )
        self._tell(self.device, DeviceChanged(self.device.name, state, reason))
