"""Whatever can be chosen changes the picture in the way that it says."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from config.settings.models import ModelsSettings
from generation.checkpoints.loader import Models, load_models
from generation.engine.batch import Batch
from generation.engine.engine import Engine
from generation.engine.state import RequestState
from generation.errors import RequestError
from generation.options import OPTIMISERS
from generation.perceptor.clip import CLIPPerceptor
from generation.pocket.description import PocketSection
from generation.recipe import Recipe, Stage
from generation.request import ImagineRequest
from generation.worker.build import engine_for
from tests.generation.simulated import effort

CPU = torch.device("cpu")
REQUEST = ImagineRequest("a", "a red apple", seed=1, width=64, height=64, steps=8)
SKETCH = Recipe(
    cutouts=8,
    init="grey",
    stages=(Stage("pixels", 0.5, "normalised", 0.6, 0.1, (1, 1, 1, 1)), Stage("latent", 0.5, learning_rate=0.02)),
)


@pytest.fixture(scope="module")
def models(tiny_models: ModelsSettings) -> Models:
    return load_models(tiny_models.vqgan, tiny_models.clip, CPU)


@pytest.fixture(scope="module")
def pocket() -> Models:
    return load_models("pocket", "pocket", CPU)


@pytest.fixture
def engine(models: Models) -> Engine:
    return engine_for(models, CPU, PocketSection())


@pytest.fixture
def pixels(models: Models) -> Engine:
    """Give an engine in which every small step can be seen: no codes stand between parameters and picture."""
    recipe = Recipe(cutouts=4, init="grey", stages=(Stage("pixels", learning_rate=0.05),))
    return engine_for(replace(models, recipe=recipe), CPU, PocketSection())


def pictures(engine: Engine, **fields: Any) -> list[Tensor]:
    """Return the pictures of a request after each of its steps, the first as it began."""
    return [state.picture.clone() for state in states(engine, **fields) if state.picture is not None]


def states(engine: Engine, **fields: Any) -> Iterator[RequestState]:
    engine.add_request(replace(REQUEST, **fields))
    while len(engine):
        yield from engine.step()


def batch_of(engine: Engine) -> Batch:
    """Return the batch in which there is a request."""
    (batch,) = engine._batches.running
    return batch


def way(engine: Engine, **fields: Any) -> list[float]:
    """Return how far the parameters of a request have gone after each step but the last, as a root mean square."""
    gone = []
    for state in states(engine, **fields):
        if not state.done:
            batch = batch_of(engine)
            gone.append(float(batch._parameters[0][0].square().mean().sqrt()))
    return gone


def moves(engine: Engine, **fields: Any) -> list[float]:
    """Return how far the parameters went in each step but the first and the last."""
    places = []
    for state in states(engine, **fields):
        if not state.done:
            places.append(batch_of(engine)._parameters[0][0].clone())
    return [float((b - a).square().mean().sqrt()) for a, b in pairwise(places)]


def test_a_request_that_names_the_usual_is_the_usual_one(engine: Engine) -> None:
    usual = pictures(engine)[-1]
    named = {"quality": "normal", "optimiser": "adam", "rate": 0.1, "final_rate": 1.0, "ema": 0.0, "smooth": 0.0}
    assert torch.equal(pictures(engine, **named, cutouts=4, cuts="composed", grow=0.0)[-1], usual)


def test_requests_share_a_batch_where_they_ask_for_the_same(engine: Engine) -> None:
    for number, fields in enumerate([{}, {"rate": 0.1}, {"quality": "normal"}, {"rate": 0.2}, {"cuts": "crops"}]):
        engine.add_request(replace(REQUEST, id=str(number), **fields))  # type: ignore[arg-type]
    assert sorted(len(engine.step()) for _ in range(3)) == [1, 1, 3]


@pytest.fixture(scope="module")
def sketching(pocket: Models) -> Engine:
    return engine_for(replace(pocket, recipe=SKETCH), CPU, PocketSection())


@pytest.mark.parametrize("name", OPTIMISERS)
def test_every_optimiser_takes_the_picture_near_to_the_prompt_at_its_own_pace(
    pocket: Models, sketching: Engine, name: str
) -> None:
    state = sketching.add_request(replace(REQUEST, steps=24, optimiser=name))
    distances = []
    while len(sketching):
        sketching.step()
        if not (state.step == 1 or state.done):
            continue
        assert state.picture is not None
        shown = F.interpolate(state.picture[None], size=pocket.perceptor.input_size, mode="area")
        distances.append(float((pocket.perceptor.encode_image(shown)[0] - state.rows[0][0]).norm()))
    assert distances[-1] < distances[0] - 0.1


def test_a_higher_rate_goes_further(engine: Engine) -> None:
    slow, usual, fast = way(engine, rate=0.02), way(engine), way(engine, rate=0.5)
    assert usual[0] == pytest.approx(5 * slow[0], rel=0.01)
    assert fast[0] == pytest.approx(5 * usual[0], rel=0.01)
    assert slow[-1] < usual[-1] < fast[-1]


def test_a_final_rate_makes_the_last_steps_smaller(engine: Engine) -> None:
    usual, falling = moves(engine), moves(engine, final_rate=0.0)
    assert falling[-1] < 0.3 * usual[-1]


def test_a_mean_is_shown_and_the_loop_goes_on_as_without(engine: Engine) -> None:
    """What is shown after a step is the mean of all parameters so far, each newer one with more weight."""
    places = []
    canvas = engine.equipment.parts(engine.equipment.recipe.stages[0]).canvas
    for state in states(engine):
        if not state.done:
            places.append(batch_of(engine)._parameters[0][0].clone())
    (start,) = [canvas.init(64, 64, torch.Generator().manual_seed(1), None).constants[0]]
    shown = pictures(engine, ema=0.5)
    for number in range(1, len(places)):
        weights = 0.5 ** torch.arange(number, 0, -1)
        mean = (weights[:, None, None, None] * torch.stack(places[:number])).sum(0) / weights.sum()
        expected = canvas.render([mean[None]], [start[None]])[0]
        assert (shown[number - 1] - expected).abs().max() < 1e-3


def test_a_mean_makes_the_picture_calmer(pixels: Engine) -> None:
    def unrest(ema: float) -> float:
        shown = pictures(pixels, ema=ema, rate=0.1, steps=16)[6:-1]
        return float(torch.stack([(b - a).abs().mean() for a, b in pairwise(shown)]).mean())

    assert unrest(0.95) < 0.7 * unrest(0.0)


def roughness(picture: Tensor) -> float:
    return float((picture[:, 1:] - picture[:, :-1]).abs().mean() + (picture[..., 1:] - picture[..., :-1]).abs().mean())


def test_smooth_evens_the_picture_out(pixels: Engine) -> None:
    rough, smooth = (pictures(pixels, steps=16, smooth=weight)[-1] for weight in (0.0, 100.0))
    assert roughness(smooth) < 0.7 * roughness(rough)


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[Tensor]:
    """Give what the perceptor is shown, step by step."""
    views: list[Tensor] = []
    encode = CLIPPerceptor.encode_cutouts

    def encode_and_note(perceptor: CLIPPerceptor, cutouts: Tensor, *others: Any) -> Tensor:
        views.append(cutouts.detach())
        return encode(perceptor, cutouts, *others)

    monkeypatch.setattr(CLIPPerceptor, "encode_cutouts", encode_and_note)
    return views


def test_as_many_cutouts_are_judged_as_asked_for(engine: Engine, seen: list[Tensor]) -> None:
    pictures(engine, steps=1)
    pictures(engine, steps=1, cutouts=13)
    assert [each.shape[:2] for each in seen] == [(1, 4), (1, 13)]


def test_more_cutouts_than_four_times_the_usual_are_refused(engine: Engine) -> None:
    engine.add_request(replace(REQUEST, cutouts=16))
    with pytest.raises(RequestError, match="shown 16 cutouts in a step; ask for no more with `--cutouts 16`"):
        engine.add_request(replace(REQUEST, id="b", cutouts=17))


def test_a_cut_method_decides_what_is_judged(engine: Engine, seen: list[Tensor]) -> None:
    """Crops of the same picture differ from each other; of a picture that is pooled all views are alike."""
    pictures(engine, steps=1, cuts="crops", width=96)
    pictures(engine, steps=1, cuts="pooled", augment=())
    crops, pooled = (views[0].std(0).mean() for views in seen)
    assert crops > 0.01
    assert pooled == 0


def test_a_cut_power_makes_the_cuts_smaller(engine: Engine, seen: list[Tensor]) -> None:
    """Small cuts of a picture at random places differ more from each other than large ones, which are nearly all."""
    for power in (0.1, 10.0):
        pictures(engine, steps=1, cuts="crops", cutouts=16, cut_power=power, width=128, height=128)
    large, small = (float(views[0].mean((1, 2, 3)).std()) for views in seen)
    assert small > 1.5 * large


def test_an_augmentation_changes_what_is_judged(engine: Engine, seen: list[Tensor]) -> None:
    pictures(engine, steps=1, cuts="pooled", augment=("erasing",), cutouts=16)
    black = (seen[0][0] == 0).all(1).float().mean((1, 2))
    assert 0.3 < (black > 0.05).float().mean() < 1


def test_what_grows_is_painted_at_half_the_size_and_shown_at_its_own(engine: Engine) -> None:
    sizes, shapes = [], set()
    for state in states(engine, width=96, steps=10, grow=0.6):
        assert state.picture is not None
        shapes.add(tuple(state.picture.shape))
        if not state.done:
            sizes.append(batch_of(engine)._pictures.shape[2:])
    assert shapes == {(3, 64, 96)}
    assert [tuple(size) for size in sizes[:5]] == [(32, 48)] * 5
    assert [tuple(size) for size in sizes[6:]] == [(64, 96)] * 3


def test_what_grows_goes_on_from_what_it_was(pocket: Models) -> None:
    engine = engine_for(replace(pocket, recipe=replace(SKETCH, stages=SKETCH.stages[:1])), CPU, PocketSection())
    shown = pictures(engine, steps=20, grow=0.5)
    assert (shown[10] - shown[9]).abs().mean() < 0.1 * (shown[9] - shown[0]).abs().mean() + 0.02


def test_a_size_of_which_half_is_no_multiple_grows_from_the_nearest(engine: Engine) -> None:
    state = engine.add_request(replace(REQUEST, width=72, steps=2, grow=0.5))
    engine.step()
    assert state.picture is not None
    assert state.picture.shape == (3, 64, 72)


@pytest.mark.parametrize("quality", ["draft", "better", "best"])
def test_a_quality_changes_the_picture(pixels: Engine, quality: str) -> None:
    assert (pictures(pixels, quality=quality)[-1] - pictures(pixels)[-1]).abs().mean() > 0.01


def test_steps_are_timed_as_if_nothing_had_been_asked_for(models: Models) -> None:
    """A step with four times the cutouts counts for as much less as it is more work."""
    engine = engine_for(models, CPU, PocketSection())
    ticks = iter(range(100))
    engine._stopwatch._clock = lambda: float(next(ticks))
    for fields in ({}, {"cutouts": 16}, {"grow": 0.9}):
        pictures(engine, steps=1, **fields)
    seconds = [timing.seconds for timing in engine.timings()]
    assert seconds[0] == 1
    assert seconds[1] == pytest.approx(1 / effort(replace(REQUEST, cutouts=128)))
    assert seconds[2] > 1
