"""That a picture that is stopped is what it was in that step, and that chaos begins it further and further off."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from config.settings.models import ModelsSettings
from generation.checkpoints.loader import Models, load_models
from generation.engine.engine import Engine
from generation.recipe import Recipe, Stage
from generation.request import ImagineRequest
from generation.worker.build import engine_for

CPU = torch.device("cpu")
REQUEST = ImagineRequest("a", "a red apple", seed=1, width=64, height=80, steps=20)
PIXELS = Stage("pixels", 0.5, "normalised", 1.0, 0.1, (1, 1, 1, 1), 0.5)
LATENT = Stage("latent", 0.5, "adam", 0.02, 0.5, (1, 0.5))


@pytest.fixture(scope="module")
def models(tiny_models: ModelsSettings) -> Models:
    return load_models(tiny_models.vqgan, tiny_models.clip, CPU)


@pytest.fixture
def engine(models: Models) -> Engine:
    return engine_for(replace(models, recipe=Recipe(4, "noise", (LATENT, PIXELS))), CPU)


def steps_of(engine: Engine, request: ImagineRequest, checkpoint: bytes | None = None) -> list[Tensor]:
    """Return the picture after each step."""
    state = engine.add_request(request, checkpoint)
    pictures = []
    while len(engine):
        (state,) = engine.step()
        assert state.picture is not None
        pictures.append(state.picture.clone())
    return pictures


@pytest.mark.parametrize("stop", [30, 75])
def test_it_ends_as_it_was_in_that_step(engine: Engine, stop: int) -> None:
    whole = steps_of(engine, REQUEST)
    stopped = steps_of(engine, replace(REQUEST, stop=stop))
    assert len(stopped) == 20 * stop // 100
    assert all(torch.equal(a, b) for a, b in zip(stopped[:-1], whole, strict=False))


def test_of_one_that_ends_before_the_latent_is_painted_it_is_kept_all_the_same(models: Models) -> None:
    engine = engine_for(replace(models, recipe=Recipe(4, "noise", (PIXELS, LATENT))), CPU)
    state = engine.add_request(replace(REQUEST, stop=30, outputs=("png", "safetensors")))
    while len(engine):
        engine.step()
    assert state.step == 6
    assert state.latent is not None


def test_it_goes_on_from_a_checkpoint_to_the_same_end(engine: Engine) -> None:
    request = replace(REQUEST, stop=75)
    whole = steps_of(engine, request)
    state = engine.add_request(request)
    for _ in range(12):
        engine.step()
    copy = engine.suspend_request("a")
    assert copy is not None
    assert state.step == 12
    assert torch.equal(steps_of(engine, request, copy.to_bytes())[-1], whole[-1])


@pytest.mark.parametrize("init", ["noise", "gradient"])
def test_more_chaos_begins_further_from_where_it_began_without(models: Models, init: str) -> None:
    engine = engine_for(replace(models, recipe=Recipe(4, "noise", (replace(PIXELS, share=1.0),))), CPU)
    first = [steps_of(engine, replace(REQUEST, init=init, steps=1, chaos=chaos))[0] for chaos in (0, 25, 50, 75, 100)]
    far = [float((each - first[0]).square().mean()) for each in first]
    assert far == sorted(set(far))
