"""What lies between two vectors on a sphere (Shoemake 1985, "Animating rotation with quaternion curves")."""

import torch
from torch import Tensor

STRAIGHT = 1e-3
"""Radians from a multiple of half a turn at which vectors are taken to lie in one line."""


def slerp(first: Tensor, second: Tensor, share: float) -> Tensor:
    """Return a tensor at a share of the way from one to another, in [0, 1], exact at both ends.

    Vectors along the first dimension turn with constant speed, and their lengths change evenly. Where they lie in one
    line, or one has no length, the way is straight.
    """
    if share in (0, 1):
        return second if share else first
    lengths = first.norm(dim=0, keepdim=True), second.norm(dim=0, keepdim=True)
    straight = torch.lerp(first, second, share)
    tiny = torch.finfo(first.dtype).tiny
    a, b = (each / length.clamp(min=tiny) for each, length in zip((first, second), lengths, strict=True))
    angle = (a * b).sum(0, keepdim=True).clamp(-1, 1).acos()
    turned = (((1 - share) * angle).sin() * a + (share * angle).sin() * b) / angle.sin()
    in_line = (angle < STRAIGHT) | (angle > torch.pi - STRAIGHT) | (lengths[0] <= tiny) | (lengths[1] <= tiny)
    return torch.where(in_line, straight, turned * torch.lerp(*lengths, share))
