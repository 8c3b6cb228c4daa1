"""An actor of Ray: a worker and what it has said, on whichever machine it is."""

import asyncio
import contextlib
import os
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version

import ray

from generation.executor.cluster.backlog import Backlog
from generation.executor.process import COMMAND, WorkerProcess
from generation.executor.protocol import FromWorker, GarbledError, LoadModels, ToWorker, fingerprint
from generation.request import ImagineRequest
from generation.versions import VERSION

LISTENING_SECONDS = 5.0
"""So long a bot waits for something to be said before it asks again."""


@dataclass(frozen=True, slots=True)
class Forget:
    """Message to a host: how a request ended has been kept."""

    request_id: str


@dataclass(frozen=True, slots=True)
class Adopted:
    """What a host says to a bot that comes.

    Args:
        load: what its worker was told to load.
        release: of Easel on its machine, with the version of its requests.
        device: what its worker has, by the address of the machine.
        pid: process id of the worker, on its machine.
        held: what it paints, by id, as it paints it.
    """

    load: LoadModels
    release: str
    device: str
    pid: int
    held: Mapping[str, ImagineRequest]


@dataclass(frozen=True, slots=True)
class Heard:
    """What a worker has said.

    Args:
        messages: with their numbers.
        resident: memory that the worker has in use, in bytes.
        ending: how the worker ended, None while it lives.
    """

    messages: Sequence[tuple[int, FromWorker]]
    resident: int
    ending: str | None = None


class WorkerHost:
    """Starts one worker as the bot would on its own machine, passes messages on, and keeps what nobody hears.

    It outlives the bot, and listens to the one that came last. When none has asked for so long it ends, and with it
    the worker.

    Args:
        load: what the worker is told first.
        lease_seconds: for which it waits for a bot.
        command: that starts the worker; None for the usual one, of this machine.
    """

    def __init__(self, load: LoadModels, lease_seconds: float, command: Sequence[str] | None = None) -> None:
        self._load = load
        self._lease_seconds = lease_seconds
        self._command = command or COMMAND
        self._backlog = Backlog()
        self._process: WorkerProcess | None = None
        self._starting = asyncio.Lock()
        self._reading: asyncio.Task[None] | None = None
        self._owner = ""
        self._calls = 0
        self._ending: str | None = None
        self._something = asyncio.Event()
        self._is_asked = True
        # A thread, for the bot may have gone before it asked for anything, and there is no event loop yet.
        threading.Thread(target=self._keep_lease, daemon=True).start()

    async def adopt(self, owner: str) -> Adopted:
        """Listen to this bot from now on, and start the worker where that has not been done."""
        self._owner, self._calls = owner, 0
        self._is_asked = True
        async with self._starting:
            if self._process is None:
                self._process = await WorkerProcess.loading(self._load, lambda: {"device": _device()}, self._command)
                self._reading = asyncio.create_task(self._read(self._process))
        held = self._backlog.rewind()
        self._something.set()
        return Adopted(self._load, release(), _device(), self._process.pid, held)

    async def send(self, owner: str, number: int, messages: Sequence[ToWorker | Forget]) -> None:
        """Pass messages on; those of a bot that was replaced are lost.

        Args:
            owner: who sends them.
            number: of the call, from 1; one that comes again does nothing.
            messages: in order.
        """
        assert self._process is not None
        if owner != self._owner or number <= self._calls:
            return
        self._calls = number
        for message in messages:
            if isinstance(message, Forget):
                self._backlog.forget(message.request_id)
            else:
                self._backlog.give(message)
                self._process.send(message)

    async def receive(self, owner: str, received: int) -> Heard | None:
        """Return what the worker has said, as soon as there is something, or nothing after some seconds.

        Args:
            owner: who asks.
            received: number of the last message that it has; it may ask for the same again.

        Returns:
            None where another bot has taken over.
        """
        assert self._process is not None
        self._is_asked = True
        if owner == self._owner and not self._backlog.has_more(received) and self._ending is None:
            self._something.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LISTENING_SECONDS):
                    await self._something.wait()
        if owner != self._owner:
            return None
        return Heard(self._backlog.unreceived(received), self._process.resident, self._ending)

    async def _read(self, process: WorkerProcess) -> None:
        """Take in what the worker says, until it has ended."""
        try:
            while (message := await process.receive()) is not None:
                self._backlog.add(message)
                self._something.set()
            self._ending = await process.ending()
        except GarbledError:
            self._ending = "sent what is no message"
        self._something.set()

    def _keep_lease(self) -> None:
        """End where no bot asks any more."""
        while self._is_asked:
            self._is_asked = False
            time.sleep(self._lease_seconds)
        os._exit(0)


def release() -> str:
    """Return which Easel this process runs; a worker of another one is not gone on with."""
    return f"{version('easel')}/{VERSION}/{fingerprint()}"


def _device() -> str:
    """Return what Ray has given to this actor."""
    gpus = "".join(f"cuda:{number}" for number in ray.get_gpu_ids())
    return f"{ray.util.get_node_ip_address()}/{gpus or 'cpu'}"
