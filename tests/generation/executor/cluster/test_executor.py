"""The executor with a real Ray cluster of several node processes, and real worker processes on them."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from config.settings import ModelsSettings
from generation.dispatch.dispatcher import Dispatcher
from generation.dispatch.journal import MemoryJournal
from generation.dispatch.record import Record, Update
from generation.errors import CheckpointError, DeviceError, WorkerError
from generation.events import Checkpoint, Finished, Progress, Ready, Started
from generation.executor.cluster.executor import RayExecutor
from generation.executor.local import LocalExecutor
from generation.executor.watchdog import Patience
from generation.request import ImagineRequest
from tests.generation.executor.cluster.conftest import Nodes

REQUEST = ImagineRequest("a", "a red apple", seed=1, width=64, height=64, steps=150, member="somebody")
ENDLESS = replace(REQUEST, id="endless", steps=1_000_000)


class Painting:
    """A dispatcher on an executor."""

    def __init__(self, executor: RayExecutor | LocalExecutor, journal: MemoryJournal | None = None) -> None:
        self.dispatcher = Dispatcher(executor, total=9, per_member=9, journal=journal)
        self._updates = self.dispatcher.updates()

    async def __aenter__(self) -> "Painting":
        self.resumed = await self.dispatcher.resume()
        self._running = asyncio.create_task(self.dispatcher.run())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._running.cancel()
        await asyncio.wait({self._running})

    async def until(self, wanted: Callable[[Update], object]) -> list[Update]:
        """Return all updates up to the first that is wanted."""
        updates = []
        async for update in self._updates:
            updates.append(update)
            if wanted(update):
                break
        return updates

    async def finished(self) -> tuple[bytes, list[int]]:
        """Return the next finished picture, and from which steps it was painted."""
        updates = await self.until(lambda update: isinstance(update.event, Finished))
        end = updates[-1].event
        assert isinstance(end, Finished)
        return end.png, [update.event.step for update in updates if isinstance(update.event, Started)]


def at(least: int) -> Callable[[Update], bool]:
    """Return whether a request can go on from a step from this one on."""
    return lambda update: update.record.checkpoint is not None and update.record.checkpoint.step >= least


@pytest.fixture
async def undisturbed(tiny_models: ModelsSettings) -> bytes:
    """Paint the picture on this machine, with as many threads."""
    async with LocalExecutor(tiny_models, ["cpu"] * (os.cpu_count() or 1), 1000) as executor:
        async with Painting(executor) as painting:
            await painting.dispatcher.submit(REQUEST)
            png, _ = await painting.finished()
    return png


def executor_for(models: ModelsSettings, nodes: Nodes, *devices: str, **options: Any) -> RayExecutor:
    return RayExecutor(models, devices or "auto", 1000, nodes.address, checkpoint_seconds=0.0, **options)


async def test_a_node_that_is_killed_costs_time(tiny_models: ModelsSettings, nodes: Nodes, undisturbed: bytes) -> None:
    first = nodes.add()
    async with executor_for(tiny_models, nodes, "cpu") as executor, Painting(executor) as painting:
        record = await painting.dispatcher.submit(REQUEST)
        await painting.until(at(20))
        os.kill(nodes.pid(first), signal.SIGKILL)
        nodes.add()
        png, steps = await painting.finished()
    assert png == undisturbed
    assert [step >= 20 for step in steps] == [True]
    assert record.attempts == 1
