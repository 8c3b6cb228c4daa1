"""Who runs the workers."""

from collections.abc import AsyncIterator
from typing import Protocol

from generation.events import Event
from generation.request import ImagineRequest


class Executor(Protocol):
    """Owns the processes that paint, and hands requests to them.

    Use it as an asynchronous context manager: entering starts the workers and returns when every one of them has
    loaded its models; leaving ends them. Entering raises a ``GenerationError`` when they cannot come up.
    """

    async def __aenter__(self) -> "Executor": ...

    async def __aexit__(self, *exc_info: object) -> None: ...

    @property
    def devices(self) -> tuple[str, ...]:
        """The device of each worker, ``("cuda:0", "cuda:1")``."""

    async def wait_for_room(self) -> None:
        """Return when a worker has room for one more request."""

    def add_request(self, request: ImagineRequest) -> None:
        """Give the request to the worker with the most room. Call it only after :meth:`wait_for_room`."""

    def abort_request(self, request_id: str) -> None:
        """Stop painting within one step. No further event comes; an unknown or finished request is ignored."""

    def events(self) -> AsyncIterator[Event]:
        """Yield what happens to the requests, in order, until the executor is left. There is one reader."""
