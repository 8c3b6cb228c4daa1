"""Walks: what their frames show, that they are the same again, and what becomes of those that cannot go on."""

import math
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
import torch
from torch import Tensor

from config.settings.models import ModelsSettings
from generation.canvas.latent import LatentCanvas
from generation.canvas.slerp import slerp
from generation.checkpoints.loader import Models, load_models
from generation.engine import walks as module
from generation.engine.checkpoint import UnfitError
from generation.engine.equipment import GONE, NO_WALK
from generation.engine.walks import State, Walks, WalkState, places
from generation.errors import RequestError
from generation.latents import DAMAGED
from generation.perceptor.pictures import NO_PICTURES, Pictures
from generation.recipe import Recipe, Stage
from generation.request import LATENT, PNG, ImagineRequest
from generation.sizes import Shape
from generation.targets import Steering
from generation.waypoint import Waypoint
from generation.worker.build import engine_for

CPU = torch.device("cpu")
FIRST, SECOND = "1" * 64, "2" * 64
APPLE, PEAR = Waypoint("a red apple"), Waypoint("a pear", seed=5)
WALK = ImagineRequest(
    *("w", "a red apple | a pear", 1, 96, 64, 4),
    outputs=(PNG, "mp4"),
    waypoints=(APPLE, PEAR),
    between=6,
    hold=2,
)
STORED = replace(WALK, waypoints=(Waypoint(latent=FIRST), Waypoint(latent=SECOND)))


@pytest.fixture(scope="module")
def models(tiny_models: ModelsSettings) -> Models:
    return load_models(tiny_models.vqgan, tiny_models.clip, CPU, "float32")


@pytest.fixture
def make(models: Models) -> Callable[..., Walks]:
    def made(*stages: Stage) -> Walks:
        stages = stages or (Stage(learning_rate=0.3),)
        return Walks(engine_for(replace(models, recipe=Recipe(4, stages=stages)), CPU))

    return made


@pytest.fixture
def walks(make: Callable[..., Walks]) -> Walks:
    return make()


def frames(walks: Walks, request: ImagineRequest, pictures: Pictures = NO_PICTURES) -> list[Tensor]:
    """Return the pictures of a walk after each of its steps."""
    walk = walks.add_request(request, pictures=pictures)
    shown = []
    while len(walks):
        (state,) = walks.step()
        assert state is walk
        assert state.fault is None
        assert state.picture is not None
        shown.append(state.picture.clone())
    assert walk.done
    return shown


def painted(walks: Walks, request: ImagineRequest) -> tuple[Tensor, Tensor]:
    """Return the finished picture and the latent of a request that is no walk."""
    state = walks.add_request(replace(request, outputs=(PNG, LATENT), waypoints=()))
    while len(walks):
        walks.step()
    assert state.picture is not None
    assert state.latent is not None
    return state.picture.clone(), state.latent


def test_it_paints_its_pictures_and_passes_them(walks: Walks) -> None:
    apple, _ = painted(walks, replace(WALK, prompt="a red apple"))
    pear, _ = painted(walks, replace(WALK, prompt="a pear", seed=5))
    shown = frames(walks, WALK)
    assert WALK.painting_steps == 8
    assert len(shown) == WALK.end_step == 8 + 3 + 5 + 3
    film = shown[8:]
    assert all(torch.equal(each, film[0]) for each in film[:3]), "it rests"
    assert all(torch.equal(each, film[-1]) for each in film[-3:])
    assert torch.allclose(film[0], apple, atol=1e-5)
    assert torch.allclose(film[-1], pear, atol=1e-5)
    changes = [(a - b).abs().mean().item() for a, b in pairwise(film[2:-2])]
    assert min(changes) > 0
    assert max(changes) < (film[0] - film[-1]).abs().mean().item(), "no frame jumps all the way"


def test_the_same_walk_has_the_same_frames(walks: Walks) -> None:
    assert all(torch.equal(a, b) for a, b in zip(frames(walks, WALK), frames(walks, WALK), strict=True))


def test_a_loop_comes_back(walks: Walks) -> None:
    looped = replace(WALK, loop=True)
    shown = frames(walks, looped)
    assert len(shown) == looped.end_step == 8 + 2 * (6 + 2)
    film = shown[8:]
    assert torch.allclose(film[3], film[-1], atol=1e-4), "it goes back by the way it came"
    assert [*places(replace(looped, hold=0, between=2))] == [(0, 0.0), (0, 0.5), (1, 0.0), (1, 0.5)]
    assert [*places(replace(WALK, hold=1, between=2))] == [*[(0, 0.0)] * 2, (0, 0.5), *[(1, 0.0)] * 2]


@pytest.mark.parametrize("loop", [False, True])
@pytest.mark.parametrize("hold", [0, 3])
@pytest.mark.parametrize("between", [1, 4])
@pytest.mark.parametrize("count", [2, 3, 16])
def test_a_walk_knows_how_many_frames_it_has(count: int, between: int, hold: int, loop: bool) -> None:
    walk = replace(WALK, waypoints=(APPLE,) * count, between=between, hold=hold, loop=loop)
    assert len([*places(walk)]) == walk.frames


def test_it_walks_between_stored_latents_and_pictures(walks: Walks) -> None:
    apple, z = painted(walks, replace(WALK, prompt="a red apple"))
    pear, other = painted(walks, replace(WALK, prompt="a pear"))
    film = frames(walks, STORED, {FIRST: z, SECOND: other})
    assert torch.allclose(film[0], apple, atol=1e-5)
    assert torch.allclose(film[-1], pear, atol=1e-5)
    mixed = replace(WALK, waypoints=(Waypoint(picture=FIRST), APPLE, Waypoint(latent=SECOND)))
    canvas = walks.engine.equipment.walkable(mixed)
    assert isinstance(canvas, LatentCanvas)
    film = frames(walks, mixed, {FIRST: pear, SECOND: z})
    encoded = canvas.vqgan.decode(canvas.vqgan.quantise(canvas.vqgan.encode(pear[None])))[0].clamp(0, 1)
    assert torch.allclose(film[4], encoded, atol=1e-5)
    assert torch.allclose(film[-1], apple, atol=1e-5)


def test_others_are_painted_meanwhile(walks: Walks) -> None:
    walk = walks.add_request(WALK)
    other = walks.add_request(ImagineRequest("o", "a dog", 2, 64, 64, steps=12))
    order = []
    while len(walks):
        for state in walks.step():
            assert state.fault is None
            order.append(state.request.id)
    assert walk.done
    assert other.done
    assert order.index("o") < len(order) - order[::-1].index("w") - 1
    assert {*order[:4]} == {"w", "o"}


def test_what_is_forgotten_leaves_nothing(walks: Walks) -> None:
    for steps in (0, 3, 10):
        walks.add_request(WALK)
        for _ in range(steps):
            walks.step()
        walks.abort_request("w")
        assert len(walks) == len(walks.engine) == 0
    walks.abort_request("w")


def test_it_goes_on_behind_the_last_finished_picture(walks: Walks, make: Callable[..., Walks]) -> None:
    whole = frames(walks, WALK)
    walks.add_request(WALK)
    assert walks.suspend_request("w") is None, "nothing is finished"
    walk = walks.add_request(WALK)
    for _ in range(6):
        walks.step()
    copy = walks.suspend_request("w")
    assert copy is not None
    assert copy.step == 4
    assert len(walks) == 0
    checkpoint = copy.to_bytes()
    again = walks.add_request(WALK, checkpoint)
    assert again.step == 4
    shown = []
    while len(walks):
        (state,) = walks.step()
        assert state.picture is not None
        shown.append(state.picture.clone())
    assert all(torch.equal(a, b) for a, b in zip(shown, whole[4:], strict=True))
    others = replace(WALK, seed=2), replace(WALK, waypoints=(PEAR, APPLE))
    for other in others:
        with pytest.raises(UnfitError):
            walks.add_request(other, checkpoint)
    with pytest.raises(UnfitError):
        walks.add_request(WALK, checkpoint[:-4])
    with pytest.raises(UnfitError):
        make(Stage(learning_rate=0.2)).add_request(WALK, checkpoint)
    assert walk.step == 6


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"waypoints": (APPLE,)}, "name two or more"),
        ({"waypoints": (APPLE, Waypoint())}, "name two or more"),
        ({"waypoints": (APPLE, Waypoint("a pear", latent=FIRST))}, "name two or more"),
        ({"outputs": (PNG,)}, "A walk is a video; ask for mp4, gif or webp."),
        ({"outputs": (PNG, "mp4", "gif")}, "One video"),
        ({"outputs": (PNG, "mp4", LATENT)}, "no latent is written of it"),
        ({"outputs": (PNG, "gif"), "between": 200}, "would have 205 frames, and in the format gif 100 are possible"),
        ({"zoom": 1.1}, "not moved"),
        ({"steering": (Steering("fog", 1.0),)}, "from words alone"),
        ({"width": 90}, "sizes in multiples of 8"),
        ({"canvas": "siren"}, "`--painter siren` has none"),
        ({"canvas": "fourier"}, "`--painter fourier` has none"),
        ({"canvas": "oil"}, "no such painter"),
        ({"waypoints": (APPLE, Waypoint(picture=FIRST))}, GONE),
    ],
)
def test_what_is_no_walk_is_refused_in_a_sentence(walks: Walks, changes: dict[str, Any], words: str) -> None:
    with pytest.raises(RequestError) as refusal:
        walks.add_request(replace(WALK, **changes))
    assert words in str(refusal.value)
    assert len(walks) == 0


def test_models_that_end_in_pixels_do_not_walk(make: Callable[..., Walks]) -> None:
    with pytest.raises(RequestError) as refusal:
        make(Stage("pixels", 1.0, "normalised")).add_request(WALK)
    assert str(refusal.value) == NO_WALK


@pytest.mark.parametrize("shape", [(1, 1, 1), (16, 8, 12), (8, 8, 13), (768,)])
def test_a_latent_of_another_canvas_is_refused(walks: Walks, shape: tuple[int, ...]) -> None:
    with pytest.raises(RequestError) as refusal:
        walks.add_request(STORED, pictures={FIRST: torch.zeros(shape), SECOND: torch.zeros(shape)})
    assert str(refusal.value) == DAMAGED
    assert len(walks) == 0


def test_a_walk_is_not_steered(walks: Walks) -> None:
    walks.add_request(WALK)
    assert walks.steer_request("w", [Steering("fog", 1.0)]) is None


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("magic")])
def test_what_breaks_off_in_a_frame_leaves(walks: Walks, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    calls: list[int] = []

    def decode(_: LatentCanvas, waypoints: Tensor, __: Shape) -> Tensor:
        calls.append(len(waypoints))
        raise error

    monkeypatch.setattr(LatentCanvas, "decode", decode)
    walk = walks.add_request(WALK)
    while len(walks):
        (state,) = walks.step()
    assert state is walk
    assert state.fault is not None
    assert state.fault.is_shortage is isinstance(error, MemoryError)
    assert not state.done
    assert calls == ([7, 1] if isinstance(error, MemoryError) else [7])


def test_frames_for_which_memory_is_short_are_decoded_one_by_one(walks: Walks, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, decode = frames(walks, WALK), LatentCanvas.decode

    def short(canvas: LatentCanvas, waypoints: Tensor, shape: Shape) -> Tensor:
        if len(waypoints) > 1:
            raise MemoryError
        return decode(canvas, waypoints, shape)

    monkeypatch.setattr(LatentCanvas, "decode", short)
    assert all(torch.allclose(a, b, atol=1e-5) for a, b in zip(frames(walks, WALK), whole, strict=True))


def test_a_picture_that_breaks_off_takes_its_walk_along(walks: Walks, monkeypatch: pytest.MonkeyPatch) -> None:
    walk = walks.add_request(WALK)
    walks.step()

    def broken(*_: object) -> Tensor:
        raise RuntimeError("magic")

    monkeypatch.setattr(LatentCanvas, "render", broken)
    (state,) = walks.step()
    assert isinstance(state, WalkState)
    assert state is walk
    assert state.fault is not None
    assert len(walks) == 0


def test_slerp_turns_evenly_and_is_exact_at_its_ends() -> None:
    first, second = torch.tensor([2.0, 0.0]), torch.tensor([0.0, 4.0])
    assert torch.equal(slerp(first, second, 0.0), first)
    assert torch.equal(slerp(first, second, 1.0), second)
    for share in (0.25, 0.5, 0.75):
        between = slerp(first, second, share)
        assert between.norm().item() == pytest.approx(2 + 2 * share)
        assert math.atan2(between[1], between[0]) == pytest.approx(share * math.pi / 2)


@pytest.mark.parametrize("second", [[2.0, 0.0], [-1.0, 0.0], [0.0, 0.0], [1.0, 1e-6]])
def test_slerp_goes_straight_in_one_line(second: list[float]) -> None:
    first, last = torch.tensor([1.0, 0.0]), torch.tensor(second)
    assert torch.allclose(slerp(first, last, 0.25), torch.lerp(first, last, 0.25))


def state_of(state: State) -> WalkState:
    assert isinstance(state, WalkState)
    return state


def test_of_a_rest_one_picture_is_decoded(walks: Walks, monkeypatch: pytest.MonkeyPatch) -> None:
    counts, decode = [], LatentCanvas.decode

    def counted(canvas: LatentCanvas, waypoints: Tensor, shape: Shape) -> Tensor:
        counts.append(len(waypoints))
        return decode(canvas, waypoints, shape)

    monkeypatch.setattr(LatentCanvas, "decode", counted)
    frames(walks, replace(WALK, hold=100, between=20))
    assert sum(counts) == 21
    assert max(counts) == 8
    monkeypatch.setattr(module, "PIXELS_AT_ONCE", 10_000)
    walk = state_of(walks.add_request(replace(WALK, steps=1)))
    while walk.frames is None:
        walks.step()
    counts.clear()
    walks.step()
    assert counts == [1], "memory is bounded"
