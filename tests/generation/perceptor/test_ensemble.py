"""Several perceptors that judge together."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Generator, Tensor, nn
from torch.nn import functional as F

from config.settings.models import ModelsSettings
from generation.checkpoints.loader import Models, load_models
from generation.engine.objective import Likeness
from generation.engine.story import weights
from generation.errors import CheckpointError
from generation.models.upstream import clip_model
from generation.perceptor.clip import CLIPPerceptor
from generation.perceptor.cutouts import Cutouts
from generation.perceptor.ensemble import Ensemble
from generation.pocket.description import NegativesSection, describe_pocket
from generation.pocket.objective import Contrast
from generation.request import ImagineRequest
from generation.targets import Target
from generation.worker.build import engine_for
from tests.generation.checkpoints.clips import residual_network, vision_transformer

CPU = torch.device("cpu")
TARGETS = (Target("a red apple", weight=2.0), Target("the sea"), Target("a dog", weight=-0.5))
REQUEST = ImagineRequest("a", "", 1, 64, 64, steps=6, targets=TARGETS)
PICTURES = torch.rand(2, 3, 64, 64, generator=Generator().manual_seed(0))


def frozen(clip: nn.Module) -> CLIPPerceptor:
    perceptor = CLIPPerceptor(clip)
    perceptor.freeze(torch.float32, CPU)
    return perceptor


@pytest.fixture(scope="module")
def alike() -> list[CLIPPerceptor]:
    """Return two of one input size, whose vectors are not of one length."""
    clip = clip_model.CLIP(40, 32, 1, 64, 8, 77, 49408, 64, 1, 1)
    return [frozen(vision_transformer(64, 64)), frozen(clip.eval())]


@pytest.fixture(scope="module")
def unlike() -> list[CLIPPerceptor]:
    """Return two of different input sizes, 32 and 64."""
    return [frozen(vision_transformer(64, 64)), frozen(residual_network())]


def judged(objective: Likeness | Contrast) -> Tensor:
    """Return the loss of two pictures, each with random views of its own."""
    drawn = torch.cat([objective.draw(1, Generator().manual_seed(seed)) for seed in (1, 2)])
    counts = weights(REQUEST, 0).expand(2, -1)
    return objective.loss(PICTURES, [row.expand(2, *row.shape) for row in objective.rows(REQUEST)], counts, drawn)


def test_the_loss_is_the_mean_of_what_each_finds_in_the_same_views(alike: list[CLIPPerceptor]) -> None:
    together = judged(Likeness(Ensemble(alike), Cutouts(6, 32, CPU)))
    alone = [judged(Likeness(each, Cutouts(6, 32, CPU))) for each in alike]
    assert torch.allclose(together, torch.stack(alone).mean(0), rtol=1e-5)
    assert not torch.allclose(alone[0], alone[1], rtol=1e-2)


def test_so_is_that_of_telling_apart(alike: list[CLIPPerceptor]) -> None:
    negatives = NegativesSection(distractors=("a house", "a cat"), nouns=("apple", "pear"))
    together = judged(Contrast(Ensemble(alike), Cutouts(6, 32, CPU), negatives))
    alone = [judged(Contrast(each, Cutouts(6, 32, CPU), negatives)) for each in alike]
    assert torch.allclose(together, torch.stack(alone).mean(0), rtol=1e-5)


def test_one_that_looks_at_less_sees_the_views_of_the_largest_shrunk(unlike: list[CLIPPerceptor]) -> None:
    ensemble = Ensemble(unlike)
    assert ensemble.input_size == 64
    views = torch.rand(3, 3, 64, 64, generator=Generator().manual_seed(0))
    small, large = ensemble.encode_image(views).split([unlike[0].width, unlike[1].width], dim=1)
    shrunk = F.interpolate(views, size=(32, 32), mode="bilinear", antialias=True)
    assert torch.equal(large, unlike[1].encode_image(views))
    assert torch.allclose(small, unlike[0].encode_image(shrunk), atol=1e-6)
    assert not torch.allclose(small, unlike[0].encode_image(views[..., ::2, ::2]), atol=1e-3)


def test_both_have_a_say_in_the_gradient(unlike: list[CLIPPerceptor]) -> None:
    def gradient(perceptor: CLIPPerceptor | Ensemble) -> Tensor:
        objective = Likeness(perceptor, Cutouts(4, 64, CPU))
        drawn = objective.draw(1, Generator().manual_seed(0))
        pictures = PICTURES[:1].clone().requires_grad_()
        loss = objective.loss(
            pictures, [row[None] for row in objective.rows(REQUEST)], weights(REQUEST, 0)[None], drawn
        )
        return torch.autograd.grad(loss.sum(), pictures)[0]

    both, large = gradient(Ensemble(unlike)), gradient(unlike[1])
    small = 2 * both - large
    assert small.norm() > 0.05 * large.norm()


def test_the_one_with_least_room_says_what_is_left_out() -> None:
    short = clip_model.CLIP(24, 32, 1, 64, 8, 12, 49408, 64, 1, 1).eval()
    text = " ".join(str(number) for number in range(1, 10)) + " two three"
    for clips in ([vision_transformer(64, 64), short], [short, vision_transformer(64, 64)]):
        ensemble = Ensemble([frozen(clip) for clip in clips])
        assert ensemble.cut(text) == (text.removesuffix("three"), "three")
        assert ensemble.left_out([Target("a"), Target(text)], "cut") == "three"
        assert ensemble.left_out([Target("a")], "cut") == ""


@pytest.fixture
def paths(tmp_path: Path) -> list[str]:
    paths = [tmp_path / "a.pt", tmp_path / "b+c.pt"]
    for path, clip in zip(paths, (vision_transformer(64, 64), residual_network()), strict=True):
        torch.save(clip.state_dict(), path)
    return [str(path) for path in paths]


def load(tiny_models: ModelsSettings, clip: str) -> Models:
    return load_models(tiny_models.vqgan, clip, CPU, "float32")


def test_the_setting_names_several(tiny_models: ModelsSettings, paths: list[str], tmp_path: Path) -> None:
    first, second = tiny_models.clip, paths[0]
    both = load(tiny_models, f"{first}+{second}")
    assert [each.input_size for each in both.perceptor.members] == [32, 32]
    fingerprints = {load(tiny_models, clip).fingerprint for clip in (first, second, f"{second}+{first}")}
    assert both.fingerprint not in fingerprints
    assert len(fingerprints) == 3
    assert len(load(tiny_models, f"pocket+{first}+{second}").perceptor.members) == 3
    with pytest.raises(CheckpointError, match=r"missing\.pt does not exist"):
        load(tiny_models, f"{first}+{tmp_path / 'missing.pt'}")


def test_a_file_may_have_a_plus_in_its_name(tiny_models: ModelsSettings, paths: list[str]) -> None:
    assert load(tiny_models, paths[1]).perceptor.members[0].input_size == 64


def test_a_picture_is_painted_towards_what_both_look_for(tiny_models: ModelsSettings, paths: list[str]) -> None:
    models = load(tiny_models, f"{tiny_models.clip}+{paths[0]}")
    engine = engine_for(models, CPU)
    state = engine.add_request(replace(REQUEST, prompt="a red apple", targets=(), steps=40))
    pictures = []
    while len(engine):
        (state,) = engine.step()
        assert state.picture is not None
        pictures.append(state.picture.clone())
    objective = engine.equipment.parts(engine.equipment.recipe.stages[0]).objective
    drawn = objective.draw(1, Generator().manual_seed(7))
    for each in models.perceptor.members:
        alone = Likeness(each, Cutouts(4, 32, CPU))
        rows = [row[None] for row in alone.rows(state.request)]
        losses = [alone.loss(each[None], rows, torch.ones(1, 1), drawn) for each in (pictures[-1], pictures[0])]
        assert losses[0] < losses[1]


def test_sketches_are_read_by_the_one_that_the_composer_knows(paths: list[str]) -> None:
    models = load_models("pocket", f"{paths[0]}+pocket", CPU, "float32")
    pocket = describe_pocket(models.path)
    assert pocket.prior is not None
    few = pocket.model_copy(update={"prior": pocket.prior.model_copy(update={"candidates": 2})})
    engine = engine_for(models, CPU, few)
    assert engine.equipment.inits[0] == "sketch"
    engine.add_request(ImagineRequest("a", "a red apple", 1, 64, 64, steps=2, init="sketch"))
    shown = []
    while len(engine):
        shown += [state.picture for state in engine.step()]
    assert shown[-1] is not None
    assert shown[-1].isfinite().all()
