import contextlib
import gc
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Generator as Slices
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
import torch
from torch import Generator, Tensor

from config.settings.models import ModelsSettings
from generation.canvas import Init
from generation.checkpoints.loader import Models, load_models, prepare
from generation.engine import batches
from generation.engine.batch import SLOTS, Batch
from generation.engine.batches import KEPT
from generation.engine.engine import Engine
from generation.engine.equipment import Equipment
from generation.engine.objective import Likeness
from generation.engine.optimisers import OPTIMISERS
from generation.engine.parts import Parts
from generation.engine.prior import Prior
from generation.engine.state import RequestState
from generation.engine.stopwatch import Stopwatch
from generation.engine.timing import Timing
from generation.errors import RequestError
from generation.models.precision import Precision
from generation.perceptor.cutouts import Cutouts
from generation.pocket.description import NegativesSection, PocketSection
from generation.prompt import read
from generation.recipe import Recipe, Stage, last_step
from generation.request import ImagineRequest
from generation.targets import Target
from generation.worker.build import engine_for
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


def make_engine(models: Models, recipe: Recipe, negatives: NegativesSection | None = None) -> Engine:
    return engine_for(replace(models, recipe=recipe), CPU, PocketSection(negatives=negatives))


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


def distance(state: RequestState, models: Models) -> float:
    assert state.picture is not None
    picture = torch.nn.functional.interpolate(state.picture[None], size=models.perceptor.input_size)
    return float((models.perceptor.encode_image(picture)[0] - state.rows[0][0]).norm())


def test_paints_a_picture_of_the_size_asked_for(engine: Engine) -> None:
    picture = paint(engine, replace(REQUEST, width=96, height=64))["a"]
    assert picture.shape == (3, 64, 96)
    assert picture.min() >= 0
    assert picture.max() <= 1


DIRECT = Recipe(cutouts=8, init="grey", stages=(Stage("pixels", 1.0, "normalised", 1.0, 0.1, (1, 1, 1, 1)),))


def course(models: Models, request: ImagineRequest) -> tuple[list[Tensor], float]:
    """Return the pictures of all steps, and how like the last one is to the sea."""
    engine, pictures = make_engine(models, DIRECT), []
    state = engine.add_request(request)
    while len(engine):
        engine.step()
        assert state.picture is not None
        pictures.append(state.picture.clone())
    with torch.no_grad():
        shown = torch.nn.functional.interpolate(pictures[-1][None], size=models.perceptor.input_size)
        likeness = models.perceptor.encode_image(shown)[0] @ models.perceptor.encode_texts(["the sea"])[0]
    return pictures, float(likeness)


def test_a_story_is_its_first_part_until_it_turns_and_then_comes_nearer_to_the_next(pocket: Models) -> None:
    request = replace(REQUEST, steps=20)
    alone, before = course(pocket, request)
    story, after = course(pocket, replace(request, targets=read("a red apple ^ the sea")))
    assert [torch.equal(*each) for each in zip(alone, story, strict=True)] == [True] * 10 + [False] * 10
    assert after > before + 0.1


def test_a_picture_keeps_away_from_what_it_is_to_be_without(pocket: Models) -> None:
    request = replace(REQUEST, prompt="a sailboat on the sea", steps=20)
    assert course(pocket, replace(request, without=("the sea",)))[1] < course(pocket, request)[1] - 0.1


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
    before = distance(state, pocket)
    while len(engine):
        engine.step()
    assert distance(state, pocket) < before - 0.1


def test_the_last_stage_paints_even_the_shortest_request(models: Models) -> None:
    engine = make_engine(models, SKETCH)
    assert [last_step(engine.equipment.recipe.stages, stage, 4) for stage in (0, 1)] == [2, 4]
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


def test_after_one_step_a_batch_differs_by_rounding(engine: Engine) -> None:
    requests = [replace(REQUEST, id=f"{seed}", seed=seed, steps=1) for seed in range(4)]
    together = paint(engine, *requests)
    for request in requests:
        assert torch.allclose(together[request.id], paint(engine, request)[request.id], atol=1e-4)


def test_requests_join_and_leave_between_steps(engine: Engine) -> None:
    engine.add_request(REQUEST)
    engine.step()
    engine.add_request(replace(REQUEST, id="b", steps=1))
    assert [(p.request.id, p.step, p.done) for p in engine.step()] == [("a", 2, False), ("b", 1, True)]
    assert [p.request.id for p in engine.step()] == ["a"]


def test_paintings_join_and_leave_at_every_step(models: Models) -> None:
    """Whoever joins, finishes or is taken back meanwhile, a picture is what it is alone."""
    recipe = replace(SKETCH, cutouts=4)
    negatives = NegativesSection(distractors=("a dog",), nouns=("cat", "dog", "sea"))
    engine, random = make_engine(models, recipe, negatives), Random(7)
    alone = make_engine(models, recipe, negatives)
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


class Plain:
    """A canvas of one colour that takes as long as a clock is told to go on, and breaks when it is told to."""

    multiple = 1

    def __init__(self) -> None:
        self.now = 0.0
        self.broken = False

    def init(self, width: int, height: int, _: Generator, __: Tensor | None) -> Init:
        return Init((torch.zeros(1, height, width),), (torch.zeros(3, 1, 1),))

    def render(self, parameters: Sequence[Tensor], constants: Sequence[Tensor]) -> Tensor:
        if self.broken:
            raise RuntimeError("broken")
        self.now += 9 if constants[0].shape[-1] == 128 else 1
        return parameters[0].sigmoid() + constants[0]

    def regulariser(self, _: Sequence[Tensor], __: Sequence[Tensor], pictures: Tensor) -> Tensor:
        return pictures.new_zeros(len(pictures))

    def latents(self, _: Sequence[Tensor], constants: Sequence[Tensor]) -> None:
        """Return none."""

    def distance_to_start(self, parameters: Sequence[Tensor]) -> Tensor:
        return parameters[0].square().mean((1, 2, 3))


def plain_engine(models: Models, canvas: Plain, prior: Prior | None = None) -> Engine:
    recipe, clock = Recipe(cutouts=4), Stopwatch(CPU, lambda: canvas.now)
    objective = Likeness(models.perceptor, Cutouts(4, models.perceptor.input_size, CPU))
    parts = Parts(canvas, objective, OPTIMISERS["adam"]())
    return Engine(Equipment(recipe, lambda _: parts, CPU, prior), clock)


def test_batches_get_equal_time(models: Models) -> None:
    """A giant whose step takes nine times as long gets one step in ten."""
    engine = plain_engine(models, Plain())
    engine.add_request(replace(REQUEST, id="giant", width=128, steps=100))
    engine.add_request(replace(REQUEST, id="small", steps=100))
    steps = Counter(engine.step()[0].request.id for _ in range(50))
    assert steps == {"giant": 5, "small": 45}
    assert Timing((128, 64), 1, 9.0, 9.0) in engine.timings()
    assert engine.timings() == []


class Slow:
    """A prior that takes as many slices as it is told to, each of some time, and then gives grey."""

    name = "slow"

    def __init__(self, canvas: Plain, slices: int, seconds: float) -> None:
        self.canvas = canvas
        self.slices = slices
        self.seconds = seconds
        self.closed: list[str] = []

    def begin(self, request: ImagineRequest, _: object, __: Tensor, ___: Generator) -> Slices[None, None, Tensor]:
        try:
            for _ in range(self.slices):
                self.canvas.now += self.seconds
                if request.prompt == "break":
                    raise RuntimeError("broken")
                yield
        except GeneratorExit:
            self.closed.append(request.id)
            raise
        return torch.full((3, request.height, request.width), 0.5)


def test_paintings_go_on_while_the_prior_works(models: Models) -> None:
    canvas = Plain()
    engine = plain_engine(models, canvas, Slow(canvas, slices=20, seconds=0.5))
    assert engine.equipment.inits == ("slow", "noise", "pixels", "gradient", "fractal")
    engine.add_request(replace(REQUEST, id="runs", steps=100, init="noise"))
    begun = [engine.add_request(replace(REQUEST, id=str(number), steps=100)) for number in range(2)]
    taken: list[str] = []
    while begun[0].step == 0:
        states = engine.step()
        taken.append("prior" if states[0].picture is None else "".join(state.request.id for state in states))
    counts = Counter(taken)
    assert 21 <= counts["prior"] <= 23, "they get their pictures one after the other"
    assert 9 <= counts["runs"] <= 12, "a step takes as long as two slices"
    assert [timing.seconds for timing in engine.timings()][-1] == pytest.approx(1 + 20 * 0.5)
    engine.step()
    assert all(timing.seconds == 1 for timing in engine.timings())


def test_a_prior_can_be_stopped_at_its_work(models: Models) -> None:
    canvas = Plain()
    prior = Slow(canvas, slices=5, seconds=1)
    engine = plain_engine(models, canvas, prior)
    for number in ("a", "b"):
        engine.add_request(replace(REQUEST, id=number, steps=1))
    assert [state.request.id for state in engine.step()] == ["a"]
    engine.abort_request("a")
    engine.abort_request("b")
    assert prior.closed == ["a"], "the other had not begun"
    assert len(engine) == 0
    assert engine.step() == []


def test_a_prior_that_breaks_fails_only_its_own_request(models: Models) -> None:
    canvas = Plain()
    engine = plain_engine(models, canvas, Slow(canvas, slices=2, seconds=1))
    engine.add_request(replace(REQUEST, id="runs", steps=9, init="noise"))
    engine.add_request(replace(REQUEST, id="breaks", prompt="break"))
    engine.add_request(replace(REQUEST, id="waits", steps=3))
    failed: list[str] = []
    done: list[str] = []
    while len(engine):
        for state in engine.step():
            failed += [state.request.id] if state.fault else []
            done += [state.request.id] if state.done else []
    assert failed == ["breaks"]
    assert sorted(done) == ["runs", "waits"]


def test_what_models_do_not_bring_is_refused(engine: Engine) -> None:
    assert engine.equipment.inits == ("noise", "pixels", "gradient", "fractal")
    with pytest.raises(RequestError, match="no sketch to begin from; ask again without `--init sketch`"):
        engine.add_request(replace(REQUEST, init="sketch"))
    assert len(engine) == 0


def test_another_number_of_targets_is_another_batch(engine: Engine) -> None:
    targets = (Target("the sea"), Target("a dog", weight=-0.5))
    engine.add_request(REQUEST)
    engine.add_request(replace(REQUEST, id="b", targets=targets))
    engine.add_request(replace(REQUEST, id="c", targets=tuple(reversed(targets))))
    assert sorted(len(engine.step()) for _ in range(2)) == [1, 2]


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_the_number_format_does_not_change_how_near_it_comes(precision: Precision) -> None:
    models = load_models("pocket", "pocket", CPU, precision)
    engine = make_engine(models, SKETCH)
    state = engine.add_request(replace(REQUEST, steps=24))
    while len(engine):
        engine.step()
    assert distance(state, models) < 1.0


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


def test_a_step_that_breaks_takes_only_its_own_batch_along(models: Models) -> None:
    canvas = Plain()
    engine = plain_engine(models, canvas)
    engine.add_request(REQUEST)
    engine.add_request(replace(REQUEST, id="wide", width=128))
    canvas.broken = True
    (broken,) = engine.step()
    canvas.broken = False
    assert broken.fault
    assert "RuntimeError: broken" in broken.fault.traceback
    assert len(engine) == 1
    (other,) = engine.step()
    assert other is not broken
    assert other.fault is None


def test_the_tail_of_a_long_prompt_is_reported(engine: Engine) -> None:
    request = replace(REQUEST, prompt="red " * 75 + "blue green")
    assert engine.add_request(replace(request, long="cut")).left_out == "blue green"
    assert engine.add_request(replace(request, id="joined")).left_out == ""


def test_a_size_that_the_model_cannot_paint_is_refused(tiny_models: ModelsSettings) -> None:
    coarse = tiny_vqgan(levels=6)
    perceptor = load_models(tiny_models.vqgan, tiny_models.clip, CPU).perceptor
    engine = make_engine(prepare(Models(coarse, perceptor, Recipe(cutouts=4), Path()), CPU), Recipe(cutouts=4))
    assert engine.equipment.multiple == 32
    with pytest.raises(RequestError, match="multiples of 32 pixels; ask for `--size 128x64` or `--size 160x96`"):
        engine.add_request(replace(REQUEST, width=144, height=80))
    assert len(engine) == 0
    engine.add_request(replace(REQUEST, width=160, height=96))
    (state,) = engine.step()
    assert state.picture is not None
    assert state.picture.shape == (3, 96, 160)


@contextlib.contextmanager
def batches_made() -> Iterator[Callable[[], list[int]]]:
    """Give what returns the identities of the batches that were made inside and not freed.

    The cyclic collector is off: nothing that owns memory of a device may wait for it.
    """

    def alive() -> list[int]:
        return [id(each) for each in gc.get_objects() if type(each) is Batch and id(each) not in earlier]

    gc.collect()
    gc.disable()
    earlier: list[int] = []
    earlier += alive()
    try:
        yield alive
    finally:
        gc.enable()


def test_a_batch_is_kept_for_the_next_request_of_its_key(engine: Engine) -> None:
    with batches_made() as made:
        first = paint(engine, REQUEST)["a"]
        (kept,) = made()
        paint(engine, *(replace(REQUEST, id=str(number), seed=number) for number in range(3)))
        assert torch.equal(paint(engine, REQUEST)["a"], first), "nothing of those before is left in it"
        assert made() == [kept]


def test_few_batches_are_kept_and_none_longer_than_its_engine(models: Models) -> None:
    with batches_made() as made:
        engine = make_engine(models, models.recipe)
        for number in range(KEPT + 2):
            paint(engine, replace(REQUEST, width=64 + 8 * number, steps=1))
        assert len(made()) == KEPT
        del engine
        assert made() == []


def test_no_more_memory_is_kept_than_may_be(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    paint(engine, REQUEST)
    (first,) = engine._batches._all
    monkeypatch.setattr(batches, "KEPT_BYTES", 2.5 * first.nbytes)
    for width in (72, 80):
        paint(engine, replace(REQUEST, width=width, steps=1))
    assert [each.key[0] for each in engine._batches._all] == [(72, 64), (80, 64)]
    monkeypatch.setattr(batches, "KEPT_BYTES", 0)
    paint(engine, REQUEST)
    assert engine._batches._all == []


def test_a_batch_that_broke_is_not_kept(models: Models) -> None:
    canvas = Plain()
    engine = plain_engine(models, canvas)
    with batches_made() as made:
        engine.add_request(REQUEST)
        canvas.broken = True
        (state,) = engine.step()
        assert state.fault
        assert made() == []
