"""Sketches: whole pictures composed from the text at once, for painting to begin from."""

from math import isqrt

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from generation.models.vqgan import VQGAN
from generation.perceptor.clip import CLIPPerceptor
from generation.pocket.composer import Composer
from generation.recipe import Sketch


class Sketcher:
    """Draws sketches.

    Args:
        composer: that writes their codes.
        vqgan: that decodes the codes.
        perceptor: that reads the text.
        sketch: the numbers that suit them.
    """

    def __init__(self, composer: Composer, vqgan: VQGAN, perceptor: CLIPPerceptor, sketch: Sketch) -> None:
        self.composer = composer
        self.vqgan = vqgan
        self.perceptor = perceptor
        self.sketch = sketch
        self._nothing = self._read(perceptor.tokens(""))

    @torch.no_grad()
    def candidates(self, tokens: Tensor, generator: Generator) -> Tensor:
        """Return square sketches of one text, in [0, 1]: ``[1, context_length] → [n, 3, s, s]``.

        Of a text that means nothing to the perceptor there is one: it could not choose, and would take the emptiest.
        """
        count = self.sketch.candidates if self.perceptor.knows(tokens) else 1
        text = self._read(tokens).expand(count, -1, -1)
        codes = self.composer.compose(text, self._nothing[0], self.sketch.guidance, self.sketch.temperature, generator)
        side = isqrt(codes.shape[1])
        return self.vqgan.decode(self.vqgan.lookup(codes.unflatten(1, (side, side)))).clamp(0, 1)

    @torch.no_grad()
    def _read(self, tokens: Tensor) -> Tensor:
        tokens = tokens.to(self.vqgan.codebook.device)
        return self.composer.read(self.perceptor.read(tokens), tokens)


def fit(picture: Tensor, width: int, height: int) -> Tensor:
    """Enlarge a square picture to the shorter side and fill the longer with its edges, ``[3, height, width]``.

    Skies, seas and meadows go on like that, and nothing is stretched.
    """
    side = min(width, height)
    square = F.interpolate(picture[None], size=(side, side), mode="bicubic", antialias=True, align_corners=False)
    left, top = (width - side) // 2, (height - side) // 2
    margins = (left, width - side - left, top, height - side - top)
    return F.pad(square, margins, mode="replicate")[0].clamp(0, 1)
