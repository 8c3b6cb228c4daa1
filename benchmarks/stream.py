"""Requests through the queue and the executor, as the bot passes them on."""

import asyncio
import logging
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import structlog

from benchmarks.errors import BenchmarkError
from bot.queue import RequestQueue
from config.settings import ModelsSettings
from generation.events import Failed, Finished
from generation.executor.local import LocalExecutor
from generation.request import ImagineRequest

PLENTY = 100_000
PREVIEW_SECONDS = 3.0


class Stream:
    """A queue in front of an executor that has been entered.

    Args:
        executor: who paints.
    """

    def __init__(self, executor: LocalExecutor) -> None:
        self.executor = executor
        self.on_begun: Callable[[ImagineRequest], None] = lambda _: None
        self.queue = RequestQueue(PLENTY, PLENTY)
        self.finished: dict[str, float] = {}
        """When each request was, on the monotonic clock."""
        self._changed = asyncio.Event()
        self._failure = ""

    def admit(self, request: ImagineRequest) -> None:
        """Let a request wait for its turn."""
        self.queue.admit(request)
        self._feed()

    async def until_painted(self, requests: Sequence[ImagineRequest]) -> None:
        """Return when all of these are finished; raises ``BenchmarkError`` when one cannot be."""
        while not all(request.id in self.finished for request in requests):
            self._changed.clear()
            await self._changed.wait()
            if self._failure:
                raise BenchmarkError(self._failure)

    def seconds_left(self, request: ImagineRequest) -> float:
        """Return in how many seconds the request will be finished, as the bot's members are told."""
        forecasts = self.queue.forecast(self.executor.pool)
        return next(each.finishes for each in forecasts if each.request_id == request.id)

    async def run(self) -> None:
        """Follow what happens, until the executor is left."""
        async for event in self.executor.events():
            match event:
                case Finished():
                    self.finished[event.request_id] = time.monotonic()
                    self.queue.remove(event.request_id)
                case Failed():
                    self._failure = event.reason
            self._feed()
            self._changed.set()

    def _feed(self) -> None:
        while (request := self.queue.take(self.executor.pool)) is not None:
            self.executor.add_request(request)
            self.on_begun(request)


@asynccontextmanager
async def opened(devices: Sequence[str]) -> AsyncIterator[Stream]:
    """Start a worker with the pocket models on each device; they end with the block."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    models = ModelsSettings(vqgan="pocket", clip="pocket", precision="auto")
    executor = LocalExecutor(models, devices, PREVIEW_SECONDS)
    async with executor:
        stream = Stream(executor)
        running = asyncio.create_task(stream.run())
        yield stream
    await running
