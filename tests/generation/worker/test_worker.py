"""What happens inside a worker when things go wrong; that it paints is shown with real processes in test_local."""

import io
import threading
from collections.abc import Sequence
from dataclasses import replace

import av
import numpy as np
import pytest
import torch
from PIL import Image
from structlog.testing import capture_logs
from torch import Tensor

from config.settings.models import DEFAULT_MODEL, ModelsSettings
from generation.capacity import Capacity
from generation.checkpoints.loader import load_models
from generation.engine.engine import Engine
from generation.engine.equipment import Equipment
from generation.engine.objective import Likeness, Objective
from generation.engine.optimisers import OPTIMISERS
from generation.engine.parts import Parts
from generation.events import Checkpoint, Failed, Finished, Heartbeat, Offer, Progress, Started, Steered, Suspended
from generation.executor.protocol import Abort, FromWorker, Paint, Steer, Suspend, Weights
from generation.metadata import read as read_metadata
from generation.perceptor.cutouts import Cutouts
from generation.request import ImagineRequest
from generation.steering import read
from generation.worker.build import CANVASES
from generation.worker.reporter import Reporter
from generation.worker.residents import Resident, Residents
from generation.worker.worker import BROKE_OFF, TOO_LARGE, Worker

CPU = torch.device("cpu")
REQUEST = ImagineRequest("a", "a red apple", 1, 64, 64, steps=2)


class Reported(Reporter):
    """A reporter without a thread."""

    def __init__(self) -> None:
        super().__init__(self._take)
        self._taken: list[FromWorker] = []

    def _take(self, message: FromWorker) -> None:
        self._taken.append(message)

    def messages(self) -> list[FromWorker]:
        """Return what was to be said since the last call."""
        self.flush()
        taken, self._taken = self._taken, []
        return taken


@pytest.fixture
def reported() -> Reported:
    return Reported()


@pytest.fixture
def worker(tiny_models: ModelsSettings, reported: Reported) -> Worker:
    return make_worker(tiny_models, reported)


def make_worker(tiny_models: ModelsSettings, reported: Reported, checkpoint_seconds: float = 1000.0) -> Worker:
    models = load_models(tiny_models.vqgan, tiny_models.clip, CPU)
    objective = Breaking(models.perceptor, Cutouts(4, models.perceptor.input_size, CPU))
    (stage,) = models.recipe.stages
    parts = Parts(CANVASES["latent"](models, stage, CPU, 1.0), objective, OPTIMISERS["adam"]())
    engine = Engine(Equipment(models.recipe, lambda _: parts, CPU))
    residents = Residents({DEFAULT_MODEL: Weights(tiny_models.vqgan, tiny_models.clip)}, CPU, 1, reported.tell)
    residents.keep(Resident(DEFAULT_MODEL, engine, Offer(Capacity(1, memory=1e9, pixel_bytes=1000.0))))
    return Worker(residents, "cpu", 1000.0, checkpoint_seconds, reported)


def engine_of(worker: Worker, model: str = DEFAULT_MODEL) -> Engine:
    """Return the engine of a model that a worker has loaded."""
    return worker.residents.loaded[model].engine


def objective_of(worker: Worker) -> Objective:
    """Return what judges in the first stage of a worker's model."""
    equipment = engine_of(worker).equipment
    return equipment.parts(equipment.recipe.stages[0]).objective


class Breaking(Likeness):
    """An objective that fails in every step while it has an error."""

    error: Exception | None = None

    def loss(
        self, pictures: Tensor, rows: Sequence[Tensor], weights: Tensor, drawn: Tensor, at_once: int | None = None
    ) -> Tensor:
        if self.error:
            raise self.error
        return super().loss(pictures, rows, weights, drawn, at_once)


def break_with(worker: Worker, error: Exception | None) -> None:
    """Let every further step fail, or none."""
    objective = objective_of(worker)
    assert isinstance(objective, Breaking)
    objective.error = error


def test_what_the_device_has_no_memory_for_is_refused_with_the_largest_size(worker: Worker, reported: Reported) -> None:
    worker.handle(Paint(replace(REQUEST, width=2048, height=1024)))
    (failed,) = reported.messages()
    assert isinstance(failed, Failed)
    assert failed.reason == "No device here has the memory for 2048×1024; ask for `--size 1408x704` or less."
    assert not failed.is_shortage
    assert len(engine_of(worker)) == 0


def test_every_step_is_reported_with_its_beat(worker: Worker, reported: Reported) -> None:
    worker.handle(Paint(REQUEST))
    assert reported.messages() == [Started("a", "cpu")]
    worker.step()
    beat, progress = reported.messages()
    assert isinstance(progress, Progress)
    assert (progress.step, progress.steps, progress.preview) == (1, 2, None)
    assert isinstance(beat, Heartbeat)
    assert (beat.shape, beat.batch, beat.steps) == ((64, 64), 1, 1)
    assert beat.seconds > 0
    worker.step()
    _, finished = reported.messages()
    assert isinstance(finished, Finished)
    assert finished.seconds > beat.seconds


def test_a_request_goes_on_from_a_checkpoint_in_another_worker(tiny_models: ModelsSettings) -> None:
    request = replace(REQUEST, steps=4)
    one, other = Reported(), Reported()
    worker = make_worker(tiny_models, one, checkpoint_seconds=0)
    worker.handle(Paint(request))
    kept = []
    for _ in range(4):
        worker.step()
        messages = one.messages()
        kept += [message for message in messages if isinstance(message, Checkpoint)]
    assert [checkpoint.step for checkpoint in kept] == [1, 2, 3], "none of what is done"
    finished = messages[-1]
    assert isinstance(finished, Finished)
    worker = make_worker(tiny_models, other)
    worker.handle(Paint(request, replace(kept[1], seconds=100.0)))
    worker.step()
    worker.step()
    started, *_, end = other.messages()
    assert started == Started("a", "cpu", step=2)
    assert isinstance(end, Finished)
    assert end.png == finished.png
    assert end.seconds > 100


def waited_for(reported: Reported) -> list[FromWorker]:
    """Return what is reported up to an end, for which a film takes a moment."""
    messages: list[FromWorker] = []
    while not messages or not isinstance(messages[-1], Finished | Failed):
        messages += reported.messages()
    return messages


def frames(film: bytes) -> int:
    with av.open(io.BytesIO(film), "r") as container:
        return sum(1 for _ in container.decode(video=0))


def test_a_film_shows_every_step_and_ends_with_the_picture(worker: Worker, reported: Reported) -> None:
    request = replace(REQUEST, steps=5, outputs=("png", "mp4"), fps=10.0)
    worker.handle(Paint(request))
    for _ in range(5):
        worker.step()
    finished = waited_for(reported)[-1]
    assert isinstance(finished, Finished)
    assert finished.files.keys() == {"mp4"}
    assert frames(finished.files["mp4"]) == 5 + 20
    with av.open(io.BytesIO(finished.files["mp4"]), "r") as container, Image.open(io.BytesIO(finished.png)) as picture:
        *_, last = container.decode(video=0)
        assert np.abs(last.to_ndarray(format="rgb24").astype(int) - np.asarray(picture)).mean() < 16
    assert not worker._films


def test_the_picture_is_the_same_with_a_film_and_without(tiny_models: ModelsSettings) -> None:
    pictures = []
    for outputs in (("png",), ("png", "mp4")):
        reported = Reported()
        worker = make_worker(tiny_models, reported)
        worker.handle(Paint(replace(REQUEST, outputs=outputs)))
        worker.step()
        worker.step()
        finished = waited_for(reported)[-1]
        assert isinstance(finished, Finished)
        with Image.open(io.BytesIO(finished.png)) as image:
            pictures.append(image.tobytes())
    assert pictures[0] == pictures[1]


def test_a_film_begins_at_the_checkpoint_from_which_its_picture_goes_on(tiny_models: ModelsSettings) -> None:
    request = replace(REQUEST, steps=6, outputs=("png", "mp4"), fps=10.0)
    one, other = Reported(), Reported()
    worker = make_worker(tiny_models, one)
    worker.handle(Paint(request))
    for _ in range(4):
        worker.step()
    worker.handle(Suspend("a"))
    *_, checkpoint, _ = one.messages()
    assert isinstance(checkpoint, Checkpoint)
    assert not worker._films
    worker = make_worker(tiny_models, other)
    worker.handle(Paint(request, checkpoint))
    worker.step()
    worker.step()
    finished = waited_for(other)[-1]
    assert isinstance(finished, Finished)
    assert frames(finished.files["mp4"]) == 2 + 20


@pytest.mark.parametrize("steps", [2, 5])
def test_of_a_request_that_is_aborted_there_is_no_film(worker: Worker, reported: Reported, steps: int) -> None:
    before = set(threading.enumerate())
    worker.handle(Paint(replace(REQUEST, steps=5, outputs=("png", "gif"))))
    threads = set(threading.enumerate()) - before
    assert len(threads) == 1
    for _ in range(steps):
        worker.step()
    worker.handle(Abort("a"))
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    assert not worker._films
    assert not any(isinstance(message, Finished) for message in reported.messages()) or steps == 5


def test_a_request_that_fails_has_no_film(worker: Worker, reported: Reported) -> None:
    worker.handle(Paint(replace(REQUEST, outputs=("png", "mp4"))))
    break_with(worker, ValueError("A fault."))
    worker.step()
    assert isinstance(reported.messages()[-1], Failed)
    assert not worker._films


def test_what_is_suspended_goes_on_from_where_it_was(tiny_models: ModelsSettings) -> None:
    request = replace(REQUEST, steps=4)
    one, other, undisturbed = Reported(), Reported(), Reported()
    worker = make_worker(tiny_models, undisturbed)
    worker.handle(Paint(request))
    for _ in range(4):
        worker.step()
    whole = undisturbed.messages()[-1]

    worker = make_worker(tiny_models, one)
    worker.handle(Paint(request))
    worker.step()
    worker.step()
    worker.handle(Suspend("a"))
    worker.handle(Suspend("a"))
    worker.handle(Suspend("unknown"))
    assert len(engine_of(worker)) == 0
    *_, checkpoint, suspended = one.messages()
    assert isinstance(checkpoint, Checkpoint)
    assert (checkpoint.step, suspended) == (2, Suspended("a"))
    worker = make_worker(tiny_models, other)
    worker.handle(Paint(request, checkpoint))
    worker.handle(Suspend("a"))
    *_, again, suspended = other.messages()
    assert isinstance(again, Checkpoint)
    assert (again.step, again.data, suspended) == (2, checkpoint.data, Suspended("a"))
    worker.handle(Paint(request, again))
    worker.step()
    worker.step()
    end = other.messages()[-1]
    assert isinstance(whole, Finished)
    assert isinstance(end, Finished)
    assert end.png == whole.png


def test_what_is_said_counts_from_the_next_step_and_the_picture_tells(worker: Worker, reported: Reported) -> None:
    worker.handle(Paint(replace(REQUEST, steps=5, outputs=("png", "mp4"))))
    worker.step()
    worker.step()
    worker.handle(Steer("a", read("more: a lighthouse")))
    worker.handle(Steer("a", read("a red apple::0 | a lighthouse::0")))
    worker.handle(Steer("a", read("less: fog")))
    worker.handle(Steer("unknown", read("less: fog")))
    (first,) = (replace(each, step=2) for each in read("more: a lighthouse"))
    (second,) = (replace(each, step=2) for each in read("less: fog"))
    _, *answers = [each for each in reported.messages() if not isinstance(each, Heartbeat | Progress)]
    refused = "Nothing with a weight above 0 would be left; say also what there should be more of."
    assert answers == [Steered("a", (first,)), Steered("a", refusal=refused), Steered("a", (first, second))]
    for _ in range(3):
        worker.step()
    end = waited_for(reported)[-1]
    assert isinstance(end, Finished)
    assert read_metadata(end.png).request.steering == (first, second)
    assert read_metadata(end.files["mp4"]).request.steering == (first, second)
    worker.handle(Steer("a", read("less: fog")))
    assert reported.messages() == []


def test_a_fault_while_a_painting_begins_anew_fails_it(
    worker: Worker, reported: Reported, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker.handle(Paint(REQUEST))
    monkeypatch.setattr(
        objective_of(worker),
        "rows",
        lambda *_: 1 / 0,
    )
    with capture_logs() as lines:
        worker.handle(Steer("a", read("less: fog")))
    assert reported.messages() == [Started("a", "cpu"), Failed("a", BROKE_OFF)]
    assert "ZeroDivisionError" in lines[0]["exception"]
    assert len(engine_of(worker)) == 0


def test_what_is_suspended_before_its_first_step_begins_anew(worker: Worker, reported: Reported) -> None:
    worker.handle(Paint(REQUEST))
    worker.handle(Suspend("a"))
    assert reported.messages() == [Started("a", "cpu"), Suspended("a")]


def test_from_a_checkpoint_that_does_not_fit_a_request_begins_anew(worker: Worker, reported: Reported) -> None:
    with capture_logs() as lines:
        worker.handle(Paint(REQUEST, Checkpoint("a", 1, 5.0, b"damaged")))
    reason = "The checkpoint is damaged or of another version."
    assert lines == [{"event": "begins anew", "log_level": "warning", "request": "a", "reason": reason}]
    assert reported.messages() == [Started("a", "cpu")]
    worker.step()
    worker.step()
    finished = reported.messages()[-1]
    assert isinstance(finished, Finished)
    assert finished.seconds < 5


def test_an_abort_frees_the_slot_before_the_next_step(worker: Worker, reported: Reported) -> None:
    worker.handle(Paint(REQUEST))
    worker.step()
    worker.handle(Abort("a"))
    worker.handle(Abort("unknown"))
    assert len(engine_of(worker)) == 0
    worker.handle(Paint(replace(REQUEST, id="b")))
    worker.step()
    messages = reported.messages()
    assert Started("b", "cpu") in messages
    assert not any(isinstance(message, Started | Progress) and message.request_id == "a" for message in messages)


@pytest.mark.parametrize(
    ("error", "is_shortage"), [(torch.OutOfMemoryError("no memory"), True), (RuntimeError("a bug"), False)]
)
def test_a_step_that_fails_fails_its_request_and_not_the_worker(
    worker: Worker, reported: Reported, error: Exception, is_shortage: bool
) -> None:
    break_with(worker, error)
    worker.handle(Paint(REQUEST))
    with capture_logs() as lines:
        while len(engine_of(worker)):
            worker.step()
    break_with(worker, None)
    failed = Failed("a", TOO_LARGE if is_shortage else BROKE_OFF, is_shortage)
    assert reported.messages() == [Started("a", "cpu"), failed]
    (line,) = lines
    assert (line["event"], line["request"]) == ("broke off", "a")
    assert line["exception"].count("Traceback") == 1
    worker.handle(Paint(REQUEST))
    worker.step()
    worker.step()
    assert isinstance(reported.messages()[-1], Finished)


def test_what_fails_before_its_first_step_fails_alone(
    worker: Worker, reported: Reported, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker.handle(Paint(replace(REQUEST, id="neighbour")))
    canvas = engine_of(worker).equipment.parts(engine_of(worker).equipment.recipe.stages[0]).canvas
    monkeypatch.setattr(canvas, "init", lambda *_: torch.empty(2**50))
    worker.handle(Paint(REQUEST))
    assert Failed("a", TOO_LARGE, is_shortage=True) in reported.messages()
    worker.step()
    worker.step()
    assert isinstance(reported.messages()[-1], Finished)


@pytest.mark.parametrize(
    "error",
    [
        torch.AcceleratorError("CUDA error: unspecified launch failure"),
        RuntimeError("CUDA error: device-side assert triggered"),
        RuntimeError("CUDA error: CUBLAS_STATUS_EXECUTION_FAILED when calling `cublasSgemm(…)`"),
    ],
)
def test_a_broken_device_ends_the_worker(worker: Worker, reported: Reported, error: Exception) -> None:
    break_with(worker, error)
    for request_id in "ab":
        worker.handle(Paint(replace(REQUEST, id=request_id)))
    with pytest.raises(type(error), match="CUDA error"):
        worker.step()
    assert reported.messages() == [Started("a", "cpu"), Started("b", "cpu")], "so that they go on elsewhere"
