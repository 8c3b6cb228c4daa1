from dataclasses import replace
from typing import Any

import pytest
import torch
from torch.nn import functional as F

from config.settings import ModelsSettings
from generation.checkpoints.loader import Models, load_models
from generation.engine.engine import Engine
from generation.errors import RequestError
from generation.pocket.composer import Composer
from generation.pocket.sketch import fit
from generation.recipe import Recipe, Sketch, Stage
from generation.request import ImagineRequest
from generation.worker.build import canvases_for, sketcher_for

CPU = torch.device("cpu")
RECIPE = Recipe(
    cutouts=4,
    init="grey",
    stages=(Stage("pixels", 0.5, "normalised"), Stage("latent", 0.5, learning_rate=0.0)),
    sketch=Sketch(candidates=3),
)
REQUEST = ImagineRequest("a", "a red apple", seed=1, width=64, height=64, steps=2)


@pytest.fixture(scope="module")
def models(tiny_models: ModelsSettings) -> Models:
    models = load_models(tiny_models.vqgan, tiny_models.clip, CPU)
    torch.manual_seed(0)
    composer = Composer(64, 16, 20 + 64, n_layer=1, n_head=2, n_embd=16, n_unmasked=20).eval().requires_grad_(False)
    return replace(models, recipe=RECIPE, composer=composer)


@pytest.fixture
def engine(models: Models) -> Engine:
    return Engine(canvases_for(models, CPU), models.perceptor, models.recipe, CPU, sketcher_for(models))


def test_candidates_differ(models: Models) -> None:
    sketcher = sketcher_for(models)
    assert sketcher is not None
    pictures = sketcher.candidates(models.perceptor.tokenise("a red apple")[0], torch.Generator().manual_seed(0))
    assert pictures.shape == (3, 3, 64, 64)
    assert pictures.min() >= 0
    assert pictures.max() <= 1
    assert not torch.equal(pictures[0], pictures[1])


def test_there_is_no_choice_where_no_word_is_known(models: Models, monkeypatch: pytest.MonkeyPatch) -> None:
    sketcher = sketcher_for(models)
    assert sketcher is not None
    unknown, mixed = (models.perceptor.tokenise(text)[0] for text in ("parliament", "parliament apple"))
    clip: Any = models.perceptor.clip
    embedding = clip.token_embedding.weight
    monkeypatch.setattr(embedding, "data", embedding.data.clone())
    embedding.data[unknown[0, 1]] = 0
    assert len(sketcher.candidates(mixed, torch.Generator().manual_seed(0))) == 3
    assert len(sketcher.candidates(unknown, torch.Generator().manual_seed(0))) == 1


@pytest.mark.parametrize(("init", "stage"), [("auto", 1), ("sketch", 1), ("noise", 0)])
def test_a_painting_begins_where_it_is_asked_to(engine: Engine, init: str, stage: int) -> None:
    painting = engine.add_request(replace(REQUEST, init=init))
    assert painting.stage == stage
    assert painting.stage_end == (2 if stage else 1)
    while len(engine):
        engine.step()
    assert painting.done


def test_painting_goes_on_from_the_sketch_that_the_perceptor_picks(engine: Engine, models: Models) -> None:
    engine.add_request(REQUEST)
    (painting,) = engine.step()
    sketcher = sketcher_for(models)
    assert sketcher is not None
    assert painting.picture is not None
    tokens = models.perceptor.tokenise(REQUEST.prompt)[0]
    candidates = sketcher.candidates(tokens, torch.Generator().manual_seed(REQUEST.seed))
    with torch.no_grad():
        seen = F.interpolate(candidates, size=models.perceptor.input_size, mode="area")
        likeness = models.perceptor.encode_image(seen) @ models.perceptor.encode_text(tokens)[0]
        through_codes = models.vqgan.decode(models.vqgan.quantise(models.vqgan.encode(candidates))).clamp(0, 1)
    distances = (through_codes - painting.picture).abs().amax((1, 2, 3))
    assert sorted(distances.tolist())[0] < 0.02 < sorted(distances.tolist())[1]
    assert distances.argmin() == likeness.argmax()


def test_the_time_of_a_sketch_counts_as_that_of_the_next_step(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, 5.0])
    monkeypatch.setattr("generation.engine.engine.time.perf_counter", lambda: next(clock))
    engine.add_request(REQUEST)
    monkeypatch.undo()
    engine.step()
    engine.step()
    first, second = engine.timings()
    assert first.seconds > 5 > second.seconds


def test_models_that_draw_no_sketches_say_so(models: Models) -> None:
    plain = replace(models, composer=None)
    assert sketcher_for(plain) is None
    engine = Engine(canvases_for(plain, CPU), plain.perceptor, plain.recipe, CPU)
    with pytest.raises(RequestError, match="ask again without `--init sketch`"):
        engine.add_request(replace(REQUEST, init="sketch"))
    assert len(engine) == 0
    assert engine.add_request(REQUEST).stage == 0


@pytest.mark.parametrize(("width", "height"), [(64, 64), (128, 64), (64, 96), (32, 32), (256, 256)])
def test_a_square_is_fitted_without_stretching(width: int, height: int) -> None:
    square = torch.linspace(0, 1, 64).expand(3, 64, 64)
    fitted = fit(square, width, height)
    assert fitted.shape == (3, height, width)
    side, left = min(width, height), (width - min(width, height)) // 2
    wanted = F.interpolate(square[None], size=(side, side), mode="area")[0]
    middle = fitted[:, (height - side) // 2 :, left:][:, :side, :side]
    assert (middle - wanted).abs().max() < 0.02
    assert torch.equal(fitted[..., 0], fitted[..., left])
