"""Who runs the workers."""

from collections.abc import AsyncIterator
from typing import Protocol

from generation.dispatch.devices import Pool
from generation.events import Event
from generation.request import ImagineRequest


class Executor(Protocol):
    """Owns the processes that paint, and hands requests to them.

    Use it as an asynchronous context manager: entering starts the workers and returns when each of them has loaded its
    models or failed to; leaving ends them. Entering raises a ``GenerationError`` when none can come up, and when the
    operator has to put something right: ``CheckpointError``, ``DeviceError``.
    """

    async def __aenter__(self) -> "Executor": ...

    async def __aexit__(self, *exc_info: object) -> None: ...

    @property
    def pool(self) -> Pool:
        """The devices, what they paint and where there is room, as it is now. Only the executor changes them."""

    def add_request(self, request: ImagineRequest) -> None:
        """Have the request painted by the device of ``pool.place``; without room it waits here until there is some."""

    def abort_request(self, request_id: str) -> None:
        """Stop painting within one step; the slot is free at once.

        No further event comes; an unknown or finished request is ignored.
        """

    def events(self) -> AsyncIterator[Event]:
        """Yield what happens to requests and devices, in order, until the executor is left. There is one reader."""
