"""Carries messages to and from the workers of supervised devices."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from functools import partial

from generation.events import Checkpoint, Event, Failed, Finished
from generation.executor import NO_PICTURES
from generation.executor.process import Context, Process
from generation.executor.protocol import Abort, LoadModels, Paint, Steer, Suspend
from generation.executor.supervisor import Restarts, Supervisor
from generation.executor.watchdog import Patience
from generation.request import ImagineRequest
from generation.targets import Steering


class SupervisedExecutor:
    """What the executors have in common; see :class:`generation.executor.Executor`. How they are entered is their own.

    Args:
        patience: how long a worker may be silent.
        restarts: when a worker that died is replaced.
    """

    outlives = False
    inherited: Sequence[tuple[int, ImagineRequest]] = ()

    def __init__(self, patience: Patience, restarts: Restarts) -> None:
        self._patience = patience
        self._restarts = restarts
        self._supervisors: list[Supervisor] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._events: asyncio.Queue[tuple[int, Event] | BaseException | None] = asyncio.Queue()

    @property
    def pids(self) -> tuple[int, ...]:
        """The process ids of the workers that are alive, on their machines."""
        processes = [supervisor.process for supervisor in self._supervisors]
        return tuple(process.pid for process in processes if process is not None)

    async def __aexit__(self, *exc_info: object) -> None:
        """Let go of the workers."""
        await self.stop()
        self._events.put_nowait(None)

    def supervise(
        self,
        load: LoadModels,
        start: Callable[[LoadModels, Context], Awaitable[Process]],
        process: Process | None = None,
    ) -> Supervisor:
        """Begin to serve one more device, by a worker that is there already where one is given."""
        tell = partial(self._hear, len(self._supervisors))
        supervisor = Supervisor(load, self._patience, self._restarts, start, tell, process)
        supervisor.first.add_done_callback(lambda first: first.cancelled() or first.exception())
        self._supervisors.append(supervisor)
        task = asyncio.create_task(supervisor.run())
        task.add_done_callback(self._end)
        self._tasks.append(task)
        return supervisor

    async def stop(self) -> None:
        """Serve no device any more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def send(
        self,
        device: int,
        request: ImagineRequest,
        checkpoint: Checkpoint | None = None,
        pictures: Mapping[str, bytes] = NO_PICTURES,
    ) -> None:
        """Have a device paint the request; it is lost when the device is down."""
        self._supervisors[device].send(Paint(request, checkpoint, dict(pictures)))

    def steer(self, device: int, request_id: str, steering: Sequence[Steering]) -> None:
        """Have a device paint a request otherwise from its next step on."""
        self._supervisors[device].send(Steer(request_id, tuple(steering)))

    def abort(self, device: int, request_id: str) -> None:
        """Have a device stop painting within one step."""
        self._supervisors[device].send(Abort(request_id))

    def suspend(self, device: int, request_id: str) -> None:
        """Have a device stop painting within one step, and say from what the request can go on."""
        self._supervisors[device].send(Suspend(request_id))

    async def events(self) -> AsyncIterator[tuple[int, Event]]:
        """Yield what happens on which device, in order, until the executor is left."""
        while (item := await self._events.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item
            device, event = item
            if isinstance(event, Finished | Failed):
                self._supervisors[device].forget(event.request_id)

    def _hear(self, device: int, event: Event) -> None:
        self._events.put_nowait((device, event))

    def _end(self, task: asyncio.Task[None]) -> None:
        """Let whoever reads the events know that a device is served no longer."""
        if not task.cancelled() and (error := task.exception()) is not None:
            self._events.put_nowait(error)
