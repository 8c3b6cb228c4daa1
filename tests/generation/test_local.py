"""The executor with real worker processes."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from config.settings import ModelsSettings
from generation.errors import CheckpointError, DeviceError
from generation.events import Event, Failed, Finished, Progress, Started
from generation.executor.local import LocalExecutor
from generation.picture import read_request
from generation.request import ImagineRequest

REQUEST = ImagineRequest("a", "a red apple", seed=1, width=64, height=64, steps=3, member="somebody")
ENDLESS = replace(REQUEST, id="endless", steps=1_000_000)


@pytest.fixture
async def executor(tiny_models: ModelsSettings) -> AsyncIterator[LocalExecutor]:
    async with LocalExecutor(tiny_models, ["cpu"], preview_seconds=0) as executor:
        yield executor


async def events_of(executor: LocalExecutor, *request_ids: str) -> list[Event]:
    """Return all events until each of the requests has ended."""
    events, open_ids = [], set(request_ids)
    async for event in executor.events():
        events.append(event)
        if isinstance(event, Finished | Failed):
            open_ids.discard(event.request_id)
            if not open_ids:
                break
    return events


async def first(executor: LocalExecutor, kind: type[Event]) -> Event:
    async for event in executor.events():
        if isinstance(event, kind):
            return event
    raise AssertionError("The executor was left.")


async def test_a_request_starts_advances_and_finishes(executor: LocalExecutor) -> None:
    executor.add_request(REQUEST)
    started, *progress, finished = await events_of(executor, "a")
    assert started == Started("a", "cpu", "")
    assert [(event.step, event.steps) for event in progress if isinstance(event, Progress)] == [
        (1, 3),
        (2, 3),
    ]
    assert all(isinstance(event, Progress) and event.preview for event in progress)
    assert isinstance(finished, Finished)
    assert read_request(finished.png) == replace(REQUEST, member="")


async def test_same_seed_same_bytes(executor: LocalExecutor) -> None:
    pngs = []
    for _ in range(2):
        executor.add_request(REQUEST)
        finished = (await events_of(executor, "a"))[-1]
        assert isinstance(finished, Finished)
        pngs.append(finished.png)
    assert pngs[0] == pngs[1]


async def test_there_is_room_again_after_an_abort(executor: LocalExecutor) -> None:
    await executor.wait_for_room()
    executor.add_request(ENDLESS)
    waiting = asyncio.create_task(executor.wait_for_room())
    await first(executor, Progress)
    assert not waiting.done()
    executor.abort_request("endless")
    await waiting


async def test_aborted_request_has_no_further_events(executor: LocalExecutor) -> None:
    executor.add_request(ENDLESS)
    await first(executor, Progress)
    executor.abort_request("endless")
    executor.add_request(REQUEST)
    events = await events_of(executor, "a")
    assert {event.request_id for event in events if event.request_id != "endless"} == {"a"}
    assert isinstance(events[-1], Finished)


async def test_killed_worker_is_replaced_and_its_request_starts_again(executor: LocalExecutor) -> None:
    executor.add_request(replace(REQUEST, steps=200))
    await first(executor, Progress)
    (pid,) = executor.pids
    os.kill(pid, signal.SIGKILL)
    events = await events_of(executor, "a")
    assert isinstance(events[-1], Finished)
    assert any(isinstance(event, Started) for event in events)
    assert executor.pids != (pid,)


async def test_request_that_kills_its_worker_twice_is_given_up(executor: LocalExecutor) -> None:
    executor.add_request(ENDLESS)
    for _ in range(2):
        await first(executor, Started)
        os.kill(executor.pids[0], signal.SIGKILL)
    assert isinstance(await first(executor, Failed), Failed)
    executor.add_request(REQUEST)
    assert isinstance((await events_of(executor, "a"))[-1], Finished)


async def test_two_cpu_workers_are_two_processes(tiny_models: ModelsSettings) -> None:
    async with LocalExecutor(tiny_models, ["cpu", "cpu"], preview_seconds=1) as executor:
        assert executor.devices == ("cpu", "cpu")
        first_pid, second_pid = executor.pids
        assert first_pid != second_pid
        executor.add_request(ENDLESS)
        executor.add_request(REQUEST)
        finished = await first(executor, Finished)
        assert finished.request_id == "a"


async def test_leaving_ends_the_processes(tiny_models: ModelsSettings) -> None:
    async with LocalExecutor(tiny_models, "auto", preview_seconds=1) as executor:
        (pid,) = executor.pids
        executor.add_request(ENDLESS)
        await first(executor, Progress)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert [event async for event in executor.events() if not isinstance(event, Progress)] == []


async def test_missing_weights_are_named(tiny_models: ModelsSettings, tmp_path: Path) -> None:
    models = tiny_models.model_copy(update={"clip": str(tmp_path / "nothing.pt")})
    with pytest.raises(CheckpointError, match=r"nothing\.pt does not exist"):
        async with LocalExecutor(models, ["cpu"], preview_seconds=1):
            pass


async def test_missing_device_is_named(tiny_models: ModelsSettings) -> None:
    with pytest.raises(DeviceError, match="cuda:7"):
        async with LocalExecutor(tiny_models, ["cpu", "cuda:7"], preview_seconds=1):
            pass


PARENT = """
import asyncio, logging, structlog, sys
structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
from config.settings import ModelsSettings
from generation.executor.local import LocalExecutor
from generation.request import ImagineRequest

async def main():
    models = ModelsSettings(vqgan=sys.argv[1], clip=sys.argv[2])
    async with LocalExecutor(models, ["cpu"], preview_seconds=1) as executor:
        executor.add_request(ImagineRequest("a", "red", 1, 64, 64, 1_000_000))
        async for event in executor.events():
            print("worker", executor.pids[0], flush=True)
            await asyncio.Event().wait()

asyncio.run(main())
"""


async def test_worker_ends_when_its_parent_is_killed(tiny_models: ModelsSettings) -> None:
    parent = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PARENT, tiny_models.vqgan, tiny_models.clip), stdout=subprocess.PIPE
    )
    assert parent.stdout is not None
    worker = os.pidfd_open(int((await parent.stdout.readline()).removeprefix(b"worker ")))
    ended = asyncio.Event()
    asyncio.get_running_loop().add_reader(worker, ended.set)
    parent.kill()
    await ended.wait()
    asyncio.get_running_loop().remove_reader(worker)
    os.close(worker)
    await parent.wait()
