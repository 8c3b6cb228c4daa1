"""Composes pictures with captions: scenes, things, several of them, lights of the sky, patterns; in many styles."""

import random
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from training.drawings.animals import ANIMALS
from training.drawings.colors import COLORS, Color, dark, distance, jitter, light, spoken
from training.drawings.food import FOOD
from training.drawings.glyphs import GLYPHS
from training.drawings.objects import OBJECTS, SHAPES
from training.drawings.outdoors import OUTDOORS
from training.drawings.patterns import PATTERNS
from training.drawings.pen import SIZE, Pen
from training.drawings.scenery import (
    DIM,
    GROUNDS,
    TIMES,
    clouds,
    deep_sea,
    glitter,
    ground,
    outer_space,
    sky,
    stars,
    sun,
    weather,
)
from training.drawings.styles import STYLES
from training.drawings.thing import Thing
from training.drawings.wording import SINGLE, article, plural, without_article, wrong

THINGS: tuple[Thing, ...] = (*FOOD, *OBJECTS, *SHAPES, *OUTDOORS, *ANIMALS, *GLYPHS)
CAPTIONS = 3  # per drawing
VARIANTS = 4  # drawings that share place, light and style, and show different things

COARSE = 2  # cells of a grid by which things on it differ in size, and their places in a scene
_STYLED = 0.2  # share of drawings in a style
_TEXTURES = ("pencil", "oil", "mosaic")
_WET = ("sea", "beach", "lake")
_CONTRAST = 85.0  # least distance between a thing and what lies behind it
_WEIGHT = {  # what people ask for most
    "apple": 2.5,
    "balloon": 2.0,
    "banana": 1.5,
    "bird": 1.5,
    "butterfly": 2.0,
    "cake": 2.0,
    "candle": 1.5,
    "car": 2.0,
    "castle": 2.5,
    "cat": 2.0,
    "cherries": 1.5,
    "circle": 1.5,
    "crown": 2.0,
    "cup": 2.0,
    "dog": 1.5,
    "dragon": 2.0,
    "duck": 2.0,
    "elephant": 2.5,
    "fire": 2.0,
    "fish": 2.5,
    "flower": 1.5,
    "frog": 2.0,
    "full moon": 2.5,
    "guitar": 2.0,
    "hamburger": 1.5,
    "heart": 3.0,
    "horse": 2.5,
    "hot air balloon": 2.0,
    "house": 3.0,
    "lighthouse": 2.5,
    "lion": 2.0,
    "mushroom": 2.0,
    "owl": 2.0,
    "panda": 2.0,
    "penguin": 2.0,
    "rainbow": 1.5,
    "robot": 1.5,
    "rocket": 2.0,
    "sailboat": 3.0,
    "square": 1.5,
    "star": 2.5,
    "sun": 1.5,
    "swan": 2.0,
    "tree": 3.0,
    "umbrella": 2.0,
    "windmill": 2.0,
}
_LIGHTS = {
    "full moon": ("full moon", "moon"),
    "crescent moon": ("crescent moon", "moon"),
    "sun": ("sun",),
    "planet": ("planet",),
}
_NUMBERS = {2: ("two",), 3: ("three",), 4: ("four",), 5: ("five",), 9: ("many", "nine", "a lot of")}

_ONLY_IN = ("the grass", "the snow", "the waves", "a winter landscape")
_PREPOSITIONS = {
    "mountains": ("in front of", "in"),
    "snowy mountains": ("in front of", "in"),
    "city": ("in", "in front of"),
    "forest": ("in",),
    "desert": ("in",),
    "wheat": ("in",),
    "flowers": ("in",),
}

Vary = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Drawing:
    """A picture and what it shows."""

    image: np.ndarray  # RGB, uint8 [128, 128, 3]
    captions: tuple[str, ...]  # three ways to say it, each naming the subject
    wrong: tuple[str, ...]  # the same with another thing, place or colour
    subject: str  # the plain name of the main thing, ground or pattern


Sketch = tuple[list[str], str]
"""Ways to say what has been drawn, and the subject."""


def draw(seed: str, variant: int = 0, grid: float = 0.0) -> Drawing:
    """Draw one picture; the same seed, variant and grid give the same picture and captions.

    Variants of a seed have place, light and style in common and show different things. With a grid the drawing is a
    sketch, plain enough to be written in few codes: horizons and the edges of things lie on multiples of so many
    pixels, things have few sizes and places, none is turned or mirrored, there is no rain or snow, and a style that
    is all texture is told but not drawn.
    """
    rng = random.Random(seed)

    def vary() -> None:
        rng.seed(f"{seed}/{variant}")

    style = rng.choice(tuple(STYLES)) if rng.random() < _STYLED else None
    makers = (_scene, _place, _thing, _many, _couple, _light, _pattern)
    maker = rng.choices(makers, (27, 13, 36, 7, 7, 5, 5))[0]
    pen = Pen(grid)
    sentences, subject = maker(pen, rng, vary)
    image = pen.picture()
    captions = [_frame(rng, rng.choice(sentences), styled=style is not None) for _ in range(CAPTIONS)]
    if style and maker is not _pattern:
        paint, ways = STYLES[style]
        image = image if grid and style in _TEXTURES else paint(image, rng)
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


def _behind(pen: Pen, x: float, y: float, size: float) -> Color:
    """Return the mean colour where a thing of that size will stand with its foot at (x, y)."""
    image = pen.picture()
    left, right = int(max(0, x - size / 2)), int(min(SIZE, x + size / 2))
    top, bottom = int(max(0, y - size)), int(min(SIZE, y))
    part = image[top : max(bottom, top + 1), left : max(right, left + 1)].reshape(-1, 3).mean(0)
    return int(part[0]), int(part[1]), int(part[2])


def _color(rng: random.Random, thing: Thing, behind: Color, dim: float, wanted: str | None) -> tuple[str, Color, bool]:
    """Choose a colour for the thing that stands out from what is behind it, and tell whether it does."""
    best: tuple[float, str, Color] = (-1.0, "", (0, 0, 0))
    for attempt in range(8):
        usual = attempt < 4 or thing.recolored == 0.0
        names = thing.colors if usual and rng.random() >= thing.recolored else tuple(COLORS)
        name = wanted if wanted and attempt == 0 and thing.recolored > 0.05 else rng.choice(names)
        color = jitter(rng, COLORS[name])
        apart = distance(dark(color, dim), behind)
        if apart >= _CONTRAST:
            return name, color, True
        best = max(best, (apart, name, color))
    return best[1], best[2], False


def _called(rng: random.Random, thing: Thing, color: str, number: str = "") -> str:
    """Put the thing in words, with article or number, and mostly with its colour."""
    names = [name for name in thing.names if not number or name not in SINGLE]
    name = rng.choice(names) if rng.random() < 0.25 else names[0]
    told = rng.random() < thing.colored_name or (color not in thing.colors and thing.colored_name > 0)
    if told and thing.colored_name > 0 and " of " not in name and not name.startswith("two "):
        said = f"{spoken(rng, color)} {name}"
    else:
        said = name
    return f"{number} {plural(said)}" if number else article(said)


def _pick(rng: random.Random, place: str, counted: bool = False) -> Thing:
    choices = [thing for thing in THINGS if place in thing.places and not (counted and thing.name in SINGLE)]
    return rng.choices(choices, [_WEIGHT.get(thing.name, 1.0) for thing in choices])[0]


def snapped(pen: Pen, x: float, foot: float, size: float) -> tuple[float, float, float]:
    """Put the edges of a thing with its foot at (x, foot) on the pen's grid, and its size on a coarser one."""
    if pen.grid:
        coarse = COARSE * pen.grid
        size = max(round(size / coarse), 2) * coarse
    return pen.snap(x - size / 2) + size / 2, pen.snap(foot), size


def _put(
    pen: Pen,
    rng: random.Random,
    thing: Thing,
    spots: list[tuple[float, float, float]],
    dim: float = 1.0,
    wanted: str | None = None,
    shadow: bool = False,
    turn: float = 0.0,
) -> str:
    """Draw a thing at each spot (x, foot, size) in one colour, whose name is returned.

    What would not stand out from the ground gets a halo.
    """
    spots = [snapped(pen, *spot) for spot in spots]
    x, foot, size = spots[0]
    behind = _behind(pen, x, foot, size)
    name, color, apart = _color(rng, thing, behind, dim, wanted)
    outer, pen.dim = pen.dim, dim
    for x, foot, size in spots:
        if not apart:
            halo = (255, 255, 255) if sum(behind) < 330 else (30, 30, 40)
            pen.glow(x, foot - size / 2, size * 0.72, halo, 170)
        if shadow:
            pen.shadow(x, foot, size * 0.42, size * 0.07)
        with pen.at(x, foot - size / 2, size, turn, mirror=rng.random() < 0.5 and not pen.grid), pen.at(0, 0.5, 1):
            thing.draw(pen, color, rng)
    pen.dim = outer
    return name


def _landscape(
    pen: Pen, rng: random.Random, time: str, land: str, low: float = 0.34, high: float = 0.7
) -> tuple[float, str]:
    """Draw sky and ground, and tell the horizon and what is seen in the sky."""
    horizon = pen.snap(rng.uniform(low, high) * SIZE, COARSE)
    haze = sky(pen, rng, time, horizon)
    above = _heavens(pen, rng, time, land, horizon)
    ground(pen, rng, land, time, horizon, haze)
    if above and land in _WET and above[1] is not None and time != "day":
        shore = {"beach": SIZE - 44, "lake": SIZE - 22}.get(land, SIZE)
        glitter(pen, rng, above[0], horizon + (6 if land == "lake" else 0), shore, light(above[1], 0.1))
    return horizon, above[2] if above else ""


def _time_and_land(rng: random.Random) -> tuple[str, str]:
    time = rng.choices(tuple(TIMES), (34, 18, 6, 22, 7, 6, 7))[0]
    land = rng.choices(tuple(GROUNDS), (17, 16, 6, 8, 9, 10, 6, 6, 7, 9, 6, 5, 5, 7))[0]
    if time == "snowfall" and land in ("desert", "beach", "wheat", "flowers"):
        land = "snow"
    return time, land


def _scene(pen: Pen, rng: random.Random, vary: Vary) -> Sketch:
    """Draw a thing in a landscape."""
    time, land = _time_and_land(rng)
    if land in ("city", "forest") and rng.random() < 0.5:
        land = "meadow"
    horizon, sky_word = _landscape(pen, rng, time, land)
    place = "sky" if rng.random() < 0.12 else ("sea" if land in ("sea", "lake") else "land")
    size = rng.uniform(48, 98)
    x = SIZE / 2 + pen.snap(rng.uniform(-1, 1) * (SIZE - size) * 0.45, COARSE)
    dim = (1 + DIM.get(time, 1.0)) / 2
    if place == "sky":
        size = min(size, 66)
        foot = rng.uniform(size + 2, max(size + 6, horizon))
    elif place == "sea":
        foot = rng.uniform(horizon + 14, min(SIZE - 6, horizon + 0.75 * (SIZE - horizon)))
    else:
        foot = rng.uniform(max(horizon + 12, size + 2), SIZE - 4) if horizon + 12 < SIZE - 6 else SIZE - 6
        foot = max(foot, SIZE - rng.uniform(4, 24)) if land == "beach" else foot
    foot = pen.snap(foot, COARSE)
    wanted = rng.choice(tuple(COLORS)) if rng.random() < 0.3 else None
    vary()
    thing = _pick(rng, place)
    color = _put(pen, rng, thing, [(x, foot, size)], dim, wanted, shadow=place == "land")
    weather(pen, rng, time)
    when = TIMES[time]
    called = [_called(rng, thing, color) for _ in range(3)]
    where = [_placed(rng, thing, land, place) for _ in range(3)]
    full = [f"{called[0]} {where[0]} {rng.choice(when)}", f"{called[1]} {where[1]} {rng.choice(when)}"]
    full += [f"{called[0]} {where[2]}", f"{called[1]} {where[1]}", f"{called[2]} {rng.choice(when)}"]
    if sky_word:
        full += [f"{called[0]} under {sky_word}", f"{called[2]} {where[2]} under {sky_word}"]
    return full, thing.name


def _placed(rng: random.Random, thing: Thing, land: str, place: str) -> str:
    """Where the thing is, in words."""
    where = rng.choice(GROUNDS[land])
    if place == "sky":
        return f"{rng.choice(('over', 'above', 'over', 'flying over'))} {where}"
    if where in _ONLY_IN or (place == "sea" and "water" in thing.places):
        return f"in {where}"
    return f"{rng.choice(_PREPOSITIONS.get(land, ('on',)))} {where}"


def _place(pen: Pen, rng: random.Random, vary: Vary) -> Sketch:
    """Draw a landscape with nothing in it."""
    vary()
    time, land = _time_and_land(rng)
    _, sky_word = _landscape(pen, rng, time, land)
    weather(pen, rng, time)
    where, when = GROUNDS[land], TIMES[time]
    full = [f"{rng.choice(where)} {rng.choice(when)}" for _ in range(3)]
    if time in ("sunset", "sunrise"):
        event = rng.choice((f"a {time}", time, "the sunrise" if time == "sunrise" else "the setting sun"))
        full += [f"{event} over {rng.choice(where)}", f"a {time} over {rng.choice(where)}"]
    if sky_word:
        full += [f"{sky_word} over {rng.choice(where)}", f"{rng.choice(where)} under {sky_word}"]
    if time == "night":
        full += [f"{rng.choice(where)} under a starry sky", f"a starry night over {rng.choice(where)}"]
    if time == "day":
        full += [rng.choice(where), f"{rng.choice(where)} under a blue sky"]
    return full, land


def _heavens(
    pen: Pen, rng: random.Random, time: str, land: str, horizon: float
) -> tuple[float, Color | None, str] | None:
    """Draw what is seen in the sky and tell its x, the colour of its light, and what it is called."""
    x = pen.snap(rng.uniform(16, SIZE - 16))
    seen: tuple[float, Color | None, str] | None = None
    if time == "night":
        many = rng.random() < 0.75
        if many:
            stars(pen, rng, horizon, rng.randint(25, 70))
        roll = rng.random()
        if roll < 0.6:
            radius = pen.snap(rng.uniform(11, 22))
            y = pen.snap(rng.uniform(radius + 3, max(radius + 6, horizon * 0.6)))
            color: Color = rng.choice([(248, 246, 220), (236, 240, 246), (250, 236, 176)])
            name = "full moon" if roll < 0.42 else "crescent moon"
            thing = next(thing for thing in OUTDOORS if thing.name == name)
            with pen.at(x, y + radius, radius * 2.2):
                thing.draw(pen, color, rng)
            called = (
                rng.choice(("a full moon", "a full moon", "the moon"))
                if name == "full moon"
                else rng.choice(("a crescent moon", "the moon"))
            )
            seen = (x, color, called)
        elif many:
            seen = (x, None, rng.choice(("a starry sky", "the stars", "many stars")))
    elif time in ("day", "sunset", "sunrise") and rng.random() < (0.6 if time == "day" else 0.85):
        radius = rng.uniform(10, 20)
        y = rng.uniform(radius, max(radius + 4, horizon * 0.6))
        if time != "day":
            y = rng.uniform(horizon * 0.6, horizon + radius * 0.4)
        y = pen.snap(y)
        shine = sun(pen, rng, x, y, radius, time)
        seen = (x, shine, rng.choice(("the sun", "a bright sun", "a yellow sun") if time == "day" else ("the sun",)))
    if time in ("cloudy", "storm") or rng.random() < 0.45:
        clouds(pen, rng, time, horizon, rng.randint(1, 4) + (3 if time in ("cloudy", "storm") else 0))
    if time in ("day", "cloudy") and land != "city" and rng.random() < 0.09:
        rainbow = next(thing for thing in OUTDOORS if thing.name == "rainbow")
        with pen.at(rng.uniform(40, 88), horizon + 2, rng.uniform(80, 130)):
            rainbow.draw(pen, (0, 0, 0), rng)
        seen = (x, None, "a rainbow")
    return seen


def _light(pen: Pen, rng: random.Random, vary: Vary) -> Sketch:
    """Draw a big moon, sun or planet in the sky, with a strip of land below or none."""
    vary()
    name = rng.choices(tuple(_LIGHTS), (40, 20, 30, 10))[0]
    time = "night" if name != "sun" else rng.choice(("day", "sunset", "day"))
    land = rng.choice(tuple(GROUNDS))
    bare = rng.random() < 0.4
    horizon = pen.snap(SIZE * (1.0 if bare else rng.uniform(0.68, 0.85)))
    haze = sky(pen, rng, time, horizon)
    if time == "night" and rng.random() < 0.7:
        stars(pen, rng, horizon, rng.randint(15, 50))
    thing = next(thing for thing in OUTDOORS if thing.name == name)
    size = rng.uniform(46, 92)
    x = SIZE / 2 + pen.snap(rng.uniform(-1, 1) * (SIZE - size) * 0.35, COARSE)
    foot = rng.uniform(size + 4, max(size + 6, horizon + (size * 0.2 if time == "sunset" else -4)))
    x, foot, size = snapped(pen, x, foot, size)
    color_name = rng.choice(thing.colors)
    if name == "sun" and time == "sunset":
        color_name = rng.choice(("orange", "red", "yellow"))
    with pen.at(x, foot, size, mirror=rng.random() < 0.5 and not pen.grid):
        thing.draw(pen, jitter(rng, COLORS[color_name]), rng)
    if not bare:
        ground(pen, rng, land, time, horizon, haze)
    word = rng.choice(_LIGHTS[name])
    plain, colored = article(word), article(f"{color_name} {word}")
    air = {"night": "the night sky", "day": "a blue sky", "sunset": "an orange sky"}[time]
    full = [f"{rng.choice((plain, colored))} in {air}", f"a big {word} in {air}", colored]
    if not bare:
        full += [f"{plain} over {rng.choice(GROUNDS[land])}", f"a big {word} over {rng.choice(GROUNDS[land])}"]
        full += [f"{colored} over {rng.choice(GROUNDS[land])} {rng.choice(TIMES[time])}"]
    return full, name


def _backdrop(pen: Pen, rng: random.Random) -> tuple[str, str]:
    """Fill the picture: a table before a wall, space, the deep sea or a plain colour; kind of place and colour."""
    kind = rng.choices(("table", "space", "water", "plain"), (22, 4, 7, 67))[0]
    name = rng.choices(tuple(COLORS), (5, 5, 6, 8, 9, 5, 5, 6, 10, 20, 12, 6))[0]
    color = jitter(rng, COLORS[name], 16)
    if kind == "space":
        outer_space(pen, rng)
        return kind, "black"
    if kind == "water":
        deep_sea(pen, rng)
        return kind, "blue"
    if kind == "table":
        table = jitter(rng, rng.choice([(150, 100, 60), (112, 74, 46), (226, 222, 212), (190, 150, 104), (90, 92, 98)]))
        edge = pen.snap(rng.uniform(0.55, 0.75) * SIZE, COARSE)
        pen.fade(0, 0, SIZE, edge, color, light(color, 0.12))
        pen.fade(0, edge, SIZE, SIZE, light(table, 0.1), dark(table, 0.85))
        return kind, name
    roll = rng.random()
    if roll < 0.45:
        pen.box(0, 0, SIZE, SIZE, color)
    elif roll < 0.8:
        pen.fade(0, 0, SIZE, SIZE, light(color, rng.uniform(0, 0.3)), dark(color, rng.uniform(0.75, 1.0)))
    else:
        pen.box(0, 0, SIZE, SIZE, dark(color, 0.8))
        pen.glow(SIZE / 2, SIZE / 2, SIZE * 0.75, light(color, 0.25), 220)
    return kind, name


def _thing(pen: Pen, rng: random.Random, vary: Vary) -> Sketch:
    """Draw one thing, large."""
    kind, behind = _backdrop(pen, rng)
    size = rng.uniform(66, 116)
    if kind == "table":
        size = min(size, 98)
        foot = rng.uniform(max(0.78 * SIZE, size + 4), SIZE - 8)
    else:
        foot = SIZE / 2 + size / 2 + rng.uniform(-1, 1) * (SIZE - size) * 0.4
    x = SIZE / 2 + rng.uniform(-1, 1) * (SIZE - size) * 0.4
    if pen.grid:
        size = max(size, 75.0)
        x, foot = SIZE / 2, (SIZE + pen.snap(size, COARSE)) / 2 if kind != "table" else foot
    turn = 0.0 if kind == "table" or rng.random() < 0.7 or pen.grid else rng.uniform(-15, 15)
    wanted = rng.choice(tuple(COLORS)) if rng.random() < 0.25 else None
    vary()
    thing = _pick(rng, kind)
    color = _put(pen, rng, thing, [(x, foot, size)], 1.0, wanted, shadow=kind == "table", turn=turn)
    called = [_called(rng, thing, color) for _ in range(5)]
    return [*called, *(f"{said} {_before(rng, kind, behind)}" for said in called[:3])], thing.name


def _before(rng: random.Random, kind: str, behind: str) -> str:
    """Say what a thing lies on or is before."""
    return {
        "table": "on a table",
        "space": rng.choice(("in space", "in outer space", "among the stars")),
        "water": rng.choice(("under water", "in the sea", "in the deep sea", "in the ocean")),
        "plain": rng.choice((f"on {article(spoken(rng, behind))} background", f"on {behind}")),
    }[kind]


def _many(pen: Pen, rng: random.Random, vary: Vary) -> Sketch:
    """Draw two, three, four, five or many of a kind."""
    outside = rng.random() < 0.35
    if outside:
        time = rng.choice(("day", "day", "sunset", "night"))
        land = rng.choice(("meadow", "snow", "beach", "hills", "desert", "flowers"))
        horizon, _ = _landscape(pen, rng, time, land, 0.3, 0.42)
        dim, middle, kind = (1 + DIM.get(time, 1.0)) / 2, (horizon + 16 + SIZE) / 2, "land"
    else:
        kind, behind = _backdrop(pen, rng)
        dim, middle = 1.0, SIZE / 2 if kind != "table" else SIZE * 0.66
    count = rng.choices(tuple(_NUMBERS), (36, 26, 12, 8, 18))[0]
    rows = {2: (2,), 3: rng.choice(((3,), (1, 2))), 4: (2, 2), 5: (3, 2), 9: (3, 3, 3)}[count]
    if kind == "table":
        rows = (count,) if count < 5 else rows
    step = min((SIZE - 6) / max(rows), (SIZE - 6 if not outside else 88) / len(rows), 60)
    size = step * rng.uniform(0.84, 0.94)
    spots = []
    for row, number in enumerate(rows):
        for k in range(number):
            x = SIZE / 2 + (k - (number - 1) / 2) * step + rng.uniform(-2, 2)
            spots.append((x, middle + (row - (len(rows) - 1) / 2) * step + size / 2 + rng.uniform(-2, 2), size))
    vary()
    thing = _pick(rng, kind, counted=True)
    color = _put(pen, rng, thing, spots, dim, shadow=kind in ("land", "table"))
    numbers = _NUMBERS[count]
    full = [_called(rng, thing, color, rng.choice(numbers)) for _ in range(4)]
    if outside:
        full += [f"{said} {_placed(rng, thing, land, 'land')}" for said in full[:2]]
    else:
        full += [f"{full[0]} {_before(rng, kind, behind)}"]
    return full, thing.name


def _couple(pen: Pen, rng: random.Random, vary: Vary) -> Sketch:
    """Draw two things beside, above or inside each other."""
    relation = rng.choices(("beside", "above", "in"), (5, 3, 2))[0]
    behind = rng.choice(tuple(COLORS))
    if relation == "beside" and rng.random() < 0.4:
        land = rng.choice(("meadow", "snow", "beach", "desert"))
        _landscape(pen, rng, "day", land, 0.3, 0.5)
        kind, where = "land", f"on {GROUNDS[land][0]}"
    else:
        pen.box(0, 0, SIZE, SIZE, jitter(rng, COLORS[behind]))
        kind, where = "plain", f"on {behind}"
    vary()
    if relation == "in":
        first, second = rng.sample([shape for shape in SHAPES if shape.name not in ("ring", "cross")], 2)
    else:
        first, second = _pick(rng, kind), _pick(rng, kind)
        while second.name == first.name:
            second = _pick(rng, kind)
    size = rng.uniform(50, 60)
    lower = rng.uniform(110, 122) if kind == "land" else 64 + size / 2
    spots = {
        "beside": ((34.0, lower, size), (94.0, lower, size)),
        "above": ((64.0, 61.0, size), (64.0, 124.0, size)),
        "in": ((64.0, 82.0, 36.0), (64.0, 118.0, 106.0)),
    }[relation]
    colors = {}
    for k in (1, 0):
        colors[k] = _put(pen, rng, (first, second)[k], [spots[k]], shadow=kind == "land")
    a, b = _called(rng, first, colors[0]), _called(rng, second, colors[1])
    full = {
        "beside": [f"{a} and {b}", f"{b} and {a}", f"{a} next to {b}", f"{a} and {b} {where}"],
        "above": [f"{a} above {b}", f"{b} under {a}", f"{a} over {b}", f"{b} below {a}"],
        "in": [f"{a} in {b}", f"{a} inside {b}", f"{b} with {a} in it"],
    }[relation]
    return full, first.name


def _pattern(pen: Pen, rng: random.Random, vary: Vary) -> Sketch:
    """Draw an abstract picture."""
    vary()
    name = rng.choice(tuple(PATTERNS))
    paint, sentences = PATTERNS[name]
    one = rng.choice(tuple(COLORS))
    two = rng.choice([c for c in COLORS if distance(COLORS[c], COLORS[one]) > _CONTRAST])
    paint(pen, rng, jitter(rng, COLORS[one]), jitter(rng, COLORS[two]))
    full = [sentence.format(a=spoken(rng, one), b=spoken(rng, two)) for sentence in sentences]
    return [_corrected(words) for words in full], name


def _corrected(words: str) -> str:
    """Turn "a" into "an" before vowels."""
    parts = words.split(" ")
    for k, word in enumerate(parts[:-1]):
        if word == "a" and parts[k + 1][0] in "aeio":
            parts[k] = "an"
    return " ".join(parts)
