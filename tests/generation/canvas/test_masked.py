import pytest
import torch
from torch import Tensor

from generation.canvas.masked import EDGE, MaskedSurface, masked, opacity
from generation.canvas.pixels import PixelCanvas

CANVAS = PixelCanvas(32, "grey", (1.0,), 0.0, torch.device("cpu"))
SIDE = 64
RADIUS = round(SIDE * EDGE)


def left_half() -> Tensor:
    """Return a mask whose left half is white."""
    return (torch.arange(SIDE) < SIDE // 2).float().expand(3, SIDE, SIDE)


def test_what_is_black_is_not_painted_at_all_and_what_is_white_wholly_but_for_the_edge() -> None:
    row = opacity(left_half())[0, SIDE // 2]
    assert (row[SIDE // 2 :] == 0).all()
    assert (row[: SIDE // 2 - RADIUS] == 1).all()
    edge = row[SIDE // 2 - RADIUS : SIDE // 2]
    assert ((edge > 0.4) & (edge < 1)).all()
    assert (edge.diff() < 0).all()


@pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
def test_an_even_mask_is_nowhere_soft(value: float) -> None:
    assert opacity(torch.full((3, SIDE, SIDE), value)).unique().tolist() == pytest.approx([value * value])


def test_outside_of_the_mask_a_picture_stays_to_the_bit() -> None:
    picture = torch.rand(3, SIDE, SIDE)
    init = masked(CANVAS.init(SIDE, SIDE, torch.Generator(), None), picture, left_half())
    surface = MaskedSurface(CANVAS)
    parameters = [torch.randn_like(each)[None] for each in init.parameters]
    constants = [each[None] for each in init.constants]
    painted = surface.render(parameters, constants)[0]
    assert torch.equal(painted[..., SIDE // 2 :], picture[..., SIDE // 2 :])
    inside = slice(0, SIDE // 2 - RADIUS)
    assert torch.equal(painted[..., inside], CANVAS.render(parameters, constants[2:])[0][..., inside])
    assert torch.equal(
        surface.regulariser(parameters, constants, painted[None]),
        CANVAS.regulariser(parameters, constants, painted[None]),
    )
    assert torch.equal(surface.distance_to_start(parameters), CANVAS.distance_to_start(parameters))
