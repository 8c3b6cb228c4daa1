import pytest
import torch
from kornia.geometry.transform import homography_warp, resize
from torch import Generator, Tensor

from generation.perceptor.cutouts import Cutouts

CPU = torch.device("cpu")


def cut(pictures: Tensor, count: int, *seeds: int) -> Tensor:
    cutouts = Cutouts(count, 32, CPU)
    drawn = [cutouts.draw(1, Generator().manual_seed(seed)) for seed in seeds]
    return cutouts(pictures, torch.cat(drawn))


@pytest.fixture
def pictures() -> Tensor:
    return resize(torch.rand(2, 3, 8, 8, generator=Generator().manual_seed(0)), (64, 96))


@pytest.mark.parametrize("count", [1, 2, 7, 32])
def test_as_many_views_of_the_size_asked_for(pictures: Tensor, count: int) -> None:
    assert cut(pictures, count, 1, 2).shape == (2, count, 3, 32, 32)


def test_views_depend_on_their_own_generator_alone(pictures: Tensor) -> None:
    both = cut(pictures, 5, 1, 2)
    assert torch.allclose(both[1], cut(pictures[1:], 5, 2)[0], atol=1e-5)
    assert not torch.allclose(both[1], cut(pictures[1:], 5, 3)[0], atol=1e-2)


def test_views_of_one_picture_differ(pictures: Tensor) -> None:
    views = cut(pictures[:1], 4, 1)[0]
    assert (views[0] - views[1]).abs().mean() > 0.01


def test_every_part_of_the_picture_is_seen(pictures: Tensor) -> None:
    pictures = pictures[:1].requires_grad_()
    cut(pictures, 16, 1).sum().backward()
    assert pictures.grad is not None
    assert (pictures.grad != 0).float().mean() > 0.95


def test_even_colour_stays_about_that_colour() -> None:
    red = torch.tensor([0.9, 0.1, 0.1]).view(1, 3, 1, 1).expand(1, 3, 64, 64)
    mean = cut(red, 64, 1).mean((0, 1, 3, 4))
    assert torch.allclose(mean, torch.tensor([0.9, 0.1, 0.1]), atol=0.06)


def test_whole_views_of_a_large_picture_do_not_alias() -> None:
    stripes = (torch.arange(256) % 2).float().expand(1, 3, 256, 256)
    whole = cut(stripes, 4, 1)[0, : Cutouts(4, 32, CPU).whole]
    assert whole.std((2, 3)).max() < 0.15


def test_one_sample_is_what_one_step_after_the_other_gives(pictures: Tensor) -> None:
    cutouts = Cutouts(6, 32, CPU)
    (drawn,) = cutouts.draw(1, Generator().manual_seed(3))
    quiet = drawn.clone()
    quiet[:, 13] = 0
    together = cutouts(pictures[:1], quiet[None])[0]
    for cutout, numbers in zip(together[cutouts.whole :], quiet[cutouts.whole :], strict=True):
        homography = numbers[:9].view(1, 3, 3)
        warped = homography_warp(pictures[:1], homography, (32, 32), padding_mode="reflection", align_corners=False)[0]
        expected = warped * numbers[9] + numbers[10:13, None, None]
        assert torch.allclose(cutout, expected, atol=1e-4)


def test_noise_is_as_strong_as_drawn_and_differs_between_cutouts(pictures: Tensor) -> None:
    cutouts = Cutouts(8, 32, CPU)
    drawn = cutouts.draw(1, Generator().manual_seed(3))
    quiet = drawn.clone()
    quiet[..., 13] = 0
    noise = (cutouts(pictures[:1], drawn) - cutouts(pictures[:1], quiet))[0]
    assert torch.allclose(noise.std((1, 2, 3)), drawn[0, :, 13], rtol=0.1)
    assert torch.corrcoef(noise.flatten(1)).triu(1).abs().max() < 0.1
