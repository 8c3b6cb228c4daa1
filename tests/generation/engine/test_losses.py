import math

import torch

from generation.engine.losses import contrast, spherical_distance, total_variation

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


def test_total_variation_counts_steps_between_neighbours() -> None:
    assert float(total_variation(torch.ones(1, 3, 4, 4))) == 0
    stripes = (torch.arange(4) % 2).float().expand(1, 3, 4, 4)
    assert float(total_variation(stripes)) == 1


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
