"""That a painting begins exactly from the latent of another, and from no other file."""

import math
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from config.settings.models import ModelsSettings
from generation.checkpoints.loader import Models, load_models
from generation.engine.engine import Engine
from generation.engine.equipment import NO_LATENT
from generation.engine.state import RequestState
from generation.errors import RequestError
from generation.latents import DAMAGED, OTHER_MODEL
from generation.metadata import Metadata
from generation.recipe import Recipe, Stage
from generation.request import LATENT, PNG, ImagineRequest
from generation.worker.build import engine_for
from generation.worker.latents import encode_latent, read_latent

CPU = torch.device("cpu")
DIGEST = "1" * 64
REQUEST = ImagineRequest("a", "a red apple", seed=1, width=96, height=64, steps=6, outputs=(PNG, LATENT))
FROM = replace(REQUEST, id="b", seed=2, init_latent=DIGEST)
PIXELS = Stage("pixels", 0.5, "normalised", 1.0, 0.1, (1, 1))
RECIPES = {
    "latent": Recipe(4, stages=(Stage(learning_rate=0.3),)),
    "mean": Recipe(4, stages=(Stage(learning_rate=0.3, ema=0.5),)),
    "grids": Recipe(4, stages=(Stage(learning_rate=0.3, pyramid=(1.0, 0.5)),)),
    "both": Recipe(4, "grey", (PIXELS, Stage(share=0.5, learning_rate=0.3))),
}


@pytest.fixture(scope="module")
def models(tiny_models: ModelsSettings) -> Models:
    return load_models(tiny_models.vqgan, tiny_models.clip, CPU)


def made(models: Models, recipe: Recipe) -> Engine:
    return engine_for(replace(models, recipe=recipe), CPU)


def paint(engine: Engine, request: ImagineRequest, latent: Tensor | None = None) -> tuple[RequestState, list[Tensor]]:
    """Return the state of a finished picture, and the pictures before each of its steps."""
    state = engine.add_request(request, pictures={} if latent is None else {DIGEST: latent})
    pictures = []
    while len(engine):
        engine.step()
        assert state.fault is None
        assert state.picture is not None
        pictures.append(state.picture.clone())
    return state, pictures


@pytest.mark.parametrize("recipe", RECIPES)
def test_the_latent_that_is_read_decodes_to_the_picture_that_it_was_written_of(models: Models, recipe: str) -> None:
    engine = made(models, RECIPES[recipe])
    state, (*_, finished) = paint(engine, REQUEST)
    assert state.latent is not None
    file = encode_latent(state.latent, engine.equipment.vqgan, Metadata(REQUEST))
    z = read_latent(file, engine.equipment.vqgan, REQUEST.shape)
    assert torch.equal(z, state.latent)
    begun, (first, *_) = paint(engine, replace(FROM, ema=0.0), z)
    assert torch.equal(first, finished), "before the first step"
    assert begun.latent is not None
    assert not torch.equal(begun.latent, z)


def test_without_being_asked_for_no_latent_is_kept(models: Models) -> None:
    assert paint(made(models, RECIPES["latent"]), replace(REQUEST, outputs=(PNG,)))[0].latent is None


def test_a_picture_grows_from_no_latent() -> None:
    stages = RECIPES["both"].stages_for(replace(FROM, quality="draft"), prior=False)
    assert [(stage.canvas, stage.scale) for stage in stages] == [("latent", 1.0)]


@pytest.mark.parametrize("request_", [REQUEST, FROM])
def test_models_that_end_in_pixels_have_no_latent(models: Models, request_: ImagineRequest) -> None:
    engine = made(models, Recipe(4, stages=(replace(PIXELS, share=1.0),)))
    with pytest.raises(RequestError) as refusal:
        engine.add_request(request_, pictures={DIGEST: torch.zeros(1)})
    assert str(refusal.value) == NO_LATENT


@pytest.mark.parametrize("shape", [(1, 1, 1), (16, 64, 96), (2**20,)])
def test_a_latent_that_is_none_of_these_models_is_refused(models: Models, shape: tuple[int, ...]) -> None:
    with pytest.raises(RequestError) as refusal:
        made(models, RECIPES["latent"]).add_request(FROM, pictures={DIGEST: torch.zeros(shape)})
    assert str(refusal.value) == DAMAGED


def test_another_model_another_size_and_what_is_no_number_are_refused() -> None:
    file = encode_latent(torch.zeros(3, 4, 6), "a", Metadata(REQUEST))
    with pytest.raises(RequestError) as refusal:
        read_latent(file, "b", REQUEST.shape)
    assert str(refusal.value) == OTHER_MODEL
    with pytest.raises(RequestError, match="ask for `--size 96x64`"):
        read_latent(file, "a", (64, 64))
    for bad in (math.nan, math.inf):
        with pytest.raises(RequestError) as refusal:
            read_latent(encode_latent(torch.full((3, 4, 6), bad), "a", Metadata(REQUEST)), "a", REQUEST.shape)
        assert str(refusal.value) == DAMAGED


def test_the_vqgan_alone_decides_whose_a_latent_is(models: Models) -> None:
    pocket = load_models("pocket", "pocket", CPU)
    assert models.vqgan_fingerprint
    assert len({models.vqgan_fingerprint, models.fingerprint, pocket.vqgan_fingerprint}) == 3
