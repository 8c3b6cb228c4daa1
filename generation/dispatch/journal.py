"""What is written down of requests, so that none is lost."""

from collections.abc import Sequence
from typing import Protocol

from generation.request import ImagineRequest


class Journal(Protocol):
    """Knows every request that was accepted and has not ended.

    Calls about one request count in the order in which they were made, though one may not wait for another.
    """

    async def accept(self, request: ImagineRequest) -> None:
        """Write a request down before it is acknowledged; under an id that is known, what it is for now."""

    async def checkpoint(self, request_id: str, attempts: int) -> None:
        """Write down how many workers have died over a request."""

    async def finish(self, request_id: str) -> None:
        """Write down that a request has ended, in whichever way; one that is not known is ignored."""

    async def unfinished(self) -> Sequence[tuple[ImagineRequest, int]]:
        """Return what has not ended and how many workers have died over it, in the order of acceptance."""


class MemoryJournal:
    """Keeps everything in memory, and so no longer than its process lives."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[ImagineRequest, int]] = {}

    async def accept(self, request: ImagineRequest) -> None:
        """Keep a request, or what it is for now."""
        self._kept[request.id] = request, 0

    async def checkpoint(self, request_id: str, attempts: int) -> None:
        """Keep how many workers have died over a request."""
        self._kept[request_id] = self._kept[request_id][0], attempts

    async def finish(self, request_id: str) -> None:
        """Forget a request."""
        self._kept.pop(request_id, None)

    async def unfinished(self) -> Sequence[tuple[ImagineRequest, int]]:
        """Return what has not ended, in the order of acceptance."""
        return tuple(self._kept.values())
