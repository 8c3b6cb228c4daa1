"""Steps that break off: what goes on, with what, and what does not."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import pytest
import torch
from torch import Tensor

from config.settings.models import ModelsSettings
from generation.checkpoints.loader import Models, load_models
from generation.engine.batch import STEPS_DRAWN, VIEWS
from generation.engine.engine import Engine
from generation.engine.equipment import Equipment
from generation.engine.faults import is_loss, is_shortage
from generation.engine.objective import Likeness, Objective
from generation.engine.optimisers import OPTIMISERS
from generation.engine.parts import Parts
from generation.engine.state import RequestState
from generation.perceptor.cutouts import Cutouts
from generation.perceptor.ensemble import Perceptor
from generation.request import ImagineRequest
from generation.worker.build import CANVASES

CPU = torch.device("cpu")
REQUEST = ImagineRequest("a", "a red apple", seed=1, width=64, height=64, steps=4)
NO_MEMORY = torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")


@pytest.fixture(scope="module")
def models(tiny_models: ModelsSettings) -> Models:
    return load_models(tiny_models.vqgan, tiny_models.clip, CPU)


class Strict(Likeness):
    """An objective that breaks off where it is told to, and remembers how many views were judged together."""

    def __init__(self, perceptor: Perceptor, cutouts: int, breaks: Callable[["Strict"], Exception | None]) -> None:
        super().__init__(perceptor, Cutouts(cutouts, perceptor.input_size, CPU))
        self.breaks = breaks
        self.calls = 0
        self.pictures: list[int] = []
        self.sliced: list[bool] = []
        self.views = 0
        self.rows_seen: Sequence[Tensor] = ()

    def loss(
        self, pictures: Tensor, rows: Sequence[Tensor], weights: Tensor, drawn: Tensor, at_once: int | None = None
    ) -> Tensor:
        self.calls += 1
        self.views = at_once or len(pictures) * drawn.shape[1]
        self.rows_seen = rows
        error = self.breaks(self)
        if error:
            raise error
        self.pictures.append(len(pictures))
        self.sliced.append(at_once is not None)
        return super().loss(pictures, rows, weights, drawn, at_once)


def engine_with(models: Models, objective: Objective) -> Engine:
    (stage,) = models.recipe.stages
    parts = Parts(CANVASES["latent"](models, stage, CPU, 1.0), objective, OPTIMISERS["adam"]())
    return Engine(Equipment(models.recipe, lambda _: parts, CPU))


def paint(engine: Engine, *requests: ImagineRequest) -> dict[str, RequestState]:
    states = {request.id: engine.add_request(request) for request in requests}
    while len(engine):
        engine.step()
    return states


def difference(one: RequestState, other: RequestState) -> float:
    assert one.picture is not None
    assert other.picture is not None
    return float((one.picture - other.picture).abs().mean())


def at_call(number: int, objective: Strict) -> Exception | None:
    return NO_MEMORY if objective.calls == number else None


def some(count: int) -> list[ImagineRequest]:
    return [replace(REQUEST, id=str(number), seed=number) for number in range(count)]


@pytest.mark.parametrize("count", [1, 2, 5])
def test_where_memory_is_short_a_batch_goes_on_in_parts_and_one_picture_in_slices(models: Models, count: int) -> None:
    limit = 2 * 8
    objective = Strict(models.perceptor, 8, lambda one: NO_MEMORY if one.views > limit else None)
    states = paint(engine_with(models, objective), *some(count))
    free = engine_with(models, Strict(models.perceptor, 8, lambda _: None))
    for request in some(count):
        assert states[request.id].fault is None
        assert difference(states[request.id], paint(free, request)[request.id]) < 0.01
    assert max(objective.pictures) == min(2, count), "neighbours go on together"
    limit = VIEWS
    objective.pictures.clear()
    states = paint(engine_with(models, objective), *some(count))
    assert all(state.done and state.fault is None for state in states.values())
    assert set(objective.pictures) == {1}


def test_where_memory_is_short_in_a_recording_a_batch_goes_on_in_parts(models: Models) -> None:
    objective = Strict(models.perceptor, 8, lambda one: unrecorded() if one.views > 2 * 8 else None)
    states = paint(engine_with(models, objective), *some(3))
    assert all(state.done and state.fault is None for state in states.values())
    assert max(objective.pictures) == 2


def test_only_who_has_no_memory_in_slices_either_leaves(models: Models) -> None:
    def breaks(one: Strict) -> Exception | None:
        return NO_MEMORY if (one.rows_seen[0] == culprit).flatten(1).all(1).any() else None

    objective = Strict(models.perceptor, 4, breaks)
    culprit = objective.rows(replace(REQUEST, prompt="the sea"))[0]
    engine = engine_with(models, objective)
    states = paint(engine, *some(3), replace(REQUEST, id="sea", prompt="the sea"))
    sea = states.pop("sea")
    assert sea.fault
    assert sea.fault.is_shortage
    assert all(state.done and state.fault is None for state in states.values())
    assert not any(objective.sliced), "its neighbours do not pay for it"


def test_a_batch_of_which_one_breaks_fails_that_one_only(models: Models) -> None:
    def breaks(one: Strict) -> Exception | None:
        is_there = (one.rows_seen[0] == culprit).flatten(1).all(1).any()
        return ValueError("a bug") if is_there and one.calls > 2 else None

    objective = Strict(models.perceptor, 4, breaks)
    culprit = objective.rows(replace(REQUEST, prompt="the sea"))[0]
    states = paint(engine_with(models, objective), *some(6), replace(REQUEST, id="sea", prompt="the sea"))
    sea = states.pop("sea")
    assert sea.step == 2
    assert sea.fault
    assert not sea.fault.is_shortage
    assert sea.fault.traceback.rstrip().endswith("ValueError: a bug")
    free = engine_with(models, Strict(models.perceptor, 4, lambda _: None))
    for request_id, state in states.items():
        assert state.done
        assert (
            difference(state, paint(free, next(each for each in some(6) if each.id == request_id))[request_id]) < 0.01
        )


def test_a_step_that_is_tried_again_is_the_same_to_the_pixel(models: Models) -> None:
    """Nothing of it was taken and nothing is drawn twice: as many views as there are make one slice."""
    request = replace(REQUEST, steps=STEPS_DRAWN + 3)
    for broken in (1, STEPS_DRAWN + 1):
        objective = Strict(models.perceptor, VIEWS, partial(at_call, broken))
        disturbed = paint(engine_with(models, objective), request)["a"]
        assert objective.calls == request.steps + 1
        undisturbed = paint(engine_with(models, Strict(models.perceptor, VIEWS, lambda _: None)), request)["a"]
        assert difference(disturbed, undisturbed) == 0


def test_parts_are_not_kept_for_later_ones(models: Models) -> None:
    objective = Strict(models.perceptor, 4, partial(at_call, 1))
    engine = engine_with(models, objective)
    paint(engine, *some(4))
    objective.pictures.clear()
    paint(engine, *some(4))
    assert set(objective.pictures) == {4}


def test_a_lost_device_is_nobodys_fault(models: Models) -> None:
    lost = torch.AcceleratorError("CUDA error: unspecified launch failure")
    engine = engine_with(models, Strict(models.perceptor, 4, lambda _: lost))
    for request in some(2):
        engine.add_request(request)
    with pytest.raises(torch.AcceleratorError):
        engine.step()


def unrecorded() -> torch.AcceleratorError:
    """Return what the end of a recording may raise that broke off because memory ran out."""
    error = torch.AcceleratorError("CUDA error: operation failed due to a previous error during capture")
    error.__context__ = torch.OutOfMemoryError("CUDA out of memory.")
    return error


@pytest.mark.parametrize(
    ("error", "short", "lost"),
    [
        (NO_MEMORY, True, False),
        (unrecorded(), True, False),
        (MemoryError(), True, False),
        (torch.AcceleratorError("CUDA error: out of memory\nCUDA kernel errors might be …"), True, False),
        (RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"), True, False),
        (RuntimeError("cusolver error: CUSOLVER_STATUS_ALLOC_FAILED, when calling …"), True, False),
        (torch.AcceleratorError("CUDA error: an illegal memory access was encountered"), False, True),
        (RuntimeError("CUDA error: device-side assert triggered"), False, True),
        (RuntimeError("CUDA error: uncorrectable ECC error encountered"), False, True),
        (RuntimeError("CUDA error: CUBLAS_STATUS_EXECUTION_FAILED when calling `cublasSgemm`"), False, True),
        (RuntimeError("cuDNN error: CUDNN_STATUS_EXECUTION_FAILED"), False, True),
        (RuntimeError("The size of tensor a (2) must match the size of tensor b (3)"), False, False),
        (ValueError("CUDA error"), False, False),
    ],
)
def test_what_an_error_means(error: Exception, short: bool, lost: bool) -> None:
    assert (is_shortage(error), is_loss(error)) == (short, lost)


def test_the_error_of_a_cpu_without_memory_is_known() -> None:
    with pytest.raises(RuntimeError) as caught:
        torch.empty(2**50)
    assert is_shortage(caught.value)
