"""Views as nerdyrodent's VQGAN-CLIP cuts them by its method *latest*: the whole picture each time."""

import torch
from torch import Generator, Tensor
from torch.nn import functional as F


class Pooled:
    """Shows the whole picture ``count`` times, shrunk to a square by the mean of its mean and its brightest pixels.

    The views are all the same; it takes augmentations to make them differ.

    Args:
        count: views of a picture, at least 1.
        size: side of a view in pixels, the perceptor's input size.
    """

    def __init__(self, count: int, size: int) -> None:
        self.count = count
        self.size = size

    def draw(self, steps: int, _: Generator) -> Tensor:
        """Return nothing, ``[steps, count, 0]``."""
        return torch.empty(steps, self.count, 0)

    def __call__(self, pictures: Tensor, drawn: Tensor) -> Tensor:
        """Return the views, ``[B, 3, H, W]`` in [0, 1] and ``[B, count, 0]`` → ``[B, count, 3, size, size]``."""
        pooled = (F.adaptive_avg_pool2d(pictures, self.size) + F.adaptive_max_pool2d(pictures, self.size)) / 2
        return pooled[:, None].expand(-1, drawn.shape[1], -1, -1, -1)
