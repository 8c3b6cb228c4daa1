"""Random views of drawings for the training of CLIP: what its judging at painting time will meet, too."""

import torch
from torch import Tensor
from torch.nn import functional as F

WHOLE = 0.7  # share of views that show about the whole picture; the others are crops


def views(pictures: Tensor, size: int) -> Tensor:
    """One view of each picture: affine crop, flip, colour jitter, blur, noise; [B, 3, H, W] to [B, 3, size, size]."""
    count = len(pictures)
    order = torch.randperm(count, device=pictures.device)
    whole = round(count * WHOLE)
    shrunk = F.interpolate(pictures[order[:whole]], size=size, mode="area")
    cut = torch.cat([_crop(shrunk, size, 0.75, 1.15), _crop(pictures[order[whole:]], size, 0.45, 0.8)])
    seen = cut[order.argsort()]
    device = pictures.device
    contrast = torch.exp(torch.randn(count, 1, 1, 1, device=device) * 0.12)
    brightness = torch.randn(count, 1, 1, 1, device=device) * 0.06 + torch.randn(count, 3, 1, 1, device=device) * 0.03
    seen = (seen - 0.5) * contrast + 0.5 + brightness
    blurred = F.avg_pool2d(F.pad(seen, (1, 1, 1, 1), mode="replicate"), 3, 1)
    some = (torch.rand(count, 1, 1, 1, device=device) < 0.3).float()
    seen = torch.lerp(seen, blurred, some * torch.rand(count, 1, 1, 1, device=device))
    return seen + torch.randn_like(seen) * torch.rand(count, 1, 1, 1, device=device) * 0.1


def _crop(pictures: Tensor, size: int, smallest: float, largest: float) -> Tensor:
    count = len(pictures)
    scale = torch.empty(count).uniform_(smallest, largest)
    turn = torch.randn(count) * 0.12
    stretch = torch.exp(torch.randn(count) * 0.06)
    flip = torch.where(torch.rand(count) < 0.5, -1.0, 1.0)
    room = (1 - scale).clamp(min=0.05)
    x, y = (torch.rand(count) * 2 - 1) * room, (torch.rand(count) * 2 - 1) * room
    shear = torch.randn(count) * 0.08
    rows = [
        torch.stack([flip * scale * stretch * turn.cos(), -scale * (turn.sin() + shear), x], 1),
        torch.stack([flip * scale * turn.sin(), scale / stretch * turn.cos(), y], 1),
    ]
    grid = F.affine_grid(torch.stack(rows, 1).to(pictures.device), [count, 3, size, size], align_corners=False)
    return F.grid_sample(pictures, grid, padding_mode="reflection", align_corners=False)
