import math
from dataclasses import replace

import pytest
import torch

from generation.checkpoints.loader import load_models
from generation.perceptor.cutouts import Cutouts
from generation.pocket.description import NegativesSection
from generation.pocket.objective import SAME, Contrast, contrast
from generation.request import ImagineRequest
from generation.targets import Target

CPU = torch.device("cpu")
REQUEST = ImagineRequest("a", "a red apple", seed=1, width=64, height=64, steps=4)

X, Y = torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0])


def test_contrast_is_least_where_the_prompt_is_picked() -> None:
    image, distractors = torch.stack([X, Y])[None], torch.stack([Y, -X])
    told_apart, confused = contrast(image, X[None], distractors)[0]
    assert told_apart < 1e-5
    assert math.isclose(float(confused), 15, rel_tol=1e-3)


def test_distractors_may_be_each_pictures_own() -> None:
    image = torch.stack([X, X])[:, None]
    told_apart, confused = contrast(image, torch.stack([X, Y]), torch.stack([Y, X])[:, None])[:, 0]
    assert told_apart < 1e-5
    assert math.isclose(float(confused), 15, rel_tol=1e-3)


def test_distractors_like_the_prompt_do_not_count() -> None:
    assert torch.equal(contrast(X[None, None], X[None], X[None]), torch.zeros(1, 1))
    near = torch.nn.functional.normalize(X + 0.9 * Y, dim=-1)
    assert contrast(near[None, None], X[None], near[None]) == 0
    assert contrast(near[None, None], X[None], near[None], alike=0.95) > 1


@pytest.fixture(scope="module")
def objective() -> Contrast:
    perceptor = load_models("pocket", "pocket", CPU).perceptor
    negatives = NegativesSection(distractors=("the sea",), nouns=("apple", "banana", "cat"))
    return Contrast(perceptor, Cutouts(8, perceptor.input_size, CPU), negatives)


def test_a_prompt_is_told_apart_from_itself_with_another_thing_in_it(objective: Contrast) -> None:
    texts, _, swapped = objective.rows(REQUEST)
    others = objective.perceptor.encode_texts(["a red banana", "a red cat"])
    assert torch.allclose(swapped[0, :2], others, atol=1e-5)
    assert torch.equal(swapped[0, 2:], texts.expand(4, -1))
    texts, _, swapped = objective.rows(replace(REQUEST, prompt="parliament"))
    assert torch.equal(swapped[0], texts.expand(6, -1))


def test_each_target_is_told_apart_and_counts_by_its_weight(objective: Contrast) -> None:
    targets = (Target("a red apple", weight=3.0), Target("a cat", weight=-1.0))
    rows = [row[None] for row in objective.rows(replace(REQUEST, targets=targets))]
    weights = torch.tensor([[0.75, -0.25]])
    image = torch.nn.functional.normalize(torch.randn(1, 5, rows[0].shape[-1]), dim=-1)
    sea = objective.perceptor.encode_texts(["the sea"])
    told = [
        contrast(image, rows[0][:, target], sea) + contrast(image, rows[0][:, target], rows[2][:, target], SAME)
        for target in range(2)
    ]
    assert torch.allclose(objective.distance(image, rows, weights), 0.75 * told[0] - 0.25 * told[1], atol=1e-5)


def test_a_target_that_has_come_near_enough_pulls_no_more(objective: Contrast) -> None:
    texts, _, _ = objective.rows(REQUEST)
    for stop, pulls in ((None, True), (0.1, True), (1.5, False)):
        image = torch.nn.functional.normalize(texts + 0.06 * torch.randn(texts.shape), dim=-1)[None].requires_grad_()
        rows = [row[None] for row in objective.rows(replace(REQUEST, targets=(Target("a red apple", stop=stop),)))]
        objective.distance(image, rows, torch.ones(1, 1)).sum().backward()
        assert image.grad is not None
        assert bool(image.grad.any()) == pulls


def test_a_long_text_is_told_apart_from_itself_with_another_thing_in_it(objective: Contrast) -> None:
    long = "a red apple, " * 20 + "on a table"
    _, _, swapped = objective.rows(replace(REQUEST, prompt=long))
    others = [Target(long.replace("apple", "banana", 1)), Target(long.replace("apple", "cat", 1))]
    assert torch.allclose(swapped[0, :2], objective.perceptor.encode_targets(others, "join"), atol=1e-5)
    _, _, of_start = objective.rows(replace(REQUEST, prompt=long, long="cut"))
    assert not torch.allclose(swapped[0, :2], of_start[0, :2], atol=1e-3)
