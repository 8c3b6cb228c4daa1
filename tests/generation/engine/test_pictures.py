"""That a picture from a member is begun from, come near to, and kept where it is masked."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Generator, Tensor

from config.settings.models import ModelsSettings
from generation.canvas.noise import fractal
from generation.checkpoints.loader import Models, load_models
from generation.engine.batch import pull
from generation.engine.engine import Engine
from generation.engine.equipment import GONE
from generation.engine.story import weights
from generation.errors import RequestError
from generation.pocket.description import NegativesSection, PocketSection
from generation.recipe import Recipe, Stage
from generation.request import ImagineRequest
from generation.targets import Target
from generation.worker.build import engine_for

CPU = torch.device("cpu")
SIDE = 64
START, MASK, OTHER = "1" * 64, "2" * 64, "3" * 64
PICTURES = {
    START: fractal(SIDE, SIDE, Generator().manual_seed(1)).mul(255).round().div(255),
    MASK: (torch.arange(SIDE) < SIDE // 2).float().expand(3, SIDE, SIDE),
    OTHER: fractal(SIDE, SIDE, Generator().manual_seed(2)),
}
PIXELS = Stage("pixels", 0.5, "normalised", 1.0, 0.1, (1, 1, 1, 1))
LATENT = Stage("latent", 0.5, learning_rate=0.02)
SKETCH = Recipe(8, "grey", (PIXELS, LATENT))
RECIPES = {"latent": Recipe(8), "pixels": Recipe(8, "grey", (replace(PIXELS, share=1.0),)), "both": SKETCH}
REQUEST = ImagineRequest("a", "a red apple", seed=1, width=SIDE, height=SIDE, steps=6)
BEGUN = replace(REQUEST, init_picture=START)


@pytest.fixture(scope="module")
def models(tiny_models: ModelsSettings) -> Models:
    return load_models(tiny_models.vqgan, tiny_models.clip, CPU)


@pytest.fixture(scope="module")
def pocket() -> Models:
    return load_models("pocket", "pocket", CPU)


def make_engine(models: Models, recipe: Recipe, negatives: NegativesSection | None = None) -> Engine:
    return engine_for(replace(models, recipe=recipe), CPU, PocketSection(negatives=negatives))


def paint(engine: Engine, *requests: ImagineRequest, pictures: Mapping[str, Tensor] = PICTURES) -> list[Tensor]:
    states = [engine.add_request(request, pictures=pictures) for request in requests]
    finished = {}
    while len(engine):
        for state in engine.step():
            if state.done:
                assert state.picture is not None
                finished[state.request.id] = state.picture.clone()
    return [finished[state.request.id] for state in states]


def distance(a: Tensor, b: Tensor) -> float:
    return float((a - b).square().mean())


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_painting_begins_from_a_picture(pocket: Models, recipe: str) -> None:
    engine = make_engine(pocket, RECIPES[recipe])
    early = replace(BEGUN, steps=2)
    (begun,), (plain,) = paint(engine, early), paint(engine, replace(early, init_picture=""))
    start = PICTURES[START]
    assert distance(begun, start) < distance(plain, start) / 4
    assert torch.equal(begun, paint(engine, early)[0]), "the same request, the same picture"
    assert not torch.equal(begun, paint(engine, early, pictures=PICTURES | {START: PICTURES[OTHER]})[0])


def test_every_stage_paints_on_a_picture_since_it_is_no_sketch_of_the_words(models: Models) -> None:
    state = make_engine(models, SKETCH).add_request(BEGUN, pictures=PICTURES)
    assert (state.stage, len(state.stages)) == (0, len(SKETCH.stages))


@pytest.mark.parametrize("init", ["pixels", "gradient", "fractal"])
def test_it_begins_from_noise_of_its_own_seed(models: Models, init: str) -> None:
    engine = make_engine(models, RECIPES["pixels"])
    one, other = replace(REQUEST, init=init, steps=1), replace(REQUEST, init=init, seed=2, steps=1)
    (picture,) = paint(engine, one)
    assert torch.equal(picture, paint(engine, one)[0])
    assert distance(picture, paint(engine, other)[0]) > distance(picture, paint(engine, replace(one, steps=2))[0])


@pytest.mark.parametrize("recipe", ["latent", "pixels"])
def test_the_pull_keeps_it_nearer_to_where_it_began(pocket: Models, recipe: str) -> None:
    stage = replace(RECIPES[recipe].stages[0], optimiser="adam", learning_rate=0.1, pyramid=(1.0,))
    engine = make_engine(pocket, Recipe(8, "grey", (stage,)))
    pulled = [replace(BEGUN, steps=10, init_weight=weight) for weight in (0.0, 5.0, 1000.0)]
    far, near, nearest = (
        distance(paint(engine, each)[0], paint(engine, replace(BEGUN, steps=1))[0]) for each in pulled
    )
    assert nearest < near < far


def test_the_pull_is_half_the_weight_and_falls_to_nothing(models: Models) -> None:
    engine = make_engine(models, RECIPES["latent"])
    state = engine.add_request(replace(REQUEST, steps=4, init_weight=3.0))
    pulls = []
    while len(engine):
        pulls.append(pull(state))
        engine.step()
    assert pulls == [1.5, 1.5 * 3 / 4, 1.5 / 2, 1.5 / 4]


@pytest.mark.parametrize("recipe", RECIPES)
def test_outside_of_a_mask_the_picture_stays_to_the_pixel(models: Models, recipe: str) -> None:
    (picture,) = paint(make_engine(models, RECIPES[recipe]), replace(BEGUN, mask=MASK))
    start = PICTURES[START]
    assert torch.equal(picture[..., SIDE // 2 :], start[..., SIDE // 2 :])
    assert distance(picture[..., : SIDE // 2 - 2], start[..., : SIDE // 2 - 2]) > 1e-4


def test_a_masked_painting_and_another_are_painted_beside_each_other(models: Models) -> None:
    engine = make_engine(models, RECIPES["latent"])
    requests = [replace(BEGUN, id="m", mask=MASK), replace(BEGUN, id="n"), replace(REQUEST, id="o", init_weight=2.0)]
    alone = [paint(engine, request)[0] for request in requests]
    for one, other in zip(alone, paint(engine, *requests), strict=True):
        assert torch.allclose(one, other, atol=1e-4)


@pytest.mark.parametrize("negatives", [None, NegativesSection(distractors=("a house", "the sea"), nouns=("house",))])
def test_a_painting_comes_nearer_to_a_picture(pocket: Models, negatives: NegativesSection | None) -> None:
    engine = make_engine(pocket, RECIPES["both"], negatives)
    targets = (Target(picture=OTHER),)
    before, after = (paint(engine, replace(REQUEST, targets=targets, steps=steps))[0] for steps in (1, 20))

    def seen(picture: Tensor) -> float:
        rows = engine.equipment.parts(engine.equipment.recipe.stages[0]).objective.rows(
            replace(REQUEST, targets=targets), {OTHER: picture}
        )
        wanted = engine.equipment.parts(engine.equipment.recipe.stages[0]).objective.rows(
            replace(REQUEST, targets=targets), PICTURES
        )
        return float(rows[0][0] @ wanted[0][0])

    assert seen(after) > seen(before) + 0.05


def test_pictures_and_words_are_weighed_against_each_other(models: Models) -> None:
    engine = make_engine(models, RECIPES["latent"])
    targets = (Target("a red apple", weight=3.0), Target(picture=OTHER, weight=-1.0))
    request = replace(REQUEST, targets=targets)
    vectors = engine.equipment.parts(engine.equipment.recipe.stages[0]).objective.rows(request, PICTURES)[0]
    assert weights(request, 0).tolist() == [0.75, -0.25]
    assert vectors.norm(dim=1).tolist() == pytest.approx([1, 1])
    (word,), _ = engine.equipment.parts(engine.equipment.recipe.stages[0]).objective.rows(REQUEST)[:2]
    assert torch.allclose(vectors[0], word, atol=1e-6)


def test_a_prior_is_not_asked_where_there_are_no_words_or_there_is_a_picture(pocket: Models) -> None:
    engine = engine_for(pocket, CPU)
    state = engine.add_request(replace(REQUEST, targets=(Target(picture=OTHER),), steps=10), pictures=PICTURES)
    assert engine.step() == [state]
    engine.abort_request("a")
    state = engine.add_request(BEGUN, pictures=PICTURES)
    assert engine.step() == [state]
    engine.abort_request("a")
    unwanted = Target(picture=OTHER), Target("a red apple", weight=-1.0)
    state = engine.add_request(replace(REQUEST, targets=unwanted, steps=10), pictures=PICTURES)
    assert engine.step() == [state], "nobody wants to see what the words say"
    engine.abort_request("a")
    both = Target(picture=OTHER, weight=5.0), Target("a red apple")
    state = engine.add_request(replace(REQUEST, targets=both), pictures=PICTURES)
    assert engine.step() == [state]
    assert state.step == 0, "it draws what the words say"


@pytest.mark.parametrize(
    "changes",
    [{"init_picture": START}, {"init_picture": START, "mask": MASK}, {"init_weight": 5.0, "init_picture": START}],
)
def test_it_goes_on_from_a_checkpoint_to_the_same_picture(models: Models, changes: dict[str, Any]) -> None:
    engine, request = make_engine(models, SKETCH), replace(REQUEST, **changes, steps=20)
    state = engine.add_request(request, pictures=PICTURES)
    while state.step < 9:
        engine.step()
    checkpoint = engine.checkpoint(state).to_bytes()
    while len(engine):
        engine.step()
    assert state.picture is not None
    picture = state.picture.clone()
    resumed = make_engine(models, SKETCH)
    again = resumed.add_request(request, checkpoint, PICTURES)
    while len(resumed):
        resumed.step()
    assert again.picture is not None
    assert torch.equal(again.picture, picture)


@pytest.mark.parametrize(
    "changes", [{"init_picture": OTHER}, {"targets": (Target(picture=OTHER),)}, {"init_picture": START, "mask": OTHER}]
)
def test_without_its_picture_nothing_is_painted(models: Models, changes: dict[str, Any]) -> None:
    engine = make_engine(models, SKETCH)
    with pytest.raises(RequestError, match=GONE):
        engine.add_request(replace(REQUEST, **changes), pictures={START: PICTURES[START]})
    assert len(engine) == 0


def test_a_weight_holds_pocket_models_to_a_picture_the_more_the_larger_it_is(pocket: Models) -> None:
    engine = engine_for(pocket, CPU)
    begun = replace(BEGUN, steps=20)
    weights = (0.0, 25.0, 125.0)
    away = [distance(paint(engine, replace(begun, init_weight=weight))[0], PICTURES[START]) for weight in weights]
    assert away[1] < 0.9 * away[0]
    assert away[2] < 0.9 * away[1]
