"""The executor with real worker processes."""

import asyncio
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import pytest
from omegaconf import OmegaConf
from safetensors.torch import save_file
from structlog.testing import capture_logs

from config.settings import ModelsSettings
from generation.dispatch.devices import Device
from generation.errors import CheckpointError, DeviceError, WorkerError
from generation.events import DeviceChanged, Event, Failed, Finished, Progress, Started
from generation.executor.local import LocalExecutor
from generation.executor.supervisor import Restarts
from generation.executor.watchdog import Patience
from generation.request import ImagineRequest
from generation.worker.images import read_request
from tests.conftest import TINY_DDCONFIG, tiny_vqgan

REQUEST = ImagineRequest("a", "a red apple", seed=1, width=64, height=64, steps=3, member="somebody")
ENDLESS = replace(REQUEST, id="endless", steps=1_000_000)
E = TypeVar("E", bound=Event)


@pytest.fixture
async def executor(tiny_models: ModelsSettings) -> AsyncIterator[LocalExecutor]:
    async with LocalExecutor(tiny_models, ["cpu"], preview_seconds=0) as executor:
        yield executor


async def until(executor: LocalExecutor, wanted: Callable[[Event], bool]) -> list[Event]:
    """Return all events up to the first that is wanted."""
    events = []
    async for event in executor.events():
        events.append(event)
        if wanted(event):
            return events
    raise AssertionError("The executor was left.")


async def events_of(executor: LocalExecutor, request_id: str) -> list[Event]:
    """Return all events of requests until this one has ended."""
    events = await until(
        executor, lambda event: isinstance(event, Finished | Failed) and event.request_id == request_id
    )
    return [event for event in events if not isinstance(event, DeviceChanged)]


async def first(executor: LocalExecutor, kind: type[E]) -> E:
    """Wait for an event of this kind."""
    event = (await until(executor, lambda event: isinstance(event, kind)))[-1]
    assert isinstance(event, kind)
    return event


async def change(executor: LocalExecutor, state: str) -> DeviceChanged:
    """Wait until a device comes to be in this state."""
    wanted = await until(executor, lambda event: isinstance(event, DeviceChanged) and event.state == state)
    assert isinstance(wanted[-1], DeviceChanged)
    return wanted[-1]


def device(executor: LocalExecutor) -> Device:
    return executor.pool.devices[0]


async def test_a_request_starts_advances_and_finishes(executor: LocalExecutor) -> None:
    executor.add_request(REQUEST)
    started, *progress, finished = await events_of(executor, "a")
    assert started == Started("a", "cpu", "")
    steps = [event.step for event in progress if isinstance(event, Progress)]
    assert steps == sorted({*steps} & {1, 2})
    assert all(isinstance(event, Progress) and event.preview for event in progress)
    assert isinstance(finished, Finished)
    assert read_request(finished.png) == replace(REQUEST, member="")


async def test_the_pool_knows_what_is_painted_and_how_fast(executor: LocalExecutor) -> None:
    assert await change(executor, "ready") == DeviceChanged("cpu", "ready")
    assert executor.pool.is_up
    guess = device(executor).throughput.step_seconds(REQUEST.shape, 1)
    executor.add_request(ENDLESS)
    assert device(executor).running["endless"].step == 0
    assert not executor.pool.has_room(REQUEST.shape)
    reached = (await until(executor, lambda event: isinstance(event, Progress) and event.step > 10))[-1]
    assert isinstance(reached, Progress)
    assert device(executor).running["endless"].step >= reached.step
    assert device(executor).throughput.step_seconds(REQUEST.shape, 1) != guess


async def test_same_seed_same_bytes(executor: LocalExecutor) -> None:
    pngs = []
    for _ in range(2):
        executor.add_request(REQUEST)
        finished = (await events_of(executor, "a"))[-1]
        assert isinstance(finished, Finished)
        pngs.append(finished.png)
    assert pngs[0] == pngs[1]


async def test_an_aborted_request_makes_room_and_has_no_further_events(executor: LocalExecutor) -> None:
    executor.add_request(ENDLESS)
    executor.add_request(REQUEST)
    await first(executor, Progress)
    executor.abort_request("endless")
    assert list(device(executor).running) == ["a"]
    events = await events_of(executor, "a")
    assert isinstance(events[-1], Finished)
    after = events[events.index(Started("a", "cpu")) :]
    assert {event.request_id for event in after if not isinstance(event, DeviceChanged)} == {"a"}
    assert executor.pool.has_room(REQUEST.shape)


async def test_killed_worker_is_replaced_and_its_request_starts_again(executor: LocalExecutor) -> None:
    executor.add_request(replace(REQUEST, steps=200))
    await first(executor, Progress)
    (pid,) = executor.pids
    os.kill(pid, signal.SIGKILL)
    assert "ended with code -9" in (await change(executor, "down")).reason
    assert not executor.pool.is_up
    assert await change(executor, "ready")
    events = await events_of(executor, "a")
    assert isinstance(events[0], Started)
    assert isinstance(events[-1], Finished)
    assert executor.pids != (pid,)


async def test_request_that_kills_its_worker_twice_is_given_up(executor: LocalExecutor) -> None:
    executor.add_request(ENDLESS)
    for _ in range(2):
        await first(executor, Started)
        os.kill(executor.pids[0], signal.SIGKILL)
    assert isinstance(await first(executor, Failed), Failed)
    executor.add_request(REQUEST)
    assert isinstance((await events_of(executor, "a"))[-1], Finished)


async def test_a_worker_that_hangs_is_replaced(tiny_models: ModelsSettings) -> None:
    async with LocalExecutor(tiny_models, ["cpu"], preview_seconds=1, patience=Patience(step=1.0)) as executor:
        executor.add_request(replace(REQUEST, steps=100))
        await until(executor, lambda event: isinstance(event, Progress) and event.step > 10)
        (pid,) = executor.pids
        os.kill(pid, signal.SIGSTOP)
        assert "was silent for" in (await change(executor, "down")).reason
        assert isinstance((await events_of(executor, "a"))[-1], Finished)
        assert executor.pids != (pid,)


async def test_a_worker_that_hangs_while_loading_is_killed(tiny_models: ModelsSettings) -> None:
    deaf = (sys.executable, "-c", "import sys; sys.stdin.buffer.read()")
    patience = Patience(loading=0.5, step=0.4)
    executor = LocalExecutor(tiny_models, ["cpu"], preview_seconds=1, patience=patience, command=deaf)
    with pytest.raises(WorkerError, match="silent for"):
        async with executor:
            pass


async def test_two_cpu_workers_are_two_processes(tiny_models: ModelsSettings) -> None:
    restarts = Restarts(pauses=(1000.0,))
    async with LocalExecutor(tiny_models, ["cpu", "cpu"], preview_seconds=1, restarts=restarts) as executor:
        assert [each.name for each in executor.pool.devices] == ["cpu", "cpu"]
        first_pid, second_pid = executor.pids
        assert first_pid != second_pid
        executor.add_request(ENDLESS)
        executor.add_request(REQUEST)
        assert (await first(executor, Finished)).request_id == "a"
        os.kill(first_pid, signal.SIGKILL)
        await change(executor, "down")
        assert list(executor.pool.devices[1].running) == ["endless"], "it goes on where there is room"
        assert (await first(executor, Started)).request_id == "endless"


ON_A_CPU = """
import os, sys, torch
from generation.worker import worker

def choose_device(name, gpus):
    if name == "cuda:1" and os.path.exists(sys.argv[1]):
        os._exit(3)
    return torch.device("cpu")

worker.choose_device = choose_device
worker.main()
"""
"""A worker for which every GPU is the CPU, and the second one dies as long as a file is there."""


async def test_a_device_that_keeps_failing_is_parked_and_the_others_go_on(
    tiny_models: ModelsSettings, tmp_path: Path
) -> None:
    fault = tmp_path / "fault"
    fault.touch()
    restarts, command = Restarts((0.0,), 2, 0.0), (sys.executable, "-c", ON_A_CPU, str(fault))
    executor = LocalExecutor(tiny_models, ["cuda:0", "cuda:1"], preview_seconds=1, restarts=restarts, command=command)
    with capture_logs() as logs:
        async with executor:
            parked = await change(executor, "parked")
            assert (parked.device, parked.reason) == ("cuda:1", "The worker for cuda:1 ended with code 3.")
            assert [each.parked for each in executor.pool.devices] == [False, True]
            executor.add_request(REQUEST)
            assert isinstance((await events_of(executor, "a"))[-1], Finished)
            fault.unlink()
            await change(executor, "ready")
            assert not any(each.parked for each in executor.pool.devices)
            assert all(each.has_room(REQUEST.shape) for each in executor.pool.devices)
    (told,) = [entry for entry in logs if entry["event"] == "device parked"]
    assert told["log_level"] == "error"
    assert "executor.devices" in told["advice"]


async def test_nothing_starts_when_no_device_does(tiny_models: ModelsSettings) -> None:
    dying = (sys.executable, "-c", "raise SystemExit(3)")
    for devices in ("auto", ["cuda:0", "cuda:1"]):
        with pytest.raises(WorkerError, match="ended with code 3"):
            async with LocalExecutor(tiny_models, devices, preview_seconds=1, command=dying):
                pass


async def test_leaving_ends_the_processes(tiny_models: ModelsSettings) -> None:
    async with LocalExecutor(tiny_models, "auto", preview_seconds=1) as executor:
        (pid,) = executor.pids
        executor.add_request(ENDLESS)
        await first(executor, Progress)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert [event async for event in executor.events() if not isinstance(event, Progress)] == []


def resident(pid: int) -> int:
    """Return the memory of a process in bytes."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text("utf-8"))
    assert found
    return 1024 * int(found[1])


async def test_memory_stays_flat_over_200_pictures(
    tiny_models: ModelsSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("MALLOC_MMAP_MAX_", "MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_"):
        monkeypatch.setenv(name, "131072")  # else the C library keeps tens of MB that are free
    used = {}
    async with LocalExecutor(tiny_models, ["cpu"], preview_seconds=0) as executor:
        (pid,) = executor.pids
        for number in range(1, 201):
            executor.add_request(replace(REQUEST, seed=number, steps=1, width=128, height=128))
            assert isinstance((await events_of(executor, "a"))[-1], Finished)
            used[number] = resident(pid)
    picture = 3 * 128 * 128 * 4
    assert used[200] - used[50] < 150 * picture / 2, "caches fill for a while; pictures that are kept are twice this"


def seen_by_all(pid: int) -> tuple[list[bytes], bytes]:
    """Return the environment and the command line of a process, as `ps` shows them."""
    return Path(f"/proc/{pid}/environ").read_bytes().split(b"\0"), Path(f"/proc/{pid}/cmdline").read_bytes()


async def test_workers_know_no_secret(tiny_models: ModelsSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EASEL_DISCORD__TOKEN", "sentinel")
    monkeypatch.setenv("EASEL_LOG__LEVEL", "debug")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    monkeypatch.setenv("OMP_WAIT_POLICY", "ACTIVE")
    async with LocalExecutor(tiny_models, ["cpu"], preview_seconds=1) as executor:
        variables, arguments = seen_by_all(*executor.pids)
    assert not [variable for variable in variables if variable.startswith(b"EASEL_") or b"sentinel" in variable]
    assert b"sentinel" not in arguments
    assert {b"CUDA_VISIBLE_DEVICES=", b"OMP_WAIT_POLICY=ACTIVE", b"MALLOC_MMAP_MAX_=0"} <= set(variables)


async def test_sizes_follow_the_models(tiny_models: ModelsSettings, tmp_path: Path) -> None:
    params = {"embed_dim": 8, "n_embed": 16, "ddconfig": {**TINY_DDCONFIG, "ch_mult": [1] * 6}}
    OmegaConf.save({"model": {"target": "taming.models.vqgan.VQModel", "params": params}}, tmp_path / "coarse.yaml")
    save_file(tiny_vqgan(levels=6).state_dict(), tmp_path / "coarse.safetensors")
    models = tiny_models.model_copy(update={"vqgan": str(tmp_path / "coarse.yaml")})
    async with LocalExecutor(models, ["cpu"], preview_seconds=1) as executor:
        refusal = executor.pool.refusal((144, 80))
        assert "`--size 128x64` or `--size 160x96`" in str(refusal)
        assert executor.pool.refusal((160, 96)) is None
        executor.add_request(replace(REQUEST, width=144, height=80))
        assert await events_of(executor, "a") == [Failed("a", str(refusal))]


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
    models = ModelsSettings(vqgan=sys.argv[1], clip=sys.argv[2], precision="auto")
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
