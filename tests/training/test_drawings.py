import random
import re
from typing import Any

import numpy as np
import pytest

from training.drawings import CAPTIONS, SIZE, THINGS, VARIANTS, draw, scenes
from training.drawings.colors import COLORS, distance
from training.drawings.patterns import PATTERNS
from training.drawings.pen import Pen
from training.drawings.placing import snapped
from training.drawings.scenery import GROUNDS, TIMES, WAYS, ground
from training.drawings.styles import STYLES
from training.drawings.thing import Thing
from training.drawings.wording import article, plural


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


def test_variants_share_the_light_and_show_other_things() -> None:
    drawn = [draw("variant-5", number) for number in range(VARIANTS)]
    assert len({drawing.subject for drawing in drawn}) > 1
    corners = [drawing.image[:4].astype(int).mean((0, 1)) for drawing in drawn]
    assert all(np.abs(corner - corners[0]).max() < 1 for corner in corners)


def test_captions_name_the_thing() -> None:
    names: dict[str, set[str]] = {}
    for thing in THINGS:
        names.setdefault(thing.name, set()).update(thing.names)
    for index in range(600):
        drawing = draw(f"named-{index}")
        if drawing.subject not in names:
            assert drawing.subject in GROUNDS or drawing.subject in PATTERNS
            continue
        said = names[drawing.subject] | {plural(name) for name in names[drawing.subject]}
        for caption in drawing.captions:
            assert any(name in caption for name in said), (drawing.subject, caption)


def test_wrong_captions_are_wrong() -> None:
    for index in range(400):
        drawing = draw(f"wrong-{index}")
        assert not set(drawing.wrong) & set(drawing.captions)


def test_captions_are_plain_english() -> None:
    for index in range(600):
        drawing = draw(f"plain-{index}")
        for caption in (*drawing.captions, *drawing.wrong):
            assert re.fullmatch(r"[a-z][a-z, -]*", caption), caption
            assert not re.search(r"\ba [aeio]|\ban ([^aeiou]|uni|ufo)|\b(\w+) \2\b", caption), caption


def test_on_a_grid_edges_lie_on_it_and_things_have_few_sizes() -> None:
    grid = 32 / 3
    for place, size in ((61.0, 70.0), (20.3, 33.0), (90.0, 116.0)):
        x, foot, snapped_size = snapped(Pen(grid), place, 100.0, size)
        assert round(snapped_size / grid, 6) in (4, 6, 8, 10)
        for edge in (x - snapped_size / 2, x + snapped_size / 2, foot):
            assert edge / grid == pytest.approx(round(edge / grid))
    assert snapped(Pen(), 61.0, 100.0, 70.0) == (61.0, 100.0, 70.0)
    assert np.array_equal(draw("any", 0, grid).image, draw("any", 0, grid).image)


def test_on_a_grid_what_no_caption_tells_is_always_the_same() -> None:
    def drawn(grid: float, seed: int) -> bytes:
        pen, rng = Pen(grid), random.Random(seed)
        ground(pen, rng, "flowers", "day", 64.0, (200, 220, 250))
        return pen.picture().tobytes()

    assert len({drawn(32 / 3, seed) for seed in range(40)}) == WAYS
    assert len({drawn(0.0, seed) for seed in range(40)}) == 40


def test_on_a_grid_things_in_scenes_are_large_and_in_the_middle(monkeypatch: pytest.MonkeyPatch) -> None:
    spots: list[tuple[float, float, float]] = []

    def seen(pen: Pen, *given: Any, **_: Any) -> str:
        spots.append(snapped(pen, *given[2][0]))
        return "red"

    def drawn(grid: float) -> tuple[set[float], set[float]]:
        spots.clear()
        for seed in range(60):
            scenes.scene(Pen(grid), random.Random(seed), lambda: None)
        return {x for x, _, _ in spots}, {round(size, 3) for _, _, size in spots}

    monkeypatch.setattr(scenes, "put", seen)
    places, sizes = drawn(32 / 3)
    assert places == {SIZE / 2}
    assert sizes == {64.0, 85.333}  # six cells in the sky, else eight
    assert all(foot >= size - 0.01 for _, foot, size in spots)
    assert all(len(values) > 50 for values in drawn(0.0))


@pytest.mark.parametrize("time", ["sunset", "night", "storm", "snowfall"])
@pytest.mark.parametrize("maker", [scenes.scene, scenes.place])
def test_captions_of_a_place_tell_the_time_unless_it_is_day(
    time: str, maker: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scenes, "_time_and_land", lambda _: (time, "meadow"))
    telling = {*TIMES[time], time, "moon", "stars", "starry", "setting sun", "evening sun"}
    for seed in range(20):
        sentences, _ = maker(Pen(), random.Random(seed), lambda: None)
        assert all(any(words in sentence for words in telling) for sentence in sentences), sentences


def test_everything_is_drawn_sooner_or_later() -> None:
    everything = {thing.name for thing in THINGS} | set(GROUNDS) | set(PATTERNS)
    drawn: set[str] = set()
    for index in range(6000):
        drawn.add(draw(f"later-{index}").subject)
        if drawn >= everything:
            break
    assert drawn == everything


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
    assert rows.max() - rows.min() > 0.25 * 110
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


@pytest.mark.parametrize(
    ("one", "several"),
    [("red apple", "red apples"), ("mouse", "mice"), ("strawberry", "strawberries"), ("fox", "foxes"),
     ("bus", "buses"), ("toy", "toys"), ("sheep", "sheep")],
)  # fmt: skip
def test_plural(one: str, several: str) -> None:
    assert plural(one) == several


@pytest.mark.parametrize("style", STYLES)
def test_style_changes_the_whole_picture_and_keeps_its_size(style: str) -> None:
    drawing = draw("variant-0")
    paint, ways = STYLES[style]
    painted = paint(drawing.image, random.Random(0))
    assert painted.shape == drawing.image.shape
    assert painted.dtype == np.uint8
    assert np.mean(np.abs(painted.astype(int) - drawing.image).sum(2) > 20) > 0.05
    assert all("{}" in way for way in ways)


def test_ink_is_on_bright_paper_even_at_night() -> None:
    night = np.full((SIZE, SIZE, 3), 20, np.uint8)
    night[40:80, 40:80] = 240
    drawn, _ = STYLES["ink"]
    picture = drawn(night, random.Random(1))
    assert np.median(picture) > 180
    assert picture[36:44, 36:84].min() < 60
