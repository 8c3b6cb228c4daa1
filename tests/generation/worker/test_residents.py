"""Several models in one worker, in this process: which are loaded, which leave, and who pays for it."""

import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest
import torch

from config.settings.models import DEFAULT_MODEL, ModelsSettings
from generation.capacity import Capacity
from generation.checkpoints.loader import prepare, read_models
from generation.errors import CheckpointError
from generation.events import (
    Failed,
    Finished,
    Heartbeat,
    Loaded,
    Progress,
    Started,
    Steered,
    Suspended,
    Unloaded,
    Unusable,
)
from generation.executor.protocol import Abort, FromWorker, Paint, Steer, Suspend, Weights
from generation.metadata import read as read_metadata
from generation.request import AUTO, ImagineRequest
from generation.steering import read
from generation.worker import residents as module
from generation.worker.memory import SLOTS
from generation.worker.residents import Residents, read_weights
from generation.worker.worker import ModelRead, Worker
from tests.generation.worker.test_worker import Reported

CPU = torch.device("cpu")
REQUEST = ImagineRequest("a", "a red apple", 1, 64, 64, steps=2)


class Scene:
    """A worker with three models of the same weights, of which the first is loaded, and two that are none.

    A model is read when the test wants it to have been.
    """

    def __init__(self, models: ModelsSettings, monkeypatch: pytest.MonkeyPatch) -> None:
        weights = Weights(models.vqgan, models.clip, "float32")
        names = {DEFAULT_MODEL: weights, "faces": weights, "trees": weights}
        broken = {"gone": replace(weights, vqgan="/nowhere/vqgan.yaml"), "odd": replace(weights, clip=models.vqgan)}
        self.reported = Reported()
        self.read: SimpleQueue[ModelRead] = SimpleQueue()
        self.residents = Residents({**names, **broken}, CPU, 1, self.reported.tell, lambda: self.read.put(ModelRead()))
        self.residents.load_first()
        self.reads = threading.Semaphore(0)

        def read_when_wanted(*arguments: object) -> object:
            assert self.reads.acquire(timeout=60)
            return read_models(*arguments)  # type: ignore[arg-type]

        monkeypatch.setattr(module, "read_models", read_when_wanted)
        self.worker = Worker(self.residents, "cpu", 1000.0, 1000.0, self.reported)

    def paint(self, request_id: str, model: str, steps: int = 2, width: int = 64, canvas: str = AUTO) -> None:
        request = replace(REQUEST, id=request_id, model=model, steps=steps, width=width, canvas=canvas)
        self.worker.handle(Paint(request))

    def take_in(self) -> list[FromWorker]:
        """Have a model read, and return what was said since the last time."""
        self.reads.release()
        self.worker.handle(self.read.get(timeout=60))
        return self.reported.messages()

    def finish(self) -> list[FromWorker]:
        """Paint all that has begun, and return what was said since the last time."""
        while self.residents.is_busy:
            self.worker.step()
        return self.reported.messages()


@pytest.fixture
def many_slots(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a CPU paint as many at once as a GPU."""
    monkeypatch.setitem(SLOTS, "cpu", SLOTS["cuda"])


@pytest.fixture
def scene(tiny_models: ModelsSettings, monkeypatch: pytest.MonkeyPatch) -> Scene:
    return Scene(tiny_models, monkeypatch)


def kinds(messages: Sequence[FromWorker]) -> list[object]:
    """Return what of the messages is about models and about beginnings and ends, in short."""
    found: list[object] = []
    for message in messages:
        match message:
            case Loaded(model):
                found.append(f"+{model}")
            case Unloaded(model):
                found.append(f"-{model}")
            case Unusable(model):
                found.append(f"!{model}")
            case Started() | Finished() | Failed() | Suspended():
                found.append((type(message).__name__, message.request_id))
    return found


def test_a_model_is_read_while_others_paint(scene: Scene) -> None:
    scene.paint("a", DEFAULT_MODEL, steps=3)
    scene.paint("b", "faces")
    scene.worker.step()
    assert kinds(scene.reported.messages()) == [("Started", "a")], "it is painted, though the other is not there yet"
    assert kinds(scene.take_in()) == ["+faces", ("Started", "b")]
    ended = scene.finish()
    assert set(kinds(ended)) == {("Finished", "a"), ("Finished", "b")}
    assert {message.model for message in ended if isinstance(message, Heartbeat)} == {DEFAULT_MODEL, "faces"}


def test_what_a_model_paints_says_so(scene: Scene, tiny_models: ModelsSettings) -> None:
    scene.residents.models = {**scene.residents.models, "faces": Weights("pocket", tiny_models.clip, "float32")}
    scene.paint("a", "faces", width=128)
    scene.take_in()
    (finished,) = [each for each in scene.finish() if isinstance(each, Finished)]
    metadata = read_metadata(finished.png)
    assert metadata.request.model == "faces"
    assert metadata.setup is not None
    assert metadata.setup.vqgan == "pocket"
    engine = scene.residents.loaded["faces"].engine
    assert (metadata.setup.fingerprint, metadata.setup.biggan) == (engine.equipment.fingerprint, "")
    scene.paint("b", "faces", canvas="biggan")
    (finished,) = [each for each in scene.finish() if isinstance(each, Finished)]
    drawn = read_metadata(finished.png).setup
    assert drawn is not None
    assert (drawn.biggan, drawn.biggan_fingerprint) == ("pocket", engine.equipment.biggan)
    assert scene.residents.loaded["faces"].offer.classes == engine.equipment.classes != ()


@pytest.mark.usefixtures("many_slots")
def test_batches_of_all_models_get_equal_time(scene: Scene) -> None:
    scene.paint("a", "faces", steps=100)
    scene.take_in()
    for request_id in "bc":
        scene.paint(request_id, DEFAULT_MODEL, steps=100)
    scene.paint("d", DEFAULT_MODEL, steps=100, width=128)
    steps = dict.fromkeys("abcd", 0)
    scene.reported.messages()
    while max(steps.values()) < 40:
        scene.worker.step()
        for message in scene.reported.messages():
            if isinstance(message, Progress):
                steps[message.request_id] = message.step
    beats = {name: each.engine.seconds for name, each in scene.residents.loaded.items()}
    assert beats[DEFAULT_MODEL] == pytest.approx(2 * beats["faces"], rel=0.5), "it has two batches"
    assert steps["b"] == steps["c"]


def test_a_model_that_was_idle_is_owed_no_time(scene: Scene) -> None:
    scene.paint("a", "faces", steps=1)
    scene.take_in()
    scene.paint("b", DEFAULT_MODEL, steps=100)
    scene.reported.messages()
    for _ in range(40):
        scene.worker.step()
    shares = {name: each.share for name, each in scene.residents.loaded.items()}
    scene.paint("c", "faces", steps=100)
    assert scene.residents.loaded["faces"].share >= shares[DEFAULT_MODEL]


def shrink(scene: Scene, models: float) -> None:
    """Leave memory for so many models beside a picture."""
    held = scene.residents.loaded[DEFAULT_MODEL].offer.capacity
    memory = (models - 1) * held.weights + 1.5 * held.step_bytes(REQUEST.load, 1)
    scene.residents._capacities[DEFAULT_MODEL] = replace(held, memory=memory)


def test_where_memory_is_short_the_least_recently_used_leaves(scene: Scene) -> None:
    shrink(scene, 2)
    scene.paint("a", "faces")
    assert kinds(scene.take_in()) == ["+faces", ("Started", "a")]
    scene.finish()
    scene.paint("b", DEFAULT_MODEL)
    scene.finish()
    scene.paint("c", "trees")
    assert kinds(scene.take_in()) == ["-faces", "+trees", ("Started", "c")]
    scene.finish()
    scene.paint("d", "faces")
    assert kinds(scene.take_in()) == ["-default", "+faces", ("Started", "d")]
    scene.finish()
    assert set(scene.residents.loaded) == {"faces", "trees"}


def test_what_waits_for_memory_is_overtaken_by_nothing_and_what_runs_is_finished(scene: Scene) -> None:
    shrink(scene, 1.2)
    scene.paint("a", DEFAULT_MODEL)
    scene.paint("b", "faces")
    assert kinds(scene.take_in()) == [("Started", "a")]
    scene.paint("c", DEFAULT_MODEL)
    assert kinds(scene.reported.messages()) == []
    ended = scene.finish()
    while ("Finished", "c") not in kinds(ended):
        ended += scene.take_in() + scene.finish()
    assert kinds(ended) == [
        *[("Finished", "a"), "-default", "+faces", ("Started", "b"), ("Finished", "b")],
        *["-faces", "+default", ("Started", "c"), ("Finished", "c")],
    ]


@pytest.mark.parametrize("name", ["gone", "odd"])
def test_a_model_that_cannot_be_read_costs_its_own_requests_alone(scene: Scene, name: str) -> None:
    scene.paint("a", DEFAULT_MODEL)
    scene.paint("b", name)
    told = scene.take_in()
    assert kinds(told) == [("Started", "a"), f"!{name}", ("Suspended", "b")]
    (unusable,) = [each for each in told if isinstance(each, Unusable)]
    assert unusable.reason.endswith(".")
    scene.paint("c", name)
    assert kinds(scene.reported.messages()) == [("Suspended", "c")], "nothing is read again"
    assert kinds(scene.finish()) == [("Finished", "a")]


def test_a_model_that_is_not_listed_any_more_is_refused(scene: Scene) -> None:
    scene.paint("a", "portraits")
    (failed,) = scene.reported.messages()
    assert failed == Failed("a", "There is no model portraits any more; ask with `--model default` or another.")


def test_what_waits_for_its_model_can_be_steered_suspended_and_taken_back(scene: Scene) -> None:
    for request_id in "abc":
        scene.paint(request_id, "faces")
    scene.worker.handle(Steer("a", read("more: a lighthouse")))
    scene.worker.handle(Suspend("b"))
    scene.worker.handle(Abort("c"))
    said = scene.reported.messages()
    assert kinds(said) == [("Suspended", "b")]
    (steered,) = [each for each in said if isinstance(each, Steered)]
    assert kinds(scene.take_in()) == ["+faces", ("Started", "a")]
    (finished,) = [each for each in scene.finish() if isinstance(each, Finished)]
    assert read_metadata(finished.png).request.steering == steered.steering != ()


def test_memory_that_runs_out_in_a_step_lets_idle_models_go_and_the_picture_comes(scene: Scene) -> None:
    scene.paint("a", "faces")
    scene.take_in()
    scene.finish()
    scene.paint("b", DEFAULT_MODEL)
    resident = scene.residents.loaded[DEFAULT_MODEL]
    (batch,) = resident.engine._batches.running
    step, errors = batch.step, [torch.OutOfMemoryError("CUDA out of memory.")]

    def short() -> torch.Tensor:
        if errors:
            raise errors.pop()
        return step()

    batch.step = short  # type: ignore[method-assign]
    assert kinds(scene.finish()) == [("Started", "b"), "-faces", ("Finished", "b")]


@pytest.mark.parametrize("times", [1, 2])
def test_memory_that_runs_out_while_a_model_is_loaded(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    """It is loaded once nothing is painted, and given up where even then there is too little."""
    errors = [torch.OutOfMemoryError("CUDA out of memory.") for _ in range(times)]

    def short(*arguments: object) -> object:
        if errors:
            raise errors.pop()
        return prepare(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "prepare", short)
    scene.paint("a", DEFAULT_MODEL)
    scene.paint("b", "faces")
    assert kinds(scene.take_in()) == [("Started", "a")]
    assert kinds(scene.finish()) == [("Finished", "a")]
    expected = ["+faces", ("Started", "b")] if times == 1 else ["!faces", ("Suspended", "b")]
    assert kinds(scene.take_in())[-2:] == expected


def test_of_a_model_that_was_never_loaded_its_weights_are_taken_to_be_needed(scene: Scene) -> None:
    held = scene.residents.loaded[DEFAULT_MODEL].offer.capacity
    assert isinstance(held, Capacity)
    assert held.weights > sum(
        each.stat().st_size for each in Path(scene.residents.models["faces"].vqgan).parent.glob("*.pt")
    )
    shrink(scene, 1.2)
    assert scene.residents.has_room("faces", [REQUEST.load], replace(REQUEST, model="faces").load), "not read yet"
    scene.reads.release()
    while not scene.residents.read("faces"):
        scene.read.get(timeout=60)
    assert not scene.residents.has_room("faces", [REQUEST.load], replace(REQUEST, model="faces").load)


@pytest.mark.parametrize("name", [DEFAULT_MODEL, "faces"])
@pytest.mark.parametrize("setting", ["vqgan", "vqgan_config", "clip", "biggan", "vgg"])
def test_weights_that_cannot_be_read_are_told_with_their_setting(setting: str, name: str, tmp_path: Path) -> None:
    section = "models" if name == DEFAULT_MODEL else f"models.more.{name}"
    (tmp_path / "words").write_bytes(b"words")
    for path in (tmp_path / "gone", tmp_path / "words"):
        changed: dict[str, Any] = {setting: path if setting == "vqgan_config" else str(path)}
        weights = replace(Weights("pocket", "pocket"), **changed)
        with pytest.raises(CheckpointError) as refused:
            read_weights(name, weights)
        told = str(refused.value)
        if path.exists():  # of a pair of files it may be the other that is wrong
            assert told.startswith(f"{section}.{setting.removesuffix('_config')}: ")
        else:
            assert told == f"{section}.{setting}: {path} does not exist: put the file there or change what names it."
