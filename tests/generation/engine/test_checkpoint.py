"""That a painting goes on from a checkpoint as if nothing had been, and that nothing else comes in by one."""

import json
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from safetensors.torch import load, save
from torch import Generator, Tensor

from config.settings.models import ModelsSettings
from generation.checkpoints.loader import Models, load_models
from generation.engine.checkpoint import MAX_HEADER, METADATA_KEY, UnfitError, read_header
from generation.engine.engine import Engine
from generation.engine.equipment import Equipment
from generation.engine.optimisers import Tensors
from generation.engine.optimisers.normalised import NormalisedMomentum
from generation.prompt import read
from generation.recipe import Recipe, Stage
from generation.request import ImagineRequest
from generation.worker.build import engine_for

CPU = torch.device("cpu")
REQUEST = ImagineRequest("a", "a red apple", seed=1, width=32, height=40, steps=40)
PIXELS = Stage("pixels", 0.5, "normalised", 1.0, 0.1, (1, 1, 1, 1), 0.5)
LATENT = Stage("latent", 0.5, "adam", 0.02, 0.5, (1, 0.5))
RECIPES = {
    "pixels, then latent": Recipe(4, "grey", (PIXELS, LATENT)),
    "latent, then pixels": Recipe(4, "noise", (LATENT, PIXELS)),
    "one stage": Recipe(4),
    "stages of less than a step": Recipe(4, "grey", (*[replace(PIXELS, share=0.0125)] * 8, replace(LATENT, share=0.9))),
}


class Wandering(NormalisedMomentum):
    """An optimiser with something random in each step."""

    def coefficients(self, parameters: Tensors, rate: float, step: int, generator: Generator) -> Tensor:
        return super().coefficients(parameters, rate, step, generator) * torch.rand(1, generator=generator)


@dataclass(frozen=True)
class Painting:
    """One that was painted undisturbed.

    Args:
        engine: that painted it.
        picture: its end.
        checkpoints: by step.
    """

    engine: Engine
    picture: Tensor
    checkpoints: Mapping[int, bytes]


def the_engine(models: Models, recipe: Recipe) -> Engine:
    return engine_for(replace(models, recipe=recipe), CPU)


def wandering(models: Models) -> Engine:
    usual = the_engine(models, Recipe(4, "grey", (PIXELS, LATENT))).equipment
    return Engine(Equipment(usual.recipe, lambda stage: replace(usual.parts(stage), optimiser=Wandering()), CPU))


def painted(engine: Engine, request: ImagineRequest, checkpoint: bytes | None = None) -> Painting:
    """Paint a request to its end, with a checkpoint after every step."""
    state = engine.add_request(request, checkpoint)
    checkpoints = {}
    while len(engine):
        engine.step()
        if state.step and not state.done:
            checkpoints[state.step] = engine.checkpoint(state).to_bytes()
    assert state.picture is not None
    return Painting(engine, state.picture.clone(), checkpoints)


@pytest.fixture(scope="module")
def models(tiny_models: ModelsSettings) -> Models:
    return load_models(tiny_models.vqgan, tiny_models.clip, CPU)


@pytest.fixture(scope="module")
def paintings(models: Models) -> dict[str, Painting]:
    makers: dict[str, Callable[[], Engine]] = {
        name: partial(the_engine, models, recipe) for name, recipe in RECIPES.items()
    }
    makers["something random in each step"] = partial(wandering, models)
    return {name: painted(make(), REQUEST) for name, make in makers.items()}


@pytest.fixture(scope="module")
def painting(paintings: dict[str, Painting]) -> Painting:
    return paintings["pixels, then latent"]


@pytest.mark.parametrize("name", [*RECIPES, "something random in each step"])
@given(step=st.integers(1, REQUEST.steps - 1).map(lambda left: REQUEST.steps - left))
@example(step=1)
@example(step=15)
@example(step=16)
@example(step=17)
@example(step=REQUEST.steps // 2 - 1)
@example(step=REQUEST.steps // 2)
@example(step=REQUEST.steps - 1)
@settings(max_examples=3)
def test_from_any_step_it_goes_on_to_the_same_pixels(paintings: dict[str, Painting], name: str, step: int) -> None:
    whole = paintings[name]
    rest = painted(whole.engine, REQUEST, whole.checkpoints[step])
    assert torch.equal(rest.picture, whole.picture)
    assert rest.checkpoints == {each: data for each, data in whole.checkpoints.items() if each > step}


STORY = replace(REQUEST, targets=read("a red apple ^ a cat | the sea::0.5:0.9"), without=("fog",))
ASKED = replace(REQUEST, optimiser="adamp", ema=0.9, cutouts=6, cuts="pooled", grow=0.25)
MOVED = replace(REQUEST, zoom=1.1, pan=(2.0, 0.0), move_every=7, ema=0.5)


@pytest.fixture(scope="module")
def story(models: Models) -> Painting:
    return painted(the_engine(models, RECIPES["pixels, then latent"]), STORY)


@pytest.mark.parametrize("step", [1, 19, 20, 39])
def test_a_story_goes_on_in_the_part_in_which_it_was(story: Painting, step: int) -> None:
    assert torch.equal(painted(story.engine, STORY, story.checkpoints[step]).picture, story.picture)


@pytest.fixture(scope="module")
def asked(models: Models) -> Painting:
    return painted(the_engine(models, RECIPES["one stage"]), ASKED)


@pytest.mark.parametrize("step", [1, 9, 10, 30])
def test_what_was_asked_for_goes_on_too(asked: Painting, step: int) -> None:
    assert torch.equal(painted(asked.engine, ASKED, asked.checkpoints[step]).picture, asked.picture)


@pytest.fixture(scope="module")
def moved(models: Models) -> Painting:
    return painted(the_engine(models, Recipe(4, "noise", (PIXELS, LATENT))), MOVED)


@pytest.mark.parametrize("step", [1, 6, 7, 8, 13, 14, 15, 19, 20, 21, 39])
def test_what_is_moved_goes_on_from_where_it_was(moved: Painting, step: int) -> None:
    assert torch.equal(painted(moved.engine, MOVED, moved.checkpoints[step]).picture, moved.picture)


def test_it_goes_on_from_what_a_prior_drew_and_does_not_draw_it_again() -> None:
    models = load_models("pocket", "pocket", CPU)
    request = replace(REQUEST, width=64, height=64, steps=20)
    whole = painted(engine_for(models, CPU), request)
    for step in (1, 18):
        other = engine_for(models, CPU)
        assert other.equipment.prior is not None
        state = other.add_request(request, whole.checkpoints[step])
        assert state.stages == models.recipe.stages_for(request, prior=False)[1:]
        assert other.step() == [state], "without a turn of the prior's"
        other.abort_request(request.id)
        assert torch.equal(painted(other, request, whole.checkpoints[step]).picture, whole.picture)


def test_one_of_a_batch_can_go_on_elsewhere(models: Models) -> None:
    engine, other = (the_engine(models, RECIPES["pixels, then latent"]) for _ in range(2))
    states = [engine.add_request(replace(REQUEST, id=request_id, seed=ord(request_id))) for request_id in "abc"]
    for _ in range(18):
        engine.step()
    engine.abort_request("a")
    copy = engine.checkpoint(states[1])
    engine.step()
    checkpoint = copy.to_bytes()
    assert copy.step == read_header(checkpoint).step == 18, "whatever happened meanwhile"
    other.add_request(replace(REQUEST, id="first"))
    other.step()
    moved = other.add_request(states[1].request, checkpoint)
    assert other.checkpoint(moved).to_bytes() == checkpoint
    here, there = states[1], moved
    while not (here.done and there.done):
        for each in (engine, other):
            if len(each):
                each.step()
    assert here.picture is not None
    assert there.picture is not None
    assert (here.picture - there.picture).abs().mean() < 0.02


def refused(engine: Engine, checkpoint: bytes, request: ImagineRequest = REQUEST) -> str:
    """Return in which words a checkpoint is refused, which leaves nothing behind."""
    with pytest.raises(UnfitError) as caught:
        engine.add_request(request, checkpoint)
    assert len(engine) == 0
    assert engine.step() == []
    return str(caught.value)


@pytest.mark.parametrize(
    "change", [{"seed": 2}, {"prompt": "a dog"}, {"width": 72}, {"steps": 41}, {"steps": 7}, {"init": "noise"}]
)
def test_that_of_another_request_is_refused(painting: Painting, change: dict[str, object]) -> None:
    other = replace(REQUEST, **change)  # type: ignore[arg-type]
    assert "of another painting" in refused(painting.engine, painting.checkpoints[7], other)


def test_that_of_another_recipe_or_of_other_models_is_refused(models: Models, painting: Painting) -> None:
    recipe = painting.engine.equipment.recipe
    faster = replace(recipe, stages=(replace(PIXELS, learning_rate=1.1), LATENT))
    for other in (the_engine(models, faster), the_engine(replace(models, fingerprint="other"), recipe)):
        assert "of other models or of another recipe" in refused(other, painting.checkpoints[7])


def test_who_asked_and_where_does_not_matter(painting: Painting) -> None:
    member = replace(REQUEST, member="somebody", guild="somewhere")
    assert torch.equal(painted(painting.engine, member, painting.checkpoints[30]).picture, painting.picture)


def edited(data: bytes, edit: Callable[[dict[str, Tensor], dict[str, object]], None]) -> bytes:
    """Return a checkpoint with other tensors and another header."""
    length = int.from_bytes(data[:8], "little")
    header = json.loads(json.loads(data[8 : 8 + length])["__metadata__"][METADATA_KEY])
    tensors = load(data)
    edit(tensors, header)
    return save(tensors, {METADATA_KEY: json.dumps(header)})


def header(**changes: object) -> Callable[[bytes], bytes]:
    return partial(edited, edit=lambda _, own: own.update(changes))


def tensor(name: str, change: Callable[[Tensor], Tensor]) -> Callable[[bytes], bytes]:
    return partial(edited, edit=lambda own, _: own.update({name: change(own[name].clone())}))


def generator(name: str, offset: int, value: int) -> Callable[[bytes], bytes]:
    def change(state: Tensor) -> Tensor:
        state[offset : offset + 4] = torch.tensor(list(struct.pack("<i", value)), dtype=torch.uint8)
        return state

    return tensor(name, change)


HOSTILE: dict[str, Callable[[bytes], bytes]] = {
    "nothing": lambda _: b"",
    "no safetensors": lambda data: b"\x80\x05" + data,
    "cut": lambda data: data[:-1],
    "cut in the header": lambda data: data[:100],
    "longer": lambda data: data + b"\0",
    "a header that lies about its length": lambda data: struct.pack("<Q", 2**63) + data[8:],
    "a header that is deep": lambda _: struct.pack("<Q", 90_000) + b"[" * 90_000,
    "a header that is a list": lambda _: struct.pack("<Q", 2) + b"[]",
    "no metadata": lambda data: save(load(data)),
    "other metadata": lambda data: save(load(data), {METADATA_KEY: "[1]"}),
    "another version": header(version=2),
    "a step before the first": header(step=0),
    "a step that is done": header(step=REQUEST.steps),
    "a step that never comes": header(step=10**30),
    "a step that is no number": header(step="7"),
    "a step of the other stage": header(step=30),
    "another painting": header(painting="0" * 64),
    "more in the header": header(more=1),
    "another shape": tensor("parameters.0", lambda own: own[:, :1].contiguous()),
    "a shape that would be spread": tensor("parameters.0", lambda own: own[:1, :1, :1].contiguous()),
    "another dtype": tensor("optimiser.1", lambda own: own.double()),
    "whole numbers": tensor("constants.0", lambda own: own.int()),
    "no number": tensor("parameters.1", lambda own: own.fill_(float("nan"))),
    "infinite": tensor("optimiser.0", lambda own: own.fill_(float("inf"))),
    "too large": tensor("constants.0", lambda own: torch.zeros(own.numel() + MAX_HEADER)),
    "a tensor more": partial(edited, edit=lambda own, _: own.update({"rows.0": torch.zeros(1)})),
    "a tensor less": partial(edited, edit=lambda own, _: own.__delitem__("generator")),
    "a generator that reads beyond its numbers": generator("generator", 16, 600),
    "a generator with less than no numbers": generator("drawn_from", 8, -5),
    "a generator that was never seeded": generator("generator", 12, 0),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_does_not_fit_is_refused(painting: Painting, name: str) -> None:
    assert refused(painting.engine, HOSTILE[name](painting.checkpoints[7])).startswith("The checkpoint ")
    assert torch.equal(painted(painting.engine, REQUEST, painting.checkpoints[38]).picture, painting.picture)


@settings(max_examples=60)
@given(where=st.floats(0, 1), junk=st.binary(max_size=12), kept=st.integers(0, 12))
def test_damage_is_refused_or_harms_its_own_painting_only(
    painting: Painting, where: float, junk: bytes, kept: int
) -> None:
    data, engine = painting.checkpoints[38], painting.engine
    at = int(where * len(data))
    neighbour = engine.add_request(replace(REQUEST, id="b", steps=1))
    try:
        engine.add_request(REQUEST, data[:at] + junk + data[at + kept :])
    except UnfitError:
        assert len(engine) == 1
    while len(engine):
        engine.step()
    assert neighbour.picture is not None
    assert neighbour.picture.isfinite().all()


def test_values_beyond_measure_harm_no_neighbour(painting: Painting) -> None:
    data, engine = painting.checkpoints[30], painting.engine
    for name in load(data):
        if load(data)[name].is_floating_point():
            hostile = tensor(name, lambda own: own.fill_(-3e38))(data)
            neighbour = engine.add_request(replace(REQUEST, id="b"), data_of(painting, "b"))
            engine.add_request(REQUEST, hostile)
            while len(engine):
                engine.step()
            assert neighbour.picture is not None
            assert (neighbour.picture - painting.picture).abs().mean() < 0.02, name


def data_of(painting: Painting, request_id: str) -> bytes:
    """Return a late checkpoint as that of a request with another id."""
    other = painting.engine.add_request(replace(REQUEST, id=request_id))
    painting.engine.step()
    mark = read_header(painting.engine.checkpoint(other).to_bytes()).painting
    painting.engine.abort_request(request_id)
    return header(painting=mark)(painting.checkpoints[30])
