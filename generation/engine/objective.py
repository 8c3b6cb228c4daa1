"""What the painting minimises."""

from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Generator, Tensor

from generation.perceptor import Views
from generation.perceptor.ensemble import Perceptor
from generation.perceptor.pictures import NO_PICTURES, Pictures, with_pictures
from generation.request import ImagineRequest


class Loss(Protocol):
    """How far pictures are from what is wanted."""

    def loss(self, pictures: Tensor, rows: Sequence[Tensor], drawn: Tensor, at_once: int | None = None) -> Tensor:
        """Return how far pictures, ``[B, 3, H, W]``, are from what their requests want, ``[B]``.

        Args:
            pictures: in [0, 1].
            rows: of the requests, stacked along a first dimension.
            drawn: what is random about it in this step, stacked likewise.
            at_once: so many views are judged together, to take less memory and more time; None for all.
        """


class Objective(Loss, Protocol):
    """What a picture is judged by."""

    def rows(self, request: ImagineRequest, pictures: Pictures = NO_PICTURES) -> tuple[Tensor, ...]:
        """Return what a request wants, as tensors without a batch dimension, which stay while it is painted.

        Requests whose rows have the same shapes can share a batch.

        Args:
            request: whose targets are looked at.
            pictures: of the targets, by their digests.
        """

    def left_out(self, request: ImagineRequest) -> str:
        """Return the tail of a text for all of which there is no room, ``""`` if there is none."""

    def draw(self, steps: int, generator: Generator) -> Tensor:
        """Return what is random in several steps of a painting, ``[steps, …]``."""


class Likeness:
    """The published objective: the mean distance of cutouts to the targets, each with its weight.

    Args:
        perceptor: that judges.
        cutouts: what it is shown.
    """

    def __init__(self, perceptor: Perceptor, cutouts: Views) -> None:
        self.perceptor = perceptor
        self.cutouts = cutouts

    def rows(self, request: ImagineRequest, pictures: Pictures = NO_PICTURES) -> tuple[Tensor, ...]:
        """Return the targets' unit vectors and weights, ``[T, D]`` and ``[T]``."""
        vectors, weights = self.perceptor.encode_targets(request.judged_by)
        return with_pictures(vectors, request.judged_by, pictures, self.perceptor, self.cutouts), weights

    def left_out(self, request: ImagineRequest) -> str:
        """Return the tail of the first target for all of which the perceptor has no room."""
        return self.perceptor.left_out(request.judged_by)

    def draw(self, steps: int, generator: Generator) -> Tensor:
        """Draw what is random about the cutouts of several steps of a painting, ``[steps, count, k]``."""
        return self.cutouts.draw(steps, generator)

    def loss(self, pictures: Tensor, rows: Sequence[Tensor], drawn: Tensor, at_once: int | None = None) -> Tensor:
        """Return how far pictures are from their targets: ``[B, 3, H, W] → [B]``."""
        image = self.perceptor.encode_cutouts(self.cutouts(pictures, drawn), at_once)
        return self.distance(image, rows).mean(1)

    def distance(self, image: Tensor, rows: Sequence[Tensor]) -> Tensor:
        """Return how far views are from the targets: ``[B, n, D] → [B, n]``."""
        texts, weights = rows
        distances = self.perceptor.averaged(spherical_distance, image[:, None], texts[:, :, None])
        return (weights[..., None] * distances).sum(1)


def spherical_distance(a: Tensor, b: Tensor) -> Tensor:
    """Return the squared great-circle distance of unit vectors over the last dimension, halved.

    ``2·arcsin²(|a − b| / 2)``, from 0 for equal to π²/2 for opposite vectors (Crowson et al. 2022, section 2).
    """
    chord: Tensor = torch.linalg.vector_norm(a - b, dim=-1)
    return chord.div(2).clamp(max=1 - 1e-6).arcsin().square().mul(2)
