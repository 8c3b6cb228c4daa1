"""The process of a worker on another machine, seen from the bot."""

import asyncio
import uuid
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal, Self, TypeVar

import ray
import structlog
from ray.exceptions import ActorUnavailableError, RayError

from generation.errors import WorkerError
from generation.events import Ready, Started
from generation.executor.cluster.host import Adopted, Forget, Heard, WorkerHost, release
from generation.executor.protocol import FromWorker, LoadModels, ToWorker
from generation.request import ImagineRequest

T = TypeVar("T")

NAME = "worker-"
"""With which the names of hosts begin, within their namespace."""
SILENT_SECONDS = 15.0
"""A host that has not answered for so long is asked again."""
TRIES = 3
"""So often it is asked before it is given up."""
PAUSE_SECONDS = 1.0
"""Before a host that cannot be reached is tried again."""
REPLACED = "Another bot has taken over the workers on the Ray cluster: give each bot its own executor.namespace."

log = structlog.get_logger(__name__)


class LostError(Exception):
    """A host does not answer any more."""


class RemoteProcess:
    """A worker whose host is an actor of Ray; see :class:`generation.executor.process.Process`.

    Args:
        host: the actor.
        owner: as whom it knows this bot.
        adopted: what it said to that.
    """

    def __init__(self, host: Any, owner: str, adopted: Adopted) -> None:
        self.load = adopted.load
        self.pid = adopted.pid
        self.held: Mapping[str, ImagineRequest] = adopted.held
        self.resident = 0
        self._host = host
        self._owner = owner
        self._device = adopted.device
        self._outgoing: asyncio.Queue[ToWorker | Forget] = asyncio.Queue()
        self._incoming: deque[FromWorker] = deque()
        self._received = 0
        self._ending: str | None = None
        self._forwarding = asyncio.create_task(self._forward())

    @classmethod
    async def start(
        cls,
        load: LoadModels,
        owner: str,
        lease_seconds: float,
        command: Sequence[str] | None = None,
        lifetime: Literal["detached"] | None = "detached",
    ) -> Self:
        """Have Ray start a host, whose worker loads this; wait until there is a machine with room for it.

        Args:
            load: told to the worker.
            owner: as whom the host is to know who starts it.
            lease_seconds: for which it waits for another one.
            command: that starts the worker.
            lifetime: of the host, in Ray's words: None where it ends with this process.

        Raises:
            ConnectionError: the host does not come up.
        """
        needed = {"num_gpus": 1, "num_cpus": 0} if load.device == "cuda" else {"num_gpus": 0, "num_cpus": 1}
        make = ray.remote(WorkerHost).options(name=f"{NAME}{uuid.uuid4().hex}", lifetime=lifetime, **needed).remote
        host: Any = await asyncio.to_thread(make, load, lease_seconds, command)
        try:
            adopted: Adopted = await host.adopt.remote(owner)
            if adopted.release != release():
                raise ConnectionError(f"{adopted.device} has Easel {adopted.release}, and the bot {release()}")
        except RayError as error:
            raise ConnectionError(_line(error)) from None
        except BaseException:
            ray.kill(host)
            raise
        return cls(host, owner, adopted)

    @classmethod
    async def adopt(cls, host: Any, owner: str, loads: Collection[LoadModels]) -> Self | None:
        """Take over a host that another bot has left; end it and return None where it is of no use.

        Args:
            host: the actor.
            owner: as whom it is to know this bot.
            loads: one of them its worker must have been told.
        """
        try:
            async with asyncio.timeout(SILENT_SECONDS):
                adopted: Adopted = await host.adopt.remote(owner)
            if adopted.load in loads and adopted.release == release():
                return cls(host, owner, adopted)
            why = "other settings or another release"
        except TimeoutError:
            why = "it does not answer"
        except RayError as error:
            why = _line(error)
        log.warning("worker of an earlier bot ended", reason=why)
        ray.kill(host)
        return None

    def send(self, message: ToWorker) -> None:
        """Give the worker a message, which is lost when it is gone."""
        self._outgoing.put_nowait(message)

    def forget(self, request_id: str) -> None:
        """Have the host forget how a request ended, for that has been kept."""
        self._outgoing.put_nowait(Forget(request_id))

    async def receive(self) -> FromWorker | None:
        """Return the worker's next message, None when it or its machine is gone.

        Raises:
            WorkerError: another bot has taken over.
        """
        while not self._incoming:
            if self._ending is not None:
                return None
            try:
                heard: Heard | None = await _ask(lambda: self._host.receive.remote(self._owner, self._received))
            except LostError as error:
                self._ending = f"was lost: {error}"
                return None
            if heard is None:
                raise WorkerError(REPLACED)
            for number, message in heard.messages:
                self._received = number
                self._incoming.append(self._placed(message))
            self.resident = heard.resident
            self._ending = self._ending or heard.ending
        return self._incoming.popleft()

    async def ending(self) -> str:
        """Return how it ended, once :meth:`receive` has returned None."""
        return self._ending or "ended"

    async def stop(self) -> None:
        """End the worker and its host."""
        await self.leave()
        ray.kill(self._host)

    async def leave(self) -> None:
        """Say nothing more to the host, which waits for another bot and then ends."""
        self._forwarding.cancel()
        await asyncio.wait({self._forwarding})

    async def _forward(self) -> None:
        """Pass on what there is to say, one call after the other, for Ray keeps calls in no order."""
        number = 0
        while self._ending is None:
            messages = [await self._outgoing.get()]
            while not self._outgoing.empty():
                messages.append(self._outgoing.get_nowait())
            number += 1
            try:
                await _ask(lambda: self._host.send.remote(self._owner, number, messages))  # noqa: B023, it is awaited
            except LostError as error:
                self._ending = f"was lost: {error}"

    def _placed(self, message: FromWorker) -> FromWorker:
        """Return a message in which the device is named as one of the cluster."""
        match message:
            case Ready():
                return replace(message, name=self._device)
            case Started():
                return replace(message, device=self._device)
            case _:
                return message


async def _ask(call: Callable[[], Awaitable[T]]) -> T:
    """Return the answer to a call that may be made again.

    Raises:
        LostError: there is none.
    """
    for _ in range(TRIES):
        try:
            async with asyncio.timeout(SILENT_SECONDS):
                return await call()
        except TimeoutError:
            continue
        except ActorUnavailableError:
            await asyncio.sleep(PAUSE_SECONDS)
        except RayError as error:
            raise LostError(_line(error)) from None
    raise LostError(f"no answer from its machine within {TRIES * SILENT_SECONDS:.0f} s")


def _line(error: RayError) -> str:
    """Return in one line what Ray says, without an end mark."""
    return " ".join(str(error).split())[:500].rstrip(".?! ")
