"""That a picture is bent evenly, further with more, and by its generator alone."""

import pytest
import torch
from torch import Generator

from generation.canvas.bent import bent
from generation.canvas.noise import fractal

PICTURE = fractal(96, 64, Generator().manual_seed(1))


def seeded(distance: float, seed: int = 1) -> torch.Tensor:
    return bent(PICTURE, distance, Generator().manual_seed(seed))


def test_it_keeps_shape_and_range_and_is_drawn_from_the_generator() -> None:
    picture = seeded(0.1)
    assert picture.shape == PICTURE.shape
    assert picture.min() >= 0
    assert picture.max() <= 1
    assert torch.equal(picture, seeded(0.1))
    assert not torch.equal(picture, seeded(0.1, seed=2))


def test_it_goes_further_with_more() -> None:
    away = [float((seeded(distance) - PICTURE).square().mean()) for distance in (0.0, 0.01, 0.03, 0.1)]
    assert away[0] < 1e-8
    assert away == sorted(away)
    assert away[1] < away[3] / 10


@pytest.mark.parametrize("distance", [0.02, 0.06])
def test_what_is_in_it_moves_by_so_much(distance: float) -> None:
    across = torch.linspace(0, 1, 96).expand(3, 64, 96)
    moves = [bent(across, distance, Generator().manual_seed(seed)) - across for seed in range(40)]
    inner = torch.stack(moves)[..., 24:-24]
    assert float(inner.std()) == pytest.approx(distance / 2, rel=0.4)
