import pytest
import torch
from kornia.geometry.transform import resize
from torch import Generator, Tensor
from torch.nn import functional as F

from generation.options import CUT_METHODS
from generation.perceptor.crops import Crops
from generation.perceptor.cutouts import Cutouts
from generation.perceptor.pooled import Pooled
from generation.perceptor.views import METHODS, views_for

CPU = torch.device("cpu")
SIZE = 32


@pytest.fixture
def pictures() -> Tensor:
    smooth: Tensor = resize(torch.rand(2, 3, 8, 8, generator=Generator().manual_seed(0)), (96, 160))
    return smooth


def test_all_methods_that_can_be_chosen_are_there_and_no_others() -> None:
    assert METHODS.keys() == CUT_METHODS.keys()


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("augmentations", [None, (), ("flip", "noise")])
def test_every_method_gives_as_many_views_as_asked_for_with_any_augmentations(
    pictures: Tensor, method: str, augmentations: tuple[str, ...] | None
) -> None:
    views = views_for(5, SIZE, CPU, method, augmentations)
    drawn = [views.draw(1, Generator().manual_seed(seed)) for seed in (1, 2)]
    both = views(pictures, torch.cat(drawn))
    assert both.shape == (2, 5, 3, SIZE, SIZE)
    assert torch.allclose(both[1], views(pictures[1:], drawn[1])[0], atol=1e-4), "whoever is beside it"


def test_crops_are_squares_of_the_picture(pictures: Tensor) -> None:
    """Each is the mean of the pixels that it covers."""
    sides, left, top = torch.tensor([0.0, 0.5, 1.0]), torch.tensor([1.0, 0.25, 0.5]), torch.tensor([0.0, 0.5, 1.0])
    views = Crops(3, SIZE, CPU)(pictures[:1], torch.stack([sides, left, top], dim=-1)[None])[0]
    for view, side, x, y in zip(views, (32, 64, 96), (128, 24, 32), (0, 16, 0), strict=True):
        square = pictures[:1, :, y : y + side, x : x + side]
        assert torch.allclose(view, F.interpolate(square, size=(SIZE, SIZE), mode="area")[0], atol=0.02)


def test_crops_are_from_the_size_of_a_view_to_the_shorter_side_and_smaller_with_more_power() -> None:
    ramp = torch.linspace(0, 1, 160).expand(1, 3, 96, 160)

    def sides(power: float) -> Tensor:
        crops = Crops(400, SIZE, CPU, power)
        views = crops(ramp, crops.draw(1, Generator().manual_seed(0)))[0, :, 0, 0]
        return (views[:, -1] - views[:, 0]) * 160 * SIZE / (SIZE - 1)

    assert sides(1.0).min() == pytest.approx(32, abs=2)
    assert sides(1.0).max() == pytest.approx(96, abs=2)
    assert sides(1.0).mean() == pytest.approx(64, abs=3)
    assert sides(3.0).mean() == pytest.approx(48, abs=3)


def test_crops_see_every_part_of_the_picture(pictures: Tensor) -> None:
    pictures = pictures[:1].requires_grad_()
    crops = Crops(64, SIZE, CPU)
    crops(pictures, crops.draw(1, Generator().manual_seed(0))).sum().backward()
    assert pictures.grad is not None
    assert (pictures.grad != 0).float().mean() > 0.95


def test_large_crops_of_what_is_fine_do_not_alias() -> None:
    stripes = (torch.arange(256) % 2).float().expand(1, 3, 256, 256)
    whole = Crops(1, SIZE, CPU)(stripes, torch.tensor([[[1.0, 0.0, 0.0]]]))
    assert whole.std() < 0.15


def test_pooled_shows_the_whole_picture_and_its_brightest_pixels(pictures: Tensor) -> None:
    pooled = Pooled(3, SIZE)
    views = pooled(pictures, pooled.draw(2, Generator()))
    areas = pictures.unfold(2, 3, 3).unfold(3, 5, 5).flatten(-2)
    expected = (areas.mean(-1) + areas.amax(-1)) / 2
    assert torch.allclose(views, expected[:, None].expand(-1, 3, -1, -1, -1), atol=1e-6)


def test_augmentations_of_ones_own_take_the_place_of_those_of_the_method(pictures: Tensor) -> None:
    own, none = views_for(8, SIZE, CPU, "pooled"), views_for(8, SIZE, CPU, "pooled", ())

    def spread(views: object) -> float:
        assert callable(views)
        shown: Tensor = views(pictures[:1], views.draw(1, Generator().manual_seed(0)))  # type: ignore[attr-defined]
        return float(shown[0].std(0).mean())

    assert spread(none) == 0
    assert spread(own) > 0.05
    assert 0.01 < spread(views_for(8, SIZE, CPU, "pooled", ("noise",))) < 0.1


def test_composed_views_without_their_augmentations_are_scaled_and_placed_and_nothing_else() -> None:
    """A slope stays as it is, and red stays red."""
    plain = Cutouts(64, SIZE, CPU, plain=True)
    drawn = plain.draw(1, Generator().manual_seed(0))
    slope = torch.linspace(0, 1, 128).expand(1, 3, 128, 128)
    views = plain(slope, drawn)[0]
    assert torch.allclose(views[..., 0, :], views[..., -1, :], atol=1e-4), "neither turned nor sheared"
    assert torch.allclose(views[:, 0], views[:, 2], atol=1e-5), "no tint"
    middle = views[..., SIZE // 2 + 4] - views[..., SIZE // 2 - 4]
    assert (middle > 0).all(), "not flipped"
    assert views.std((2, 3)).min() > 0.05
