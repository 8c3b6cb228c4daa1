from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Generator
from torch.nn import functional as F

from config.settings.models import ModelsSettings
from generation.checkpoints.loader import Models, load_models
from generation.engine.engine import Engine
from generation.engine.equipment import Equipment
from generation.engine.objective import Likeness
from generation.engine.optimisers import OPTIMISERS
from generation.engine.parts import Parts
from generation.engine.story import weights
from generation.errors import CheckpointError
from generation.perceptor.cutouts import Cutouts
from generation.pocket.composer import Composer, finish
from generation.pocket.description import PriorSection
from generation.pocket.prior import Sketcher, fit, load_prior
from generation.recipe import Recipe, Stage
from generation.request import ImagineRequest
from generation.targets import Target
from generation.worker.build import CANVASES

CPU = torch.device("cpu")
RECIPE = Recipe(
    cutouts=4,
    init="grey",
    stages=(Stage("pixels", 0.5, "normalised"), Stage("latent", 0.5, learning_rate=0.0)),
)
REQUEST = ImagineRequest("a", "a red apple", seed=1, width=64, height=64, steps=2)


@pytest.fixture(scope="module")
def models(tiny_models: ModelsSettings) -> Models:
    return replace(load_models(tiny_models.vqgan, tiny_models.clip, CPU), recipe=RECIPE)


@pytest.fixture(scope="module")
def objective(models: Models) -> Likeness:
    return Likeness(models.perceptor, Cutouts(4, models.perceptor.input_size, CPU))


@pytest.fixture(scope="module")
def sketcher(models: Models, objective: Likeness) -> Sketcher:
    torch.manual_seed(0)
    composer = Composer(64, 16, 20 + 64, n_layer=1, n_head=2, n_embd=16, n_unmasked=20).eval().requires_grad_(False)
    (reader,) = models.perceptor.members
    section = PriorSection(candidates=3)
    return Sketcher(composer, models.vqgan, reader, models.perceptor, section, objective.distance)


@pytest.fixture
def engine(models: Models, objective: Likeness, sketcher: Sketcher) -> Engine:
    def parts(stage: Stage) -> Parts:
        return Parts(
            CANVASES[stage.canvas](models, stage, CPU, objective.scale), objective, OPTIMISERS[stage.optimiser]()
        )

    return Engine(Equipment(RECIPE, parts, CPU, sketcher))


def seeded(seed: int) -> Generator:
    return Generator().manual_seed(seed)


def test_candidates_differ(sketcher: Sketcher) -> None:
    pictures = finish(sketcher.candidates("a red apple", seeded(0)))
    assert pictures.shape == (3, 3, 64, 64)
    assert pictures.min() >= 0
    assert pictures.max() <= 1
    assert not torch.equal(pictures[0], pictures[1])


def test_there_is_no_choice_where_no_word_is_known(tiny_models: ModelsSettings, sketcher: Sketcher) -> None:
    (perceptor,) = load_models(tiny_models.vqgan, tiny_models.clip, CPU).perceptor.members
    embedding: Any = perceptor.clip.token_embedding
    embedding.weight[perceptor.tokens("parliament")[0, 1]] = 0
    pick = Sketcher(sketcher.composer, sketcher.vqgan, perceptor, perceptor, sketcher.section, sketcher.distance)
    assert len(finish(pick.candidates("parliament apple", seeded(0)))) == 3
    assert len(finish(pick.candidates("parliament", seeded(0)))) == 1


def test_it_draws_in_slices_what_is_wanted_most(sketcher: Sketcher, objective: Likeness) -> None:
    targets = (
        Target("the sea", weight=-2.0),
        Target("a red apple", weight=0.5),
        Target("a dog", weight=0.2),
        Target(noise=7),
    )
    request = replace(REQUEST, prompt="", targets=targets)
    rows, counts = objective.rows(request), weights(request, 0)
    slices = sketcher.begin(request, rows, counts, seeded(0))
    breaks = sum(1 for _ in slices)
    assert breaks == sketcher.composer.length + 1
    picture = finish(sketcher.begin(request, rows, counts, seeded(0)))
    drawn = finish(sketcher.candidates("a red apple", seeded(0)))
    assert any(torch.equal(picture, fit(each, 64, 64)) for each in drawn)


@pytest.mark.parametrize(("init", "canvases"), [("auto", 1), ("sketch", 1), ("noise", 2)])
def test_a_painting_begins_where_it_is_asked_to(engine: Engine, init: str, canvases: int) -> None:
    painting = engine.add_request(replace(REQUEST, init=init))
    assert [stage.canvas for stage in painting.stages] == ["pixels", "latent"][-canvases:]
    while len(engine):
        engine.step()
    assert painting.done


def test_a_story_begins_from_noise_unless_it_is_asked_to(engine: Engine) -> None:
    story = replace(REQUEST, targets=(Target("a red apple", part=0), Target("the sea", part=1)))
    assert len(engine.add_request(story).stages) == 2
    assert len(engine.add_request(replace(story, id="b", init="sketch")).stages) == 1


def test_painting_goes_on_from_the_sketch_that_the_perceptor_picks(
    engine: Engine, models: Models, sketcher: Sketcher
) -> None:
    painting = engine.add_request(REQUEST)
    while not painting.step:
        engine.step()
    assert painting.picture is not None
    candidates = finish(sketcher.candidates(REQUEST.prompt, seeded(REQUEST.seed)))
    with torch.no_grad():
        seen = F.interpolate(candidates, size=models.perceptor.input_size, mode="area")
        likeness = models.perceptor.encode_image(seen) @ models.perceptor.encode_texts([REQUEST.prompt])[0]
        through_codes = models.vqgan.decode(models.vqgan.quantise(models.vqgan.encode(candidates))).clamp(0, 1)
    distances = (through_codes - painting.picture).abs().amax((1, 2, 3))
    assert sorted(distances.tolist())[0] < 0.02 < sorted(distances.tolist())[1]
    assert distances.argmin() == likeness.argmax()


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


def test_a_composer_that_is_missing_is_told_with_the_file_that_names_it(models: Models, sketcher: Sketcher) -> None:
    wanted = f"{models.path}: {models.path.with_name('gone.yaml')} does not exist: put the file there or "
    with pytest.raises(CheckpointError) as refused:
        load_prior(models, PriorSection(weights="gone.yaml"), sketcher.distance, CPU)
    assert str(refused.value).startswith(wanted)
