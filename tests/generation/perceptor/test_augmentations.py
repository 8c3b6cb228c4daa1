"""Each augmentation does what its name says, as much as its constants say, and nothing to the views that it spares."""

import pytest
import torch
from kornia.geometry.transform import elastic_transform2d, hflip, homography_warp, resize, warp_image_tps
from torch import Generator, Tensor

from generation.options import AUGMENTATIONS
from generation.perceptor import warps
from generation.perceptor.augmentations import EFFECTS, WARPS, Augmentations
from generation.perceptor.warps import PINS

CPU = torch.device("cpu")
SIZE = 32
COUNT = 400
PROBABILITY = {"flip": 0.5, "crop": 0.5, "resized-crop": 0.5, "sharpness": 0.5, "heavy-noise": 0.5, "noise": 1.0}
"""Of the others it is 0.7."""


@pytest.fixture(scope="module")
def view() -> Tensor:
    """Return a view of colours between 0.2 and 0.8, with fine and coarse forms."""
    generator = Generator().manual_seed(0)
    coarse: Tensor = resize(torch.rand(1, 3, 4, 4, generator=generator), (SIZE, SIZE))
    return (0.5 * coarse + 0.5 * torch.rand(1, 3, SIZE, SIZE, generator=generator)) * 0.6 + 0.2


def augmented(view: Tensor, *names: str, seed: int = 1) -> tuple[Tensor, Tensor]:
    """Return many augmented views of one picture, and what was drawn."""
    augmentations = Augmentations(names, SIZE, CPU)
    drawn = augmentations.draw(1, COUNT, Generator().manual_seed(seed))[0]
    assert drawn.shape == (COUNT, augmentations.numbers)
    return augmentations(view.expand(COUNT, -1, -1, -1), drawn), drawn


def changed(views: Tensor, view: Tensor) -> Tensor:
    return (views - view).abs().amax((1, 2, 3)) > 1e-3


def test_all_names_that_can_be_chosen_are_there_and_no_others() -> None:
    assert sorted([*WARPS, *EFFECTS]) == sorted(AUGMENTATIONS)


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_it_changes_as_many_views_as_it_should_and_leaves_the_others(view: Tensor, name: str) -> None:
    views, _ = augmented(view, name)
    assert views.shape == (COUNT, 3, SIZE, SIZE)
    share = changed(views, view).float().mean()
    assert share == pytest.approx(PROBABILITY.get(name, 0.7), abs=0.07)


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_the_gradient_comes_back_to_the_picture(view: Tensor, name: str) -> None:
    view = view.clone().requires_grad_()
    augmented(view, name)[0].square().sum().backward()
    assert view.grad is not None
    assert (view.grad != 0).float().mean() > 0.99


def test_what_is_drawn_for_a_painting_is_its_own_generators_matter(view: Tensor) -> None:
    augmentations = Augmentations(AUGMENTATIONS, SIZE, CPU)
    drawn = [augmentations.draw(2, 3, Generator().manual_seed(seed)) for seed in (1, 2)]
    assert not torch.equal(*drawn)
    assert torch.equal(drawn[1], augmentations.draw(2, 3, Generator().manual_seed(2)))
    both = augmentations(view.expand(6, -1, -1, -1), torch.cat([drawn[0][0], drawn[1][0]]))
    alone = augmentations(view.expand(3, -1, -1, -1), drawn[1][0])
    assert torch.allclose(both[3:], alone, atol=1e-4)


def test_nothing_is_drawn_and_changed_without_names(view: Tensor) -> None:
    views, drawn = augmented(view)
    assert drawn.numel() == 0
    assert torch.equal(views, view.expand(COUNT, -1, -1, -1))


def test_flip_exchanges_left_and_right(view: Tensor) -> None:
    views, _ = augmented(view, "flip")
    mirrored = views[changed(views, view)]
    assert torch.allclose(mirrored, hflip(view).expand_as(mirrored), atol=1e-4)


@pytest.mark.parametrize("name", ["crop", "resized-crop", "flip", "rotation", "affine", "perspective"])
def test_what_moves_by_a_matrix_is_kornias_warp(view: Tensor, name: str) -> None:
    views, drawn = augmented(view, name)
    matrices = drawn.unflatten(-1, (3, 3))
    pictures = view.expand(COUNT, -1, -1, -1)
    expected = homography_warp(pictures, matrices, (SIZE, SIZE), padding_mode="reflection", align_corners=False)
    assert ((views - expected).abs() > 1e-3).float().mean() < 1e-3, "all but points near a horizon"


def drawn_matrices(name: str) -> Tensor:
    drawn = WARPS[name](SIZE, CPU).draw((1, COUNT), Generator().manual_seed(1))[0].unflatten(-1, (3, 3))
    moving: Tensor = drawn[(drawn - torch.eye(3)).abs().amax((1, 2)) > 0]
    return moving


def test_rotation_turns_by_at_most_fifteen_degrees_to_either_side() -> None:
    angles = torch.rad2deg(torch.atan2(*drawn_matrices("rotation")[:, :2, 0].flip(1).unbind(1)))
    assert angles.min() == pytest.approx(-15, abs=0.5)
    assert angles.max() == pytest.approx(15, abs=0.5)
    assert torch.allclose(drawn_matrices("rotation").det(), torch.ones(()), atol=1e-5)


def test_affine_turns_shears_and_moves_without_scaling() -> None:
    matrices = drawn_matrices("affine")
    assert torch.allclose(matrices.det(), torch.ones(()), atol=1e-5)
    assert 0.15 < matrices[:, :2, 2].norm(dim=1).amax() < 0.3
    columns = matrices[:, :2, :2]
    cosine = (columns[..., 0] * columns[..., 1]).sum(1) / columns[..., 0].norm(dim=1) / columns[..., 1].norm(dim=1)
    assert torch.rad2deg(cosine.abs().amax().asin()) == pytest.approx(5, abs=0.2)


def test_perspective_moves_each_corner_of_the_picture_inwards() -> None:
    matrices = drawn_matrices("perspective")
    corners = torch.cat([warps.CORNERS, torch.ones(4, 1)], dim=1)
    moved = (matrices.inverse() @ corners.T).mT
    moved = moved[..., :2] / moved[..., 2:]
    shares = moved * warps.CORNERS
    assert shares.max() <= 1 + 1e-4
    assert shares.min() == pytest.approx(1 - warps.PERSPECTIVE, abs=0.01)


def test_crop_moves_by_an_eighth_of_the_side_at_most() -> None:
    moves = drawn_matrices("crop")[:, :2, 2].abs() / 2
    assert moves.max() == pytest.approx(1 / 8, abs=0.005)
    assert torch.equal(drawn_matrices("crop")[:, :2, :2], torch.eye(2).expand(len(moves), -1, -1))


def test_resized_crop_enlarges_a_part_that_lies_within_the_picture() -> None:
    matrices = drawn_matrices("resized-crop")
    sides, middles = torch.stack([matrices[:, 0, 0], matrices[:, 1, 1]], 1), matrices[:, :2, 2]
    assert (middles.abs() + sides).max() <= 1 + 1e-5
    assert sides.prod(1).min() == pytest.approx(0.1, abs=0.02)
    assert (sides[:, 0] / sides[:, 1]).max() <= 4 / 3 + 1e-4


def test_thin_plate_is_kornias_by_the_same_pins(view: Tensor) -> None:
    views, drawn = augmented(view, "thin-plate")
    kernel, affine = drawn.unflatten(-1, (-1, 2)).split([5, 3], dim=1)
    pictures = view.expand(COUNT, -1, -1, -1)
    expected = warp_image_tps(pictures, PINS.expand(COUNT, -1, -1), kernel, affine, padding_mode="reflection")
    assert torch.allclose(views, expected, atol=1e-3)


def test_elastic_moves_smoothly_as_kornias_does_with_the_same_noise() -> None:
    warp = warps.Elastic(SIZE, CPU)
    points = Augmentations((), SIZE, CPU)._grid.view(1, -1, 2)
    drawn = torch.tensor([[SIZE / 2, SIZE / 2, 1.0]])
    moves = (warp(points, drawn) - points).view(SIZE, SIZE, 2)
    noise = torch.rand(1, 2, 2 * SIZE, 2 * SIZE, generator=Generator().manual_seed(0)) * 2 - 1
    ramp = torch.linspace(-1, 1, 2 * SIZE).expand(1, 1, 2 * SIZE, -1)
    moved = elastic_transform2d(ramp, noise, (9, 9), (32 / 7, 32 / 7), align_corners=True)
    middle = slice(SIZE // 2, SIZE // 2 + SIZE)
    assert torch.allclose(moves[..., 0], (moved - ramp)[0, 0, middle, middle], atol=1e-4)
    assert 0.3 < moves.std() * SIZE / 2 < 3, "in pixels"
    assert (moves[1:] - moves[:-1]).abs().mean() < 0.4 * moves.std(), (
        "of noise that is not smooth it is more than moves.std()"
    )


def test_jitter_leaves_grey_nearly_as_it_is_and_changes_colours(view: Tensor) -> None:
    grey = torch.full((1, 3, SIZE, SIZE), 0.5)
    greys, _ = augmented(grey, "jitter")
    assert (greys - 0.5).abs().max() <= 0.06, "a tenth brighter or darker"
    assert (greys.amax(1) - greys.amin(1)).max() < 1e-4, "still grey"
    red = torch.tensor([0.9, 0.1, 0.1]).view(1, 3, 1, 1).expand(1, 3, SIZE, SIZE)
    reds = augmented(red, "jitter")[0].mean((2, 3))
    turned = reds[:, 1] - reds[:, 2]
    assert turned.max() > 0.2, "towards yellow"
    assert turned.min() < -0.2, "towards violet"
    assert reds[:, 0].min() > 0.6
    contrasts = augmented(view, "jitter")[0].std((1, 2, 3)) / view.std()
    assert 0.75 < contrasts.min() < 0.9
    assert 1.1 < contrasts.max() < 1.3


def roughness(views: Tensor) -> Tensor:
    return (views[..., 1:] - views[..., :-1]).abs().mean((1, 2, 3))


def test_sharpness_blurs_what_is_fine_and_nothing_else(view: Tensor) -> None:
    views, _ = augmented(view, "sharpness")
    blurred = views[changed(views, view)]
    assert (roughness(blurred) < 0.8 * roughness(view)).all()
    assert torch.allclose(blurred.mean((2, 3)), view.mean((2, 3)), atol=0.02)


def test_erasing_makes_a_tenth_to_four_tenths_black_in_one_rectangle(view: Tensor) -> None:
    views, _ = augmented(view, "erasing")
    black = (views == 0).all(1)
    shares = black.float().mean((1, 2))[changed(views, view)]
    assert shares.min() == pytest.approx(0.1, abs=0.03)
    assert 0.3 < shares.max() < 0.45
    for each in black[changed(views, view)]:
        assert each.sum() == each.any(0).sum() * each.any(1).sum(), "a rectangle"
    assert torch.equal(views[~black.any((1, 2))], view.expand(int((~black.any((1, 2))).sum()), -1, -1, -1))


@pytest.mark.parametrize(("name", "low", "high"), [("noise", 0.0, 0.1), ("heavy-noise", 1.0, 1.0)])
def test_noise_is_as_strong_as_its_name_says(view: Tensor, name: str, low: float, high: float) -> None:
    views, drawn = augmented(view, name)
    deviations = (views - view).std((1, 2, 3))
    assert torch.allclose(deviations, drawn[:, 0], rtol=0.1, atol=1e-4)
    noisy = deviations[changed(views, view)]
    assert noisy.min() == pytest.approx(low, abs=0.1)
    assert noisy.max() == pytest.approx(high, abs=0.1)
