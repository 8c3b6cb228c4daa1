"""The process of one worker, seen from its parent."""

import asyncio
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Protocol, Self

import structlog

from generation.executor.footprint import resident_bytes
from generation.executor.output import log_output
from generation.executor.protocol import HEADER, LARGEST, FromWorker, GarbledError, LoadModels, ToWorker, pack, unpack
from generation.request import ImagineRequest

COMMAND = (sys.executable, "-m", "generation.worker")
ENVIRONMENT = {
    "OMP_WAIT_POLICY": "PASSIVE",
    "MALLOC_MMAP_THRESHOLD_": "16000000",
    "MALLOC_TRIM_THRESHOLD_": str(2**40),
    "CUBLAS_WORKSPACE_CONFIG": ":4096:8",
}
"""Threads that spin at a barrier make a step ten times as slow as soon as anything else wants the processor. And glibc
keeps what is freed for the next step, which would else find its tensors by page faults, but for the largest: among all
sizes they leave gaps that take a third of the memory at 512×512 pixels. With a workspace of a
fixed size cuBLAS gives the same sums each time. What the operator has set of these holds."""
SETTINGS = "EASEL_"
"""With which the names of our settings begin. A worker reads none of them, and the token is among them."""
FAREWELL_SECONDS = 3.0
"""A worker that has not ended so long after it was killed is left behind."""

Context = Callable[[], dict[str, object]]
"""Returns what a line that a worker writes is about: the device, and the requests that it has."""

log = structlog.get_logger(__name__)


class Process(Protocol):
    """The process of a worker that has been told what to load, on this machine or another."""

    @property
    def pid(self) -> int:
        """Its process id, on its machine."""

    @property
    def held(self) -> Mapping[str, ImagineRequest]:
        """What it painted already when it came into these hands, by id, as it paints it."""

    @property
    def resident(self) -> int:
        """The memory that it has in use, in bytes; 0 where that is not known."""

    def send(self, message: ToWorker) -> None:
        """Give it a message, which is lost when it is gone."""

    def forget(self, request_id: str) -> None:
        """Take note that how a request ended has been kept, so that the worker need not say it again."""

    async def receive(self) -> FromWorker | None:
        """Return its next message, None when it is gone; raises ``GarbledError``."""

    async def ending(self) -> str:
        """Return how it ended, once it has, as in "The worker ended with code 1"."""

    async def stop(self) -> None:
        """End it, for it holds nothing that is needed."""

    async def leave(self) -> None:
        """Let go of it, since the executor is left."""


class WorkerProcess:
    """A process and the pipe to it. It ends with this one, even when this one is killed; see ``worker.parent``.

    What it writes to standard error becomes lines of the log.

    Args:
        process: with pipes for all three streams.
        context: returns what such a line is about: the device and the requests that it has.
    """

    held: Mapping[str, ImagineRequest] = MappingProxyType({})

    def __init__(self, process: asyncio.subprocess.Process, context: Context = dict) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        self._process = process
        self._down = process.stdin
        self._up = process.stdout
        self._logging = asyncio.create_task(log_output(process.stderr, context))

    @classmethod
    async def spawn(cls, command: Sequence[str] = COMMAND, context: Context = dict) -> Self:
        """Start a worker, out of reach of Ctrl-C on the terminal. It ends with the thread that calls this.

        Args:
            command: that starts it, to which this process's id is added.
            context: as of the class.

        Raises:
            OSError: the system does not let us.
        """
        process = await asyncio.create_subprocess_exec(
            *command,
            str(os.getpid()),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=ENVIRONMENT | {name: value for name, value in os.environ.items() if not name.startswith(SETTINGS)},
            process_group=0,
        )
        return cls(process, context)

    @classmethod
    async def loading(cls, load: LoadModels, context: Context = dict, command: Sequence[str] = COMMAND) -> Self:
        """Start a worker as :meth:`spawn` does, and tell it what to load."""
        process = await cls.spawn(command, context)
        process.send(load)
        return process

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def resident(self) -> int:
        """The memory that it has in use, in bytes; 0 where the system does not tell."""
        return resident_bytes(self.pid)

    def send(self, message: ToWorker) -> None:
        """Write a message, which is lost when the process is gone."""
        self._down.write(pack(message))

    def forget(self, request_id: str) -> None:
        """Nothing: it ends with this process, and says nothing again."""

    async def receive(self) -> FromWorker | None:
        """Return the next message, None when the process is gone.

        Raises:
            GarbledError: what came is no message.
        """
        try:
            (length,) = HEADER.unpack(await self._up.readexactly(HEADER.size))
            if length > LARGEST:
                raise GarbledError
            body = await self._up.readexactly(length)
        except (asyncio.IncompleteReadError, ConnectionError):
            return None
        message = unpack(body)
        if not isinstance(message, FromWorker):
            raise GarbledError
        return message

    def kill(self) -> None:
        """End it at once; the system does so even where the process is stopped."""
        if self._process.returncode is None:
            self._process.kill()

    async def wait(self) -> int:
        """Return its exit code, minus the signal where one ended it, once it has ended and what it wrote is logged."""
        code = await self._process.wait()
        await asyncio.wait({self._logging}, timeout=FAREWELL_SECONDS)  # a child of its own may hold the stream open
        return code

    async def ending(self) -> str:
        """Return how it ended, once it has."""
        return f"ended with code {await self.wait()}"

    async def stop(self) -> None:
        """End it, for it holds nothing that is not here too."""
        self._down.close()
        self.kill()
        try:
            async with asyncio.timeout(FAREWELL_SECONDS):
                await self.wait()
                # At the end of its output the pipe is closed too, which would else be left to after the loop.
                await self._up.read()
        except TimeoutError:
            log.error("worker does not end though it was killed: its device's driver hangs", pid=self.pid)
        finally:
            self._logging.cancel()

    async def leave(self) -> None:
        """End it."""
        await self.stop()
