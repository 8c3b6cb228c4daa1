import math

import torch

from generation.perceptor.distance import held, spherical_distance, stops
from generation.targets import Target

X, Y = torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0])


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


def test_what_has_stopped_keeps_its_value_and_loses_its_gradient() -> None:
    targets = (Target("a"), Target("b", stop=0.5), Target("c", weight=-1.0, stop=-0.5), Target("d", weight=-1.0))
    losses = torch.arange(8.0).reshape(1, 4, 2).requires_grad_()
    distances = torch.tensor([0.4, 0.6]).expand(1, 4, 2)
    weights = torch.tensor([[target.weight for target in targets]])
    value = held(losses, distances, weights, stops(targets)[None])
    assert torch.equal(value, losses)
    value.sum().backward()
    assert losses.grad is not None
    assert losses.grad[0].tolist() == [[1, 1], [0, 1], [1, 0], [1, 1]]
