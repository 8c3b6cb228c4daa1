"""The executor with a real Ray cluster of several node processes, and real worker processes on them."""

import asyncio
import io
import os
import pickle
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import ray
import ray.util
from PIL import Image
from structlog.testing import capture_logs

from config.settings.models import ModelsSettings
from generation.dispatch.dispatcher import Dispatcher
from generation.dispatch.journal import MemoryJournal
from generation.dispatch.record import Update
from generation.errors import CheckpointError, DeviceError, WorkerError
from generation.events import Checkpoint, Finished, Ready, Started
from generation.executor.cluster import executor as executor_module
from generation.executor.cluster import process
from generation.executor.cluster.executor import RayExecutor
from generation.executor.cluster.host import WorkerHost
from generation.executor.local import LocalExecutor, weights_of
from generation.executor.protocol import LoadModels
from generation.executor.watchdog import Patience
from generation.request import ImagineRequest
from tests.ray_fixtures import Nodes, cluster, nodes, scaled

__all__ = ["cluster", "nodes", "scaled"]

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


def pixels(png: bytes) -> bytes:
    """Return what of a picture does not tell how it was painted."""
    with Image.open(io.BytesIO(png)) as image:
        return image.tobytes()


def at(least: int) -> Callable[[Update], bool]:
    """Return whether a request can go on from a step from this one on."""
    return lambda update: update.record.checkpoint is not None and update.record.checkpoint.step >= least


@pytest.fixture(scope="module")
def undisturbed(tiny_models: ModelsSettings) -> bytes:
    """Return the pixels of the picture as it is painted on this machine with as many threads."""

    async def paint() -> bytes:
        executor = LocalExecutor(tiny_models, ["cpu"] * (os.cpu_count() or 1), 1000, reproducible="fast")
        async with executor, Painting(executor) as painting:
            await painting.dispatcher.submit(REQUEST)
            png, _ = await painting.finished()
        return pixels(png)

    return asyncio.run(paint())


def executor_for(models: ModelsSettings, nodes: Nodes, *devices: str, **options: Any) -> RayExecutor:
    return RayExecutor(models, devices or "auto", 1000, nodes.address, checkpoint_seconds=0.0, **options)


async def test_a_node_that_is_killed_costs_time(tiny_models: ModelsSettings, nodes: Nodes, undisturbed: bytes) -> None:
    first = nodes.add()
    async with executor_for(tiny_models, nodes, "cpu") as executor, Painting(executor) as painting:
        record = await painting.dispatcher.submit(REQUEST)
        await painting.until(at(20))
        os.kill(nodes.pid(first), signal.SIGKILL)
        nodes.start()
        png, steps = await painting.finished()
    assert pixels(png) == undisturbed
    assert [step >= 20 for step in steps] == [True]
    assert record.attempts == 1


async def test_what_is_painted_goes_on_while_there_is_no_bot(
    tiny_models: ModelsSettings, nodes: Nodes, undisturbed: bytes
) -> None:
    nodes.add()
    journal = MemoryJournal()
    async with executor_for(tiny_models, nodes, "cpu") as executor, Painting(executor, journal) as painting:
        await painting.dispatcher.submit(REQUEST)
        await painting.until(at(1))
        pids = executor.pids
        await painting.dispatcher.drain(3600.0)
    async with executor_for(tiny_models, nodes, "cpu") as executor:
        assert executor.pids == pids
        assert [(number, request.id) for number, request in executor.inherited] == [(0, "a")]
        async with Painting(executor, journal) as painting:
            (record,) = painting.resumed
            png, steps = await painting.finished()
            assert pixels(png) == undisturbed
            assert steps == [0], "it has not been begun again"
            assert record.attempts == 0
            assert await journal.unfinished() == ()
            await painting.dispatcher.submit(replace(REQUEST, id="b", steps=1))
            await painting.finished()
    async with executor_for(tiny_models, nodes, "cpu") as executor:
        assert executor.pids == pids
        assert not executor.inherited, "what has been kept elsewhere is forgotten"


BOT = """
import asyncio, pickle, structlog, sys
from generation.executor.cluster.executor import RayExecutor
from generation.executor.cluster.host import WorkerHost
from generation.events import Checkpoint

async def main():
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    models, address, request = pickle.loads(bytes.fromhex(sys.argv[1]))
    async with RayExecutor(models, ["cpu"], 1000, address, checkpoint_seconds=0.0) as executor:
        executor.send(0, request)
        async for _, event in executor.events():
            if isinstance(event, Checkpoint):
                print(*executor.pids, flush=True)

asyncio.run(main())
"""
"""Has a request painted, and says the process id of the worker with each checkpoint."""


async def earlier_bot(
    models: ModelsSettings, nodes: Nodes, request: ImagineRequest
) -> tuple[asyncio.subprocess.Process, int]:
    """Return another bot that has a request painted, and the process id of its worker."""
    argument = pickle.dumps((models, nodes.address, request)).hex()
    pipe = asyncio.subprocess.PIPE
    bot = await asyncio.create_subprocess_exec(sys.executable, "-c", BOT, argument, stdout=pipe, stderr=pipe)
    assert bot.stdout is not None
    return bot, int(await bot.stdout.readline())


async def test_a_bot_that_is_killed_is_followed_by_one_that_misses_nothing(
    tiny_models: ModelsSettings, nodes: Nodes, undisturbed: bytes
) -> None:
    nodes.add()
    bot, pid = await earlier_bot(tiny_models, nodes, REQUEST)
    bot.kill()
    await bot.communicate()
    async with executor_for(tiny_models, nodes, "cpu") as executor:
        assert executor.pids == (pid,)
        assert list(executor.inherited) == [(0, REQUEST)]
        said = []
        async for _, event in executor.events():
            said.append(event)
            if isinstance(event, Finished):
                break
        assert isinstance(said[0], Ready)
        assert isinstance(said[1], Started)
        assert isinstance(said[2], Checkpoint)
        assert isinstance(said[-1], Finished)
        assert said[0].name == said[1].device
        assert said[0].name.endswith("/cpu")
        assert pixels(said[-1].png) == undisturbed


async def test_a_bot_whose_workers_are_taken_over_ends(tiny_models: ModelsSettings, nodes: Nodes) -> None:
    nodes.add()
    bot, pid = await earlier_bot(tiny_models, nodes, ENDLESS)
    async with executor_for(tiny_models, nodes, "cpu") as executor:
        _, said = await bot.communicate()
        assert b"executor.namespace" in said
        executor.abort(0, "endless")
        executor.send(0, replace(REQUEST, steps=1))
        async for _, event in executor.events():
            if isinstance(event, Finished):
                break
        assert executor.pids == (pid,), "the one that ended has left it alone"


async def test_workers_end_where_no_bot_comes(tiny_models: ModelsSettings, nodes: Nodes) -> None:
    nodes.add()
    async with executor_for(tiny_models, nodes, "cpu", lease_seconds=3.0) as executor:
        executor.send(0, ENDLESS)
        (pid,) = executor.pids
        worker = os.pidfd_open(pid)
    ended = asyncio.Event()
    asyncio.get_running_loop().add_reader(worker, ended.set)
    await ended.wait()
    asyncio.get_running_loop().remove_reader(worker)
    os.close(worker)


async def test_a_host_to_which_no_bot_has_come_ends_too(nodes: Nodes) -> None:
    nodes.add()
    await executor_module.connect(nodes.address, "forgotten")
    load = LoadModels(weights_of(ModelsSettings()), "cpu", 1, 1.0, 1.0)
    ray.remote(WorkerHost).options(name="worker", lifetime="detached").remote(load, 1.0)
    while ray.util.list_named_actors():  # noqa: ASYNC110
        await asyncio.sleep(0.2)
    ray.shutdown()


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[1])


async def test_a_host_that_hangs_is_replaced(
    tiny_models: ModelsSettings, nodes: Nodes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "SILENT_SECONDS", 6.0)
    monkeypatch.setattr(process, "TRIES", 1)
    nodes.add()
    async with executor_for(tiny_models, nodes, "cpu") as executor, Painting(executor) as painting:
        record = await painting.dispatcher.submit(REQUEST)
        await painting.until(at(20))
        os.kill(parent_of(executor.pids[0]), signal.SIGSTOP)
        _, steps = await painting.finished()
    assert [step >= 20 for step in steps] == [True]
    assert record.attempts == 1


async def test_a_device_waits_for_a_node(tiny_models: ModelsSettings, nodes: Nodes) -> None:
    nodes.add()
    async with executor_for(tiny_models, nodes, "cpu", "cpu") as executor, Painting(executor) as painting:
        for number in range(2):
            await painting.dispatcher.submit(replace(ENDLESS, id=str(number)))
        await painting.until(at(1))
        assert [device.is_up for device in painting.dispatcher.pool.devices] == [True]
        nodes.start()
        await painting.until(lambda update: at(1)(update) and update.record.request.id == "1")
        assert [len(device.running) for device in painting.dispatcher.pool.devices] == [1, 1]


ON_CPU = """
import sys
from generation.worker.parent import end_with
end_with(int(sys.argv[-1]))
import torch
from generation.worker import process
process.choose_device = lambda *_: torch.device("cpu")
process.main()
"""
"""A worker that takes the CPU for the GPU that it was given."""


async def test_gpus_that_come_are_devices(
    tiny_models: ModelsSettings, nodes: Nodes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(executor_module, "LOOKING_SECONDS", 0.5)
    nodes.add(cpus=0, gpus=1)
    async with executor_for(tiny_models, nodes, command=(sys.executable, "-c", ON_CPU)) as executor:
        names = []
        async for number, event in executor.events():
            if isinstance(event, Ready):
                names.append((number, event.name.rpartition("/")[2]))
                if number == 1:
                    break
                nodes.start(cpus=0, gpus=1)
    assert names == [(0, "cuda:0"), (1, "cuda:0")]


async def test_the_autoscaler_starts_machines_for_work_and_takes_them_back(
    tiny_models: ModelsSettings, scaled: Nodes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(executor_module, "LOOKING_SECONDS", 0.5)
    executor = executor_for(tiny_models, scaled, "cpu", "cpu", idle_seconds=1.0)
    async with executor, Painting(executor) as painting:
        assert ray.cluster_resources()["CPU"] == 1
        for number in range(2):
            await painting.dispatcher.submit(replace(ENDLESS, id=str(number)))
        await painting.until(lambda update: at(1)(update) and update.record.request.id == "1")
        assert ray.cluster_resources()["CPU"] == 2
        await painting.dispatcher.cancel("0", "1")
        while ray.cluster_resources()["CPU"] == 2:  # noqa: ASYNC110
            await asyncio.sleep(0.5)
        assert [device.is_up for device in painting.dispatcher.pool.devices].count(True) == 1
        await painting.dispatcher.submit(replace(REQUEST, steps=1))
        await painting.finished()


async def test_workers_for_other_settings_are_ended(tiny_models: ModelsSettings, nodes: Nodes) -> None:
    nodes.add()
    async with executor_for(tiny_models, nodes, "cpu") as executor:
        pids = executor.pids
    with capture_logs() as logs:
        other = tiny_models.model_copy(update={"precision": "float32"})
        async with executor_for(other, nodes, "cpu") as executor:
            assert executor.pids != pids
    assert [entry["event"] for entry in logs if entry["log_level"] == "warning"] == ["worker of an earlier bot ended"]


async def test_what_cannot_be_used_is_said(
    tiny_models: ModelsSettings, nodes: Nodes, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(DeviceError, match="no GPU"):
        await executor_for(tiny_models, nodes).__aenter__()
    with pytest.raises(WorkerError, match="room for a worker"):
        await executor_for(tiny_models, nodes, "cpu", patience=Patience(loading=1.0)).__aenter__()
    nodes.add()
    missing = tiny_models.model_copy(update={"vqgan": "/nowhere.yaml"})
    with pytest.raises(CheckpointError, match="nowhere"):
        await executor_for(missing, nodes, "cpu").__aenter__()
    monkeypatch.setattr(process, "release", lambda: "9.9/99")
    with pytest.raises(WorkerError, match=r"and the bot 9\.9/99"):
        await executor_for(tiny_models, nodes, "cpu").__aenter__()
    with pytest.raises(WorkerError, match=r"executor\.address"):
        await RayExecutor(tiny_models, ["cpu"], 1000, "127.0.0.1:1").__aenter__()
