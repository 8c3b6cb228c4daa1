"""Sketches: whole pictures composed from the text at once, for painting to begin from."""

from collections.abc import Callable, Sequence
from collections.abc import Generator as Slices
from math import isqrt
from operator import itemgetter
from typing import Any

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from generation.checkpoints.loader import Models, named
from generation.models.vqgan import VQGAN
from generation.perceptor.clip import CLIPPerceptor
from generation.perceptor.ensemble import Perceptor
from generation.pocket.composer import Composer, load_composer
from generation.pocket.description import PriorSection
from generation.request import ImagineRequest

Distance = Callable[[Tensor, Sequence[Tensor], Tensor], Tensor]
"""How far views of pictures, ``[B, n, D]``, are from what an objective's rows and weights say, ``[B, n]``."""


class Sketcher:
    """Draws sketches, a `Prior` of the engine's.

    Args:
        composer: that writes their codes.
        vqgan: that decodes the codes.
        reader: that reads the text.
        perceptor: that judges, of which the reader is one, or all.
        section: the numbers that suit them.
        distance: by which one is picked.
    """

    name = "sketch"

    def __init__(
        self,
        composer: Composer,
        vqgan: VQGAN,
        reader: CLIPPerceptor,
        perceptor: Perceptor,
        section: PriorSection,
        distance: Distance,
    ) -> None:
        self.composer = composer
        self.vqgan = vqgan
        self.reader = reader
        self.perceptor = perceptor
        self.section = section
        self.distance = distance
        self._nothing = self._read("")

    @torch.no_grad()
    def begin(
        self, request: ImagineRequest, rows: Sequence[Tensor], weights: Tensor, generator: Generator
    ) -> Slices[None, None, Tensor]:
        """Draw sketches of what a request wants most and return the best, ``[3, height, width]`` in [0, 1]."""
        targets = zip(weights.tolist(), request.judged_by, strict=True)
        _, text = max(((weight, target.text) for weight, target in targets if target.text), key=itemgetter(0))
        sketches = yield from self.candidates(text, generator)
        yield
        seen = F.interpolate(sketches, size=self.perceptor.input_size, mode="area")
        image = self.perceptor.encode_image(seen)[None]
        distances = self.distance(image, [row[None] for row in rows], weights[None].to(image.device))
        return fit(sketches[int(distances.argmin())], request.width, request.height)

    @torch.no_grad()
    def candidates(self, text: str, generator: Generator) -> Slices[None, None, Tensor]:
        """Draw square sketches of one text, ``[n, 3, s, s]`` in [0, 1].

        Of a text that means nothing to the perceptor there is one: it could not choose, and would take the emptiest.
        """
        section = self.section
        text, _ = self.reader.cut(text)
        read = self._read(text).expand(section.candidates if self.knows(text) else 1, -1, -1)
        composing = self.composer.compose(read, self._nothing[0], section.guidance, section.temperature, generator)
        codes = yield from composing
        side = isqrt(codes.shape[1])
        return self.vqgan.decode(self.vqgan.lookup(codes.unflatten(1, (side, side)))).clamp(0, 1)

    def knows(self, text: str) -> bool:
        """Return whether any word of a text means anything to the perceptor.

        Only small models are at a loss: a word that they never met has an embedding of zeros.
        """
        embedding: Any = self.reader.clip.token_embedding
        tokens = self.reader.tokens(text)[0]
        return bool(embedding(tokens[1 : int(tokens.argmax())].to(embedding.weight.device)).any())

    @torch.no_grad()
    def _read(self, text: str) -> Tensor:
        tokens = self.reader.tokens(text).to(self.vqgan.codebook.device)
        return self.composer.read(self.reader.read(tokens), tokens)


def load_prior(models: Models, section: PriorSection, distance: Distance, device: torch.device) -> Sketcher | None:
    """Return what draws sketches, if the composer knows these models; of several perceptors, the first that it knows.

    Args:
        models: to draw with.
        section: where the composer's weights are, and the numbers that suit them.
        distance: by which one sketch is picked.
        device: where the models are.

    Raises:
        CheckpointError: the composer's weights cannot be read.
    """
    with named(str(models.path)):
        composer = load_composer(models.path.with_name(section.weights)).to(device).eval().requires_grad_(False)
    reader = next((each for each in models.perceptor.members if composer.suits(models.vqgan, each)), None)
    if reader is None:
        return None
    return Sketcher(composer, models.vqgan, reader, models.perceptor, section, distance)


def fit(picture: Tensor, width: int, height: int) -> Tensor:
    """Enlarge a square picture to the shorter side and fill the longer with its edges, ``[3, height, width]``.

    Skies, seas and meadows go on like that, and nothing is stretched.
    """
    side = min(width, height)
    square = F.interpolate(picture[None], size=(side, side), mode="bicubic", antialias=True, align_corners=False)
    left, top = (width - side) // 2, (height - side) // 2
    margins = (left, width - side - left, top, height - side - top)
    return F.pad(square, margins, mode="replicate")[0].clamp(0, 1)
