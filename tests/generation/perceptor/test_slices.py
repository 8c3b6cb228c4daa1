import pytest
import torch
from torch import Tensor

from config.settings.models import ModelsSettings
from generation.checkpoints.loader import POCKET, load_models
from generation.engine.objective import Likeness
from generation.engine.story import weights
from generation.perceptor.cutouts import Cutouts
from generation.perceptor.slices import BYTES_ON_CPU, judged, usual
from generation.pocket.description import NegativesSection
from generation.pocket.objective import Contrast
from generation.request import ImagineRequest
from generation.worker.memory import Saved

CPU = torch.device("cpu")
REQUEST = ImagineRequest("a", "a red apple", seed=1, width=64, height=64, steps=4)


def brightness(views: Tensor) -> Tensor:
    return views.square().sum((2, 3, 4))


@pytest.mark.parametrize("pictures", [1, 3])
@pytest.mark.parametrize("at_once", [1, 2, 3, 7, 20, 21, None])
def test_views_have_the_same_distances_and_gradients_however_many_are_judged_together(
    pictures: int, at_once: int | None
) -> None:
    views = torch.rand(pictures, 7, 3, 4, 4).requires_grad_()
    outer = torch.rand(pictures, 7)
    together, most = [], at_once or 7 * pictures

    def judge(some: Tensor) -> Tensor:
        together.append(some.shape[0] * some.shape[1])
        return brightness(some)

    distances = judged(judge, views, at_once)
    (gradient,) = torch.autograd.grad(distances, views, outer)
    assert torch.equal(distances, brightness(views))
    assert torch.allclose(gradient, 2 * views * outer[..., None, None, None])
    assert sum(together) == 7 * pictures
    assert max(together) <= max(most, pictures)
    assert max(together) - min(together) <= max(2, pictures) or at_once is None, "slices are about as large"


def test_the_lowest_bound_counts() -> None:
    sizes: list[int] = []

    def judge(some: Tensor) -> Tensor:
        sizes.append(some.shape[1])
        return brightness(some)

    for bounds in ((4, 2), (2, None), (None, 2)):
        judged(judge, torch.rand(1, 4, 3, 4, 4), *bounds)
    assert sizes == [2] * 6


def test_without_a_gradient_views_are_judged_in_slices_too() -> None:
    views = torch.rand(1, 7, 3, 4, 4)
    sizes: list[int] = []

    def judge(some: Tensor) -> Tensor:
        sizes.append(some.shape[1])
        return brightness(some)

    assert torch.equal(judged(judge, views, 4), brightness(views))
    with torch.no_grad():
        assert torch.equal(judged(judge, views.requires_grad_(), 4), brightness(views))
    assert sizes == [4, 3, 4, 3]


@pytest.mark.parametrize("negatives", [None, NegativesSection(distractors=("a dog",), nouns=("cat", "dog"))])
def test_in_slices_the_gradient_is_the_same_but_for_rounding(negatives: NegativesSection | None) -> None:
    perceptor = load_models(POCKET, POCKET, CPU, "float32").perceptor
    cutouts = Cutouts(7, perceptor.input_size, CPU)
    objective = Contrast(perceptor, cutouts, negatives) if negatives else Likeness(perceptor, cutouts)
    rows = [row[None] for row in objective.rows(REQUEST)]
    drawn = objective.draw(1, torch.Generator().manual_seed(0))
    gradients: list[Tensor] = []
    for at_once in (None, 2):
        pictures = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(1)).requires_grad_()
        gradients += torch.autograd.grad(
            objective.loss(pictures, rows, weights(REQUEST, 0)[None], drawn, at_once).sum(), pictures
        )
    whole, sliced = gradients
    assert whole.abs().max() > 0
    assert torch.allclose(whole, sliced, rtol=1e-4, atol=1e-4 * float(whole.abs().max()))


def test_autograd_keeps_a_slice_only(tiny_models: ModelsSettings) -> None:
    perceptor = load_models(tiny_models.vqgan, tiny_models.clip, CPU).perceptor

    def kept(views: int, at_once: int | None) -> int:
        objective, saved = Likeness(perceptor, Cutouts(views, perceptor.input_size, CPU)), Saved()
        rows = [row[None] for row in objective.rows(REQUEST)]
        drawn = objective.draw(1, torch.Generator().manual_seed(0))
        with saved.hooks():
            objective.loss(torch.rand(1, 3, 64, 64).requires_grad_(), rows, torch.ones(1, 1), drawn, at_once)
        return saved.peak

    assert kept(16, 1) - kept(8, 1) < (kept(16, None) - kept(8, None)) / 2


def test_on_a_cpu_as_many_are_judged_together_as_suit_it(tiny_models: ModelsSettings) -> None:
    perceptor = load_models(tiny_models.vqgan, tiny_models.clip, CPU).perceptor
    most = usual(perceptor)
    assert most is not None
    assert most * 3 * perceptor.input_size**2 * 4 <= BYTES_ON_CPU < (most + 1) * 3 * perceptor.input_size**2 * 4
    assert usual(perceptor.to("meta")) is None
