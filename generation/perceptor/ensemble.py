"""Several perceptors that judge together, of which each sees the same views."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from generation.perceptor.clip import CLIPPerceptor, encode_cutouts
from generation.targets import Target


class Ensemble(nn.Module):
    """Several CLIPs, each of which counts as much; a vector is made of one of each, side by side.

    Args:
        members: two or more.
    """

    def __init__(self, members: Sequence[CLIPPerceptor]) -> None:
        super().__init__()
        self.clips = nn.ModuleList(members)
        self.members = tuple(members)
        self.input_size = max(each.input_size for each in members)
        """Side of the cutouts that they are shown, in pixels; those that look at smaller ones see them shrunk."""
        self._widths = [each.width for each in members]
        smaller = {each.input_size for each in members} - {self.input_size}
        self._shrinking = {size: shrinking(self.input_size, size) for size in smaller}

    def freeze(self, dtype: torch.dtype, device: torch.device) -> None:
        """Freeze each."""
        for each in self.members:
            each.freeze(dtype, device)
        self._shrinking = {size: matrix.to(device) for size, matrix in self._shrinking.items()}

    def cut(self, text: str) -> tuple[str, str]:
        """Return as much of a text as all have room for, and the tail for which one has none."""
        return min((each.cut(text) for each in self.members), key=lambda parts: len(parts[0]))

    def encode_texts(self, texts: Sequence[str]) -> Tensor:
        """Return the vectors of texts, ``[n, ΣD]``."""
        return torch.cat([each.encode_texts(texts) for each in self.members], dim=-1)

    def encode_targets(self, targets: Sequence[Target], long: str) -> Tensor:
        """Return the vectors of texts and noise, ``[T, ΣD]``."""
        return torch.cat([each.encode_targets(targets, long) for each in self.members], dim=-1)

    def left_out(self, targets: Sequence[Target], long: str) -> str:
        """Return the longest tail for which one has no room, ``""`` if there is none."""
        return max((each.left_out(targets, long) for each in self.members), key=len)

    def encode_image(self, cutouts: Tensor) -> Tensor:
        """Return the vectors of pictures in [0, 1]: ``[N, 3, input_size, input_size] → [N, ΣD]``."""
        shown = {self.input_size: cutouts}
        for size, matrix in self._shrinking.items():
            shrinks = matrix.to(cutouts.dtype)
            shown[size] = shrinks @ cutouts @ shrinks.mT
        return torch.cat([each.encode_image(shown[each.input_size]) for each in self.members], dim=-1)

    def encode_cutouts(self, cutouts: Tensor) -> Tensor:
        """Return the vectors of several views of each picture: ``[B, n, 3, size, size] → [B, n, ΣD]``."""
        return encode_cutouts(self.encode_image, cutouts)

    def normalised(self, vectors: Tensor) -> Tensor:
        """Return vectors with each one's part of length 1."""
        parts = vectors.split(self._widths, dim=-1)
        return torch.cat([each.normalised(part) for each, part in zip(self.members, parts, strict=True)], dim=-1)

    def averaged(self, function: Callable[..., Tensor], *vectors: Tensor) -> Tensor:
        """Return the mean of what a function makes of each one's part of vectors."""
        parts = zip(*(each.split(self._widths, dim=-1) for each in vectors), strict=True)
        return torch.stack([function(*each) for each in parts]).mean(0)


Perceptor = CLIPPerceptor | Ensemble
"""What judges: the two have the same methods."""


def shrinking(size: int, smaller: int) -> Tensor:
    """Return the matrix that shrinks columns of pixels, without aliasing: ``[smaller, size]``.

    A product with it has a gradient that CUDA adds up in one order, as that of ``F.interpolate`` has not.
    """
    columns = torch.eye(size)[None, None]
    return F.interpolate(columns, size=(smaller, size), mode="bilinear", antialias=True, align_corners=False)[0, 0]
