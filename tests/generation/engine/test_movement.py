"""That pictures are moved between steps: where to, when, and as if nothing else had been."""

from dataclasses import replace

import pytest
import torch
from torch import Generator, Tensor

from config.settings.models import ModelsSettings
from generation.canvas.noise import fractal
from generation.checkpoints.loader import Models, load_models
from generation.engine.engine import Engine
from generation.engine.movement import moved, moves, steps_since
from generation.recipe import Recipe, Stage
from generation.request import ImagineRequest
from generation.worker.build import engine_for

CPU = torch.device("cpu")
REQUEST = ImagineRequest("a", "a red apple", seed=1, width=64, height=64, steps=12)
MOVING = replace(REQUEST, zoom=1.25, pan=(3.0, -2.0), rotate=10.0, move_every=4)
PIXELS = Stage("pixels", 0.5, "normalised", 1.0, 0.1, (1, 1, 1, 1))
LATENT = Stage("latent", 0.5, learning_rate=0.02)
RECIPES = {"latent": Recipe(4), "pixels": Recipe(4, "noise", (replace(PIXELS, share=1.0),)), "both": Recipe(4)}
RECIPES["both"] = Recipe(4, "grey", (PIXELS, LATENT))


@pytest.fixture(scope="module")
def models(tiny_models: ModelsSettings) -> Models:
    return load_models(tiny_models.vqgan, tiny_models.clip, CPU)


def the_engine(models: Models, recipe: str = "latent") -> Engine:
    return engine_for(replace(models, recipe=RECIPES[recipe]), CPU)


def paint(engine: Engine, *requests: ImagineRequest) -> list[list[Tensor]]:
    """Paint requests together, and return the pictures of each after every step."""
    states = [engine.add_request(request) for request in requests]
    pictures: dict[str, list[Tensor]] = {request.id: [] for request in requests}
    while len(engine):
        for state in engine.step():
            assert state.fault is None
            assert state.picture is not None
            pictures[state.request.id].append(state.picture.clone())
    return [pictures[state.request.id] for state in states]


def picture(width: int = 64, height: int = 48) -> Tensor:
    return fractal(width, height, Generator().manual_seed(1))


@pytest.mark.parametrize("scale", [1, 2])
def test_a_shift_is_to_the_right_and_down_and_what_comes_in_is_mirrored(scale: int) -> None:
    request = replace(REQUEST, width=64 * scale, height=48 * scale, pan=(3.0 * scale, 5.0 * scale))
    before, after = picture(), moved(picture(), request)
    assert torch.allclose(after[:, 5:, 3:], before[:, :-5, :-3], atol=1e-4)
    assert torch.allclose(after[:, 5:, :3], before[:, :-5, :3].flip(2), atol=1e-4)
    assert torch.allclose(after[:, :5, 3:], before[:, :5, :-3].flip(1), atol=1e-4)


def test_a_turn_is_clockwise_about_the_middle() -> None:
    square = picture(64, 64)
    assert torch.allclose(moved(square, replace(REQUEST, rotate=90.0)), square.rot90(-1, (1, 2)), atol=1e-4)
    upright = replace(REQUEST, height=48, rotate=180.0)
    assert torch.allclose(moved(picture(), upright), picture().rot90(2, (1, 2)), atol=1e-4)


@pytest.mark.parametrize(("width", "height"), [(64, 48), (48, 64)])
def test_a_turn_keeps_shapes_of_any_picture(width: int, height: int) -> None:
    disc = torch.zeros(1, height, width)
    down, across = torch.meshgrid(torch.arange(height) + 0.5, torch.arange(width) + 0.5, indexing="ij")
    disc[0, (down - height / 2) ** 2 + (across - width / 2) ** 2 < 15**2] = 1
    turned = moved(disc.expand(3, -1, -1), replace(REQUEST, width=width, height=height, rotate=33.0))
    assert (turned[:1] - disc).abs().mean() < 0.02


def test_it_grows_and_shrinks_about_the_middle() -> None:
    before = picture(64, 64)
    larger, smaller = (moved(before, replace(REQUEST, zoom=zoom)) for zoom in (2.0, 0.5))
    middle = before[:, 16:48, 16:48]
    shrunk = torch.nn.functional.avg_pool2d(larger, 2)
    assert (shrunk - middle).abs().mean() < 0.01
    assert (smaller[:, 16:48, 16:48] - torch.nn.functional.avg_pool2d(before, 2)).abs().mean() < 0.03


def test_it_is_shifted_after_it_was_turned_and_enlarged() -> None:
    both = replace(REQUEST, height=48, zoom=1.5, rotate=20.0, pan=(4.0, -6.0))
    in_turn = moved(moved(picture(), replace(both, pan=(0.0, 0.0))), replace(both, zoom=1.0, rotate=0.0))
    inside = moved(picture(), both)[:, 8:-8, 8:-8]
    assert (inside - in_turn[:, 8:-8, 8:-8]).abs().max() < 1e-3


def test_nothing_moves_that_was_not_asked_to() -> None:
    assert not any(moves(replace(REQUEST, move_every=1), step) for step in range(1, 13))
    assert [step for step in range(1, 13) if moves(MOVING, step)] == [4, 8]
    assert [steps_since(MOVING, step, 0) for step in range(10)] == [0, 1, 2, 3, 0, 1, 2, 3, 0, 1]
    assert [steps_since(MOVING, step, 6) for step in range(6, 12)] == [0, 1, 0, 1, 2, 3]
    assert steps_since(REQUEST, 11, 1) == 10


@pytest.mark.parametrize("recipe", RECIPES)
def test_the_picture_goes_on_from_the_moved_one(models: Models, recipe: str) -> None:
    ((*still, _),), ((*moving, _),) = (paint(the_engine(models, recipe), each) for each in (REQUEST, MOVING))
    assert all(map(torch.equal, still[:3], moving[:3]))
    assert not torch.equal(still[5], moving[5])
    if recipe == "pixels":  # an encoder of random weights does not give back what it is given
        assert (moved(moving[3], MOVING) - moving[4]).abs().max() < 1e-4
        assert (moved(moving[7], MOVING) - moving[8]).abs().max() < 1e-4


def test_the_same_request_the_same_picture(models: Models) -> None:
    first, second = (paint(the_engine(models, "both"), MOVING)[0][-1] for _ in range(2))
    assert torch.equal(first, second)


def test_who_moves_and_who_does_not_share_a_batch(models: Models) -> None:
    engine = the_engine(models)
    others = [replace(REQUEST, id="b", seed=2), replace(MOVING, id="c", seed=3, zoom=0.9, move_every=3)]
    together = paint(engine, MOVING, *others)
    assert len(engine._batches._all) == 1
    for request, pictures in zip([MOVING, *others], together, strict=True):
        (alone,) = paint(engine, request)
        assert len(pictures) == request.steps
        assert torch.allclose(pictures[-1], alone[-1], atol=0.02)


def test_a_mask_stays_where_it_is(models: Models) -> None:
    start, mask = "1" * 64, "2" * 64
    given = {start: picture(64, 64), mask: (torch.arange(64) < 32).float().expand(3, 64, 64)}
    engine = the_engine(models)
    state = engine.add_request(replace(MOVING, init_picture=start, mask=mask), pictures=given)
    while len(engine):
        engine.step()
    assert state.picture is not None
    assert torch.equal(state.picture[:, :, 32:], given[start][:, :, 32:])


def test_moving_is_work_that_is_known_before() -> None:
    assert MOVING.cost() == REQUEST.cost() + 2 * 64 * 64
    assert replace(MOVING, steps=13).cost() - replace(REQUEST, steps=13).cost() == 3 * 64 * 64
    assert replace(REQUEST, move_every=1).cost() == REQUEST.cost()


def test_moving_is_not_part_of_a_steps_time_but_of_the_batchs(models: Models) -> None:
    engine = the_engine(models)
    now = iter(range(1000))
    engine._stopwatch._clock = lambda: float(next(now))
    paint(engine, replace(MOVING, steps=8))
    assert [timing.seconds for timing in engine.timings()] == [1.0] * 8
    assert engine._batches._all[0].seconds == 9
