"""Workers on the machines of a Ray cluster."""

import asyncio
import contextlib
import logging
import os
import signal
import threading
import uuid
from collections.abc import Sequence
from functools import partial
from typing import Any, Literal, Self

import ray
import ray.util
from ray.exceptions import RayError

from config.settings.models import DEFAULT_MODEL, ModelsSettings
from generation.errors import DeviceError, WorkerError
from generation.executor.cluster.process import NAME, RemoteProcess
from generation.executor.local import CHECKPOINT_SECONDS, weights_of
from generation.executor.protocol import LoadModels
from generation.executor.supervised import SupervisedExecutor
from generation.executor.supervisor import RESTARTS, Restarts, Supervisor
from generation.executor.watchdog import PATIENCE, Patience

CONNECTING_SECONDS = 10.0
"""In which the head of a cluster must take a connection."""
LEASE_SECONDS = 900.0
"""Workers end when there has been no bot for so long, or at most for twice as long."""
LOOKING_SECONDS = 10.0
"""So often the cluster is looked at for GPUs that have come."""


class RayExecutor(SupervisedExecutor):
    """One actor per device, each with a worker process; see :class:`generation.executor.Executor`.

    A worker that dies or hangs, or whose machine is lost, is replaced wherever Ray finds room; until there is some its
    device is down. When the executor is left, or the bot killed, the workers go on, and the next executor of this
    namespace takes them over. A CPU worker computes with one thread, so that all paint the same.

    Args:
        models: which weights there are, by paths that hold on all machines, and how to compute with them.
        devices: ``auto``, every GPU that the cluster has or gets; or a list of ``cuda`` and ``cpu``, one worker each.
        preview_seconds: about so often a preview of a request can be shown.
        address: of the cluster's head, ``HOST:PORT``, or ``auto`` for the cluster that this machine is in.
        namespace: in which the workers have their names; None for one of its own, and workers that end with it.
        patience: how long a worker may be silent.
        restarts: when a worker that died is replaced.
        command: that starts a worker; None for the interpreter of each machine.
        checkpoint_seconds: so often there is a checkpoint of a request; so much is lost when a worker dies.
        lease_seconds: for which workers wait for a bot.
        idle_seconds: after which a device that paints nothing gives its place in the cluster back, until all others
            are full; None for never. One always stays.
        first: name of the model that is loaded at the start.
    """

    def __init__(
        self,
        models: ModelsSettings,
        devices: Literal["auto"] | Sequence[str],
        preview_seconds: float,
        address: str = "auto",
        namespace: str | None = "easel",
        patience: Patience = PATIENCE,
        restarts: Restarts = RESTARTS,
        command: Sequence[str] | None = None,
        checkpoint_seconds: float = CHECKPOINT_SECONDS,
        lease_seconds: float = LEASE_SECONDS,
        idle_seconds: float | None = None,
        first: str = DEFAULT_MODEL,
    ) -> None:
        super().__init__(patience, restarts)
        self.outlives = namespace is not None
        self._models = weights_of(models, first)
        self._names = None if devices == "auto" else list(devices)
        self._preview_seconds = preview_seconds
        self._address = address
        self._namespace = namespace
        self._checkpoint_seconds = checkpoint_seconds
        self._owner = uuid.uuid4().hex
        lifetime: Literal["detached"] | None = "detached" if self.outlives else None
        self._start = partial(
            RemoteProcess.start, owner=self._owner, lease_seconds=lease_seconds, command=command, lifetime=lifetime
        )
        self._idle_seconds = idle_seconds
        self._idle: dict[Supervisor, float] = {}
        """Since when."""
        self._scaling: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Take over what workers there are, start the others, and return when the first is ready."""
        await connect(self._address, self._namespace)
        try:
            names = self._names or ["cuda"] * await _gpus()
            if not names:
                raise DeviceError(
                    "The Ray cluster has no GPU. Name devices in executor.devices: they wait for machines."
                )
            processes = await self._adopt()
            for name in names:
                found = next((each for each in processes if each.load.device == name), None)
                if found is not None:
                    processes.remove(found)
                self._serve(name, found)
            for process in processes:
                await process.stop()
            self._scaling = asyncio.create_task(self._scale())
            await self._until_ready()
        except BaseException:
            await self.stop()
            raise
        return self

    async def stop(self) -> None:
        """Leave the workers, and the cluster."""
        if self._scaling is not None:
            self._scaling.cancel()
            await asyncio.wait({self._scaling})
        await super().stop()
        if self.outlives:
            await asyncio.to_thread(ray.shutdown)
        else:
            ray.shutdown()  # there are no threads any more where the interpreter ends

    async def _adopt(self) -> list[RemoteProcess]:
        """Take over the workers of earlier bots, and return those that are of use, the busiest first."""
        loads = [self._load("cpu"), self._load("cuda")]
        hosts = await asyncio.to_thread(_hosts)
        adopted = await asyncio.gather(*(RemoteProcess.adopt(host, self._owner, loads) for host in hosts))
        useful = (process for process in adopted if process is not None)
        return sorted(useful, key=lambda process: len(process.held), reverse=True)

    def _serve(self, name: str, process: RemoteProcess | None = None) -> None:
        """Begin to serve a device, by a worker that is there already where one is given."""
        number = len(self._supervisors)
        supervisor = self.supervise(self._load(name), lambda load, _: self._start(load), process)
        if process is not None:
            self.inherited = [*self.inherited, *((number, request) for request in process.held.values())]
        elif number and self._idle_seconds is not None:
            supervisor.rest()

    async def _until_ready(self) -> None:
        """Wait for the first device that is ready; raise when there is none, or none within the time to load.

        Raises:
            GenerationError: it says why.
        """
        waiting = {supervisor.first for supervisor in self._supervisors if not supervisor.is_resting}
        failures: list[BaseException] = []
        try:
            async with asyncio.timeout(self._patience.loading):
                while waiting:
                    done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                    for first in done:
                        failure = first.exception() or first.result()
                        if failure is None:
                            return
                        failures.append(failure)
        except TimeoutError:
            failures.append(WorkerError("No machine of the Ray cluster has had room for a worker: see ray status."))
        raise failures[0]

    async def _scale(self) -> None:
        """Serve GPUs that come, and as many devices as there is work for, until cancelled."""
        while True:
            await asyncio.sleep(LOOKING_SECONDS)
            if self._names is None:
                with contextlib.suppress(RayError):  # its head is away, and will be asked again
                    for _ in range(len(self._supervisors), await _gpus()):
                        self._serve("cuda")
            if self._idle_seconds is not None:
                self._wake_or_rest(asyncio.get_running_loop().time(), self._idle_seconds)

    def _wake_or_rest(self, now: float, idle_seconds: float) -> None:
        """Wake a device where all others are full, or let one rest that was idle for so long.

        As many may be on their way as are ready, so that the number can double while a machine is started.
        """
        served = [each for each in self._supervisors if not each.is_resting and not each.is_parked]
        ready = [each for each in served if each.is_ready]
        self._idle = {each: self._idle.get(each, now) for each in ready if each.is_idle}
        if not any(each.has_room for each in ready):
            if len(served) - len(ready) < max(1, len(ready)):
                for supervisor in [each for each in self._supervisors if each.is_resting][:1]:
                    supervisor.wake()
        elif len(ready) > 1:
            for supervisor in [each for each, since in self._idle.items() if now - since >= idle_seconds][-1:]:
                supervisor.rest()

    def _load(self, name: str) -> LoadModels:
        return LoadModels(
            models=self._models,
            device=name,
            threads=1,
            preview_seconds=self._preview_seconds,
            checkpoint_seconds=self._checkpoint_seconds,
            reproducible="exact",
        )


async def connect(address: str, namespace: str | None) -> None:
    """Join a cluster as one who has things done there, in a namespace or in one of its own.

    Raises:
        WorkerError: it does not answer.
        DeviceError: it cannot be used.
    """
    if address != "auto":
        host, _, port = address.rpartition(":")
        try:
            async with asyncio.timeout(CONNECTING_SECONDS):
                _, writer = await asyncio.open_connection(host, int(port))
        except (OSError, TimeoutError) as error:
            why = str(error) or f"nothing within {CONNECTING_SECONDS:.0f} s"
            raise WorkerError(f"The Ray cluster at {address}, executor.address, does not answer: {why}.") from None
        writer.close()
    # What is reported of how a cluster is used is nobody's business.
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    # It warns that it leaves this process's signals alone, which it is called in a thread for.
    logging.getLogger("ray").setLevel(logging.ERROR)
    try:
        await asyncio.to_thread(
            ray.init, address=address, namespace=namespace, log_to_driver=False, configure_logging=False
        )
        # Ray puts a handler of its own before this process's, which aborts the process three seconds after the signal.
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, signal.getsignal(signal.SIGTERM))
    except Exception as error:
        # Ray names what it raises nowhere.
        why = " ".join(str(error).split())[:300].rstrip(".?! ")
        raise DeviceError(f"The Ray cluster at {address} cannot be used: {why}.") from None


def _hosts() -> list[Any]:
    """Return the actors that earlier bots have left."""
    hosts = []
    for name in ray.util.list_named_actors():
        with contextlib.suppress(ValueError):  # it has ended meanwhile
            hosts += [ray.get_actor(name)] if name.startswith(NAME) else []
    return hosts


async def _gpus() -> int:
    """Return how many GPUs the cluster has now."""
    return int((await asyncio.to_thread(ray.cluster_resources)).get("GPU", 0))
