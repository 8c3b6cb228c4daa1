"""Workers on this machine: one process per device."""

import asyncio
import os
import sys
from collections import deque
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, Self

import structlog

from config.settings import ModelsSettings
from generation import errors
from generation.errors import GenerationError, WorkerError
from generation.events import Event, Failed, Finished
from generation.executor.channel import HEADER, Abort, Broken, Down, Load, Ready, Up, pack, unpack
from generation.request import ImagineRequest

ATTEMPTS = 2
"""So many workers may die over a request before it is given up."""
BACK_OFF = (0.0, 1.0, 5.0, 15.0, 60.0)
"""Seconds before a worker is started again, by how often in a row it has died without finishing a picture."""
ENVIRONMENT = {"OMP_WAIT_POLICY": "PASSIVE"}
"""Threads that spin at a barrier make a step ten times as slow as soon as anything else wants the processor."""
FAREWELL_SECONDS = 3.0
"""A worker that has not ended so long after it was told to is killed."""

log = structlog.get_logger(__name__)


@dataclass(slots=True, eq=False)
class _Worker:
    """A place for a worker process; the process in it may change."""

    device: str
    process: asyncio.subprocess.Process | None = None
    room: int = 0
    requests: dict[str, ImagineRequest] = field(default_factory=dict)
    deaths: int = 0

    @property
    def free(self) -> int:
        return self.room - len(self.requests)

    def send(self, message: Down) -> None:
        assert self.process is not None
        assert self.process.stdin is not None
        self.process.stdin.write(pack(message))

    async def receive(self) -> Up | None:
        """Return the next message, None when the process is gone."""
        assert self.process is not None
        assert self.process.stdout is not None
        try:
            (length,) = HEADER.unpack(await self.process.stdout.readexactly(HEADER.size))
            body = await self.process.stdout.readexactly(length)
        except (asyncio.IncompleteReadError, ConnectionError):
            return None
        return unpack(body)  # type: ignore[return-value]


class LocalExecutor:
    """One spawned process per device; see :class:`generation.executor.Executor`.

    A process that dies is replaced, and what it painted starts again, first in line, on whichever worker is free
    first. The processes end with this one, even when it is killed: their standard input closes.

    Args:
        models: which weights to load.
        devices: ``auto``, every GPU or else one worker on the CPU; or a list, where ``["cpu", "cpu"]`` means two.
        preview_seconds: about so often a preview of a request can be shown.
    """

    def __init__(
        self, models: ModelsSettings, devices: Literal["auto"] | Sequence[str], preview_seconds: float
    ) -> None:
        self._models = models
        self._preview_seconds = preview_seconds
        self._auto = devices == "auto"
        self._workers = [_Worker("auto")] if self._auto else [_Worker(device) for device in devices]
        self._orphans: deque[ImagineRequest] = deque()
        self._attempts: dict[str, int] = {}
        self._events: asyncio.Queue[Event | None] = asyncio.Queue()
        self._room = asyncio.Event()
        self._keepers: list[asyncio.Task[None]] = []

    @property
    def devices(self) -> tuple[str, ...]:
        """The device of each worker."""
        return tuple(worker.device for worker in self._workers)

    @property
    def pids(self) -> tuple[int, ...]:
        """The process ids of the workers that are alive."""
        return tuple(worker.process.pid for worker in self._workers if worker.process is not None)

    async def __aenter__(self) -> Self:
        try:
            if self._auto:
                gpus = await self._start(self._workers[0])
                self._workers += [_Worker(f"cuda:{index}") for index in range(1, gpus)]
            await self._start_all([worker for worker in self._workers if worker.process is None])
        except BaseException:
            await self._stop_all()
            raise
        self._keepers = [asyncio.create_task(self._keep(worker)) for worker in self._workers]
        self._settle()
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)
        await self._stop_all()
        self._events.put_nowait(None)

    async def wait_for_room(self) -> None:
        """Return when a worker has room for one more request."""
        await self._room.wait()

    def add_request(self, request: ImagineRequest) -> None:
        """Give the request to the worker with the most room."""
        self._orphans.append(request)
        self._settle()

    def abort_request(self, request_id: str) -> None:
        """Stop painting within one step; no further event comes."""
        self._attempts.pop(request_id, None)
        self._orphans = deque(orphan for orphan in self._orphans if orphan.id != request_id)
        for worker in self._workers:
            if worker.requests.pop(request_id, None):
                worker.send(Abort(request_id))
        self._settle()

    async def events(self) -> AsyncIterator[Event]:
        """Yield what happens to the requests, in order, until the executor is left."""
        while (event := await self._events.get()) is not None:
            yield event

    def _settle(self) -> None:
        """Hand out the requests that have no worker, and say whether there is room for more."""
        while self._orphans and (worker := max(self._workers, key=lambda worker: worker.free)).free > 0:
            request = self._orphans.popleft()
            worker.requests[request.id] = request
            worker.send(request)
        if any(worker.free > 0 for worker in self._workers):
            self._room.set()
        else:
            self._room.clear()

    async def _start_all(self, workers: list[_Worker]) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                for worker in workers:
                    group.create_task(self._start(worker))
        except ExceptionGroup as failures:
            raise failures.exceptions[0] from failures

    async def _start(self, worker: _Worker) -> int:
        """Start a process and wait until its models are loaded; return how many GPUs it sees."""
        worker.process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "generation.executor.worker"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env=os.environ | ENVIRONMENT,
            process_group=0,
        )
        on_cpu = sum(other.device in ("cpu", "auto") for other in self._workers)
        threads = max(1, _cores() // max(1, on_cpu))
        worker.send(Load(self._models.vqgan, self._models.clip, worker.device, threads, self._preview_seconds))
        match await worker.receive():
            case Ready(device, room, gpus):
                worker.device, worker.room = device, room
                log.info("worker ready", device=device, pid=worker.process.pid)
                return gpus
            case Broken(error, reason):
                kind: type[GenerationError] = getattr(errors, error)
                raise kind(reason)
            case other:
                code = await worker.process.wait()
                raise WorkerError(f"The worker for {worker.device} ended with code {code} as it started: {other}.")

    async def _keep(self, worker: _Worker) -> None:
        """Pass a worker's events on, and replace its process for as long as the executor lives."""
        while True:
            while (message := await worker.receive()) is not None:
                self._pass_on(worker, message)  # type: ignore[arg-type]
            await self._bury(worker)
            while worker.room == 0:
                await asyncio.sleep(BACK_OFF[min(worker.deaths, len(BACK_OFF)) - 1])
                try:
                    await self._start(worker)
                except (GenerationError, OSError) as error:
                    worker.deaths += 1
                    log.error("worker does not start", device=worker.device, reason=str(error))
            self._settle()

    def _pass_on(self, worker: _Worker, event: Event) -> None:
        if event.request_id not in worker.requests:
            return
        if isinstance(event, Finished | Failed):
            del worker.requests[event.request_id]
            self._attempts.pop(event.request_id, None)
            worker.deaths = 0
        self._events.put_nowait(event)
        self._settle()

    async def _bury(self, worker: _Worker) -> None:
        """Take the requests of a dead worker back, first in line; those that killed too many are given up."""
        assert worker.process is not None
        code = await worker.process.wait()
        worker.deaths += 1
        worker.room = 0
        log.error("worker died", device=worker.device, code=code, requests=list(worker.requests))
        for request in reversed(list(worker.requests.values())):
            attempts = self._attempts[request.id] = self._attempts.get(request.id, 0) + 1
            if attempts < ATTEMPTS:
                self._orphans.appendleft(request)
            else:
                del self._attempts[request.id]
                reason = "The painting broke off more than once; its operator can see why."
                self._events.put_nowait(Failed(request.id, reason))
        worker.requests.clear()
        self._settle()

    async def _stop_all(self) -> None:
        await asyncio.gather(*(_stop(worker) for worker in self._workers))


def _cores() -> int:
    """Return how many cores this process may use, or where the system does not tell, how many there are."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


async def _stop(worker: _Worker) -> None:
    """Close the process's input, at which it ends, and wait for that."""
    process = worker.process
    if process is None:
        return
    assert process.stdin is not None
    process.stdin.close()
    try:
        async with asyncio.timeout(FAREWELL_SECONDS):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
