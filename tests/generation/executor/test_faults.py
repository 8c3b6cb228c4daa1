"""Real worker processes that die, hang, leak or run out of memory at a named point, and what becomes of the pictures.

This module is those processes' program too.
"""

import asyncio
import io
import os
import resource
import signal
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import IO, Any, NoReturn
from unittest.mock import patch

import pytest
import torch
import yaml
from PIL import Image
from structlog.testing import capture_logs
from torch import Generator, Tensor
from torch.nn import functional as F

from config.settings.models import ModelsSettings
from generation.canvas import Init
from generation.dispatch.dispatcher import GIVEN_UP, Dispatcher
from generation.dispatch.record import Record
from generation.events import Checkpoint, Failed, Finished, Progress, RequestEvent, Started, Steered
from generation.executor.footprint import resident_bytes
from generation.executor.local import LocalExecutor
from generation.executor.protocol import HEADER, unpack
from generation.executor.supervisor import Restarts
from generation.executor.watchdog import Patience
from generation.request import ImagineRequest
from generation.steering import read
from generation.worker import memory, process
from generation.worker.build import CANVASES
from generation.worker.images import read_request
from generation.worker.residents import Resident, Residents
from generation.worker.worker import TOO_LARGE

REQUEST = ImagineRequest("a", "a red apple", seed=1, width=64, height=64, steps=40, member="somebody")
POISON = 666
"""A seed over which every worker dies."""
SLOTS = 4
"""Of the worker that dies over it."""
STEP = 20
"""In which something goes wrong."""
PIXEL_BYTES = 2**18
"""That each pixel takes in a step of the worker that has little memory: 1 GiB for 64×64, 4 GiB for 128×128."""
MEMORY = 2 * 2**30
"""That it has for that."""


@dataclass
class Fault:
    """What goes wrong in the worker process, once for each time that the file is made."""

    point: str
    file: Path

    def comes(self, point: str) -> bool:
        """Return whether it goes wrong now."""
        if point != self.point or not self.file.exists():
            return False
        self.file.unlink()
        return True


class Colours:
    """A canvas of four by four colours."""

    multiple = 16

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self.steps = 0
        self.leaked: list[bytes] = []

    def init(self, width: int, height: int, generator: Generator, _: Tensor | None) -> Init:
        if self.fault.comes("leak"):
            self.leaked.append(b"x" * (2 * resident_bytes(os.getpid())))
        if self.fault.comes("memory"):
            pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
            resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + MEMORY,) * 2)
        self.steps = 0
        poison = torch.full((1,), float(generator.initial_seed() == POISON))
        return Init((torch.zeros(1, height, width), poison), (torch.zeros(3, 4, 4),))

    def render(self, parameters: Sequence[Tensor], constants: Sequence[Tensor]) -> Tensor:
        sheet, poison = constants
        self.steps += 1
        if poison.any() or (self.steps == STEP and self.fault.comes("step")):
            end()
        if self.steps == STEP and self.fault.comes("hang"):
            os.kill(os.getpid(), signal.SIGSTOP)
        if self.steps == STEP and self.fault.comes("device"):
            raise torch.AcceleratorError("CUDA error: an illegal memory access was encountered")
        if self.fault.point == "memory":
            torch.empty(PIXEL_BYTES * sheet.numel(), dtype=torch.uint8)
        return F.interpolate(parameters[0].sigmoid(), size=sheet.shape[2:])

    def regulariser(self, _: Sequence[Tensor], __: Sequence[Tensor], pictures: Tensor) -> Tensor:
        return pictures.new_zeros(len(pictures))

    def latents(self, _: Sequence[Tensor], constants: Sequence[Tensor]) -> None:
        """Return none."""

    def distance_to_start(self, parameters: Sequence[Tensor]) -> Tensor:
        return parameters[0].square().mean((1, 2, 3))


@dataclass
class Pipe:
    """A worker's pipe."""

    pipe: IO[bytes]
    fault: Fault

    def write(self, data: bytes) -> None:
        message = unpack(data[HEADER.size :])
        if isinstance(message, Checkpoint) and message.step > STEP and self.fault.comes("checkpoint"):
            self.pipe.write(data[: len(data) // 2])
            self.flush()
            end()
        if isinstance(message, Progress) and message.step > STEP and self.fault.comes("garbage"):
            data = data[: HEADER.size] + bytes(len(data) - HEADER.size)
        self.pipe.write(data)
        if isinstance(message, Finished) and self.fault.comes("result"):
            self.flush()
            end()

    def flush(self) -> None:
        self.pipe.flush()


def end() -> NoReturn:
    """End this process as `kill -9` does."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def main(point: str, file: str, _: str) -> None:
    """Run a worker in which something goes wrong."""
    fault, open_pipe, load = Fault(point, Path(file)), os.fdopen, Residents.load_first

    def load_or_end(residents: Residents) -> Resident:
        resident = load(residents)
        if fault.comes("loading"):
            end()
        return resident

    def pipe(*arguments: Any) -> Pipe:
        return Pipe(open_pipe(*arguments), fault)

    CANVASES["colours"] = lambda *_: Colours(fault)
    if point == "poison":
        memory.SLOTS["cpu"] = SLOTS
    with patch.object(Residents, "load_first", load_or_end), patch.object(os, "fdopen", pipe):
        process.main()


@dataclass
class Scene:
    """An executor of such workers, and a dispatcher before it."""

    executor: LocalExecutor
    dispatcher: Dispatcher
    file: Path
    records: dict[str, Record] = field(default_factory=dict)
    events: dict[str, list[RequestEvent]] = field(default_factory=dict)

    async def submit(self, *requests: ImagineRequest) -> None:
        for request in requests:
            self.records[request.id] = await self.dispatcher.submit(request)
            self.events[request.id] = []

    async def paint(self, *requests: ImagineRequest) -> None:
        """Submit requests and wait until all have ended."""
        await self.submit(*requests)
        await self.until(
            lambda: all(any(isinstance(each, Finished | Failed) for each in events) for events in self.events.values())
        )

    async def until(self, condition: Callable[[], bool]) -> None:
        updates = self.dispatcher.updates()
        while not condition():
            update = await anext(updates)
            if update.event is not None:
                self.events[update.record.request.id].append(update.event)

    def png(self, request_id: str) -> bytes:
        end = self.events[request_id][-1]
        assert isinstance(end, Finished), end
        return end.png

    def begun(self, request_id: str) -> list[int]:
        """Return from which steps it was begun and went on."""
        return [event.step for event in self.events[request_id] if isinstance(event, Started)]


@pytest.fixture
def models(tiny_models: ModelsSettings, tmp_path: Path) -> ModelsSettings:
    source = Path(tiny_models.vqgan)
    content = yaml.safe_load(source.read_text("utf-8"))
    content["recipe"] = {"cutouts": 4, "stages": [{"canvas": "colours"}]}
    (tmp_path / "vqgan.yaml").write_text(yaml.safe_dump(content), "utf-8")
    (tmp_path / "vqgan.safetensors").write_bytes(source.with_suffix(".safetensors").read_bytes())
    return tiny_models.model_copy(update={"vqgan": str(tmp_path / "vqgan.yaml")})


@asynccontextmanager
async def scene(models: ModelsSettings, point: str, restarts: Restarts | None = None) -> AsyncIterator[Scene]:
    """Give workers in which something goes wrong at a point as soon as there is a file."""
    file = Path(models.vqgan).with_name("fault")
    executor = LocalExecutor(
        models,
        ["cpu"],
        preview_seconds=1000,
        patience=Patience(step=3.0),
        restarts=restarts or Restarts((0.0,)),
        command=(sys.executable, __file__, point, str(file)),
        checkpoint_seconds=0,
    )
    async with executor, asyncio.TaskGroup() as tasks:
        dispatcher = Dispatcher(executor, total=9, per_member=9)
        running = tasks.create_task(dispatcher.run())
        yield Scene(executor, dispatcher, file)
        running.cancel()


@pytest.mark.parametrize(
    ("point", "reason"),
    [
        ("step", "ended with code -9"),
        ("checkpoint", "ended with code -9"),
        ("device", "ended with code 1"),
        ("garbage", "sent what is no message"),
        ("hang", "was silent for"),
    ],
)
async def test_a_picture_goes_on_in_another_worker(models: ModelsSettings, point: str, reason: str) -> None:
    async with scene(models, point) as here:
        here.file.touch()
        with capture_logs() as logs:
            await here.paint(REQUEST)
        await here.paint(replace(REQUEST, id="b"))
        assert not here.file.exists()
    assert (here.records["a"].attempts, here.records["b"].attempts) == (1, 0)
    begun, went_on = here.begun("a")
    assert (begun, went_on > 0) == (0, True)
    png, undisturbed = (Image.open(io.BytesIO(here.png(request_id))) for request_id in "ab")
    assert png.tobytes() == undisturbed.tobytes()
    errors = [entry for entry in logs if entry["log_level"] == "error"]
    assert (errors[-1]["event"], reason in errors[-1]["reason"]) == ("worker died", True)
    assert [entry["event"] for entry in errors[:-1]] == (["worker failed"] if "code 1" in reason else [])
    assert all((entry["device"], entry["requests"]) == ("cpu", ["a"]) for entry in errors)


@pytest.mark.parametrize("is_heard", [True, False])
async def test_what_was_said_is_painted_whatever_happens_to_the_worker(models: ModelsSettings, is_heard: bool) -> None:
    """What the worker has answered counts from its step again, the rest from where the request goes on."""
    async with scene(models, "step") as here:
        await here.submit(replace(REQUEST, steps=300))
        await here.until(partial(any_progress, here))
        heard = await here.dispatcher.steer("a", read("more: a lighthouse", "somebody"))
        assert heard is not None
        assert heard.steering[0].step > 0
        os.kill(here.executor.pids[0], signal.SIGSTOP)
        saying = asyncio.create_task(here.dispatcher.steer("a", read("less: fog")))
        await asyncio.sleep(0)
        os.kill(here.executor.pids[0], signal.SIGCONT if is_heard else signal.SIGKILL)
        said = await saying
        if is_heard:
            os.kill(here.executor.pids[0], signal.SIGKILL)
        await here.paint()
        assert said is not None
        assert (said.steering[0], said.steering[1].text) == (heard.steering[0], "fog")
        told = read_request(here.png("a"))
        assert told == said.anonymous
        await here.paint(replace(told, id="b"))
    assert (here.records["a"].attempts, here.records["b"].attempts) == (1, 0)
    assert [len(each.steering) for each in here.events["a"] if isinstance(each, Steered)] == [1, 2]
    png, undisturbed = (Image.open(io.BytesIO(here.png(request_id))) for request_id in "ab")
    assert png.tobytes() == undisturbed.tobytes()


async def test_what_comes_too_late_is_answered(models: ModelsSettings) -> None:
    async with scene(models, "none") as here:
        await here.submit(REQUEST)
        saying = asyncio.create_task(here.dispatcher.steer("a", read("more: a lighthouse")))
        await here.paint()
        said = await saying
        steering = () if said is None else said.steering
        assert read_request(here.png("a")).steering == tuple(replace(each, by="") for each in steering)
        assert await here.dispatcher.steer("a", read("more: a lighthouse")) is None


async def test_a_worker_that_dies_while_it_loads_is_replaced(models: ModelsSettings) -> None:
    async with scene(models, "loading") as here:
        await here.submit(REQUEST)
        await here.until(partial(any_progress, here))
        here.file.touch()
        os.kill(here.executor.pids[0], signal.SIGKILL)
        await here.paint()
        assert not here.file.exists()
    assert (here.records["a"].status, here.records["a"].attempts) == ("finished", 1)


def any_progress(here: Scene) -> bool:
    return any(isinstance(event, Progress) for event in here.events["a"])


async def test_a_result_in_the_pipe_of_a_dead_worker_counts(models: ModelsSettings) -> None:
    async with scene(models, "result") as here:
        here.file.touch()
        await here.paint(REQUEST)
        assert not here.file.exists()
        await here.paint(replace(REQUEST, id="b"))
    assert here.begun("a") == [0]
    assert here.png("a")
    assert here.records["a"].attempts == 0
    assert here.records["b"].status == "finished"


async def test_the_second_death_is_of_the_request_that_is_the_cause(models: ModelsSettings) -> None:
    others = [replace(REQUEST, id=str(number), seed=number, steps=4) for number in range(SLOTS - 1)]
    async with scene(models, "poison") as here:
        with capture_logs() as logs:
            await here.paint(*others, replace(REQUEST, seed=POISON), replace(REQUEST, id="later", steps=4))
    assert here.events["a"][-1] == Failed("a", GIVEN_UP)
    assert [here.records[request.id].status for request in others] == ["finished"] * len(others)
    assert here.records["later"].attempts == 0
    first, second = (entry["requests"] for entry in logs if entry["event"] == "worker died")
    assert len(first) > 1
    assert second == ["a"]


async def test_a_worker_that_leaks_is_replaced_between_pictures(models: ModelsSettings) -> None:
    async with scene(models, "leak", Restarts((1000.0,), leak_bytes=2**20)) as here:
        await here.paint(REQUEST, replace(REQUEST, id="b"))
        (pid,) = here.executor.pids
        here.file.touch()
        with capture_logs() as logs:
            await here.paint(replace(REQUEST, id="c"), replace(REQUEST, id="d"))
        assert here.executor.pids != (pid,)
    assert {record.attempts for record in here.records.values()} == {0}
    (told,) = [entry for entry in logs if "worker" in entry["event"]]
    assert told["event"] == "worker replaced: it leaks memory"
    assert told["megabytes"] > 100


async def test_what_does_not_fit_into_memory_is_painted_smaller(models: ModelsSettings) -> None:
    async with scene(models, "memory") as here:
        here.file.touch()
        await here.paint(replace(REQUEST, steps=4))
        (pid,) = here.executor.pids
        await here.paint(replace(REQUEST, id="b", width=128, height=128, steps=4, member="another"))
        await here.paint(replace(REQUEST, id="c", width=512, height=512, steps=4))
        assert here.executor.pids == (pid,)
    assert [here.records[request_id].smaller for request_id in "abc"] == [None, (64, 64), (256, 256)]
    assert here.begun("b") == [0, 0]
    assert read_request(here.png("b")).shape == (64, 64)
    with Image.open(io.BytesIO(here.png("b"))) as image:
        assert image.size == (64, 64)
    failed = here.events["c"][-1]
    assert failed == Failed("c", TOO_LARGE, is_shortage=True)
    assert {record.attempts for record in here.records.values()} == {0}


if __name__ == "__main__":
    main(*sys.argv[1:])
