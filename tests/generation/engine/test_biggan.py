"""A BigGAN through the same engine as all that is painted on, by gradients and by populations."""

import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
import torch
from torch import Tensor

from config.settings.models import ModelsSettings
from generation.checkpoints.biggan import with_biggan
from generation.checkpoints.loader import Models, load_models, prepare, read_models
from generation.engine.engine import Engine
from generation.engine.objective import Likeness
from generation.engine.optimisers.evolution import constants
from generation.engine.state import RequestState
from generation.engine.step import CANDIDATES
from generation.errors import RequestError
from generation.metadata import Metadata
from generation.models.biggan import BigGAN
from generation.pocket.description import PocketSection
from generation.recipe import Recipe
from generation.request import LATENT, ImagineRequest
from generation.worker.build import engine_for
from generation.worker.latents import encode_latent, read_latent
from tests.generation.models.biggans import CONFIG, published

CPU = torch.device("cpu")
REQUEST = ImagineRequest("a", "a red apple", seed=1, width=96, height=64, steps=6, canvas="biggan")
OPTIMISERS = ("adam", "cma", "cma-adam", "cma-mixed")
DIGEST = "0" * 64


@pytest.fixture(scope="module")
def models(tiny_models: ModelsSettings, tmp_path_factory: pytest.TempPathFactory) -> Models:
    folder = tmp_path_factory.mktemp("biggan")
    torch.save(published().state_dict(), folder / "a.bin")
    (folder / "a.json").write_text(json.dumps(CONFIG | {"classes": ["apple", "owl", "frog", "car", "tree"]}))
    tiny = replace(read_models(tiny_models.vqgan, tiny_models.clip), recipe=Recipe(cutouts=4))
    return prepare(with_biggan(tiny, str(folder / "a.json")), CPU)


@pytest.fixture
def engine(models: Models) -> Engine:
    return engine_for(models, CPU, PocketSection())


def states(engine: Engine, pictures: dict[str, Tensor] | None = None, **fields: Any) -> Iterator[RequestState]:
    engine.add_request(replace(REQUEST, **fields), pictures=pictures or {})
    while len(engine):
        yield from engine.step()


def last(engine: Engine, pictures: dict[str, Tensor] | None = None, **fields: Any) -> Tensor:
    *_, state = states(engine, pictures, **fields)
    assert state.fault is None, state.fault
    assert state.picture is not None
    return state.picture.clone()


def shown(engine: Engine, **fields: Any) -> list[Tensor]:
    return [state.picture.clone() for state in states(engine, **fields) if state.picture is not None]


def test_it_is_offered_where_there_is_one(engine: Engine, tiny_models: ModelsSettings) -> None:
    assert engine.equipment.painters == ("vqgan", "fourier", "siren", "biggan")
    without = engine_for(load_models(tiny_models.vqgan, tiny_models.clip, CPU), CPU, PocketSection())
    with pytest.raises(RequestError, match="no such painter"):
        without.add_request(REQUEST)


@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_a_seed_is_a_picture(engine: Engine, optimiser: str) -> None:
    first = last(engine, optimiser=optimiser)
    assert first.shape == (3, 64, 96)
    assert last(engine, optimiser=optimiser).equal(first)
    assert not last(engine, optimiser=optimiser, seed=2).equal(first)


@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_pictures_of_a_batch_do_not_depend_on_each_other(engine: Engine, optimiser: str) -> None:
    alone = last(engine, optimiser=optimiser, truncation=0.5)
    for seed, truncation in ((1, 0.5), (2, 1.0), (3, 0.7)):
        classes = (("owl", 1.0),) if seed == 3 else ()
        chosen: dict[str, Any] = {"seed": seed, "truncation": truncation, "optimiser": optimiser, "classes": classes}
        engine.add_request(replace(REQUEST, id=str(seed), **chosen))
    while len(engine):
        painted = engine.step()
        assert len(painted) == 3
    first = next(state for state in painted if state.request.seed == 1)
    assert first.picture is not None
    assert (first.picture - alone).abs().max() < 0.05


@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_it_goes_on_from_a_checkpoint_to_the_same_picture(models: Models, engine: Engine, optimiser: str) -> None:
    request = replace(REQUEST, optimiser=optimiser)
    state = engine.add_request(request)
    for _ in range(4):
        engine.step()
    checkpoint = engine.checkpoint(state).to_bytes()
    engine.abort_request(request.id)
    elsewhere = engine_for(models, CPU, PocketSection())
    resumed = elsewhere.add_request(request, checkpoint)
    assert resumed.step == 4
    while len(elsewhere):
        elsewhere.step()
    assert resumed.picture is not None
    assert resumed.picture.equal(last(engine, optimiser=optimiser, id="again"))


@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_it_comes_nearer_to_what_is_wanted(engine: Engine, monkeypatch: pytest.MonkeyPatch, optimiser: str) -> None:
    """Which is white here, since a CLIP of random weights hardly tells pictures apart."""
    monkeypatch.setattr("generation.canvas.biggan.LATENT_WEIGHT", 0.0)
    monkeypatch.setattr(Likeness, "loss", lambda _, pictures, *__: (1 - pictures).square().mean((1, 2, 3)))
    means = [float(picture.mean()) for picture in shown(engine, optimiser=optimiser, steps=30)]
    assert means[-1] > means[0] + 0.1


def test_one_optimiser_goes_on_from_the_latent_of_the_other(engine: Engine) -> None:
    """The picture after the change is a step away from that before it, and not one begun anew."""
    pictures = shown(engine, optimiser="cma-adam", steps=8)
    changes = [float((after - before).abs().mean()) for before, after in pairwise(pictures)]
    assert changes[3] < 3 * max(changes[:3])


def test_its_latent_is_kept_and_another_is_refused(models: Models, engine: Engine) -> None:
    *_, done = states(engine, outputs=("png", LATENT), truncation=0.5, ema=0.0)
    assert done.latent is not None
    assert done.picture is not None
    before, request = done.picture.clone(), done.request
    own = engine.equipment.latents_of(request)
    assert own == models.biggan_fingerprint != models.vqgan_fingerprint
    data = encode_latent(done.latent, own, Metadata(request))
    latent = read_latent(data, own, request.shape)
    again = last(engine, {DIGEST: latent}, init_latent=DIGEST, steps=1, rate=0.0001)
    assert (again - before).abs().max() < 0.01
    with pytest.raises(RequestError, match="of another"):
        read_latent(data, engine.equipment.latents_of(replace(request, canvas="auto")), request.shape)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"classes": (("apfel", 1.0),)}, "There is no class 'apfel'; there is for example apple"),
        ({"zoom": 1.1}, "cannot be moved either; leave out `--zoom`"),
        ({"chaos": 10}, "cannot begin from a picture; leave out `--chaos`"),
        ({"init": "gradient"}, "cannot begin from a picture; leave out `--init`"),
        ({"init_picture": DIGEST}, "leave the picture out, or ask for another painter"),
        ({"canvas": "auto", "truncation": 0.5}, "ask for them with `--painter biggan`"),
        ({"canvas": "fourier", "optimiser": "cma"}, "ask for `--painter biggan` or another optimiser"),
        ({"canvas": "auto", "optimiser": "cma-adam"}, "A population cannot search so many numbers"),
    ],
)
def test_what_it_cannot_do_is_refused(engine: Engine, fields: dict[str, Any], sentence: str) -> None:
    with pytest.raises(RequestError) as caught:
        engine.add_request(replace(REQUEST, **fields), pictures={DIGEST: torch.rand(3, 64, 96)})
    assert sentence in str(caught.value)
    assert len(engine) == 0


def test_so_many_classes_are_in_it_at_most(engine: Engine) -> None:
    assert not last(engine, most_classes=1).equal(last(engine))


def test_what_a_population_costs_is_counted() -> None:
    plain, population = REQUEST, replace(REQUEST, optimiser="cma")
    assert population.cost() > 5 * plain.cost()
    assert plain.cost() < replace(plain, canvas="vqgan", width=512, height=512).cost()


def rendered(engine: Engine, monkeypatch: pytest.MonkeyPatch, most: int | None = None) -> list[int]:
    """Return a list of how many pictures are decoded at a time from now on; of more than ``most`` memory is short."""
    counts: list[int] = []
    network = engine.equipment.parts(Recipe().stages_of["biggan"][0]).canvas.biggan  # type: ignore[attr-defined]
    decode = type(network).forward

    def counted(self: BigGAN, z: Tensor, classes: Tensor, mix: Tensor) -> Tensor:
        if most is not None and len(z) > most:
            raise torch.OutOfMemoryError
        counts.append(len(z))
        pictures: Tensor = decode(self, z, classes, mix)
        return pictures

    monkeypatch.setattr(type(network), "forward", counted)
    return counts


@pytest.mark.parametrize("optimiser", ["cma", "cma-mixed"])
def test_of_a_population_some_candidates_are_evaluated_at_a_time(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, optimiser: str
) -> None:
    counts = rendered(engine, monkeypatch)
    few = last(engine, optimiser=optimiser)
    assert len(counts) > REQUEST.steps * constants(engine_numbers(engine)).size / CANDIDATES
    assert max(counts) == CANDIDATES
    counts.clear()
    monkeypatch.setattr("generation.engine.step.CANDIDATES", 1000)
    assert (last(engine, optimiser=optimiser) - few).abs().max() < 1e-3
    assert max(counts) == constants(engine_numbers(engine)).size + 1


def engine_numbers(engine: Engine) -> int:
    """Return how many numbers a painting has."""
    shape = engine.equipment.parts(Recipe().stages_of["biggan"][0]).canvas.biggan.shape  # type: ignore[attr-defined]
    return int(shape.latents * (shape.z_dim + shape.num_classes))


def test_where_memory_is_short_a_population_is_evaluated_one_by_one(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = last(engine, optimiser="cma")
    counts = rendered(engine, monkeypatch, most=1)
    assert (last(engine, optimiser="cma") - whole).abs().max() < 1e-3
    assert set(counts) == {1}


def test_its_own_losses_weigh_as_much_beside_a_steeper_objective(models: Models) -> None:
    pocket = prepare(with_biggan(read_models("pocket", "pocket"), "pocket"), CPU)
    engines = engine_for(models, CPU, PocketSection()), engine_for(pocket, CPU)
    plain, steep = (each.equipment.parts(Recipe().stages_of["biggan"][0]) for each in engines)
    assert plain.objective.scale == 1.0 < steep.objective.scale
    weights = [each.canvas.weight for each in (plain, steep)]  # type: ignore[attr-defined]
    assert weights[1] == pytest.approx(weights[0] * steep.objective.scale)
