"""The objective of neural style: a picture that has the content of one picture and the style of others.

Equations are those of Gatys, Ecker and Bethge 2016. F are the features of a layer, N of them in M places each.
"""

from collections.abc import Sequence

import torch
from torch import Generator, Tensor

from generation.models.vgg import FIRST, VGG, places
from generation.perceptor.pictures import NO_PICTURES, Pictures
from generation.request import ImagineRequest

STYLE = FIRST
"""``conv1_1`` to ``conv5_1``, which have equal weights."""
CONTENT = places()[3][1]
"""``conv4_2``."""
WANTED = (*STYLE[:4], CONTENT, STYLE[4])
CONTENT_SHARE = 0.1
"""Weight of the content beside the style, for an init weight of 1."""
LEAST = 1e-3
"""Of what a picture without features would be away: so much is added where a distance is a measure of others."""


class NeuralStyle:
    """How far pictures are from a content and from styles, an `Objective` of the engine's.

    What the paper leaves free are the weights of the layers and α / β. Here each layer's loss counts in shares of what
    it is of the content itself, and the content's in shares of what it is of the style: so one number means about the
    same for all networks and pictures. A request's ``init_weight`` says how much the content counts.

    Args:
        vgg: by whose features it is judged.
    """

    scale = 0.0
    """Of the pull of the beginning: the content is held by its features instead."""

    def __init__(self, vgg: VGG) -> None:
        self._vgg = vgg

    @torch.no_grad()
    def rows(self, request: ImagineRequest, pictures: Pictures = NO_PICTURES) -> tuple[Tensor, ...]:
        """Return what is wanted, for T styles and L layers.

        These are the features of the content, ``[C, h, w]``, and the weight of their loss, ``[1]``; the Gram matrices
        of the styles in each layer, ``[T, N, N]``, and the weights of their losses, ``[T, L]``.
        """
        content_styles, content = self._features(pictures[request.init_picture][None])
        grams, scales, distances = [], [], []
        for target in request.judged_by:
            styles, other = self._features(pictures[target.picture][None])
            own = [gram(each) for each in styles]
            nothing = [style_loss(torch.zeros_like(each), style) for each, style in zip(styles, own, strict=True)]
            whole = [style_loss(each, style) for each, style in zip(content_styles, own, strict=True)]
            scales.append(torch.cat([1 / (a + LEAST * b) for a, b in zip(whole, nothing, strict=True)]) / len(STYLE))
            distances.append(content_loss(other, content) + LEAST * content_loss(torch.zeros_like(other), content))
            grams.append(own)
        weight = CONTENT_SHARE * request.init_weight / torch.stack(distances).mean(0)
        stacked = (torch.cat(layer) for layer in zip(*grams, strict=True))
        return content[0], weight, torch.stack(scales), *stacked

    def left_out(self, _: ImagineRequest) -> str:
        """Return nothing: there are no texts."""
        return ""

    def draw(self, steps: int, _: Generator) -> Tensor:
        """Return that nothing is random, ``[steps, 1]``."""
        return torch.zeros(steps, 1)

    def loss(
        self, pictures: Tensor, rows: Sequence[Tensor], weights: Tensor, _: Tensor, __: int | None = None
    ) -> Tensor:
        """Return how far pictures are from what is wanted: ``[B, 3, H, W] → [B]``."""
        content, weight, scales, *grams = rows
        styles, own = self._features(pictures)
        losses = torch.stack([style_loss(each[:, None], style) for each, style in zip(styles, grams, strict=True)], -1)
        return weight[:, 0] * content_loss(own, content) + (weights * (losses * scales).sum(-1)).sum(1)

    def _features(self, pictures: Tensor) -> tuple[list[Tensor], Tensor]:
        """Return the features by which styles are judged, and those by which the content is."""
        *first, content, last = self._vgg(pictures, WANTED)
        return [*first, last], content


def gram(features: Tensor) -> Tensor:
    """Return G = F·Fᵀ (equation 3): ``[…, N, h, w] → […, N, N]``."""
    flat = features.flatten(-2)
    return flat @ flat.mT


def style_loss(features: Tensor, wanted: Tensor) -> Tensor:
    """Return E = 1/(4·N²·M²)·Σ(G − A)² (equation 4).

    Args:
        features: F, ``[…, N, h, w]``.
        wanted: A, the Gram matrix of the style, ``[…, N, N]``.
    """
    count, places = features.shape[-3], features.shape[-2] * features.shape[-1]
    return ((gram(features) - wanted) / (2 * count * places)).square().sum((-1, -2))


def content_loss(features: Tensor, wanted: Tensor) -> Tensor:
    """Return ½·Σ(F − P)² (equation 1), over N·M: ``[…, N, h, w] → […]``."""
    return (features - wanted).square().mean((-1, -2, -3)) / 2
