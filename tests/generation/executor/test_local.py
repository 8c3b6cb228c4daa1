"""The executor with real worker processes."""

import asyncio
import io
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import av
import pytest
from omegaconf import OmegaConf
from safetensors.torch import save_file
from structlog.testing import capture_logs

from config.settings.executor import Reproducible
from config.settings.models import ModelsSettings
from generation.dispatch.dispatcher import Dispatcher
from generation.errors import CheckpointError, DeviceError, WorkerError
from generation.events import Checkpoint, Down, Event, Failed, Finished, Heartbeat, Progress, Ready, Started
from generation.executor.local import LocalExecutor
from generation.executor.supervisor import Restarts
from generation.executor.watchdog import Patience
from generation.metadata import read as read_metadata
from generation.request import NOISE, ImagineRequest
from generation.worker.images import read_request
from tests.conftest import TINY_DDCONFIG, tiny_vqgan

REQUEST = ImagineRequest("a", "a red apple", seed=1, width=64, height=64, steps=3, member="somebody")
POCKET = ModelsSettings(vqgan="pocket", clip="pocket", precision="auto")
ENDLESS = replace(REQUEST, id="endless", steps=1_000_000)
E = TypeVar("E", bound=Event)


@pytest.fixture
async def executor(tiny_models: ModelsSettings) -> AsyncIterator[LocalExecutor]:
    async with LocalExecutor(tiny_models, ["cpu"], preview_seconds=0) as executor:
        yield executor


async def until(executor: LocalExecutor, wanted: Callable[[Event], bool]) -> list[tuple[int, Event]]:
    """Return all events up to the first that is wanted."""
    events = []
    async for number, event in executor.events():
        events.append((number, event))
        if wanted(event):
            return events
    raise AssertionError("The executor was left.")


async def events_of(executor: LocalExecutor, request_id: str) -> list[Event]:
    """Return all events of requests until this one has ended."""
    events = await until(
        executor, lambda event: isinstance(event, Finished | Failed) and event.request_id == request_id
    )
    return [event for _, event in events if not isinstance(event, Ready | Heartbeat | Down)]


async def first(executor: LocalExecutor, kind: type[E]) -> E:
    """Wait for an event of this kind."""
    _, event = (await until(executor, lambda event: isinstance(event, kind)))[-1]
    assert isinstance(event, kind)
    return event


async def test_a_device_is_ready_before_the_executor_is_entered(executor: LocalExecutor) -> None:
    ((number, ready),) = await until(executor, lambda _: True)
    assert number == 0
    assert isinstance(ready, Ready)
    offer = ready.offer
    assert (ready.name, offer.capacity.slots, offer.multiple, offer.capacity.cutouts) == ("cpu", 1, 8, 4)
    assert "noise" in offer.inits


async def test_a_request_starts_advances_and_finishes(executor: LocalExecutor) -> None:
    executor.send(0, REQUEST)
    started, *progress, finished = await events_of(executor, "a")
    assert started == Started("a", "cpu", "")
    steps = [event.step for event in progress if isinstance(event, Progress)]
    assert steps == sorted({*steps} & {1, 2})
    assert all(isinstance(event, Progress) and event.preview for event in progress)
    assert isinstance(finished, Finished)
    assert read_request(finished.png) == replace(REQUEST, member="")


async def test_heartbeats_tell_of_every_step(executor: LocalExecutor) -> None:
    executor.send(0, replace(REQUEST, steps=50))
    events = await until(executor, lambda event: isinstance(event, Finished))
    heartbeats = [event for _, event in events if isinstance(event, Heartbeat)]
    while sum(each.steps for each in heartbeats) < 50:
        heartbeats.append(await first(executor, Heartbeat))
    assert sum(each.steps for each in heartbeats) == 50
    assert {(each.shape, each.batch) for each in heartbeats} == {(REQUEST.shape, 1)}
    assert all(each.seconds > 0 for each in heartbeats)


async def test_same_seed_same_bytes(executor: LocalExecutor) -> None:
    pngs = []
    for _ in range(2):
        executor.send(0, REQUEST)
        finished = (await events_of(executor, "a"))[-1]
        assert isinstance(finished, Finished)
        pngs.append(finished.png)
    assert pngs[0] == pngs[1]


async def painted(devices: Sequence[str], reproducible: Reproducible, *requests: ImagineRequest) -> dict[str, bytes]:
    """Return the PNGs of requests that a dispatcher is given at once, by their ids."""
    pngs: dict[str, bytes] = {}
    async with LocalExecutor(POCKET, devices, 1000, checkpoint_seconds=0, reproducible=reproducible) as executor:
        dispatcher = Dispatcher(executor, total=10, per_member=10)
        running = asyncio.create_task(dispatcher.run())
        for request in requests:
            await dispatcher.submit(request)
        async for update in dispatcher.updates():
            match update.event:
                case Finished(png=png):
                    pngs[update.record.request.id] = png
                case Failed(reason=reason):
                    raise AssertionError(reason)
            if len(pngs) == len(requests):
                break
        running.cancel()
        await asyncio.wait({running})
    return pngs


@pytest.fixture
def two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let all machines have two cores."""
    monkeypatch.setattr("generation.executor.local._cores", lambda: 2)


SKETCHED = replace(REQUEST, width=128, height=128, steps=24)


@pytest.fixture(scope="module")
def alone() -> bytes:
    """Give the PNG of a request that one worker begins with a sketch and paints exactly, beside nothing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("generation.executor.local._cores", lambda: 2)
        return asyncio.run(painted(["cpu"], "exact", SKETCHED))["a"]


@pytest.mark.usefixtures("two_cores")
async def test_exact_gives_equal_bytes_in_any_company(alone: bytes) -> None:
    sketched = replace(SKETCHED, id="sketched", prompt="the sea", seed=0, width=64, steps=12)
    begun_anyhow = replace(SKETCHED, id="begun anyhow", prompt="the sea", steps=12, init=NOISE)
    beside = await painted(["cpu"], "exact", sketched, SKETCHED, begun_anyhow)
    by_two = await painted(["cpu", "cpu"], "exact", sketched, begun_anyhow, SKETCHED)
    assert beside["a"] == by_two["a"] == alone
    assert by_two == beside | by_two
    metadata = read_metadata(alone)
    assert metadata.setup is not None
    assert (metadata.setup.reproducible, metadata.setup.threads) == ("exact", 2)


@pytest.mark.usefixtures("two_cores")
async def test_fast_lets_workers_divide_the_cores_and_says_so() -> None:
    request = replace(REQUEST, init=NOISE)
    setups = [
        read_metadata((await painted(devices, "fast", request))["a"]).setup for devices in (["cpu"], ["cpu", "cpu"])
    ]
    assert [setup and (setup.reproducible, setup.threads) for setup in setups] == [("fast", 2), ("fast", 1)]


async def test_after_an_abort_the_next_is_painted(executor: LocalExecutor) -> None:
    executor.send(0, ENDLESS)
    await first(executor, Progress)
    executor.abort(0, "endless")
    executor.abort(0, "never there")
    executor.send(0, REQUEST)
    events = await events_of(executor, "a")
    assert isinstance(events[-1], Finished)
    after = events[events.index(Started("a", "cpu")) :]
    assert {event.request_id for event in after if isinstance(event, Started | Progress | Finished | Failed)} == {"a"}


async def test_killed_worker_is_replaced_and_says_what_it_had(executor: LocalExecutor) -> None:
    executor.send(0, ENDLESS)
    await first(executor, Progress)
    (pid,) = executor.pids
    with capture_logs() as logs:
        os.kill(pid, signal.SIGKILL)
        assert await first(executor, Down) == Down(parked=False, requests=("endless",))
    assert [entry["reason"] for entry in logs] == ["The worker for cpu ended with code -9."]
    executor.send(0, REQUEST)
    await first(executor, Ready)
    executor.send(0, replace(REQUEST, id="b"))
    assert await first(executor, Started) == Started("b", "cpu"), "what is sent meanwhile is lost"
    assert executor.pids != (pid,)


async def test_a_new_worker_is_told_first_what_to_load(executor: LocalExecutor) -> None:
    await first(executor, Ready)
    os.kill(executor.pids[0], signal.SIGKILL)
    await first(executor, Down)
    while not executor.pids:  # noqa: ASYNC110
        await asyncio.sleep(0)
    executor.abort(0, "a")
    pids = executor.pids
    await first(executor, Ready)
    assert executor.pids == pids


async def test_a_worker_that_cannot_be_started_had_nothing(tiny_models: ModelsSettings, tmp_path: Path) -> None:
    command = tmp_path / "worker"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m generation.worker "$@"\n', "utf-8")
    command.chmod(0o700)
    restarts = Restarts((0.0,), park_after=2)
    async with LocalExecutor(tiny_models, ["cpu"], 1, restarts=restarts, command=[str(command)]) as executor:
        executor.send(0, ENDLESS)
        await first(executor, Started)
        command.unlink()
        os.kill(executor.pids[0], signal.SIGKILL)
        assert await first(executor, Down) == Down(parked=False, requests=("endless",))
        assert await first(executor, Down) == Down(parked=True)


async def test_a_request_outlives_its_worker(executor: LocalExecutor) -> None:
    dispatcher = Dispatcher(executor, total=2, per_member=2)
    running = asyncio.create_task(dispatcher.run())
    record = await dispatcher.submit(replace(REQUEST, steps=200))
    killed = False
    async for update in dispatcher.updates():
        if isinstance(update.event, Progress) and not killed:
            os.kill(executor.pids[0], signal.SIGKILL)
            killed = True
        if isinstance(update.event, Finished):
            break
    assert (record.status, record.attempts) == ("finished", 1)
    running.cancel()
    await asyncio.wait({running})


async def paint_disturbed(
    executor: LocalExecutor, request: ImagineRequest, *disturbances: tuple[int, signal.Signals]
) -> list[bytes]:
    """Paint a request undisturbed, then once for each disturbance, and return the PNGs.

    A disturbance is a signal for its worker, when there is a checkpoint of so many steps, from which it must go on.
    """
    dispatcher = Dispatcher(executor, total=1, per_member=1)
    running = asyncio.create_task(dispatcher.run())
    updates, pngs = dispatcher.updates(), []
    for least, how in ((request.steps, signal.SIGKILL), *disturbances):
        record = await dispatcher.submit(request)
        started: list[int] = []
        async for update in updates:
            match update.event:
                case Started(step=step):
                    started.append(step)
                case Finished(png=png):
                    pngs.append(png)
                    break
                case Failed(reason=reason):
                    raise AssertionError(reason)
            if len(started) == 1 and record.device and record.checkpoint and record.checkpoint.step >= least:
                os.kill(executor.pids[record.device.number], how)
                least = request.steps
        assert record.attempts == len(started) - 1 == (pngs != [png])
        assert [step > 0 for step in started] == [False, True][: len(started)]
    running.cancel()
    await asyncio.wait({running})
    return pngs


@pytest.fixture
def two_stages(tiny_models: ModelsSettings, tmp_path: Path) -> ModelsSettings:
    """Give the tiny models with a recipe of both kinds of canvas and of optimiser, with grids from fine to coarse."""
    source = Path(tiny_models.vqgan)
    config = OmegaConf.load(source)
    pixels = {"canvas": "pixels", "share": 0.5, "optimiser": "normalised", "pyramid": [1.0, 0.5, 0.5]}
    latent = {"share": 0.5, "optimiser": "adam", "final_learning_rate": 0.1, "pyramid": [1.0, 0.5]}
    config.recipe = {"cutouts": 4, "init": "grey", "stages": [pixels, latent]}
    OmegaConf.save(config, tmp_path / "vqgan.yaml")
    (tmp_path / "vqgan.safetensors").write_bytes(source.with_suffix(".safetensors").read_bytes())
    return tiny_models.model_copy(update={"vqgan": str(tmp_path / "vqgan.yaml")})


async def test_a_picture_is_the_same_wherever_its_worker_dies(two_stages: ModelsSettings) -> None:
    request, patience = replace(REQUEST, steps=120), Patience(step=1.0)
    disturbances = (1, signal.SIGKILL), (50, signal.SIGKILL), (70, signal.SIGSTOP)
    async with LocalExecutor(two_stages, ["cpu"], 1000, patience, checkpoint_seconds=0) as executor:
        undisturbed, *disturbed = await paint_disturbed(executor, request, *disturbances)
    assert disturbed == [undisturbed] * len(disturbances)


@pytest.mark.usefixtures("two_cores")
async def test_a_picture_that_was_sketched_is_the_same_on_the_next_device(alone: bytes) -> None:
    async with LocalExecutor(POCKET, ["cpu", "cpu"], 1000, checkpoint_seconds=0) as executor:
        undisturbed, disturbed = await paint_disturbed(executor, SKETCHED, (10, signal.SIGKILL))
    assert disturbed == undisturbed
    assert undisturbed == alone, "one worker paints as two do"


async def test_a_video_whose_worker_dies_begins_where_its_picture_goes_on(tiny_models: ModelsSettings) -> None:
    request = replace(REQUEST, steps=150, outputs=("png", "mp4"))
    async with LocalExecutor(tiny_models, ["cpu"], 0.0, checkpoint_seconds=0.0) as executor:
        executor.send(0, request)
        checkpoint = await first(executor, Checkpoint)
        os.kill(executor.pids[0], signal.SIGKILL)
        await first(executor, Down)
        await first(executor, Ready)
        executor.send(0, request, checkpoint)
        finished = await first(executor, Finished)
    with av.open(io.BytesIO(finished.files["mp4"]), "r") as container:
        count = sum(1 for _ in container.decode(video=0))
    assert 50 < count <= 50 + 150 - checkpoint.step


async def test_a_worker_that_hangs_is_replaced(tiny_models: ModelsSettings) -> None:
    async with LocalExecutor(tiny_models, ["cpu"], preview_seconds=1, patience=Patience(step=1.0)) as executor:
        executor.send(0, ENDLESS)
        await until(executor, lambda event: isinstance(event, Progress) and event.step > 10)
        (pid,) = executor.pids
        with capture_logs() as logs:
            os.kill(pid, signal.SIGSTOP)
            assert await first(executor, Down) == Down(parked=False, requests=("endless",))
        assert "was silent for" in logs[0]["reason"]
        await first(executor, Ready)
        executor.send(0, REQUEST)
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
        first_pid, second_pid = executor.pids
        assert first_pid != second_pid
        executor.send(0, ENDLESS)
        executor.send(1, REQUEST)
        finished = (await until(executor, lambda event: isinstance(event, Finished)))[-1]
        assert finished[0] == 1
        os.kill(first_pid, signal.SIGKILL)
        down = (await until(executor, lambda event: isinstance(event, Down)))[-1]
        assert down == (0, Down(parked=False, requests=("endless",)))
        executor.send(1, ENDLESS)
        assert (await first(executor, Started)).request_id == "endless"


ON_A_CPU = """
import os, sys, torch
from generation.worker import process

def choose_device(name, gpus):
    if name == "cuda:1" and os.path.exists(sys.argv[1]):
        os._exit(3)
    return torch.device("cpu")

process.choose_device = choose_device
process.main()
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
            parked = await until(executor, lambda event: isinstance(event, Down) and event.parked)
            assert parked[-1] == (1, Down(parked=True))
            executor.send(0, REQUEST)
            assert isinstance((await events_of(executor, "a"))[-1], Finished)
            fault.unlink()
            assert (await until(executor, lambda event: isinstance(event, Ready)))[-1][0] == 1
    (told,) = [entry for entry in logs if entry["event"] == "device parked"]
    assert told["log_level"] == "error"
    assert told["reason"] == "The worker for cuda:1 ended with code 3."
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
        executor.send(0, ENDLESS)
        await first(executor, Progress)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert [event async for _, event in executor.events() if not isinstance(event, Progress | Heartbeat)] == []


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
            executor.send(0, replace(REQUEST, seed=number, steps=1, width=128, height=128))
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
    assert {b"CUDA_VISIBLE_DEVICES=", b"OMP_WAIT_POLICY=ACTIVE", b"MALLOC_MMAP_THRESHOLD_=16000000"} <= set(variables)


async def test_sizes_follow_the_models(tiny_models: ModelsSettings, tmp_path: Path) -> None:
    params = {"embed_dim": 8, "n_embed": 16, "ddconfig": {**TINY_DDCONFIG, "ch_mult": [1] * 6}}
    OmegaConf.save({"model": {"target": "taming.models.vqgan.VQModel", "params": params}}, tmp_path / "coarse.yaml")
    save_file(tiny_vqgan(levels=6).state_dict(), tmp_path / "coarse.safetensors")
    models = tiny_models.model_copy(update={"vqgan": str(tmp_path / "coarse.yaml")})
    async with LocalExecutor(models, ["cpu"], preview_seconds=1) as executor:
        assert (await first(executor, Ready)).offer.multiple == 32
        executor.send(0, replace(REQUEST, width=144, height=80))
        (failed,) = await events_of(executor, "a")
        assert isinstance(failed, Failed)
        assert "`--size 128x64` or `--size 160x96`" in failed.reason


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
from config.settings.models import ModelsSettings
from generation.executor.local import LocalExecutor
from generation.request import ImagineRequest

async def main():
    models = ModelsSettings(vqgan=sys.argv[1], clip=sys.argv[2], precision="auto")
    async with LocalExecutor(models, ["cpu"], preview_seconds=1) as executor:
        executor.send(0, ImagineRequest("a", "red", 1, 64, 64, 1_000_000))
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


WITHOUT_MEMORY = """
import torch
from generation.worker.__main__ import main
from generation.worker.build import CANVASES

def full(*_):
    raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")

CANVASES["latent"] = full
main()
"""


async def test_a_device_without_memory_for_the_models_is_told_in_a_line(tiny_models: ModelsSettings) -> None:
    command = (sys.executable, "-c", WITHOUT_MEMORY)
    with pytest.raises(WorkerError, match=r"^cpu has no memory left for the models: end what else uses it, "):
        async with LocalExecutor(tiny_models, ["cpu"], preview_seconds=1, command=command):
            pass
