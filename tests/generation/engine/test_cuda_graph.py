"""Recorded steps with a stand-in for the graph: what needs no GPU to be shown of them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from functools import cache
from types import SimpleNamespace
from typing import Any
from weakref import ref

import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from config.settings.models import ModelsSettings
from generation.checkpoints.biggan import with_biggan
from generation.checkpoints.loader import POCKET, Models, prepare, read_models
from generation.engine import cuda_graph
from generation.engine.batch import Batch
from generation.engine.cuda_graph import Recording
from generation.engine.engine import Engine
from generation.options import AUGMENTATIONS
from generation.pocket.description import PocketSection
from generation.recipe import Recipe, Stage
from generation.request import ImagineRequest
from generation.targets import Target
from generation.worker.build import engine_for
from tests.generation.engine.test_neural_style import random_vgg

CPU = torch.device("cpu")
MEMORY = 0, 1
WAITS = {torch.ops.aten._local_scalar_dense.default, torch.ops.aten.nonzero.default}
"""What a GPU has to be waited for, and so cannot be recorded."""
FROM_HOST = torch.ops.aten.lift_fresh.default
"""What makes a tensor of Python's numbers: to a GPU they are copied, which it is waited for. A single one is passed."""
RECIPES = {
    "adam": Recipe(cutouts=4),
    "pixels, then latents": Recipe(
        cutouts=4,
        init="grey",
        stages=(Stage("pixels", 0.5, "normalised", 1.0, 0.1, (1, 1)), Stage("latent", 0.5, learning_rate=0.02)),
    ),
    "means": Recipe(cutouts=4, stages=(Stage("latent", ema=0.9),)),
}
PICTURES = {digit * 64: torch.full((3, 64, 64), int(digit, 16) / 16) for digit in "abc"}
PAINTINGS: dict[str, dict[str, Any]] = {
    "by a spectrum": {"canvas": "fourier"},
    "by a network": {"canvas": "siren"},
    "by a BigGAN": {"canvas": "biggan", "most_classes": 2},
    "in a style": {
        "canvas": "neural-style",
        "init_picture": "a" * 64,
        "init_weight": 1.0,
        "targets": (Target(picture="b" * 64),),
    },
    "from a picture": {"init_picture": "a" * 64, "init_weight": 1.0, "mask": "c" * 64},
    "by a population": {"canvas": "biggan", "optimiser": "cma"},
    "by a population and gradients": {"canvas": "biggan", "optimiser": "cma-mixed"},
    "by squares": {"cuts": "crops"},
    "by means and maxima": {"cuts": "pooled"},
    "with augmentations": {"augment": AUGMENTATIONS},
    "as it grows": {"grow": 0.5},
}


class Graph(TorchDispatchMode):
    """Records operations with the tensors that they were given and gave, and does them again to the same tensors.

    As on a GPU: what they read is found where it was, numbers that came from the host are those of the recording, and
    what cannot be recorded is refused.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.done: list[tuple[Any, Sequence[Any], dict[str, Any], list[Tensor | None]]] = []
        self.replays = 0

    def __torch_dispatch__(
        self, func: Any, types: object, args: Sequence[Any] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        if func in WAITS or (func is FROM_HOST and args[0].ndim):
            raise RuntimeError(f"{func} waits for the device.")
        out = func(*args, **(kwargs or {}))
        given = {each.untyped_storage().data_ptr() for each in tree_leaves((args, kwargs)) if isinstance(each, Tensor)}
        new = [
            each if isinstance(each, Tensor) and each.untyped_storage().data_ptr() not in given else None
            for each in tree_leaves(out)
        ]
        self.done.append((func, args, kwargs or {}, new))
        return out

    def replay(self) -> None:
        """Do it again."""
        self.replays += 1
        with torch._C._AutoDispatchBelowAutograd():
            for func, args, kwargs, new in self.done:
                for own, again in zip(new, tree_leaves(func(*args, **kwargs)), strict=True):
                    if own is not None:
                        own.copy_(again)


@pytest.fixture(autouse=True)
def graphs(monkeypatch: pytest.MonkeyPatch) -> list[Graph]:
    """Let every batch record its steps, and return the recordings."""
    made: list[Graph] = []

    def graph() -> Graph:
        made.append(Graph())
        return made[-1]

    @contextmanager
    def capture(own: Graph, **said: object) -> Iterator[None]:
        assert said == {"pool": MEMORY, "capture_error_mode": "thread_local"}, "other threads may go on"
        with own:
            yield

    stream = SimpleNamespace(wait_stream=lambda _: None)
    for name, stand_in in {
        "CUDAGraph": graph,
        "graph": capture,
        "stream": lambda _: nullcontext(),
        "current_stream": lambda: stream,
    }.items():
        monkeypatch.setattr(torch.cuda, name, stand_in)
    monkeypatch.setattr(cuda_graph, "_aside", lambda: stream)
    monkeypatch.setattr(cuda_graph, "_memory", lambda: SimpleNamespace(id=MEMORY))
    begin = Batch.__init__

    def recorded(self: Batch, *arguments: Any, **named: Any) -> None:
        begin(self, *arguments, **named)
        self._recording = Recording(self._slots)

    monkeypatch.setattr(Batch, "__init__", recorded)
    return made


@pytest.fixture(scope="module")
def models(tiny_models: ModelsSettings) -> Models:
    read = with_biggan(read_models(tiny_models.vqgan, tiny_models.clip), POCKET)
    return replace(prepare(read, CPU, "float32"), vgg=random_vgg(), vgg_fingerprint="a")


def engine_with(models: Models, recipe: Recipe) -> Engine:
    return engine_for(replace(models, recipe=recipe), CPU, PocketSection())


def paint(engine: Engine, count: int, steps: int = 6, **chosen: Any) -> Tensor:
    requests = [ImagineRequest(str(seed), "a red apple", seed, 64, 64, steps) for seed in range(count)]
    states = [engine.add_request(replace(request, **chosen), pictures=PICTURES) for request in requests]
    while len(engine):
        engine.step()
    assert not any(state.fault for state in states), next(state.fault for state in states if state.fault)
    return torch.stack([state.picture for state in states if state.picture is not None])


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
@pytest.mark.parametrize("count", [1, 2, 4])
def test_replayed_steps_paint_what_steps_do(
    models: Models, recipe: Recipe, count: int, graphs: list[Graph], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing waits for the device, and whatever changes from step to step lies where the recording finds it."""
    replayed = paint(engine_with(models, recipe), count)
    assert sum(graph.replays for graph in graphs) == 6
    monkeypatch.setattr(Batch, "step", _without_recording(Batch.step))
    assert replayed.equal(paint(engine_with(models, recipe), count))


@pytest.mark.parametrize("chosen", PAINTINGS.values(), ids=PAINTINGS)
def test_whatever_is_painted_can_be_recorded(
    models: Models, chosen: dict[str, Any], graphs: list[Graph], monkeypatch: pytest.MonkeyPatch
) -> None:
    replayed = paint(engine_with(models, Recipe(cutouts=4)), 2, 4, **chosen)
    assert sum(graph.replays for graph in graphs) == 4
    monkeypatch.setattr(Batch, "step", _without_recording(Batch.step))
    assert replayed.equal(paint(engine_with(models, Recipe(cutouts=4)), 2, 4, **chosen))


def _without_recording(step: Any) -> Any:
    def plain(self: Batch) -> Tensor:
        self._recording = None
        pictures: Tensor = step(self)
        return pictures

    return plain


def test_there_are_few_recordings(models: Models, graphs: list[Graph]) -> None:
    engine = engine_with(models, RECIPES["adam"])
    for count in (3, 4, 1, 3, 1):
        paint(engine, count, steps=2)
    assert [graph.replays for graph in graphs] == [6, 4], (
        "of four and of one: three are rounded up, and the batch stays"
    )


def test_three_paint_the_same_as_in_a_step_of_three_but_for_rounding(
    models: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    replayed = paint(engine_with(models, RECIPES["adam"]), 3, steps=2)
    monkeypatch.setattr(Batch, "step", _without_recording(Batch.step))
    assert torch.allclose(replayed, paint(engine_with(models, RECIPES["adam"]), 3, steps=2), atol=1e-3)


def test_a_step_that_waits_for_the_device_is_found() -> None:
    state = torch.ones(2)

    def run(rows: int) -> None:
        state.mul_(float(state[rows]))

    with pytest.raises(RuntimeError, match="waits for the device"):
        Recording([state])(run, 1)


@pytest.mark.parametrize("recordings", [0, 1])
def test_memory_of_recordings_is_given_back_with_the_last(recordings: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """What else needs it could not have it, for a picture that is larger than all before."""
    monkeypatch.setattr(cuda_graph, "_memory", cache(lambda: SimpleNamespace(use_count=lambda: 1 + recordings)))
    before = cuda_graph._memory()
    cuda_graph.give_back()
    assert (cuda_graph._memory() is before) == bool(recordings)


def test_after_a_shortage_memory_is_given_back_once_recordings_are_gone(
    models: Models, graphs: list[Graph], monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = engine_with(models, Recipe(cutouts=4))
    paint(engine, 2, 2)
    recording = ref(graphs.pop())
    step, found = Batch.step, []

    def short(own: Batch) -> Tensor:
        if not own.limited:
            raise torch.OutOfMemoryError
        return step(own)

    monkeypatch.setattr(Batch, "step", short)
    monkeypatch.setattr("generation.engine.engine.give_back", lambda: found.append(recording()))
    paint(engine, 2, 2)
    assert found == [None]


def test_the_warm_up_changes_nothing() -> None:
    state, unit = torch.zeros(4), torch.ones(4)

    def run(rows: int) -> None:
        state[:rows] += unit[:rows]

    recording = Recording([state])
    recording(run, 3)
    recording(run, 2)
    unit.fill_(10)
    recording(run, 3)
    assert state.tolist() == [12, 12, 11, 11]
