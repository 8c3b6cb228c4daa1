import random
import re

import numpy as np
import pytest

from training.drawings import CAPTIONS, SIZE, THINGS, draw
from training.drawings.colors import COLORS, distance
from training.drawings.compose import article
from training.drawings.patterns import PATTERNS
from training.drawings.pen import Pen
from training.drawings.scenery import GROUNDS
from training.drawings.thing import Thing


def test_same_seed_same_drawing() -> None:
    first, again, other = draw("seed-1"), draw("seed-1"), draw("seed-2")
    assert np.array_equal(first.image, again.image)
    assert first.captions == again.captions
    assert not np.array_equal(first.image, other.image)


def test_drawing_has_size_and_captions() -> None:
    drawing = draw("any")
    assert drawing.image.shape == (SIZE, SIZE, 3)
    assert drawing.image.dtype == np.uint8
    assert len(drawing.captions) == CAPTIONS


def test_captions_name_the_thing() -> None:
    names = {thing.name: set(thing.names) for thing in THINGS}
    for thing in THINGS:
        names[thing.name] |= set(thing.names)
    for index in range(400):
        drawing = draw(f"named-{index}")
        if drawing.subject not in names:
            assert drawing.subject in GROUNDS or drawing.subject in PATTERNS
            continue
        for caption in drawing.captions[:2]:
            stems = [name.rstrip("s") for name in names[drawing.subject]]
            assert any(stem in caption for stem in stems), (drawing.subject, caption)


def test_captions_are_plain_english() -> None:
    for index in range(400):
        for caption in draw(f"plain-{index}").captions:
            assert re.fullmatch(r"[a-z][a-z, -]*", caption), caption
            assert not re.search(r"\ba [aeio]|\ban [^aeiou]|\b(\w+) \1\b", caption), caption


def test_everything_is_drawn_sooner_or_later() -> None:
    drawn = {draw(f"all-{index}").subject for index in range(2500)}
    assert drawn == {thing.name for thing in THINGS} | set(GROUNDS) | set(PATTERNS)


@pytest.mark.parametrize("thing", THINGS, ids=lambda thing: f"{thing.name}-{thing.draw.__name__}")
def test_thing_covers_its_unit_in_its_color(thing: Thing) -> None:
    pen = Pen()
    pen.box(0, 0, SIZE, SIZE, (1, 2, 3))
    with pen.at(64, 120, 110):
        thing.draw(pen, COLORS[thing.colors[0]], random.Random(1))
    image = pen.picture().astype(int)
    covered = np.abs(image - (1, 2, 3)).sum(2) > 30
    assert 0.04 < covered.mean() < 0.9
    rows = np.flatnonzero(covered.any(1))
    assert rows.max() - rows.min() > 0.35 * 110
    if thing.colored_name > 0.5:
        pixels = image[covered]
        near = [distance(tuple(pixel), COLORS[thing.colors[0]]) < 120 for pixel in pixels[::7]]
        assert np.mean(near) > 0.15


@pytest.mark.parametrize(
    ("words", "said"),
    [("apple", "an apple"), ("red apple", "a red apple"), ("cherries", "cherries"), ("red cherries", "red cherries"),
     ("two cherries", "two cherries"), ("fire", "fire"), ("flowers in a vase", "flowers in a vase")],
)  # fmt: skip
def test_article(words: str, said: str) -> None:
    assert article(words) == said
