"""Augmented views of a picture, as the perceptor is shown them (Crowson et al. 2022, section 3).

Some views show the whole picture with a margin, the others are crops of several scales. Flip, scale, rotation,
shear, aspect, perspective and place are composed into one homography per cutout and sampled once; contrast,
brightness and tint into a factor and a shift of each colour; noise comes last, from a random place of a sheet of
noise. So all that is random is a few numbers per cutout, which come from the generator that is passed in: what is drawn
for a picture does not depend on its neighbours in a batch, nor on the device.
"""

import torch
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


DRAWN = 9 + 1 + 3 + 1 + 2
"""Random numbers of a cutout: homography ``[3, 3]`` from the cutout to the picture, both in [-1, 1]; factor and shifts
``[3]`` of the colours; standard deviation of the noise; its place on the sheet of noise."""


class Cutouts:
    """Cuts ``count`` views of side ``size`` from pictures.

    Args:
        count: cutouts per picture, at least 1.
        size: side of a cutout in pixels, the perceptor's input size.
        device: where the pictures are.
        plain: leave out all but scale and place, for views that are augmented by something else.
    """

    def __init__(self, count: int, size: int, device: torch.device, plain: bool = False) -> None:
        self.count = count
        self.size = size
        self.strength = 0.0 if plain else 1.0
        self.whole = max(1, round(count * WHOLE_SHARE))
        theta = torch.eye(2, 3)[None]
        self._grid = F.affine_grid(theta, [1, 1, size, size], align_corners=False).view(1, -1, 2).to(device)
        sheet = torch.randn(3, 2 * size, 2 * size, generator=Generator().manual_seed(0)).to(device)
        self.sheet = sheet
        self._noise = sheet.unfold(1, size, 1).unfold(2, size, 1)

    def draw(self, steps: int, generator: Generator) -> Tensor:
        """Draw what is random about the cutouts of several steps of a painting, ``[steps, count, DRAWN]``."""
        strength = self.strength

        def uniform(*shape: int) -> Tensor:
            return torch.rand(steps, self.count, *shape, generator=generator)

        def normal(*shape: int) -> Tensor:
            return strength * torch.randn(steps, self.count, *shape, generator=generator)

        crops = self.count - self.whole
        low = torch.tensor([WHOLE_SCALE[0]] * self.whole + [CROP_SCALE[0]] * crops)
        high = torch.tensor([WHOLE_SCALE[1]] * self.whole + [CROP_SCALE[1]] * crops)
        scale = low + (high - low) * uniform()
        place = (uniform(2) * 2 - 1) * (1 - scale).clamp(min=0.05)[..., None]
        stretch = (normal() * ASPECT).exp()
        angle, shear = normal() * ROTATION, normal() * SHEAR
        flip = 1 - 2 * strength * (uniform() < FLIP_PROBABILITY).float()
        perspective = strength * (uniform(2) * 2 - 1) * PERSPECTIVE * scale[..., None]
        contrast = (normal() * CONTRAST).exp()
        brightness = (normal(1) * BRIGHTNESS + normal(3) * TINT) + (1 - contrast[..., None]) / 2
        place_of_noise = torch.randint(self.size, (steps, self.count, 2), generator=generator)
        numbers = [
            *(flip * scale * stretch * angle.cos(), -scale * (angle.sin() + shear), place[..., 0]),
            *(flip * scale * angle.sin(), scale / stretch * angle.cos(), place[..., 1]),
            *(*perspective.unbind(-1), torch.ones_like(scale)),
            *(contrast, *brightness.unbind(-1)),
            *(strength * uniform() * NOISE, *place_of_noise.float().unbind(-1)),
        ]
        return torch.stack(numbers, -1)

    def __call__(self, pictures: Tensor, drawn: Tensor) -> Tensor:
        """Return the cutouts, ``[B, 3, H, W]`` in [0, 1] and ``[B, count, DRAWN]`` → ``[B, count, 3, size, size]``."""
        homographies, contrast, brightness, strength, places = drawn.split([9, 1, 3, 1, 2], dim=-1)
        homographies = homographies.unflatten(-1, (3, 3))
        cutouts = self._warp(self.reduced(pictures), homographies[:, : self.whole])
        if self.whole < self.count:
            cutouts = torch.cat([cutouts, self._warp(pictures, homographies[:, self.whole :])], dim=1)
        tinted = cutouts * contrast[..., None, None] + brightness[..., None, None]
        down, across = places.long().unbind(-1)
        noise = self._noise[:, down, across].movedim(0, 2)
        return torch.addcmul(tinted, noise, strength[..., None, None])

    def reduced(self, pictures: Tensor) -> Tensor:
        """Shrink large pictures to about the size of a cutout, so that whole views do not alias."""
        shrink = min(pictures.shape[2:]) // self.size
        return F.avg_pool2d(pictures, shrink) if shrink > 1 else pictures

    def _warp(self, pictures: Tensor, homographies: Tensor) -> Tensor:
        """Sample all cutouts of a picture as one tall one."""
        batch, count = homographies.shape[:2]
        grid = _moved(self._grid, homographies.flatten(0, 1)).view(batch, count * self.size, self.size, 2)
        warped: Tensor = F.grid_sample(pictures, grid, padding_mode="reflection", align_corners=False)
        cutouts: Tensor = warped.unflatten(2, (count, self.size)).transpose(1, 2)
        return cutouts


def _moved(points: Tensor, homographies: Tensor) -> Tensor:
    """Return where homographies, ``[N, 3, 3]``, take points, ``[1, P, 2] → [N, P, 2]``.

    It is kornia's ``transform_points``, which all of kornia would be imported for at each start.
    """
    homogeneous = torch.cat([points, torch.ones_like(points[..., :1])], dim=-1).expand(len(homographies), -1, -1)
    moved = torch.bmm(homogeneous, homographies.mT)
    return moved[..., 2:].reciprocal() * moved[..., :2]
