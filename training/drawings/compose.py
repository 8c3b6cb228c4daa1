"""Composes pictures with captions: scenes, things, several of them, lights of the sky, patterns; in many styles."""

import random
from dataclasses import dataclass

import numpy as np

from training.drawings.colors import COLORS, distance, jitter, spoken
from training.drawings.patterns import PATTERNS
from training.drawings.pen import Pen
from training.drawings.placing import CONTRAST, THINGS, Sketch, Vary
from training.drawings.scenery import WAYS
from training.drawings.scenes import light_in_the_sky, place, scene
from training.drawings.still import couple, many, single
from training.drawings.styles import STYLES
from training.drawings.wording import without_article, wrong

CAPTIONS = 3  # per drawing
VARIANTS = 4  # drawings that share place, light and style, and show different things

_STYLED = 0.2  # share of drawings in a style
_TEXTURES = ("pencil", "oil", "mosaic")


@dataclass(frozen=True, slots=True)
class Drawing:
    """A picture and what it shows."""

    image: np.ndarray  # RGB, uint8 [128, 128, 3]
    captions: tuple[str, ...]  # three ways to say it, each naming the subject
    wrong: tuple[str, ...]  # the same with another thing, place or colour
    subject: str  # the plain name of the main thing, ground or pattern


def draw(seed: str, variant: int = 0, grid: float = 0.0) -> Drawing:
    """Draw one picture; the same seed, variant and grid give the same picture and captions.

    Variants of a seed have place, light and style in common and show different things. With a grid the drawing is a
    sketch, plain enough to be written in few codes: horizons and the edges of things lie on multiples of so many
    pixels, things have few sizes and places, none is turned or mirrored, there is no rain or snow, a style that is all
    texture is told but not drawn, and what no caption tells is always the same.
    """
    rng = random.Random(seed)

    def vary() -> None:
        rng.seed(f"{seed}/{variant}")

    style = rng.choice(tuple(STYLES)) if rng.random() < _STYLED else None
    makers = (scene, place, single, many, couple, light_in_the_sky, _pattern)
    weights = (27, 13, 36, 7, 7, 5, 5)
    if grid:
        # In ten styles there would be too few of each number or pair to learn from.
        weights = (28, 24, 38, 0, 0, 8, 2) if style else (26, 14, 25, 12, 12, 9, 2)
    maker = rng.choices(makers, weights)[0]
    pen = Pen(grid)
    sentences, subject = maker(pen, rng, vary)
    image = pen.picture()
    captions = [_frame(rng, rng.choice(sentences), styled=style is not None) for _ in range(CAPTIONS)]
    if style and maker is not _pattern:
        paint, ways = STYLES[style]
        image = image if grid and style in _TEXTURES else paint(image, pen.details(rng, style))
        told = [rng.choice(ways).format(caption) for caption in captions]
        captions = [*told[:-1], rng.choice((captions[-1], told[-1]))]
    twisted = [wrong(rng, caption, subject, THINGS) for caption in captions]
    return Drawing(image, tuple(captions), tuple(twisted), subject)


def _frame(rng: random.Random, words: str, styled: bool = False) -> str:
    """Write a caption the way people write it: mostly just the words."""
    roll = rng.random()
    if roll < 0.12 and not styled:
        return f"{rng.choice(('a picture of', 'a drawing of', 'a painting of', 'a photo of'))} {words}"
    if roll > 0.88:
        return without_article(words)
    return words


def _pattern(pen: Pen, rng: random.Random, vary: Vary) -> Sketch:
    """Draw an abstract picture."""
    vary()
    name = rng.choice(tuple(PATTERNS))
    paint, sentences = PATTERNS[name]
    one = rng.choice(tuple(COLORS))
    two = rng.choice([c for c in COLORS if distance(COLORS[c], COLORS[one]) > CONTRAST])
    details = pen.details(rng, name, WAYS)
    paint(pen, details, jitter(details, COLORS[one]), jitter(details, COLORS[two]))
    full = [sentence.format(a=spoken(rng, one), b=spoken(rng, two)) for sentence in sentences]
    return [_corrected(words) for words in full], name


def _corrected(words: str) -> str:
    """Turn "a" into "an" before vowels."""
    parts = words.split(" ")
    for k, word in enumerate(parts[:-1]):
        if word == "a" and parts[k + 1][0] in "aeio":
            parts[k] = "an"
    return " ".join(parts)
