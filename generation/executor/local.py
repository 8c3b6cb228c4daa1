"""Workers on this machine: one process per device."""

import asyncio
import os
from collections import deque
from collections.abc import AsyncIterator, Sequence
from typing import Literal, Self

from config.settings import ModelsSettings
from generation.dispatch.devices import Device, Pool, Running
from generation.events import DeviceChanged, Event, Failed, Finished, Progress
from generation.executor.process import COMMAND
from generation.executor.protocol import Abort, Load
from generation.executor.supervisor import RESTARTS, Restarts, Supervisor
from generation.executor.watchdog import PATIENCE, Patience
from generation.request import ImagineRequest

ATTEMPTS = 2
"""So many workers may die over a request before it is given up."""
GIVEN_UP = "The painting broke off more than once; its operator can see why."


class LocalExecutor:
    """One spawned process per device; see :class:`generation.executor.Executor`.

    A process that dies or hangs is replaced, and what it painted starts again, first in line, on whichever device has
    room first. The processes end with this one, even when it is killed.

    Args:
        models: which weights to load, and how to compute with them.
        devices: ``auto``, every GPU or else one worker on the CPU; or a list, where ``["cpu", "cpu"]`` means two.
        preview_seconds: about so often a preview of a request can be shown.
        patience: how long a worker may be silent.
        restarts: when a worker that died is replaced.
        command: that starts a worker.
    """

    def __init__(
        self,
        models: ModelsSettings,
        devices: Literal["auto"] | Sequence[str],
        preview_seconds: float,
        patience: Patience = PATIENCE,
        restarts: Restarts = RESTARTS,
        command: Sequence[str] = COMMAND,
    ) -> None:
        self._models = models
        self._names = ["auto"] if devices == "auto" else list(devices)
        self._preview_seconds = preview_seconds
        self._patience = patience
        self._restarts = restarts
        self._command = command
        self._supervisors: dict[Device, Supervisor] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._orphans: deque[ImagineRequest] = deque()
        self._attempts: dict[str, int] = {}
        self._events: asyncio.Queue[Event | None] = asyncio.Queue()

    @property
    def pool(self) -> Pool:
        """The devices as they are now."""
        return Pool(tuple(self._supervisors))

    @property
    def pids(self) -> tuple[int, ...]:
        """The process ids of the workers that are alive."""
        processes = [supervisor.process for supervisor in self._supervisors.values()]
        return tuple(process.pid for process in processes if process is not None)

    async def __aenter__(self) -> Self:
        try:
            for name in self._names:
                self._supervise(name)
            if self._names == ["auto"]:
                (first,) = self._supervisors.values()
                for index in range(1, await first.gpus):
                    self._supervise(f"cuda:{index}")
            outcomes = await asyncio.gather(*(supervisor.first for supervisor in self._supervisors.values()))
            failures = [outcome for outcome in outcomes if outcome is not None]
            if len(failures) == len(outcomes):
                raise failures[0]
        except BaseException:
            await self._stop()
            raise
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self._stop()
        self._events.put_nowait(None)

    def add_request(self, request: ImagineRequest) -> None:
        """Have the request painted by the device that would have it done first."""
        self._orphans.append(request)
        self._settle()

    def abort_request(self, request_id: str) -> None:
        """Stop painting within one step; no further event comes."""
        self._attempts.pop(request_id, None)
        self._orphans = deque(orphan for orphan in self._orphans if orphan.id != request_id)
        if device := self.pool.device_of(request_id):
            del device.running[request_id]
            self._supervisors[device].send(Abort(request_id))
        self._settle()

    async def events(self) -> AsyncIterator[Event]:
        """Yield what happens, in order, until the executor is left."""
        while (event := await self._events.get()) is not None:
            yield event

    def _supervise(self, name: str) -> None:
        """Begin to serve a device."""
        device = Device(name)
        on_cpu = sum(each in ("cpu", "auto") for each in self._names)
        load = Load(
            vqgan=self._models.vqgan,
            clip=self._models.clip,
            precision=self._models.precision,
            device=name,
            threads=max(1, _cores() // max(1, on_cpu)),
            preview_seconds=self._preview_seconds,
        )
        supervisor = self._supervisors[device] = Supervisor(
            device, load, self._patience, self._restarts, self._command, self._hear
        )
        self._tasks.append(asyncio.create_task(supervisor.run()))

    async def _stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _settle(self) -> None:
        """Hand out the requests that have no device, first come first served."""
        pool = self.pool
        while self._orphans and pool.has_room(self._orphans[0].shape):
            request = self._orphans.popleft()
            device = pool.place(request)
            device.running[request.id] = Running(request)
            self._supervisors[device].send(request)

    def _hear(self, device: Device, event: Event) -> None:
        """Take note of what a device says, and pass it on unless the request was aborted meanwhile."""
        if isinstance(event, DeviceChanged):
            self._take_back(device)
        else:
            running = device.running.get(event.request_id)
            if running is None:
                return
            match event:
                case Progress(step=step):
                    running.step = step
                case Finished() | Failed():
                    del device.running[event.request_id]
                    self._attempts.pop(event.request_id, None)
        self._events.put_nowait(event)
        self._settle()

    def _take_back(self, device: Device) -> None:
        """Put the requests of a dead worker first in line; those that killed too many are given up."""
        for running in reversed(list(device.running.values())):
            request = running.request
            attempts = self._attempts[request.id] = self._attempts.get(request.id, 0) + 1
            if attempts < ATTEMPTS:
                self._orphans.appendleft(request)
            else:
                del self._attempts[request.id]
                self._events.put_nowait(Failed(request.id, GIVEN_UP))
        device.running.clear()


def _cores() -> int:
    """Return how many cores this process may use, or where the system does not tell, how many there are."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
