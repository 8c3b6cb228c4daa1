"""Pictures that are painted from coarse to fine, and what is carried over from size to size."""

from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from config.settings.models import ModelsSettings
from generation.canvas import enlarged
from generation.canvas.latent import LatentCanvas
from generation.checkpoints.loader import Models, load_models
from generation.engine.engine import Engine
from generation.engine.optimisers import OPTIMISERS
from generation.engine.state import RequestState
from generation.pocket.description import PocketSection
from generation.recipe import Recipe, Stage
from generation.request import ImagineRequest
from generation.worker.build import engine_for

CPU = torch.device("cpu")
REQUEST = ImagineRequest("a", "a red apple", seed=1, width=64, height=128, steps=12)
PYRAMID = (1.0, 0.5)


@pytest.fixture(scope="module")
def models(tiny_models: ModelsSettings) -> Models:
    return load_models(tiny_models.vqgan, tiny_models.clip, CPU)


def engine(models: Models, *stages: Stage) -> Engine:
    recipe = Recipe(cutouts=4, init="grey", coarse_to_fine=stages)
    return engine_for(replace(models, recipe=recipe), CPU, PocketSection())


def growing(optimiser: str = "adam", canvas: str = "latent", **fields: Any) -> tuple[Stage, ...]:
    first = Stage(canvas, 0.5, optimiser, 0.01, pyramid=PYRAMID, side=32, cutouts=2, **fields)
    return first, replace(first, side=None, cutouts=None, carried=True)


def painted(engine: Engine, request: ImagineRequest = REQUEST) -> tuple[RequestState, list[Tensor]]:
    state = engine.add_request(request)
    pictures = []
    while len(engine):
        for each in engine.step():
            assert each.fault is None
            assert each.picture is not None
            pictures.append(each.picture.clone())
    return state, pictures


@pytest.mark.parametrize("optimiser", ["adam", "normalised", "diffgrad"])
def test_a_picture_that_grows_goes_on_from_what_it_was(models: Models, optimiser: str) -> None:
    """Every picture has the size asked for, and the first of the larger ones is the last small one, enlarged."""
    _, pictures = painted(engine(models, *growing(optimiser, "pixels")))
    assert all(picture.shape == (3, 128, 64) for picture in pictures)
    assert (pictures[6] - pictures[5]).abs().mean() < (pictures[6] - pictures[0]).abs().mean()


def test_a_latent_that_grows_is_enlarged(models: Models) -> None:
    stages = growing()
    latents = []
    for each in (stages[:1], stages):
        own = engine(models, *(replace(stage, share=1 / len(each)) for stage in each))
        state = own.add_request(REQUEST)
        for _ in range(6):
            own.step()
        latents.append(own._batches[state].latent(state))
    small, large = latents
    assert small is not None
    assert large is not None
    assert large.shape[1:] == tuple(2 * side for side in small.shape[1:])
    assert (enlarged(small, large.shape) - large).abs().max() < 1e-3


def test_what_is_carried_over_in_the_same_size_changes_nothing(models: Models) -> None:
    one = Stage("latent", 1.0, "adam", 0.01, pyramid=PYRAMID, ema=0.5, cutouts=4)
    half = replace(one, share=0.5)
    _, whole = painted(engine(models, one))
    _, halves = painted(engine(models, half, replace(half, carried=True)))
    assert all(torch.equal(a, b) for a, b in zip(whole, halves, strict=True))


def decoded(engine: Engine, state: RequestState) -> Tensor:
    """Return the picture of the latent that was kept of a state."""
    assert state.latent is not None
    canvas = engine.equipment.parts(state.stages[-1]).canvas
    assert isinstance(canvas, LatentCanvas)
    init = canvas.begin_at(state.latent, *state.request.shape)
    return canvas.render([each[None] for each in init.parameters], [each[None] for each in init.constants])[0]


@pytest.mark.parametrize("stop", [100, 75, 50])
def test_through_stages_without_steps_a_picture_passes_at_its_end(models: Models, stop: int) -> None:
    """Also at the end of one that is stopped. Its picture is what the latent has of the one before."""
    pixels = Stage("pixels", 0.6, "normalised", 0.1, side=32, cutouts=4)
    own = engine(models, pixels, replace(pixels, share=0.4), Stage(share=0.0, side=64), Stage(share=0.0))
    request = replace(REQUEST, width=128, stop=stop)
    state, pictures = painted(own, replace(request, outputs=("png", "safetensors")))
    assert state.step == len(pictures) == 12 * stop // 100
    assert (pictures[-1] - decoded(own, state)).abs().max() < 1e-5
    assert not torch.equal(pictures[-1], pictures[-2])
    assert torch.equal(painted(own, request)[1][-1], pictures[-1])


def test_a_picture_that_is_still_passes_them_too(models: Models) -> None:
    pixels = Stage("pixels", 0.5, "normalised", 1e-6, side=32, cutouts=4)
    own = engine(models, pixels, pixels, Stage(share=0.0))
    state, pictures = painted(own, replace(REQUEST, steps=100, until_still=10, outputs=("png", "safetensors")))
    assert state.step == state.request.end_step == 71
    assert (pictures[-1] - decoded(own, state)).abs().max() < 1e-5


def test_what_is_not_carried_over_begins_anew(models: Models) -> None:
    half = Stage("latent", 0.5, "adam", 0.01, pyramid=PYRAMID, cutouts=4)
    _, carried = painted(engine(models, half, replace(half, carried=True)))
    _, anew = painted(engine(models, half, half))
    assert torch.equal(carried[5], anew[5])
    assert not torch.equal(carried[-1], anew[-1])


@pytest.mark.parametrize("optimiser", sorted(OPTIMISERS.keys() - {"cma", "cma-mixed"}))
def test_the_optimiser_goes_as_far_in_the_larger_size(optimiser: str) -> None:
    """Gradients are shared by as many more numbers; what an optimiser keeps of them has to be as much smaller."""
    own = OPTIMISERS[optimiser]()
    small, large = torch.full((1, 1, 4, 4), 0.01), torch.full((1, 1, 8, 8), 0.01 / 4)
    zero = torch.zeros_like(small)
    state = own.init((zero,))

    def moved(parameter: Tensor, state: Any, gradient: Tensor, step: int) -> tuple[Tensor, Any]:
        coefficients = own.coefficients((parameter,), 0.1, step, torch.Generator())[None]
        new, kept, _ = own.step(
            (parameter,), state, coefficients, lambda leaves: ((leaves[0] * gradient).flatten(1).sum(1), leaves[0])
        )
        return new[0] - parameter, kept

    for step in range(1, 6):
        last, state = moved(zero, state, small, step)
    fewer = small.numel() / large.numel()
    carried = tuple(
        torch.nn.functional.interpolate(each, size=(8, 8)) * fewer**power
        for each, power in zip(state, own.powers, strict=True)
    )
    further, _ = moved(torch.zeros_like(large), carried, large, 6)
    stayed, _ = moved(zero, state, small, 6)
    expected = stayed.mean() * {"sgd": fewer, "normalised": fewer**0.5}.get(optimiser, 1.0)
    assert further.mean() == pytest.approx(float(expected), rel=1e-2)
    assert last.mean() != 0


def test_a_painting_goes_on_from_a_checkpoint_in_any_size(models: Models) -> None:
    stages = growing(ema=0.5)
    _, pictures = painted(engine(models, *stages))
    for steps in (3, 6, 9):
        first = engine(models, *stages)
        state = first.add_request(REQUEST)
        while state.step < steps:
            first.step()
        copy = first.suspend_request(REQUEST.id)
        assert copy is not None
        second = engine(models, *stages)
        second.add_request(REQUEST, copy.to_bytes())
        while len(second):
            (last,) = second.step()
        assert last.picture is not None
        assert torch.equal(last.picture, pictures[-1])


def test_two_of_one_stage_share_a_batch(models: Models) -> None:
    both = engine(models, *growing())
    both.add_request(REQUEST)
    both.add_request(replace(REQUEST, id="b", seed=2))
    both.step()
    assert both.batches == 1


def test_stages_are_judged_by_their_own_number_of_cutouts(models: Models) -> None:
    own = engine(models, *growing())
    stages = own.equipment.recipe.stages_for(REQUEST, prior=False)
    assert [stage.cutouts for stage in stages] == [2, 4]
    asked = own.equipment.recipe.stages_for(replace(REQUEST, cutouts=8), prior=False)
    assert [stage.cutouts for stage in asked] == [8, 8]


@pytest.mark.parametrize(
    "fields",
    [
        {"grow": 0.0},
        {"grow": 0.5},
        {"init_picture": "0" * 64},
        {"init_latent": "0" * 64},
        {"zoom": 1.1},
        {"canvas": "fourier"},
    ],
)
def test_what_has_something_to_lose_is_painted_as_before(fields: dict[str, Any]) -> None:
    plain = Recipe(cutouts=4, init="grey")
    coarse = replace(plain, coarse_to_fine=growing())
    request = replace(REQUEST, **fields)
    assert coarse.stages_for(request, prior=False) == plain.stages_for(request, prior=False)


def test_a_picture_begins_with_the_prior_in_the_place_of_the_first_stage() -> None:
    stages = growing()
    recipe = Recipe(coarse_to_fine=(replace(stages[0], share=0.4), replace(stages[0], share=0.1), stages[1]))
    assert len(recipe.stages_for(REQUEST, prior=True)) == 2


def test_a_step_is_timed_by_what_it_is(models: Models) -> None:
    """A step of a quarter of the size and half of the cutouts counts for as much less."""
    own = engine(models, *growing())
    ticks = iter(range(100))
    own._stopwatch._clock = lambda: float(next(ticks))
    painted(own)
    seconds = [timing.seconds for timing in own.timings()]
    course = own.equipment.recipe.course()
    expected = [REQUEST.work_left(4, course, step) - REQUEST.work_left(4, course, step + 1) for step in range(12)]
    assert [1 / each for each in seconds] == pytest.approx(expected, rel=1e-3)
