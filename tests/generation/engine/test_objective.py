import math
from dataclasses import replace

import pytest
import torch
from torch import Generator

from config.settings.models import ModelsSettings
from generation.checkpoints.loader import load_models
from generation.engine.objective import Likeness
from generation.engine.story import weights
from generation.perceptor.cutouts import Cutouts
from generation.request import ImagineRequest
from generation.targets import Target

CPU = torch.device("cpu")
REQUEST = ImagineRequest("a", "a red apple", seed=1, width=64, height=64, steps=4)


@pytest.fixture(scope="module")
def objective(tiny_models: ModelsSettings) -> Likeness:
    perceptor = load_models(tiny_models.vqgan, tiny_models.clip, CPU, "float32").perceptor
    return Likeness(perceptor, Cutouts(4, perceptor.input_size, CPU))


def loss(objective: Likeness, request: ImagineRequest) -> float:
    pictures = torch.rand(1, 3, 64, 64, generator=Generator().manual_seed(0))
    drawn = objective.draw(1, Generator().manual_seed(0))
    rows = [row[None] for row in objective.rows(request)]
    return float(objective.loss(pictures, rows, weights(request, 0)[None], drawn))


def test_the_prompt_alone_is_what_is_wanted(objective: Likeness) -> None:
    vectors, stops = objective.rows(REQUEST)
    assert torch.equal(vectors, objective.perceptor.encode_texts(["a red apple"]))
    assert stops.tolist() == [-math.inf]
    named = replace(REQUEST, prompt="", targets=(Target("a red apple", weight=7.0),))
    assert loss(objective, named) == loss(objective, REQUEST)


def test_targets_count_by_their_weights(objective: Likeness) -> None:
    texts = ("a dog", "the sea", "a red apple")
    alone = [loss(objective, replace(REQUEST, prompt=text)) for text in texts]
    targets = tuple(Target(text, weight=weight) for text, weight in zip(texts, (3.0, 0.5, -1.5), strict=True))
    expected = (3 * alone[0] + 0.5 * alone[1] - 1.5 * alone[2]) / 5
    assert loss(objective, replace(REQUEST, targets=targets)) == pytest.approx(expected, rel=1e-4)


def test_requests_with_as_many_targets_can_share_a_batch(objective: Likeness) -> None:
    shapes: list[list[torch.Size]] = []
    for count in (1, 2, 2):
        request = replace(REQUEST, targets=tuple(Target(f"{count} {number}") for number in range(count)))
        shapes.append([row.shape for row in objective.rows(request)])
    assert shapes[0] != shapes[1] == shapes[2]


def test_what_a_picture_is_to_be_without_counts_half_whatever_its_number(objective: Likeness) -> None:
    texts = ("a red apple", "fog", "rain")
    apple, fog, rain = (loss(objective, replace(REQUEST, prompt=text)) for text in texts)
    one = replace(REQUEST, without=("fog",))
    assert loss(objective, one) == pytest.approx((apple - 0.5 * fog) / 1.5, rel=1e-4)
    both = replace(REQUEST, without=("fog", "rain"))
    assert loss(objective, both) == pytest.approx((apple - 0.25 * fog - 0.25 * rain) / 1.5, rel=1e-4)


def test_only_what_is_cut_is_left_out(objective: Likeness) -> None:
    long = "red " * 75 + "blue green"
    cut = replace(REQUEST, long="cut")
    assert objective.left_out(replace(cut, prompt=long)) == "blue green"
    assert objective.left_out(replace(cut, prompt=long, targets=(Target("a dog"),))) == ""
    assert objective.left_out(replace(cut, targets=(Target("a dog"), Target(long)))) == "blue green"
    assert objective.left_out(replace(REQUEST, prompt=long)) == ""
    assert loss(objective, replace(cut, prompt=long)) == loss(objective, replace(cut, prompt="red " * 75))
    assert loss(objective, replace(REQUEST, prompt=long)) != loss(objective, replace(cut, prompt=long))


@pytest.mark.parametrize(
    ("weight", "stop", "pulls"), [(1.0, 0.5, True), (1.0, 1.5, False), (-1.0, -1.5, True), (-1.0, -0.5, False)]
)
def test_a_target_pulls_until_it_stops(objective: Likeness, weight: float, stop: float, pulls: bool) -> None:
    """A right angle is 1.23 apart."""
    image = torch.tensor([[[0.0, 1.0]]]).requires_grad_()
    rows = torch.tensor([[[1.0, 0.0]]]), torch.tensor([[stop]])
    distance = objective.distance(image, rows, torch.tensor([[weight]]))
    assert distance.item() == pytest.approx(weight * math.pi**2 / 8)
    distance.sum().backward()
    assert image.grad is not None
    assert bool(image.grad.any()) == pulls
