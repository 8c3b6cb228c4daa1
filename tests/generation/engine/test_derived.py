"""That what is asked for next of a finished picture goes as far from it as it says, with the pocket models."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from generation.canvas import resized
from generation.checkpoints.loader import Models, load_models
from generation.derived import again, continued, larger, vary
from generation.engine.engine import Engine
from generation.request import ImagineRequest
from generation.worker.build import engine_for

CPU = torch.device("cpu")
PICTURE = "1" * 64
PROMPTS = ("a red sailboat on the sea at sunset", "a castle")
SEED = 9

Next = Callable[[ImagineRequest, int], ImagineRequest]


@pytest.fixture(scope="module")
def models() -> Models:
    return load_models("pocket", "pocket", CPU)


@pytest.fixture(scope="module")
def engine(models: Models) -> Engine:
    return engine_for(models, CPU)


@pytest.fixture(scope="module")
def finished(engine: Engine) -> dict[ImagineRequest, Tensor]:
    """Give a few finished pictures."""
    requests = [ImagineRequest("a", prompt, 7, 96, 96, 30) for prompt in PROMPTS]
    return {request: paint(engine, request) for request in requests}


def paint(engine: Engine, request: ImagineRequest, **pictures: Any) -> Tensor:
    state = engine.add_request(request, pictures=pictures.get("pictures", {}))
    while len(engine):
        engine.step()
    assert state.picture is not None
    return state.picture.clone()


@pytest.fixture(scope="module")
def looks_different(models: Models, engine: Engine, finished: dict[ImagineRequest, Tensor]) -> Callable[[Next], float]:
    """Give how different pictures look to CLIP from the finished ones from which they come, in the mean."""
    perceptor = models.perceptor

    @torch.no_grad()
    def seen(picture: Tensor) -> Tensor:
        side = perceptor.input_size
        return perceptor.encode_image(resized(picture, (side, side))[None])[0]

    def measured(next_request: Next) -> float:
        away = [
            1 - float(seen(before) @ seen(paint(engine, next_request(request, SEED), pictures={PICTURE: before})))
            for request, before in finished.items()
        ]
        return sum(away) / len(away)

    return measured


def test_a_strong_variation_is_less_like_it_than_a_subtle_one_and_another_seed_least(
    looks_different: Callable[[Next], float],
) -> None:
    subtle = looks_different(lambda request, seed: vary(request, PICTURE, False, seed))
    strong = looks_different(lambda request, seed: vary(request, PICTURE, True, seed))
    other = looks_different(again)
    assert subtle < strong / 2
    assert strong < other


def test_painting_on_keeps_it_and_another_prompt_turns_it(
    models: Models, engine: Engine, finished: dict[ImagineRequest, Tensor]
) -> None:
    (request, before), *_ = finished.items()
    on = paint(engine, continued(request, PICTURE), pictures={PICTURE: before})
    night = replace(request, prompt="a red sailboat on the sea at night")
    turned = paint(engine, continued(night, PICTURE, 30, turned=True), pictures={PICTURE: before})
    assert 0 < distance(on, before) < distance(turned, before) / 4
    (wanted,) = models.perceptor.encode_texts([night.prompt])
    side = models.perceptor.input_size
    near, far = models.perceptor.encode_image(torch.stack([resized(each, (side, side)) for each in (turned, before)]))
    assert float(near @ wanted) > float(far @ wanted)


def test_larger_is_the_same_with_sharper_edges(engine: Engine, finished: dict[ImagineRequest, Tensor]) -> None:
    (request, before), *_ = finished.items()
    wanted = larger(request, PICTURE, 512)
    enlarged = resized(before, wanted.shape)
    picture = paint(engine, wanted, pictures={PICTURE: enlarged})
    assert picture.shape == (3, 192, 192)
    assert distance(resized(picture, request.shape), before) < 0.05
    assert sharpness(picture) > 1.1 * sharpness(enlarged)


def distance(a: Tensor, b: Tensor) -> float:
    return float((a - b).square().mean().sqrt())


def sharpness(picture: Tensor) -> float:
    """Return the mean square of what a pixel differs by from the mean of those beside it."""
    around = torch.nn.functional.avg_pool2d(picture[None], 3, stride=1)[0]
    return float((picture[:, 1:-1, 1:-1] - around).square().mean())
