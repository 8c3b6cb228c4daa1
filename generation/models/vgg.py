"""VGG-19 (Simonyan and Zisserman 2015), up to its first convolution at the coarsest grid.

The names of its weights are torchvision's. Pooling takes the mean, as in Gatys et al. 2016, and not the largest.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

BLOCKS = (2, 2, 4, 4, 1)
"""Convolutions between two poolings."""
FINEST = 2 ** (len(BLOCKS) - 1)
"""Pixels across that a feature of the coarsest grid sees at least."""
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of ImageNet's colours, by which pictures are normalised."""


def places() -> list[list[int]]:
    """Return where the convolutions of each block stand among torchvision's layers."""
    found, place = [], 0
    for count in BLOCKS:
        found.append([place + 2 * number for number in range(count)])
        place += 2 * count + 1
    return found


FIRST = tuple(block[0] for block in places())
"""The first convolutions of the blocks: ``conv1_1`` to ``conv5_1``."""
CONVOLUTIONS = tuple(place for block in places() for place in block)


class VGG(nn.Module):
    """Features of pictures.

    Args:
        widths: channels of each of :data:`CONVOLUTIONS`.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, widths: Sequence[int]) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        before, left = 3, iter(widths)
        for number, count in enumerate(BLOCKS):
            if number:
                layers.append(nn.AvgPool2d(2))
            for _ in range(count):
                width = next(left)
                layers += [nn.Conv2d(before, width, 3, padding=1), nn.ReLU()]
                before = width
        self.features = nn.Sequential(*layers)
        # They lie on the device: what comes from the host in a step cannot be recorded.
        self.register_buffer("mean", torch.tensor(MEAN).view(3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(STD).view(3, 1, 1), persistent=False)

    def freeze(self, device: torch.device) -> None:
        """Put it on a device, for good. It computes in float32: sums of Gram matrices lose too much in fewer bits."""
        self.to(device).eval().requires_grad_(False)

    def forward(self, pictures: Tensor, wanted: Sequence[int]) -> list[Tensor]:
        """Return the features behind convolutions: ``[B, 3, H, W]`` in [0, 1] → ``[B, C, h, w]`` each.

        Args:
            pictures: whose sides are at least :data:`FINEST`.
            wanted: some of :data:`CONVOLUTIONS`, in order.
        """
        x, found = (pictures - self.mean) / self.std, []
        for number, layer in enumerate(list(self.features)[: wanted[-1] + 2]):
            x = layer(x)
            if number - 1 in wanted:
                found.append(x)
        return found
