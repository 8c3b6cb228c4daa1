import pytest
import torch
from torch import Generator, Tensor

from generation.canvas.noise import NOISES


def drawn(name: str, seed: int, width: int = 96, height: int = 64) -> Tensor:
    return NOISES[name](width, height, Generator().manual_seed(seed))


def neighbours(picture: Tensor) -> float:
    """Return how far pixels are from their neighbours, beside how far they are from each other."""
    return float(picture.diff(dim=2).square().mean() / picture.var())


@pytest.mark.parametrize("name", NOISES)
def test_it_is_a_picture_that_follows_from_the_seed(name: str) -> None:
    picture = drawn(name, 1)
    assert picture.shape == (3, 64, 96)
    assert 0 <= picture.min() < picture.max() <= 1
    assert torch.equal(picture, drawn(name, 1))
    assert not torch.equal(picture, drawn(name, 2))


def test_they_are_of_every_scale() -> None:
    pixels, fractal, gradient = (neighbours(drawn(name, 1)) for name in ("pixels", "fractal", "gradient"))
    assert pixels == pytest.approx(2, rel=0.05), "neighbours have nothing to do with each other"
    assert gradient < 0.01
    assert gradient < fractal / 3 < pixels / 9
