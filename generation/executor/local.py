"""Workers on this machine: one process per device."""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from functools import partial
from typing import Literal, Self

from config.settings import ModelsSettings
from generation.events import Checkpoint, Event
from generation.executor import NO_PICTURES
from generation.executor.process import COMMAND
from generation.executor.protocol import Abort, Load, Paint, Steer, Suspend
from generation.executor.supervisor import RESTARTS, Restarts, Supervisor
from generation.executor.watchdog import PATIENCE, Patience
from generation.request import ImagineRequest, Steering

CHECKPOINT_SECONDS = 5.0


class LocalExecutor:
    """One spawned process per device; see :class:`generation.executor.Executor`.

    A process that dies or hangs is replaced. The processes end with this one, even when it is killed.

    Args:
        models: which weights to load, and how to compute with them.
        devices: ``auto``, every GPU or else one worker on the CPU; or a list, where ``["cpu", "cpu"]`` means two.
        preview_seconds: about so often a preview of a request can be shown.
        patience: how long a worker may be silent.
        restarts: when a worker that died is replaced.
        command: that starts a worker.
        checkpoint_seconds: so often there is a checkpoint of a request; so much is lost when a worker dies.
    """

    def __init__(
        self,
        models: ModelsSettings,
        devices: Literal["auto"] | Sequence[str],
        preview_seconds: float,
        patience: Patience = PATIENCE,
        restarts: Restarts = RESTARTS,
        command: Sequence[str] = COMMAND,
        checkpoint_seconds: float = CHECKPOINT_SECONDS,
    ) -> None:
        self._models = models
        self._names = ["auto"] if devices == "auto" else list(devices)
        self._preview_seconds = preview_seconds
        self._checkpoint_seconds = checkpoint_seconds
        self._patience = patience
        self._restarts = restarts
        self._command = command
        self._supervisors: list[Supervisor] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._events: asyncio.Queue[tuple[int, Event] | None] = asyncio.Queue()

    @property
    def pids(self) -> tuple[int, ...]:
        """The process ids of the workers that are alive."""
        processes = [supervisor.process for supervisor in self._supervisors]
        return tuple(process.pid for process in processes if process is not None)

    async def __aenter__(self) -> Self:
        try:
            for name in self._names:
                self._supervise(name)
            if self._names == ["auto"]:
                for index in range(1, await self._supervisors[0].gpus):
                    self._supervise(f"cuda:{index}")
            outcomes = await asyncio.gather(*(supervisor.first for supervisor in self._supervisors))
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
        while (event := await self._events.get()) is not None:
            yield event

    def _supervise(self, name: str) -> None:
        """Begin to serve a device."""
        on_cpu = sum(each in ("cpu", "auto") for each in self._names)
        load = Load(
            vqgan=self._models.vqgan,
            clip=self._models.clip,
            precision=self._models.precision,
            device=name,
            threads=max(1, _cores() // max(1, on_cpu)),
            preview_seconds=self._preview_seconds,
            checkpoint_seconds=self._checkpoint_seconds,
            vqgan_config=self._models.vqgan_config,
            biggan=self._models.biggan,
        )
        tell = partial(self._hear, len(self._supervisors))
        supervisor = Supervisor(load, self._patience, self._restarts, self._command, tell)
        self._supervisors.append(supervisor)
        self._tasks.append(asyncio.create_task(supervisor.run()))

    async def _stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _hear(self, device: int, event: Event) -> None:
        self._events.put_nowait((device, event))


def _cores() -> int:
    """Return how many cores this process may use, or where the system does not tell, how many there are."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
