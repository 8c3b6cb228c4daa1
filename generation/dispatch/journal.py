"""What is written down of requests, so that none is lost."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from generation.dispatch.record import Record
from generation.events import Checkpoint, Failed, Finished
from generation.request import ImagineRequest


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A request that an earlier run has left.

    Args:
        request: what is to be painted.
        attempts: workers that have died over it.
        was_running: whether a device had taken it.
        checkpoint: from which it goes on.
        starts: runs that had it painted and ended without having been stopped.
    """

    request: ImagineRequest
    attempts: int = 0
    was_running: bool = False
    checkpoint: Checkpoint | None = None
    starts: int = 0


class Journal(Protocol):
    """Knows every request that was accepted and has not ended.

    Calls about one request count in the order in which they were made, though one may not wait for another.
    """

    async def accept(self, requests: Sequence[ImagineRequest], notes: Sequence[str]) -> None:
        """Write requests down before they are acknowledged, all or none, with the notes of whoever submits them."""

    async def change(self, request: ImagineRequest) -> None:
        """Write down what the request of this id is for now; one that is not known is ignored."""

    async def checkpoint(self, record: Record) -> None:
        """Write down that a request runs, how many workers have died over it, and from what it goes on."""

    async def finish(self, record: Record, outcome: Finished | Failed | None) -> None:
        """Write down how a request has ended, None where it was taken back, before anybody is told.

        A request that is not known is ignored.
        """

    async def unfinished(self) -> Sequence[Unfinished]:
        """Return what has not ended, in the order of acceptance."""


class MemoryJournal:
    """Keeps everything in memory, and so no longer than its process lives."""

    def __init__(self) -> None:
        self._kept: dict[str, Unfinished] = {}

    async def accept(self, requests: Sequence[ImagineRequest], notes: Sequence[str]) -> None:
        """Keep requests."""
        del notes
        self._kept |= {request.id: Unfinished(request) for request in requests}

    async def change(self, request: ImagineRequest) -> None:
        """Keep what a request is for now."""
        if request.id in self._kept:
            self._kept[request.id] = replace(self._kept[request.id], request=request)

    async def checkpoint(self, record: Record) -> None:
        """Keep that a request runs, how many workers have died over it, and from what it goes on."""
        self._kept[record.request.id] = Unfinished(record.request, record.attempts, True, record.checkpoint)

    async def finish(self, record: Record, outcome: Finished | Failed | None) -> None:
        """Forget a request."""
        del outcome
        self._kept.pop(record.request.id, None)

    async def unfinished(self) -> Sequence[Unfinished]:
        """Return what has not ended, in the order of acceptance."""
        return tuple(self._kept.values())
