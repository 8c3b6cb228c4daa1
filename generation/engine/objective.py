"""What the painting minimises."""

from collections.abc import Sequence
from typing import Protocol

from torch import Generator, Tensor

from generation.perceptor import Views
from generation.perceptor.distance import held, spherical_distance, stops
from generation.perceptor.ensemble import Perceptor
from generation.perceptor.pictures import NO_PICTURES, Pictures, with_pictures
from generation.perceptor.slices import judged, usual
from generation.request import ImagineRequest


class Loss(Protocol):
    """How far pictures are from what is wanted."""

    def loss(
        self, pictures: Tensor, rows: Sequence[Tensor], weights: Tensor, drawn: Tensor, at_once: int | None = None
    ) -> Tensor:
        """Return how far pictures, ``[B, 3, H, W]``, are from what their requests want, ``[B]``.

        Args:
            pictures: in [0, 1].
            rows: of the requests, stacked along a first dimension.
            weights: of their targets in this step, ``[B, T]``.
            drawn: what is random about it in this step, stacked likewise.
            at_once: so many views are judged together, to take less memory; None for what is usual.
        """


class Objective(Loss, Protocol):
    """What a picture is judged by."""

    @property
    def scale(self) -> float:
        """How many times as steep it is as the published objective, beside which weights of other losses are given."""

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

    scale = 1.0

    def __init__(self, perceptor: Perceptor, cutouts: Views) -> None:
        self.perceptor = perceptor
        self.cutouts = cutouts

    def rows(self, request: ImagineRequest, pictures: Pictures = NO_PICTURES) -> tuple[Tensor, ...]:
        """Return the targets' vectors, ``[T, D]``, and where they stop, ``[T]``."""
        targets = request.judged_by
        vectors = self.perceptor.encode_targets(targets, request.long)
        seen = with_pictures(vectors, targets, pictures, self.perceptor, self.cutouts)
        return seen, stops(targets).to(vectors.device)

    def left_out(self, request: ImagineRequest) -> str:
        """Return the tail of the first target for all of which the perceptor has no room, if it is cut."""
        return self.perceptor.left_out(request.judged_by, request.long)

    def draw(self, steps: int, generator: Generator) -> Tensor:
        """Draw what is random about the cutouts of several steps of a painting, ``[steps, count, k]``."""
        return self.cutouts.draw(steps, generator)

    def loss(
        self, pictures: Tensor, rows: Sequence[Tensor], weights: Tensor, drawn: Tensor, at_once: int | None = None
    ) -> Tensor:
        """Return how far pictures are from their targets: ``[B, 3, H, W] → [B]``."""

        def judge(views: Tensor) -> Tensor:
            return self.distance(self.perceptor.encode_cutouts(views), rows, weights)

        return judged(judge, self.cutouts(pictures, drawn), at_once, usual(self.perceptor)).mean(1)

    def distance(self, image: Tensor, rows: Sequence[Tensor], weights: Tensor) -> Tensor:
        """Return how far views are from the targets: ``[B, n, D] → [B, n]``."""
        texts, stops = rows
        distances = self.perceptor.averaged(spherical_distance, image[:, None], texts[:, :, None])
        return (weights[..., None] * held(distances, distances, weights, stops)).sum(1)
