"""Requests through the dispatcher, as the bot passes them on."""

import asyncio
import logging
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import structlog

from benchmarks.errors import BenchmarkError
from benchmarks.machine import cpu_seconds
from config.settings.executor import Reproducible
from config.settings.models import ModelsSettings
from generation.dispatch.dispatcher import Dispatcher
from generation.events import Failed, Finished
from generation.executor.local import LocalExecutor
from generation.request import ImagineRequest

PLENTY = 100_000
PREVIEW_SECONDS = 3.0
MODELS = ModelsSettings(vqgan="pocket", clip="pocket", precision="auto")


class Stream:
    """Requests and when they were finished.

    Args:
        dispatcher: that runs.
        executor: that it has.
    """

    def __init__(self, dispatcher: Dispatcher, executor: LocalExecutor) -> None:
        self.on_begun: Callable[[ImagineRequest], None] = lambda _: None
        self.finished: dict[str, float] = {}
        """When each request was, on the monotonic clock."""
        self.pngs: dict[str, bytes] = {}
        """Of the finished requests."""
        self._dispatcher = dispatcher
        self._executor = executor
        self._begun: set[str] = set()
        self._changed = asyncio.Event()
        self._failure = ""

    async def submit(self, request: ImagineRequest) -> None:
        """Let a request wait for its turn."""
        await self._dispatcher.submit(request)

    async def until_painted(self, requests: Sequence[ImagineRequest]) -> None:
        """Return when all of these are finished; raises ``BenchmarkError`` when one cannot be."""
        while not all(request.id in self.finished for request in requests):
            self._changed.clear()
            await self._changed.wait()
            if self._failure:
                raise BenchmarkError(self._failure)

    def seconds_left(self, request: ImagineRequest) -> float:
        """Return in how many seconds the request will be finished, as far as is foreseen."""
        forecasts = self._dispatcher.forecast()
        return next(each.finishes for each in forecasts if each.request_id == request.id)

    def cpu_seconds(self) -> float:
        """Return how long the workers have computed, all their threads together."""
        return sum(cpu_seconds(pid) for pid in self._executor.pids)

    async def run(self) -> None:
        """Follow what happens, until cancelled."""
        async for update in self._dispatcher.updates():
            record = update.record
            match update.event:
                case Finished(png=png):
                    self.pngs[record.request.id] = png
                    self.finished[record.request.id] = time.monotonic()
                case Failed(reason=reason):
                    self._failure = reason
                case _ if record.status == "running" and record.request.id not in self._begun:
                    self._begun.add(record.request.id)
                    self.on_begun(record.request)
            self._changed.set()


@asynccontextmanager
async def opened(devices: Sequence[str], reproducible: Reproducible = "fast") -> AsyncIterator[Stream]:
    """Start a worker with the pocket models on each device; they end with the block."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    async with LocalExecutor(MODELS, devices, PREVIEW_SECONDS, reproducible=reproducible) as executor:
        dispatcher = Dispatcher(executor, total=PLENTY, per_member=PLENTY)
        stream = Stream(dispatcher, executor)
        tasks = [asyncio.create_task(dispatcher.run()), asyncio.create_task(stream.run())]
        yield stream
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
