import pytest
import torch
from kornia.geometry.transform import resize
from torch import Generator, Tensor

from generation.cutouts import Cutouts


def generators(*seeds: int) -> list[Generator]:
    return [Generator().manual_seed(seed) for seed in seeds]


@pytest.fixture
def pictures() -> Tensor:
    return resize(torch.rand(2, 3, 8, 8, generator=Generator().manual_seed(0)), (64, 96))


@pytest.mark.parametrize("count", [1, 2, 7, 32])
def test_as_many_views_of_the_size_asked_for(pictures: Tensor, count: int) -> None:
    assert Cutouts(count, 32)(pictures, generators(1, 2)).shape == (2, count, 3, 32, 32)


def test_views_depend_on_their_own_generator_alone(pictures: Tensor) -> None:
    cutouts = Cutouts(5, 32)
    both = cutouts(pictures, generators(1, 2))
    assert torch.allclose(both[1], cutouts(pictures[1:], generators(2))[0], atol=1e-5)
    assert not torch.allclose(both[1], cutouts(pictures[1:], generators(3))[0], atol=1e-2)


def test_views_of_one_picture_differ(pictures: Tensor) -> None:
    views = Cutouts(4, 32)(pictures[:1], generators(1))[0]
    assert (views[0] - views[1]).abs().mean() > 0.01


def test_every_part_of_the_picture_is_seen(pictures: Tensor) -> None:
    pictures = pictures[:1].requires_grad_()
    Cutouts(16, 32)(pictures, generators(1)).sum().backward()
    assert pictures.grad is not None
    assert (pictures.grad != 0).float().mean() > 0.95


def test_even_colour_stays_about_that_colour() -> None:
    red = torch.tensor([0.9, 0.1, 0.1]).view(1, 3, 1, 1).expand(1, 3, 64, 64)
    mean = Cutouts(64, 32)(red, generators(1)).mean((0, 1, 3, 4))
    assert torch.allclose(mean, torch.tensor([0.9, 0.1, 0.1]), atol=0.06)


def test_whole_views_of_a_large_picture_do_not_alias() -> None:
    stripes = (torch.arange(256) % 2).float().expand(1, 3, 256, 256)
    cutouts = Cutouts(4, 32)
    whole = cutouts(stripes, generators(1))[0, : cutouts.whole]
    assert whole.std((2, 3)).max() < 0.15
