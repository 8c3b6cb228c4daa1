"""Who runs the workers."""

from collections.abc import AsyncIterator, Mapping, Sequence
from types import MappingProxyType
from typing import Protocol

from generation.events import Checkpoint, Event
from generation.request import ImagineRequest
from generation.targets import Steering

NO_PICTURES: Mapping[str, bytes] = MappingProxyType({})


class Executor(Protocol):
    """Owns the processes that paint, one per device, and carries messages to and from them.

    Use it as an asynchronous context manager: entering starts the workers and returns when each of them has loaded its
    models or failed to; leaving ends them. Entering raises a ``GenerationError`` when none can come up, and when the
    operator has to put something right: ``CheckpointError``, ``DeviceError``.

    Devices are numbered from 0. Who is painted where, and when, is not decided here.
    """

    @property
    def outlives(self) -> bool:
        """Whether what is being painted goes on when the executor is left, for the next one that is entered."""

    @property
    def inherited(self) -> Sequence[tuple[int, ImagineRequest]]:
        """What devices paint already when the executor is entered, as they paint it, for one that was left before.

        Of each there is ``Started`` again, its last ``Checkpoint`` and its end; what nobody wants is to be aborted.
        """

    async def __aenter__(self) -> "Executor": ...

    async def __aexit__(self, *exc_info: object) -> None: ...

    def send(
        self,
        device: int,
        request: ImagineRequest,
        checkpoint: Checkpoint | None = None,
        pictures: Mapping[str, bytes] = NO_PICTURES,
    ) -> None:
        """Have a device paint the request, from a checkpoint if it is given and fits.

        It is lost when the device is down. The pictures are those that it names, PNGs by their SHA-256.
        """

    def steer(self, device: int, request_id: str, steering: Sequence[Steering]) -> None:
        """Have a device paint a request otherwise from its next step on, which ``Steered`` answers.

        There is no answer where the device has not got the request or goes down.
        """

    def abort(self, device: int, request_id: str) -> None:
        """Have a device stop painting within one step; an unknown or finished request is ignored."""

    def suspend(self, device: int, request_id: str) -> None:
        """Have a device stop painting within one step, and say from what the request can go on.

        What comes last of it is ``Suspended``, or how it ended; an unknown or finished request is ignored.
        """

    def events(self) -> AsyncIterator[tuple[int, Event]]:
        """Yield what happens on which device, in order, until the executor is left. There is one reader.

        Who asks for the next event has kept what the last one said. It raises a ``WorkerError`` when another bot has
        taken the devices over.

        Of a device the first event is ``Ready`` or ``Down``, and each ``Ready`` is followed by a ``Down`` before the
        next. Of a request that is aborted events may still come that were under way.
        """
