"""Pictures that are moved between steps, so that a film zooms, pans and turns."""

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from generation.request import ImagineRequest


def moves(request: ImagineRequest, step: int) -> bool:
    """Return whether a request's picture is moved after so many steps; the finished picture is not."""
    return request.is_moving and step % request.move_every == 0 and step < request.end_step


def steps_since(request: ImagineRequest, step: int, start: int) -> int:
    """Return how many of the steps since ``start`` were taken since the picture was last moved."""
    return step - max(start, step // request.move_every * request.move_every) if request.is_moving else step - start


def moved(picture: Tensor, request: ImagineRequest) -> Tensor:
    """Return a picture, ``[3, H, W]`` in [0, 1], turned and enlarged about its middle and then shifted.

    What comes in from outside is its mirror image at the edge, which the next steps paint over.

    Args:
        picture: at any scale; the shift is in pixels of the request's.
        request: that says how far.
    """
    _, height, width = picture.shape
    across, down = request.pan[0] * width / request.width, request.pan[1] * height / request.height
    angle = math.radians(request.rotate)
    cos, sin = math.cos(angle) / request.zoom, math.sin(angle) / request.zoom
    # From where each pixel comes: coordinates run from -1 to 1 across either side, whatever its length.
    back = [
        [cos, sin * height / width, -2 * (cos * across + sin * down) / width],
        [-sin * width / height, cos, -2 * (cos * down - sin * across) / height],
    ]
    places = torch.tensor([back]).to(picture.device, non_blocking=True)  # made there, it would be waited for
    grid = F.affine_grid(places, [1, *picture.shape], align_corners=False)
    sampled = F.grid_sample(picture[None].float(), grid, "bicubic", "reflection", align_corners=False)
    return sampled[0].clamp(0, 1)
