import math
from dataclasses import replace

import pytest
import torch
from torch import Generator

from config.settings import ModelsSettings
from generation.checkpoints.loader import load_models
from generation.engine.objective import Likeness, spherical_distance
from generation.perceptor.cutouts import Cutouts
from generation.request import ImagineRequest, Target

CPU = torch.device("cpu")
X, Y = torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0])
REQUEST = ImagineRequest("a", "a red apple", seed=1, width=64, height=64, steps=4)


@pytest.fixture(scope="module")
def objective(tiny_models: ModelsSettings) -> Likeness:
    perceptor = load_models(tiny_models.vqgan, tiny_models.clip, CPU, "float32").perceptor
    return Likeness(perceptor, Cutouts(4, perceptor.input_size, CPU))


def loss(objective: Likeness, request: ImagineRequest) -> float:
    pictures = torch.rand(1, 3, 64, 64, generator=Generator().manual_seed(0))
    drawn = objective.draw(1, Generator().manual_seed(0))
    return float(objective.loss(pictures, [row[None] for row in objective.rows(request)], drawn))


def test_spherical_distance_is_half_the_squared_angle() -> None:
    assert spherical_distance(X, X) < 1e-6
    assert math.isclose(float(spherical_distance(X, Y)), (math.pi / 2) ** 2 / 2, rel_tol=1e-5)
    assert math.isclose(float(spherical_distance(X, -X)), math.pi**2 / 2, rel_tol=1e-2)


def test_spherical_distance_has_a_finite_gradient_everywhere() -> None:
    for other in (X, Y, -X):
        x = X.clone().requires_grad_()
        spherical_distance(x, other).backward()
        assert x.grad is not None
        assert x.grad.isfinite().all()


def test_the_prompt_alone_is_what_is_wanted(objective: Likeness) -> None:
    vectors, weights = objective.rows(REQUEST)
    assert torch.equal(vectors, objective.perceptor.encode_texts(["a red apple"]))
    assert weights.tolist() == [1]
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


def test_what_is_left_out_is_told(objective: Likeness) -> None:
    long = "red " * 75 + "blue green"
    assert objective.left_out(replace(REQUEST, prompt=long)) == "blue green"
    assert objective.left_out(replace(REQUEST, prompt=long, targets=(Target("a dog"),))) == ""
    assert objective.left_out(replace(REQUEST, targets=(Target("a dog"), Target(long)))) == "blue green"
