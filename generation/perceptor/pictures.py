"""Pictures as targets: where they lie in the perceptor's space."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import torch
from torch import Generator, Tensor

from generation.perceptor import Views
from generation.perceptor.ensemble import Perceptor
from generation.targets import Target

Pictures = Mapping[str, Tensor]
"""``[3, H, W]`` in [0, 1], by the digests that targets name."""
NO_PICTURES: Pictures = MappingProxyType({})


@torch.no_grad()
def encode_picture(picture: Tensor, perceptor: Perceptor, cutouts: Views) -> Tensor:
    """Return the unit vector of a picture: ``[3, H, W] → [D]``.

    It is the mean of the unit vectors of its cutouts, normalised. They are drawn from the seed 0, so a picture has the
    same vector in every request; and the perceptor is shown it as it is shown the painting.
    """
    drawn = cutouts.draw(1, Generator().manual_seed(0)).to(picture.device)
    return perceptor.normalised(perceptor.encode_cutouts(cutouts(picture[None], drawn))[0].mean(0))


def with_pictures(
    vectors: Tensor, targets: Sequence[Target], pictures: Pictures, perceptor: Perceptor, cutouts: Views
) -> Tensor:
    """Return the vectors of targets, ``[T, D]``, with those of their pictures in the places of the picture targets."""
    seen = [
        encode_picture(pictures[target.picture], perceptor, cutouts) if target.picture else vector
        for target, vector in zip(targets, vectors, strict=True)
    ]
    return torch.stack(seen)
