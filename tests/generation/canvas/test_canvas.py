from collections.abc import Callable

import pytest
import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from generation.canvas import Canvas, total_variation
from generation.canvas.latent import LatentCanvas
from generation.canvas.pixels import PixelCanvas
from generation.canvas.pyramid import sum_grids
from tests.conftest import tiny_vqgan

PYRAMID = (1.0, 0.5)
CANVASES: dict[str, Callable[[str], Canvas]] = {
    "latent": lambda start: LatentCanvas(tiny_vqgan(levels=4).requires_grad_(False), start, PYRAMID, 0.5),
    "pixels": lambda start: PixelCanvas(32, start, PYRAMID, 0.5, torch.device("cpu")),
}


def begun(canvas: Canvas, picture: Tensor | None) -> tuple[list[Tensor], list[Tensor]]:
    init = canvas.init(96, 64, Generator().manual_seed(0), picture)
    return [each[None] for each in init.parameters], [each[None] for each in init.constants]


def test_total_variation_counts_steps_between_neighbours() -> None:
    assert float(total_variation(torch.ones(1, 3, 4, 4), 2.0)) == 0
    stripes = (torch.arange(4) % 2).float().expand(1, 3, 4, 4)
    assert float(total_variation(stripes, 2.0)) == 2
    assert total_variation(stripes.expand(2, -1, -1, -1), 0.0).tolist() == [0, 0]


@pytest.mark.parametrize("start", ["noise", "grey"])
@pytest.mark.parametrize("name", CANVASES)
def test_a_canvas_renders_what_it_begins_with(name: str, start: str) -> None:
    canvas = CANVASES[name](start)
    parameters, constants = begun(canvas, None)
    assert not any(parameter.any() for parameter in parameters)
    pictures = canvas.render(parameters, constants)
    assert pictures.shape == (1, 3, 64, 96)
    assert 0 <= pictures.min() <= pictures.max() <= 1
    assert torch.equal(canvas.regulariser(parameters, [], pictures), total_variation(pictures, 0.5))
    if name == "pixels" and start == "grey":
        assert (pictures == 0.5).all()


@pytest.mark.parametrize("name", CANVASES)
def test_every_parameter_changes_the_picture(name: str) -> None:
    canvas = CANVASES[name]("noise")
    parameters, constants = begun(canvas, None)
    leaves = [parameter.requires_grad_() for parameter in parameters]
    canvas.render(leaves, constants).square().sum().backward()
    assert all(leaf.grad is not None and leaf.grad.any() for leaf in leaves)


@pytest.mark.parametrize("name", CANVASES)
def test_the_distance_to_the_start_is_the_mean_square_of_what_was_added(name: str) -> None:
    canvas = CANVASES[name]("noise")
    parameters, _ = begun(canvas, None)
    assert canvas.distance_to_start(parameters).tolist() == [0]
    moved = [torch.full_like(parameters[0], 2.0), torch.full_like(parameters[1], 4.0)]
    assert canvas.distance_to_start(moved).tolist() == [(1.0 * 2 + 0.5 * 4) ** 2]


def test_a_grid_of_full_size_is_summed_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Making it anew in its own size would sort its gradient on CUDA."""
    resized: list[torch.Size] = []

    def interpolate(grid: Tensor, **_: object) -> Tensor:
        resized.append(grid.shape)
        return torch.ones(2, 3, 4, 6)

    monkeypatch.setattr(F, "interpolate", interpolate)
    grids = [torch.full((2, 3, 4, 6), 2.0), torch.ones(2, 3, 2, 3)]
    assert sum_grids(torch.zeros(2, 3, 4, 6), grids, PYRAMID).eq(2.5).all()
    assert resized == [(2, 3, 2, 3)]


def test_pixels_begin_with_a_picture_as_it_is() -> None:
    picture = torch.rand(3, 64, 96)
    canvas = CANVASES["pixels"]("grey")
    assert torch.equal(canvas.render(*begun(canvas, picture))[0], picture)
