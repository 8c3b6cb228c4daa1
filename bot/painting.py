"""Having requests painted: by this process alone, or by one of several that are one bot."""

import asyncio
from collections.abc import Coroutine
from typing import Protocol

import structlog

from bot.errors import SetupError
from bot.metrics import Metrics
from bot.patience import Patience
from config.settings import Settings
from generation.dispatch import Dispatch
from generation.dispatch.dispatcher import Dispatcher
from generation.dispatch.journal import Journal
from generation.dispatch.remote import RemoteDispatcher
from generation.dispatch.server import DispatchServer, served
from generation.executor import Executor
from store.errors import KnownMessageError, StoreError
from store.journal import OnSaved
from store.leader import Led, leading
from store.store import Store

_log = structlog.get_logger(__name__)


class Painting(Protocol):
    """Has requests painted."""

    @property
    def dispatcher(self) -> Dispatch:
        """That knows how each fares."""

    async def run(self, restored: asyncio.Event, ready: asyncio.Event) -> None:
        """Have requests painted, until cancelled.

        Args:
            restored: set once what an earlier run has left is known.
            ready: is set once requests can be painted.

        Raises:
            LostError: another process may do it.
            SetupError: ``shards.host`` is not this machine's.
            GenerationError: the executor does not start.
        """

    async def drain(self, seconds: float) -> None:
        """Take nothing more from the line; see ``Dispatcher.drain``."""


class OwnPainting:
    """By this process alone.

    Args:
        settings: limits.
        executor: who paints, not yet entered.
        kept: where requests are written down.
        metrics: of what is in line and on the devices.
        patience: with forecasts.
    """

    def __init__(
        self, settings: Settings, executor: Executor, kept: Store, metrics: Metrics, patience: Patience
    ) -> None:
        self.dispatcher = _dispatcher(settings, executor, kept, kept.journal, metrics, patience)
        self._executor = executor

    async def run(self, restored: asyncio.Event, ready: asyncio.Event) -> None:
        """Have requests painted, until cancelled."""
        async with self._executor:
            await restored.wait()
            ready.set()
            await self.dispatcher.run()

    async def drain(self, seconds: float) -> None:
        """Take nothing more from the line."""
        await self.dispatcher.drain(seconds)


class SharedPainting:
    """By the one of several processes that leads: this one too stands by until no other does.

    Args:
        settings: all of them.
        executor: who paints, not yet entered.
        kept: what is kept, by which the processes know each other.
        metrics: of what is in line and on the devices.
        patience: with forecasts.
        on_saved: called with the path of each finished picture and its request.
    """

    def __init__(
        self,
        settings: Settings,
        executor: Executor,
        kept: Store,
        metrics: Metrics,
        patience: Patience,
        on_saved: OnSaved | None,
    ) -> None:
        assert kept.find_leader is not None
        self._settings = settings
        self._executor = executor
        self._kept = kept
        self._metrics = metrics
        self._patience = patience
        self._on_saved = on_saved
        errors, most = (StoreError, KnownMessageError), settings.queue.per_member
        self.dispatcher = RemoteDispatcher(kept.find_leader, kept.key, kept.journal, errors, most)
        self._led: Dispatcher | None = None

    async def run(self, restored: asyncio.Event, ready: asyncio.Event) -> None:
        """Be connected with the process that leads, and lead once no other does, until cancelled."""
        await _first(self.dispatcher.run(), self._say_when(restored, ready), self._lead())

    async def drain(self, seconds: float) -> None:
        """Where this process leads, take nothing more from the line."""
        if self._led is not None:
            await self._led.drain(seconds)

    async def _say_when(self, restored: asyncio.Event, ready: asyncio.Event) -> None:
        await restored.wait()
        await self.dispatcher.connected()
        ready.set()
        await asyncio.Event().wait()

    async def _lead(self) -> None:
        host = self._settings.shards.host
        async with leading(self._settings, self._on_saved) as led:
            self._led = _dispatcher(
                self._settings, self._executor, self._kept, led.journal, self._metrics, self._patience
            )
            await self._led.resume()
            server = DispatchServer(self._led, self._kept.key)
            try:
                async with served(server, host) as address:
                    await self._serve(led, server, address)
            except OSError as error:
                raise SetupError(f"shards.host: {host} cannot be had ({error.strerror}).") from None

    async def _serve(self, led: Led, server: DispatchServer, address: str) -> None:
        await led.announce(address)
        _log.info("leading: this process has the requests of all painted", address=address)
        await _first(server.run(), led.lease.lost(), self._paint(server.dispatcher))

    async def _paint(self, dispatcher: Dispatcher) -> None:
        async with self._executor:
            await dispatcher.run()


def _dispatcher(
    settings: Settings, executor: Executor, kept: Store, journal: Journal, metrics: Metrics, patience: Patience
) -> Dispatcher:
    dispatcher = Dispatcher(
        executor,
        total=settings.queue.total,
        per_member=settings.queue.per_member,
        journal=journal,
        picture=kept.uploads.read,
        forecast_seconds=patience.forecast,
        observe=metrics.note,
    )
    metrics.watch(dispatcher)
    return dispatcher


async def _first(*endless: Coroutine[None, None, None]) -> None:
    """Run what never ends by itself, and raise what is raised first once all have ended."""
    tasks = [asyncio.create_task(each) for each in endless]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
