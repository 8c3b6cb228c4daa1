"""The painters that need no VQGAN, through the same engine as the usual one."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from config.settings.models import ModelsSettings
from generation.canvas.noise import fractal
from generation.checkpoints.loader import Models, load_models
from generation.engine.engine import Engine
from generation.engine.state import RequestState
from generation.errors import RequestError
from generation.pocket.description import PocketSection
from generation.recipe import Painters, Recipe, SirenShape, Stage
from generation.request import ImagineRequest
from generation.worker.build import engine_for

CPU = torch.device("cpu")
OTHERS = ("fourier", "siren")
REQUEST = ImagineRequest("a", "a red apple", seed=1, width=96, height=64, steps=6)
PAINTERS = Painters(
    fourier=(Stage("fourier", learning_rate=0.2),),
    siren=(Stage("siren", learning_rate=5e-4),),
    network=SirenShape(3, 32),
)
PICTURE = "0" * 64
MASK = "1" * 64


@pytest.fixture(scope="module")
def models(tiny_models: ModelsSettings) -> Models:
    tiny = load_models(tiny_models.vqgan, tiny_models.clip, CPU)
    return replace(tiny, recipe=Recipe(cutouts=4, painters=PAINTERS))


@pytest.fixture
def engine(models: Models) -> Engine:
    return engine_for(models, CPU, PocketSection())


def states(engine: Engine, pictures: dict[str, Tensor] | None = None, **fields: Any) -> Iterator[RequestState]:
    engine.add_request(replace(REQUEST, **fields), pictures=pictures or {})
    while len(engine):
        yield from engine.step()


def last(engine: Engine, pictures: dict[str, Tensor] | None = None, **fields: Any) -> Tensor:
    *_, state = states(engine, pictures, **fields)
    assert state.picture is not None
    assert state.fault is None
    return state.picture.clone()


def test_what_there_is_is_offered_and_another_is_refused(engine: Engine) -> None:
    assert engine.equipment.painters == ("vqgan", "fourier", "siren")
    with pytest.raises(RequestError, match="no such painter; ask for `--painter vqgan` or `--painter fourier`"):
        engine.add_request(replace(REQUEST, canvas="pencil"))


def test_the_usual_painter_can_be_named(engine: Engine) -> None:
    assert last(engine, canvas="vqgan").equal(last(engine))


@pytest.mark.parametrize("painter", OTHERS)
def test_a_seed_is_a_picture(engine: Engine, painter: str) -> None:
    first = last(engine, canvas=painter)
    assert first.shape == (3, 64, 96)
    assert last(engine, canvas=painter).equal(first)
    assert not last(engine, canvas=painter, seed=2).equal(first)


@pytest.mark.parametrize("painter", OTHERS)
def test_pictures_of_a_batch_do_not_depend_on_each_other(engine: Engine, painter: str) -> None:
    alone = last(engine, canvas=painter)
    for seed in (1, 2, 3):
        engine.add_request(replace(REQUEST, id=str(seed), seed=seed, canvas=painter))
    while len(engine):
        painted = engine.step()
        assert len(painted) == 3
    first = next(state for state in painted if state.request.seed == 1)
    assert first.picture is not None
    assert (first.picture - alone).abs().max() < 0.05


@pytest.mark.parametrize("painter", OTHERS)
def test_it_goes_on_from_a_checkpoint_to_the_same_picture(models: Models, engine: Engine, painter: str) -> None:
    request = replace(REQUEST, canvas=painter)
    state = engine.add_request(request)
    for _ in range(3):
        engine.step()
    checkpoint = engine.checkpoint(state).to_bytes()
    elsewhere = engine_for(models, CPU, PocketSection())
    resumed = elsewhere.add_request(request, checkpoint)
    assert resumed.step == 3
    while len(elsewhere):
        elsewhere.step()
    assert resumed.picture is not None
    assert resumed.picture.equal(last(engine, canvas=painter, id="again"))


@pytest.mark.parametrize("painter", OTHERS)
def test_it_begins_with_a_picture(engine: Engine, painter: str) -> None:
    picture = 0.1 + 0.8 * fractal(96, 64, Generator().manual_seed(2))
    shown = last(engine, {PICTURE: picture}, canvas=painter, init_picture=PICTURE, steps=1)
    other = last(engine, canvas=painter, steps=1)
    coarse, wanted, unlike = (F.avg_pool2d(each[None], 16) for each in (shown, picture, other))
    assert (coarse - wanted).abs().mean() < 0.5 * (unlike - wanted).abs().mean()


@pytest.mark.parametrize("painter", OTHERS)
def test_an_init_weight_holds_it_to_what_it_began_with(engine: Engine, painter: str) -> None:
    picture = 0.1 + 0.8 * fractal(96, 64, Generator().manual_seed(2))
    fields = {"canvas": painter, "init_picture": PICTURE, "steps": 30}
    free, held = (last(engine, {PICTURE: picture}, **fields, init_weight=weight) for weight in (0.0, 1000.0))
    assert (held - picture).abs().mean() < (free - picture).abs().mean()


@pytest.mark.parametrize("painter", OTHERS)
def test_outside_of_a_mask_the_picture_stays_to_the_pixel(engine: Engine, painter: str) -> None:
    picture, mask = torch.rand(3, 64, 96), torch.zeros(3, 64, 96)
    mask[..., 48:] = 1
    given = {PICTURE: picture, MASK: mask}
    shown = last(engine, given, canvas=painter, init_picture=PICTURE, mask=MASK)
    assert shown[..., :48].equal(picture[..., :48])
    assert not shown[..., 64:].equal(picture[..., 64:])


@pytest.mark.parametrize("painter", OTHERS)
@pytest.mark.parametrize("fields", [{"zoom": 1.1, "move_every": 2}, {"quality": "draft"}, {"ema": 0.9}, {"grow": 0.5}])
def test_whatever_else_is_asked_for_goes_with_it(engine: Engine, painter: str, fields: dict[str, Any]) -> None:
    shown = last(engine, canvas=painter, **fields)
    assert shown.shape == (3, 64, 96)
    assert shown.isfinite().all()


def test_a_network_is_painted_small_and_finished_at_the_size_asked_for(engine: Engine) -> None:
    """The finished picture is the function at its pixels, and so not the enlarged one of which it was judged."""
    *_, before, done = states(engine, canvas="siren", width=192, height=128)
    assert before is done
    assert done.picture is not None
    assert done.picture.shape == (3, 128, 192)
    engine.add_request(replace(REQUEST, id="b", canvas="siren", width=192, height=128))
    (state,) = engine.step()
    (batch,) = engine._batches.running
    assert batch._pictures.shape[2:] == (32, 48)
    assert state.picture is not None
    assert state.picture.shape == (3, 128, 192)


def test_a_spectrum_is_finished_at_the_size_asked_for(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("generation.canvas.fourier.MOST_PIXELS", 48 * 32)
    large = last(engine, canvas="fourier", width=192, height=128)
    assert large.shape == (3, 128, 192)
    small = last(engine, canvas="fourier", width=48, height=32)
    assert (large[:, ::4, ::4] - small).abs().mean() < 0.05


@pytest.mark.parametrize("painter", OTHERS)
def test_it_comes_near_to_the_prompt(painter: str) -> None:
    pocket = load_models("pocket", "pocket", CPU)
    engine = engine_for(pocket, CPU)
    distances = []
    for state in states(engine, canvas=painter, width=64, steps=40):
        assert state.picture is not None
        shown = F.interpolate(state.picture[None], size=pocket.perceptor.input_size, mode="area")
        distances.append(float((pocket.perceptor.encode_image(shown)[0] - state.rows[0][0]).norm()))
    assert distances[-1] < distances[0] - 0.2


def test_a_painter_is_another_load_and_costs_other_work() -> None:
    usual, named, fourier, siren = (replace(REQUEST, canvas=name) for name in ("auto", "vqgan", *OTHERS))
    assert usual.load == named.load != fourier.load
    assert fourier.load.pixels < 0.1 * usual.load.pixels
    large = replace(siren, width=4096, height=4096)
    assert large.load.pixels == replace(large, width=2048).load.pixels
    assert fourier.cost() < usual.cost()
    assert large.cost() < replace(large, canvas="vqgan").cost()
    assert replace(siren, quality="draft").cost() == siren.cost(), "what is painted small anyway does not grow"
