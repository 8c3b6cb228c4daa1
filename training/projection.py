"""What a BigGAN learns from: a discriminator that knows classes, and pictures changed before it sees them."""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils import spectral_norm

SHIFT = 0.09
"""Share of the sides by which pictures are moved at most."""
HOLE = 0.4
"""Of the sides, of a square that is left out."""


class _Block(nn.Module):
    """A residual block that halves the sides (Miyato et al. 2018, arXiv 1802.05957, figure 8)."""

    def __init__(self, channels: int, out: int) -> None:
        super().__init__()
        self.conv_0 = spectral_norm(nn.Conv2d(channels, out, 3, padding=1))
        self.conv_1 = spectral_norm(nn.Conv2d(out, out, 3, padding=1))
        self.shortcut = spectral_norm(nn.Conv2d(channels, out, 1))

    def forward(self, x: Tensor) -> Tensor:
        kept = self.shortcut(F.avg_pool2d(x, 2))
        x = self.conv_1(F.relu(self.conv_0(F.relu(x))))
        out: Tensor = F.avg_pool2d(x, 2) + kept
        return out


class ProjectionDiscriminator(nn.Module):
    """Tells drawings from a generator's, given their class (Miyato and Koyama 2018, arXiv 1802.05637).

    Args:
        classes: how many there are.
        width: channels of the first layer.
        side: of pictures, in pixels, a power of 2.
    """

    def __init__(self, classes: int, width: int, side: int) -> None:
        super().__init__()
        self.first = spectral_norm(nn.Conv2d(3, width, 3, padding=1))
        channels = [width * min(2**level, 8) for level in range(side.bit_length() - 2)]
        self.blocks = nn.Sequential(*(_Block(*pair) for pair in pairwise(channels)))
        self.judge = spectral_norm(nn.Linear(channels[-1], 1))
        self.classes = spectral_norm(nn.Embedding(classes, channels[-1]))
        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.Linear | nn.Embedding):
                nn.init.orthogonal_(module.weight_orig)  # type: ignore[arg-type]

    def forward(self, pictures: Tensor, labels: Tensor) -> Tensor:
        """Return how real each picture looks, ``[B]``, of ``[B, 3, side, side]`` in [-1, 1] and classes, ``[B]``."""
        seen = F.relu(self.blocks(self.first(pictures))).sum((2, 3))
        judgement: Tensor = self.judge(seen)[:, 0] + (self.classes(labels) * seen).sum(1)
        return judgement.float()


def changed(pictures: Tensor) -> Tensor:
    """Return pictures, ``[B, 3, H, W]``, each moved and with a hole in it (Zhao et al. 2020, arXiv 2006.10738).

    A generator whose pictures are changed as drawings are does not learn the changes.
    """
    count, _, height, width = pictures.shape
    low = torch.rand(2, count, 1, 1, 1, device=pictures.device)
    most = int(SHIFT * height)
    down = torch.arange(height, device=pictures.device).view(1, 1, -1, 1)
    across = torch.arange(width, device=pictures.device).view(1, 1, 1, -1)
    shifts = torch.randint(-most, most + 1, (2, count, 1, 1, 1), device=pictures.device)
    rows, columns = (down + shifts[0]).clamp(0, height - 1), (across + shifts[1]).clamp(0, width - 1)
    pictures = pictures.gather(2, rows.expand(-1, 3, -1, width)).gather(3, columns.expand(-1, 3, height, -1))
    top, left = ((1 + HOLE) * low - HOLE).unbind(0)
    hole = ((down / height - top).sub(HOLE / 2).abs() < HOLE / 2) & (
        (across / width - left).sub(HOLE / 2).abs() < HOLE / 2
    )
    return pictures.masked_fill(hole, 0.0)
