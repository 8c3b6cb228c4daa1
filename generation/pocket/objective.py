"""The contrastive objective: small models that know few things tell the prompt apart from all else that they know.

Without it the picture comes nearer to the prompt whatever else it comes nearer to.
"""

from collections.abc import Sequence
from functools import partial

import torch
from torch import Generator, Tensor

from generation.perceptor import Views
from generation.perceptor.distance import held, spherical_distance, stops
from generation.perceptor.ensemble import Perceptor
from generation.perceptor.pictures import NO_PICTURES, Pictures, with_pictures
from generation.perceptor.slices import judged, usual
from generation.pocket.description import NegativesSection
from generation.pocket.negatives import SWAPPED, swaps
from generation.request import ImagineRequest
from generation.targets import Target

TEMPERATURE = 1 / 15
ALIKE = 0.5
"""Cosine from which on two texts mean about the same: *a starry night* need not be told from *the sea at night*."""
SAME = 0.95
"""Cosine from which on two texts that differ in one noun mean the same: *a house at night* and *a hut at night*."""


class Contrast:
    """How far a picture is from being told apart by its targets, an `Objective` of the engine's.

    Args:
        perceptor: that judges.
        cutouts: what it is shown.
        negatives: from what it has to tell a target apart.
    """

    scale = 2 / TEMPERATURE
    """Two cross entropies, of cosines over the temperature."""

    def __init__(self, perceptor: Perceptor, cutouts: Views, negatives: NegativesSection) -> None:
        self.perceptor = perceptor
        self.cutouts = cutouts
        self.nouns = negatives.nouns
        self._distractors = perceptor.encode_texts(negatives.distractors)

    def rows(self, request: ImagineRequest, pictures: Pictures = NO_PICTURES) -> tuple[Tensor, ...]:
        """Return the targets' vectors, where they stop, and the vectors of their swaps: ``[T, D], [T], [T, S, D]``.

        S is the same for all; a text with fewer swaps is its own last ones, which tells nothing apart.
        """
        targets, long = request.judged_by, request.long
        texts = self.perceptor.encode_targets(targets, long)
        texts = with_pictures(texts, targets, pictures, self.perceptor, self.cutouts)
        swapped = texts[:, None].repeat(1, SWAPPED * len(self.nouns), 1)
        for own, target in zip(swapped, targets, strict=True):
            text = self.perceptor.cut(target.text)[0] if long == "cut" else target.text
            others = [Target(other) for other in swaps(" ".join(text.split()), self.nouns)]
            if others:
                own[: len(others)] = self.perceptor.encode_targets(others, long)
        return texts, stops(targets).to(texts.device), swapped

    def left_out(self, request: ImagineRequest) -> str:
        """Return the tail of the first target of which the perceptor has no room for all, if it is cut."""
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
        texts, stops, swapped = rows
        total = image.new_zeros(image.shape[:2])
        averaged, from_swaps = self.perceptor.averaged, partial(contrast, alike=SAME)
        for index, weight in enumerate(weights.unbind(1)):
            text = texts[:, index]
            told = averaged(contrast, image, text, self._distractors)
            told = told + averaged(from_swaps, image, text, swapped[:, index])
            far = averaged(spherical_distance, image.detach(), text[:, None])
            (told,) = held(told[:, None], far[:, None], weight[:, None], stops[:, index, None]).unbind(1)
            total = total + weight[:, None] * told
        return total


def contrast(image: Tensor, text: Tensor, distractors: Tensor, alike: float = ALIKE) -> Tensor:
    """Return how far a picture is from being told apart by the prompt: ``[B, n, D], [B, D], [K, D] → [B, n]``.

    The cross entropy of picking the prompt among the distractors, CLIP's own training loss (Radford et al. 2021,
    figure 3). Distractors may also be each picture's own, ``[B, K, D]``; those whose cosine with the prompt is above
    `alike` do not count.
    """
    prompt = (image * text[:, None]).sum(-1, keepdim=True)
    hidden = (distractors @ text[..., None])[..., 0] > alike
    others = (image @ distractors.mT).masked_fill(hidden[:, None], float("-inf"))
    return -(torch.cat([prompt, others], dim=-1) / TEMPERATURE).log_softmax(-1)[..., 0]
