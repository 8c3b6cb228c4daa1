import gc
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from random import Random

import pytest
import torch
from torch import Tensor

from config.settings import ModelsSettings
from generation.checkpoints.loader import Models, load_models, prepare
from generation.engine.batch import SLOTS, Batch
from generation.engine.engine import Engine, StepError, Timing
from generation.engine.state import RequestState
from generation.errors import RequestError
from generation.models.precision import Precision
from generation.recipe import Recipe, Stage
from generation.request import ImagineRequest
from generation.worker.build import canvases_for
from tests.conftest import tiny_vqgan

CPU = torch.device("cpu")
SKETCH = Recipe(
    cutouts=8,
    init="grey",
    stages=(Stage("pixels", 0.5, "normalised", 1.0, 0.1, (1, 1, 1, 1)), Stage("latent", 0.5, learning_rate=0.02)),
)
REQUEST = ImagineRequest("a", "a red apple", seed=1, width=64, height=64, steps=4)


@pytest.fixture(scope="module")
def models(tiny_models: ModelsSettings) -> Models:
    return load_models(tiny_models.vqgan, tiny_models.clip, CPU)


@pytest.fixture(scope="module")
def pocket() -> Models:
    return load_models("pocket", "pocket", CPU)


@pytest.fixture
def engine(models: Models) -> Engine:
    return make_engine(models, models.recipe)


def make_engine(models: Models, recipe: Recipe) -> Engine:
    models = replace(models, recipe=recipe)
    return Engine(canvases_for(models, CPU), models.perceptor, recipe, CPU)


def paint(engine: Engine, *requests: ImagineRequest) -> dict[str, Tensor]:
    for request in requests:
        engine.add_request(request)
    pictures = {}
    while len(engine):
        for state in engine.step():
            if state.done:
                assert state.picture is not None
                pictures[state.request.id] = state.picture
    return pictures


def distance(state: RequestState, engine: Engine) -> float:
    assert state.picture is not None
    picture = torch.nn.functional.interpolate(state.picture[None], size=engine.perceptor.input_size)
    return float((engine.perceptor.encode_image(picture)[0] - state.text).norm())


def test_paints_a_picture_of_the_size_asked_for(engine: Engine) -> None:
    picture = paint(engine, replace(REQUEST, width=96, height=64))["a"]
    assert picture.shape == (3, 64, 96)
    assert picture.min() >= 0
    assert picture.max() <= 1


def test_same_seed_same_picture(engine: Engine) -> None:
    assert torch.equal(paint(engine, REQUEST)["a"], paint(engine, REQUEST)["a"])


def test_other_seed_other_picture(engine: Engine) -> None:
    assert not torch.equal(paint(engine, REQUEST)["a"], paint(engine, replace(REQUEST, seed=2))["a"])


@pytest.mark.parametrize(
    "recipe",
    [
        Recipe(cutouts=8),
        Recipe(cutouts=8, init="grey", stages=(Stage(learning_rate=0.05, pyramid=(0.5, 1, 1)),)),
        Recipe(cutouts=8, init="grey", stages=(Stage("pixels", 1.0, "normalised", 1.0, 0.1, (1, 1, 1, 1)),)),
        SKETCH,
    ],
)
def test_painting_comes_nearer_to_the_prompt(pocket: Models, recipe: Recipe) -> None:
    engine = make_engine(pocket, recipe)
    state = engine.add_request(replace(REQUEST, steps=24))
    engine.step()
    before = distance(state, engine)
    while len(engine):
        engine.step()
    assert distance(state, engine) < before - 0.1


def test_a_prompt_is_told_apart_from_itself_with_another_thing_in_it(pocket: Models) -> None:
    engine = make_engine(pocket, Recipe(cutouts=8, distractors=("the sea",), nouns=("apple", "banana", "cat")))
    state = engine.add_request(REQUEST)
    others = [engine.perceptor.tokenise(text)[0] for text in ("a red banana", "a red cat")]
    assert torch.allclose(state.swaps[:2], engine.perceptor.encode_text(torch.cat(others)), atol=1e-5)
    assert torch.equal(state.swaps[2:], state.text.expand(4, -1))
    unknown = engine.add_request(replace(REQUEST, id="b", prompt="parliament"))
    assert torch.equal(unknown.swaps, unknown.text.expand(6, -1))


def test_the_last_stage_paints_even_the_shortest_request(models: Models) -> None:
    engine = make_engine(models, SKETCH)
    assert [engine.recipe.last_step(stage, 4) for stage in (0, 1)] == [2, 4]
    state = engine.add_request(replace(REQUEST, steps=1))
    assert state.stage == 0
    engine.step()
    assert state.done
    assert state.stage == 1


def test_a_stage_starts_from_the_picture_of_the_one_before(pocket: Models) -> None:
    engine = make_engine(pocket, SKETCH)
    state = engine.add_request(replace(REQUEST, steps=20))
    while state.stage == 0:
        engine.step()
    sketch = state.picture
    engine.step()
    assert sketch is not None
    assert state.picture is not None
    assert (state.picture - sketch).abs().mean() < 0.1


def test_a_batch_of_unlike_requests_gives_what_each_gives_alone(engine: Engine) -> None:
    requests = [
        REQUEST,
        ImagineRequest("b", "the sea", seed=2, width=64, height=64, steps=2),
        ImagineRequest("c", "a forest", seed=3, width=64, height=96, steps=3),
        ImagineRequest("d", "a yellow sun", seed=4, width=64, height=64, steps=5),
    ]
    together = paint(engine, *requests)
    for request in requests:
        alone = paint(engine, request)[request.id]
        assert (together[request.id] - alone).abs().mean() < 0.02


def test_requests_join_and_leave_between_steps(engine: Engine) -> None:
    engine.add_request(REQUEST)
    engine.step()
    engine.add_request(replace(REQUEST, id="b", steps=1))
    assert [(p.request.id, p.step, p.done) for p in engine.step()] == [("a", 2, False), ("b", 1, True)]
    assert [p.request.id for p in engine.step()] == ["a"]


def test_paintings_join_and_leave_at_every_step(models: Models) -> None:
    """Whoever joins, finishes or is taken back meanwhile, a picture is what it is alone."""
    recipe = replace(SKETCH, cutouts=4, distractors=("a dog",), nouns=("cat", "dog", "sea"))
    engine, random = make_engine(models, recipe), Random(7)
    alone = make_engine(models, recipe)
    pictures: dict[str, Tensor] = {}
    asked: dict[str, ImagineRequest] = {}
    for number in range(24):
        width = random.choice([64, 64, 80])
        request = ImagineRequest(f"r{number}", random.choice(["the sea", "a cat"]), number, width, 64, number % 5 + 1)
        asked[request.id] = request
        engine.add_request(request)
        if number % 6 == 5:
            aborted = random.choice(sorted(asked.keys() - pictures.keys()))
            engine.abort_request(aborted)
            del asked[aborted]
        pictures |= {p.request.id: p.picture for p in engine.step() if p.done and p.picture is not None}
    pictures |= paint(engine)
    assert pictures.keys() == asked.keys()
    for request_id, request in asked.items():
        difference = (pictures[request_id] - paint(alone, request)[request_id]).abs().mean()
        assert difference < 0.02, request_id


def test_more_requests_than_slots_share_two_batches(engine: Engine) -> None:
    for number in range(SLOTS + 3):
        engine.add_request(replace(REQUEST, id=str(number)))
    assert sorted(len(engine.step()) for _ in range(2)) == [3, SLOTS]


def test_batches_get_equal_time(models: Models, monkeypatch: pytest.MonkeyPatch) -> None:
    """A giant whose step takes nine times as long gets one step in ten."""
    engine = make_engine(models, models.recipe)
    engine.add_request(replace(REQUEST, id="giant", width=128, steps=100))
    engine.add_request(replace(REQUEST, id="sketch", steps=100))
    clock = 0.0

    def advance(batch: Batch) -> Tensor:
        nonlocal clock
        clock += 9 if batch.turn[0] == (128, 64) else 1
        return torch.zeros(len(batch.states), 3, 64, 64)

    monkeypatch.setattr(Batch, "step", advance)
    monkeypatch.setattr("generation.engine.stopwatch.time.perf_counter", lambda: clock)
    steps = Counter(engine.step()[0].request.id for _ in range(50))
    assert steps == {"giant": 5, "sketch": 45}
    assert Timing((128, 64), 1, 9.0) in engine.timings()
    assert engine.timings() == []


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_the_number_format_does_not_change_how_near_it_comes(precision: Precision) -> None:
    models = load_models("pocket", "pocket", CPU, precision)
    engine = make_engine(models, SKETCH)
    state = engine.add_request(replace(REQUEST, steps=24))
    while len(engine):
        engine.step()
    assert distance(state, engine) < 1.0


def test_shapes_take_turns(engine: Engine) -> None:
    engine.add_request(REQUEST)
    engine.add_request(replace(REQUEST, id="wide", width=128))
    assert {engine.step()[0].request.id, engine.step()[0].request.id} == {"a", "wide"}


def test_aborted_request_is_not_stepped_again(engine: Engine) -> None:
    engine.add_request(REQUEST)
    engine.add_request(replace(REQUEST, id="b"))
    engine.abort_request("a")
    engine.abort_request("never heard of")
    assert [p.request.id for p in engine.step()] == ["b"]


def test_a_step_that_breaks_takes_only_its_own_batch_along(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    engine.add_request(REQUEST)
    engine.add_request(replace(REQUEST, id="wide", width=128))
    (canvas,) = engine.canvases
    paint_well = canvas.paint

    def broken_once(_: Sequence[Tensor]) -> Tensor:
        monkeypatch.setattr(canvas, "paint", paint_well)
        raise RuntimeError("broken")

    monkeypatch.setattr(canvas, "paint", broken_once)
    with pytest.raises(StepError) as caught:
        engine.step()
    assert len(caught.value.requests) == 1
    assert len(engine) == 1
    assert engine.step()[0].request.id not in {request.id for request in caught.value.requests}


def test_the_tail_of_a_long_prompt_is_reported(engine: Engine) -> None:
    state = engine.add_request(replace(REQUEST, prompt="red " * 75 + "blue green"))
    assert state.left_out == "blue green"


def test_a_size_that_the_model_cannot_paint_is_refused(tiny_models: ModelsSettings) -> None:
    coarse = tiny_vqgan(levels=6)
    perceptor = load_models(tiny_models.vqgan, tiny_models.clip, CPU).perceptor
    engine = make_engine(prepare(coarse, perceptor, Recipe(cutouts=4), CPU), Recipe(cutouts=4))
    assert engine.multiple == 32
    with pytest.raises(RequestError, match="multiples of 32 pixels; ask for `--size 128x64` or `--size 160x96`"):
        engine.add_request(replace(REQUEST, width=144, height=80))
    assert len(engine) == 0
    engine.add_request(replace(REQUEST, width=160, height=96))
    (state,) = engine.step()
    assert state.picture is not None
    assert state.picture.shape == (3, 96, 160)


def test_a_batch_that_is_left_is_freed_at_once(engine: Engine) -> None:
    gc.collect()
    gc.disable()
    try:
        for seed in (1, 2):
            paint(engine, replace(REQUEST, seed=seed))
        assert not [each for each in gc.get_objects() if type(each) is Batch]
    finally:
        gc.enable()
