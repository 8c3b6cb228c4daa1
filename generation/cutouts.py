"""Augmented views of a picture, as the perceptor is shown them (Crowson et al. 2022, section 3).

Some views show the whole picture with a margin, the others are crops of several scales. Flip, scale, rotation,
shear, aspect, perspective and place are composed into one homography per cutout and sampled once; contrast,
brightness and tint into one colour matrix; noise comes last. All randomness comes from the generator that is
passed in, so that a picture does not depend on its neighbours in a batch.
"""

import torch
from kornia.geometry.transform import homography_warp
from torch import Generator, Tensor
from torch.nn import functional as F

WHOLE_SHARE = 0.4
"""Share of the cutouts that show the whole picture."""
WHOLE_SCALE = (0.8, 1.15)
CROP_SCALE = (0.45, 0.9)
FLIP_PROBABILITY = 0.5
ROTATION = 0.12
SHEAR = 0.08
ASPECT = 0.08
PERSPECTIVE = 0.12
BRIGHTNESS = 0.06
CONTRAST = 0.12
TINT = 0.03
NOISE = 0.08


class Cutouts:
    """Cuts ``count`` views of side ``size`` from pictures.

    Args:
        count: cutouts per picture, at least 1.
        size: side of a cutout in pixels, the perceptor's input size.
    """

    def __init__(self, count: int, size: int) -> None:
        self.count = count
        self.size = size
        self.whole = max(1, round(count * WHOLE_SHARE))

    def __call__(self, pictures: Tensor, generators: list[Generator]) -> Tensor:
        """Return the views: ``[B, 3, H, W]`` in [0, 1] and B generators → ``[B, count, 3, size, size]``."""
        draws = [_draw(self.count, self.whole, self.size, generator) for generator in generators]
        homographies, colours, noise = (torch.stack(parts).to(pictures.device) for parts in zip(*draws, strict=True))
        views = torch.cat(
            [
                self._warp(self._reduced(pictures), homographies[:, : self.whole]),
                self._warp(pictures, homographies[:, self.whole :]),
            ],
            dim=1,
        )
        tinted = torch.einsum("bnij,bnjhw->bnihw", colours[..., :3], views) + colours[..., 3:, None]
        return tinted + noise

    def _reduced(self, pictures: Tensor) -> Tensor:
        """Shrink large pictures to about the size of a cutout, so that whole views do not alias."""
        height, width = pictures.shape[2:]
        shrink = min(height, width) // self.size
        return F.avg_pool2d(pictures, shrink) if shrink > 1 else pictures

    def _warp(self, pictures: Tensor, homographies: Tensor) -> Tensor:
        batch, count = homographies.shape[:2]
        if count == 0:
            return pictures.new_empty(batch, 0, 3, self.size, self.size)
        repeated = pictures.repeat_interleave(count, 0)
        warped: Tensor = homography_warp(
            repeated,
            homographies.flatten(0, 1).to(pictures.dtype),
            (self.size, self.size),
            padding_mode="reflection",
            align_corners=False,
        )
        return warped.view(batch, count, *warped.shape[1:])


def _draw(count: int, whole: int, size: int, generator: Generator) -> tuple[Tensor, Tensor, Tensor]:
    """Draw the homographies ``[n, 3, 3]``, colour matrices ``[n, 3, 4]`` and noise ``[n, 3, size, size]``."""

    def uniform(*shape: int) -> Tensor:
        return torch.rand(shape, generator=generator)

    def normal(*shape: int) -> Tensor:
        return torch.randn(shape, generator=generator)

    low = torch.tensor([WHOLE_SCALE[0]] * whole + [CROP_SCALE[0]] * (count - whole))
    high = torch.tensor([WHOLE_SCALE[1]] * whole + [CROP_SCALE[1]] * (count - whole))
    scale = low + (high - low) * uniform(count)
    room = (1 - scale).clamp(min=0.05)
    place = (uniform(2, count) * 2 - 1) * room
    stretch = (normal(count) * ASPECT).exp()
    angle, shear = normal(2, count) * torch.tensor([[ROTATION], [SHEAR]])
    flip = 1 - 2 * (uniform(count) < FLIP_PROBABILITY).float()
    perspective = (uniform(2, count) * 2 - 1) * PERSPECTIVE * scale
    homographies = torch.stack(
        [
            torch.stack([flip * scale * stretch * angle.cos(), -scale * (angle.sin() + shear), place[0]], 1),
            torch.stack([flip * scale * angle.sin(), scale / stretch * angle.cos(), place[1]], 1),
            torch.stack([perspective[0], perspective[1], torch.ones(count)], 1),
        ],
        1,
    )
    contrast = (normal(count, 1, 1) * CONTRAST).exp()
    brightness = normal(count, 1, 1) * BRIGHTNESS + normal(count, 3, 1) * TINT
    colours = torch.cat([contrast * torch.eye(3), brightness + (1 - contrast) / 2], dim=2)
    noise = normal(count, 3, size, size) * (uniform(count, 1, 1, 1) * NOISE)
    return homographies, colours, noise
