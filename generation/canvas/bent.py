"""Pictures bent at random: what is in them goes elsewhere, and they look no worse, as they would with noise in them."""

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

CELLS = 4
"""Random directions across and down, between which it goes on evenly."""


def bent(picture: Tensor, distance: float, generator: Generator) -> Tensor:
    """Return a picture, ``[3, height, width]`` in [0, 1], whose places are elsewhere; mirrored where it ends.

    Args:
        picture: to be bent.
        distance: that they move, in each direction, as the standard deviation in shares of half the sides.
        generator: on the CPU.
    """
    height, width = picture.shape[1:]
    moves = torch.randn(1, 2, CELLS, CELLS, generator=generator).to(picture.device)
    fine = F.interpolate(moves, size=(height, width), mode="bicubic", align_corners=True).permute(0, 2, 3, 1)
    places = F.affine_grid(torch.eye(2, 3, device=picture.device)[None], [1, 3, height, width], align_corners=False)
    moved = places + distance * fine
    return F.grid_sample(picture[None], moved, mode="bicubic", padding_mode="reflection", align_corners=False)[0].clamp(
        0, 1
    )
