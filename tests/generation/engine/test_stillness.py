from dataclasses import replace

import pytest
import torch

from config.settings.models import ModelsSettings
from generation.checkpoints.loader import Models, load_models
from generation.engine.engine import Engine
from generation.engine.state import RequestState
from generation.pocket.description import PocketSection
from generation.recipe import Recipe, Stage
from generation.request import ImagineRequest
from generation.worker.build import engine_for

CPU = torch.device("cpu")
REQUEST = ImagineRequest("a", "a red apple", seed=1, width=64, height=64, steps=100, until_still=10)


@pytest.fixture(scope="module")
def models(tiny_models: ModelsSettings) -> Models:
    return load_models(tiny_models.vqgan, tiny_models.clip, CPU)


def engine(models: Models, *stages: Stage) -> Engine:
    return engine_for(replace(models, recipe=Recipe(cutouts=2, stages=stages)), CPU, PocketSection())


def painted(engine: Engine, request: ImagineRequest) -> RequestState:
    state = engine.add_request(request)
    while len(engine):
        engine.step()
    assert state.fault is None
    return state


@pytest.fixture
def resting(models: Models) -> Engine:
    return engine(models, Stage("pixels", learning_rate=1e-6))


def test_a_picture_that_is_still_ends_and_says_after_how_much(resting: Engine) -> None:
    state = painted(resting, REQUEST)
    assert state.step == state.request.end_step == 21
    assert state.request == replace(REQUEST, stop=21, until_still=None)


def test_it_is_painted_again_from_what_it_says(resting: Engine) -> None:
    first = painted(resting, REQUEST)
    again = painted(resting, first.request)
    assert first.picture is not None
    assert again.picture is not None
    assert torch.equal(first.picture, again.picture)


def test_a_picture_that_changes_is_painted_to_its_end(models: Models) -> None:
    state = painted(engine(models, Stage("pixels", learning_rate=0.1)), replace(REQUEST, steps=30))
    assert state.step == 30
    assert state.request.stop == 100


def test_only_the_last_stage_ends_a_picture(models: Models) -> None:
    still = Stage("pixels", learning_rate=1e-6, share=0.5)
    state = painted(engine(models, still, replace(still, learning_rate=0.1)), replace(REQUEST, steps=60))
    assert state.step == 60


def test_one_that_is_to_stop_earlier_does(resting: Engine) -> None:
    state = painted(resting, replace(REQUEST, stop=15))
    assert state.step == 15
    assert state.request.stop == 15
