"""That a painting that is steered comes out like one that was asked for like that from the beginning."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from config.settings.models import ModelsSettings
from generation.checkpoints.loader import Models, load_models
from generation.engine.checkpoint import UnfitError
from generation.engine.engine import Engine
from generation.engine.equipment import Equipment
from generation.engine.objective import Likeness
from generation.errors import RequestError
from generation.prompt import read as read_prompt
from generation.recipe import Recipe, Stage
from generation.request import ImagineRequest
from generation.steering import read
from generation.targets import Steering
from generation.worker.build import engine_for

CPU = torch.device("cpu")
REQUEST = ImagineRequest("a", "a red apple", seed=1, width=32, height=40, steps=30)
PIXELS = Stage("pixels", 0.5, "normalised", 1.0, 0.1, (1, 1, 1, 1), 0.5)
LATENT = Stage("latent", 0.5, "adam", 0.02, 0.5, (1, 0.5))
ASKED = {
    "plain": REQUEST,
    "choices": replace(REQUEST, optimiser="adamp", ema=0.9, cuts="pooled", init_weight=2.0),
    "grown": replace(REQUEST, grow=0.5),
    "story": replace(REQUEST, targets=read_prompt("a red apple ^ a cat | the sea"), without=("fog",)),
    "picture": replace(REQUEST, init_picture="a" * 64, mask="b" * 64),
}
PICTURES = {
    "a" * 64: torch.rand(3, 40, 32, generator=torch.Generator().manual_seed(1)),
    "b" * 64: torch.linspace(0, 1, 32).expand(3, 40, 32),
}
SAID = {7: "more: a lighthouse", 16: "less: fog | a red apple::0.3", 23: "a lighthouse::0 | more: the sea"}


@dataclass(frozen=True)
class Painting:
    """One that was painted.

    Args:
        request: as it was painted in the end.
        picture: its end.
        checkpoints: by step.
    """

    request: ImagineRequest
    picture: Tensor
    checkpoints: Mapping[int, bytes]


def painted(
    engine: Engine, request: ImagineRequest, said: Mapping[int, str], checkpoint: bytes | None = None
) -> Painting:
    """Paint a request to its end and say something in some steps, with a checkpoint after every step."""
    state = engine.add_request(request, checkpoint, {digest: PICTURES[digest] for digest in request.pictures})
    checkpoints = {}
    while len(engine):
        if state.step in said and not any(each.step == state.step for each in state.request.steering):
            engine.steer_request("a", read(said[state.step]))
        (state,) = engine.step()
        if state.step and not state.done:
            checkpoints[state.step] = engine.checkpoint(state).to_bytes()
    assert state.picture is not None
    return Painting(state.request, state.picture.clone(), checkpoints)


@pytest.fixture(scope="module")
def models(tiny_models: ModelsSettings) -> Models:
    return load_models(tiny_models.vqgan, tiny_models.clip, CPU)


def the_engine(models: Models) -> Engine:
    return engine_for(replace(models, recipe=Recipe(4, "noise", (LATENT, PIXELS))), CPU)


@pytest.mark.parametrize("name", ASKED)
def test_it_can_be_painted_again_to_the_same_pixels(models: Models, name: str) -> None:
    request = ASKED[name]
    live = painted(the_engine(models), request, SAID)
    assert [steering.step for steering in live.request.steering] == [7, 16, 16, 23, 23]
    again = painted(the_engine(models), live.request, {})
    assert torch.equal(again.picture, live.picture)
    assert again.checkpoints == live.checkpoints
    assert not torch.equal(painted(the_engine(models), request, {}).picture, live.picture)


@pytest.fixture(scope="module")
def live(models: Models) -> Painting:
    return painted(the_engine(models), REQUEST, SAID)


@pytest.mark.parametrize("step", [1, 6, 7, 8, 15, 16, 17, 22, 23, 29])
def test_from_a_checkpoint_it_goes_on_to_the_same_pixels(models: Models, live: Painting, step: int) -> None:
    again = painted(the_engine(models), live.request, {}, live.checkpoints[step])
    assert torch.equal(again.picture, live.picture)
    assert again.checkpoints == {each: data for each, data in live.checkpoints.items() if each > step}


@pytest.fixture(scope="module")
def told_once(models: Models) -> Painting:
    return painted(the_engine(models), REQUEST, {7: "more: a lighthouse"})


@pytest.mark.parametrize("step", [1, 7, 8, 29])
def test_a_checkpoint_fits_what_is_said_later_and_nothing_else(models: Models, told_once: Painting, step: int) -> None:
    (said,) = told_once.request.steering
    checkpoint, later = told_once.checkpoints[step], Steering("fog", -0.5, step=step)
    earlier = replace(later, step=step - 1)
    for steering, fits in [
        ((said,), True),
        ((said, later), True),
        ((later, said), True),
        ((said, earlier), False),
        ((replace(said, by="somebody"),), True),
        ((), step <= 7),
        ((later,), step <= 7),
        ((replace(said, weight=2.0),), step <= 7),
    ]:
        engine = the_engine(models)
        request = replace(REQUEST, steering=steering)
        if fits:
            state = engine.add_request(request, checkpoint)
            assert engine.step() == [state]
            assert state.fault is None
            assert state.step == step + 1
        else:
            with pytest.raises(UnfitError):
                engine.add_request(request, checkpoint)
            assert len(engine) == 0


def test_what_was_not_heard_before_a_checkpoint_counts_from_there(models: Models) -> None:
    """As after the death of a worker that had been told."""
    plain = painted(the_engine(models), REQUEST, {})
    heard = replace(REQUEST, steering=(replace(read("more: a lighthouse")[0], step=12),))
    resumed = painted(the_engine(models), heard, {}, plain.checkpoints[12])
    assert torch.equal(resumed.picture, painted(the_engine(models), heard, {}).picture)


def test_before_the_first_step_it_is_as_if_it_had_been_asked_for(models: Models) -> None:
    live = painted(the_engine(models), REQUEST, {0: "more: a lighthouse"})
    (said,) = live.request.steering
    assert said.step == 0
    asked = replace(REQUEST, targets=read_prompt("a red apple | a lighthouse"))
    assert torch.equal(live.picture, painted(the_engine(models), asked, {}).picture)


def test_a_sketch_begins_anew_with_what_is_said() -> None:
    pocket = load_models("pocket", "pocket", CPU)
    request = replace(REQUEST, prompt="the sea", width=64, height=64, steps=3)
    engine = engine_for(pocket, CPU)
    engine.add_request(request)
    engine.step()
    live = engine.steer_request("a", read("more: a lighthouse::3"))
    assert live is not None
    assert live.steering[0].step == 0
    while len(engine):
        (state,) = engine.step()
    assert state.picture is not None
    assert torch.equal(painted(engine_for(pocket, CPU), live, {}).picture, state.picture)


def test_who_is_steered_changes_batches_and_takes_all_along(models: Models) -> None:
    """The others' pictures change by rounding, which depends on how many there are."""
    engine = the_engine(models)
    states = [engine.add_request(replace(REQUEST, id=name, seed=ord(name), grow=None)) for name in "abc"]
    sizes = []
    while len(engine):
        if states[0].step == states[1].step == 5 and not states[1].request.steering:
            engine.steer_request("b", read("more: a lighthouse"))
        sizes.append(len(engine.step()))
    assert sizes[:5] == [3] * 5
    assert {*sizes[5:]} == {2, 1}
    for state in states:
        alone = painted(the_engine(models), replace(state.request, id="a"), {})
        assert state.picture is not None
        assert (state.picture - alone.picture).abs().max() < 0.02


def test_two_that_are_steered_alike_share_a_batch_again(models: Models) -> None:
    engine = the_engine(models)
    for name in "abc":
        engine.add_request(replace(REQUEST, id=name))
    engine.step()
    for name in "ab":
        engine.steer_request(name, read("more: a lighthouse"))
    assert sorted(len(engine.step()) for _ in range(2)) == [1, 2]


def test_weights_alone_change_no_batch(models: Models) -> None:
    engine = the_engine(models)
    request = replace(REQUEST, targets=read_prompt("a red apple | the sea"))
    states = [engine.add_request(replace(request, id=name)) for name in "ab"]
    engine.step()
    engine.steer_request("a", read("The  SEA::-0.5"))
    assert len(engine.step()) == 2
    while len(engine):
        assert len(engine.step()) == 2
    assert states[0].picture is not None
    assert states[1].picture is not None
    assert not torch.equal(states[0].picture, states[1].picture)


def test_a_picture_turns_to_what_is_said() -> None:
    pocket = load_models("pocket", "pocket", CPU)

    def likeness(prompt: str, said: Mapping[int, str], text: str) -> float:
        request = replace(REQUEST, targets=read_prompt(prompt), width=64, height=64, steps=50, init="noise")
        picture = painted(engine_for(pocket, CPU), request, said).picture[None]
        shown = F.interpolate(picture, size=pocket.perceptor.input_size, mode="area")
        with torch.no_grad():
            return float((pocket.perceptor.encode_image(shown) * pocket.perceptor.encode_texts([text])).sum())

    turned = likeness("the sea", {12: "more: the moon::3"}, "the moon")
    assert turned > likeness("the sea", {}, "the moon") + 0.05
    turned = likeness("a forest | snow", {12: "less: snow::2"}, "snow")
    assert turned < likeness("a forest | snow", {}, "snow") - 0.1


class Breaking(Likeness):
    """An objective that fails while it has an error."""

    error: Exception | None = None

    def loss(self, pictures: Tensor, rows: Sequence[Tensor], *others: Any) -> Tensor:
        if self.error:
            raise self.error
        return super().loss(pictures, rows, *others)


def test_what_is_said_between_two_tries_of_a_step_counts_in_it(models: Models) -> None:
    def engine() -> tuple[Engine, Breaking]:
        usual = the_engine(models).equipment
        objective = Breaking(models.perceptor, usual.parts(LATENT).objective.cutouts)  # type: ignore[attr-defined]
        parts = replace(usual.parts(LATENT), objective=objective)
        return Engine(Equipment(Recipe(4), lambda _: parts, CPU)), objective

    trying, objective = engine()
    state = trying.add_request(REQUEST)
    for _ in range(3):
        trying.step()
    objective.error = torch.OutOfMemoryError()
    assert trying.step() == []
    objective.error = None
    trying.steer_request("a", read("more: a lighthouse | a red apple::0.2"))
    while len(trying):
        trying.step()
    assert state.request.steering[0].step == 3
    assert state.picture is not None
    assert torch.equal(state.picture, painted(engine()[0], state.request, {}).picture)


def test_a_fault_while_words_are_read_ends_one_request_only(models: Models, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = the_engine(models)
    states = [engine.add_request(replace(REQUEST, id=name)) for name in "ab"]
    engine.step()
    engine.steer_request("a", read("more: a lighthouse"))
    monkeypatch.setattr(models.perceptor, "encode_targets", lambda *_: 1 / 0)
    assert engine.step() == [states[0]]
    assert states[0].fault is not None
    assert "ZeroDivisionError" in states[0].fault.traceback
    assert engine.step() == [states[1]]
    assert len(engine) == 1


def test_what_is_refused_changes_nothing(models: Models) -> None:
    engine = the_engine(models)
    state = engine.add_request(REQUEST)
    engine.step()
    for line in ("a red apple::0", " | ".join(f"more: {number}" for number in range(17))):
        with pytest.raises(RequestError):
            engine.steer_request("a", read(line))
        assert state.request is REQUEST
    assert engine.steer_request("nobody", read("more: fog")) is None


def test_a_request_from_a_file_that_leaves_nothing_is_refused(models: Models) -> None:
    engine = the_engine(models)
    with pytest.raises(RequestError, match="weight above 0"):
        engine.add_request(replace(REQUEST, steering=(Steering("a red apple", 0.0, step=9),)))
