"""Composes pictures with captions: scenes, single things, pairs of shapes, patterns."""

import random
import re
from dataclasses import dataclass

import numpy as np

from training.drawings.animals import ANIMALS
from training.drawings.colors import COLORS, Color, dark, distance, jitter, light, spoken
from training.drawings.food import FOOD
from training.drawings.objects import OBJECTS, SHAPES
from training.drawings.outdoors import OUTDOORS
from training.drawings.patterns import PATTERNS
from training.drawings.pen import SIZE, Pen
from training.drawings.scenery import DIM, GROUNDS, TIMES, clouds, glitter, ground, sky, stars, sun, weather
from training.drawings.thing import Thing

THINGS: tuple[Thing, ...] = (*FOOD, *OBJECTS, *SHAPES, *OUTDOORS, *ANIMALS)
CAPTIONS = 3  # per drawing

_WET = ("sea", "beach", "lake")
_CONTRAST = 85.0  # least distance between a thing and what lies behind it
_WEIGHT = {
    "apple": 3.0,
    "heart": 2.0,
    "flower": 2.0,
    "house": 3.0,
    "sailboat": 3.0,
    "tree": 2.0,
    "star": 2.5,
    "sun": 2.0,
    "full moon": 2.0,
    "circle": 1.5,
    "square": 1.5,
    "triangle": 1.5,
}


@dataclass(frozen=True, slots=True)
class Drawing:
    """A picture and what it shows."""

    image: np.ndarray  # RGB, uint8 [128, 128, 3]
    captions: tuple[str, ...]  # three ways to say it; the first always names the subject
    subject: str  # the plain name of the main thing, ground or pattern


def draw(seed: str) -> Drawing:
    """Draw one picture; the same seed gives the same picture and captions."""
    rng = random.Random(seed)
    kind = rng.random()
    if kind < 0.46:
        return _scene(rng)
    if kind < 0.88:
        return _thing(rng)
    if kind < 0.93:
        return _pair(rng)
    return _pattern(rng)


def article(words: str) -> str:
    """Put "a" or "an" before the words where they need one."""
    first = words.split(maxsplit=1)[0]
    plural = words in _UNCOUNTED or words.split()[-1] in _UNCOUNTED
    if first in ("a", "an", "the", "two", "many") or plural:
        return words
    return f"an {words}" if words[0] in "aeiou" else f"a {words}"


_UNCOUNTED = {"cherries", "grapes", "lightning", "fire", "flowers in a vase"}


def _behind(pen: Pen, x: float, y: float, size: float) -> Color:
    """Return the mean colour where a thing of that size will stand with its foot at (x, y)."""
    image = pen.picture()
    left, right = int(max(0, x - size / 2)), int(min(SIZE, x + size / 2))
    top, bottom = int(max(0, y - size)), int(min(SIZE, y))
    part = image[top : max(bottom, top + 1), left : max(right, left + 1)].reshape(-1, 3).mean(0)
    return int(part[0]), int(part[1]), int(part[2])


def _color(rng: random.Random, thing: Thing, behind: Color, dim: float) -> tuple[str, Color]:
    """Choose a colour for the thing that stands out from what is behind it."""
    best: tuple[float, str, Color] = (-1.0, "", (0, 0, 0))
    for attempt in range(8):
        usual = attempt < 4 or thing.recolored == 0.0
        names = thing.colors if usual and rng.random() >= thing.recolored else tuple(COLORS)
        name = rng.choice(names)
        color = jitter(rng, COLORS[name])
        apart = distance(dark(color, dim), behind)
        if apart >= _CONTRAST:
            return name, color
        best = max(best, (apart, name, color))
    return best[1], best[2]


def _called(rng: random.Random, thing: Thing, color: str) -> str:
    """Put the thing in words, with article, and mostly with its colour."""
    name = rng.choice(thing.names) if rng.random() < 0.3 else thing.name
    told = rng.random() < thing.colored_name or (color not in thing.colors and thing.colored_name > 0)
    if told and thing.colored_name > 0 and " of " not in name and not name.startswith("two "):
        return article(f"{spoken(rng, color)} {name}")
    return article(name)


def _pick(rng: random.Random, place: str) -> Thing:
    choices = [thing for thing in THINGS if place in thing.places]
    return rng.choices(choices, [_WEIGHT.get(thing.name, 1.0) for thing in choices])[0]


def _frame(rng: random.Random, words: str) -> str:
    """Write a caption the way people write it: mostly just the words."""
    roll = rng.random()
    if roll < 0.06:
        return f"a picture of {words}"
    if roll < 0.1:
        return f"a drawing of {words}"
    if roll < 0.13:
        return f"a painting of {words}"
    if roll < 0.22:
        return words.removeprefix("a ").removeprefix("an ").removeprefix("the ")
    return words


def _captions(rng: random.Random, full: list[str], rest: list[str]) -> tuple[str, ...]:
    """Two captions from those that name everything important, one from all."""
    return (
        _frame(rng, rng.choice(full)),
        _frame(rng, rng.choice(full)),
        _frame(rng, rng.choice(full + rest)),
    )


def _scene(rng: random.Random) -> Drawing:
    pen = Pen()
    time = rng.choices(tuple(TIMES), (30, 20, 7, 22, 7, 6, 6))[0]
    land = rng.choices(tuple(GROUNDS), (17, 16, 6, 8, 9, 10, 6, 6, 7, 9, 6, 5, 5, 7))[0]
    if time == "snowfall" and land in ("desert", "beach", "wheat", "flowers"):
        land = "snow"
    horizon = rng.uniform(0.34, 0.7) * SIZE
    haze = sky(pen, rng, time, horizon)
    above = _heavens(pen, rng, time, land, horizon)
    ground(pen, rng, land, time, horizon, haze)
    if above and land in _WET and above[1] is not None and time != "day":
        shore = {"beach": SIZE - 44, "lake": SIZE - 22}.get(land, SIZE)
        glitter(pen, rng, above[0], horizon + (6 if land == "lake" else 0), shore, light(above[1], 0.1))
    when = list(TIMES[time])
    where = list(GROUNDS[land])
    words = rng.choice(where)
    sky_word = above[2] if above else ""
    main = _main_thing(pen, rng, time, land, horizon)
    weather(pen, rng, time)
    if main is not None:
        thing, color = main
        place = _placed(rng, thing, land)
        full = [f"{_called(rng, thing, color)} {place} {rng.choice(when)}" for _ in range(2)]
        full += [f"{_called(rng, thing, color)} {place}", f"{_called(rng, thing, color)} {rng.choice(when)}"]
        if sky_word:
            full.append(f"{_called(rng, thing, color)} under {sky_word}")
            full.append(f"{_called(rng, thing, color)} {place} under {sky_word}")
        return Drawing(pen.picture(), _captions(rng, full, [_called(rng, thing, color)]), thing.name)
    full = [f"{words} {rng.choice(when)}", f"{rng.choice(where)} {rng.choice(when)}"]
    if time in ("sunset", "sunrise"):
        event = rng.choice((f"a {time}", time, f"the {time}" if time == "sunrise" else "the setting sun"))
        full += [f"{event} over {words}", f"a {time} over {rng.choice(where)}", f"a {time} over {rng.choice(where)}"]
    if sky_word:
        full += [f"{sky_word} over {words}", f"{rng.choice(where)} under {sky_word}"]
    rest = [rng.choice(where)]
    if time == "night":
        full.append(f"{words} under a starry sky")
        rest.append("a starry night" if rng.random() < 0.5 else "the night sky")
    if time in ("sunset", "sunrise"):
        rest.append(f"a {time}")
    if time == "day":
        full.append(words)
        full.append(f"{rng.choice(where)} under a blue sky")
    return Drawing(pen.picture(), _captions(rng, full, rest), land)


def _heavens(
    pen: Pen, rng: random.Random, time: str, land: str, horizon: float
) -> tuple[float, Color | None, str] | None:
    """Draw what is seen in the sky and tell its x, the colour of its light, and what it is called."""
    x = rng.uniform(16, SIZE - 16)
    seen: tuple[float, Color | None, str] | None = None
    if time == "night":
        many = rng.random() < 0.75
        if many:
            stars(pen, rng, horizon, rng.randint(25, 90))
        roll = rng.random()
        if roll < 0.6:
            radius = rng.uniform(8, 18)
            y = rng.uniform(radius + 3, max(radius + 6, horizon * 0.6))
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
        radius = rng.uniform(8, 17)
        y = rng.uniform(radius, max(radius + 4, horizon * 0.6))
        if time != "day":
            y = rng.uniform(horizon * 0.6, horizon + radius * 0.4)
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


def _main_thing(pen: Pen, rng: random.Random, time: str, land: str, horizon: float) -> tuple[Thing, str] | None:
    """Put a thing into the scene, or nothing at all in four scenes of ten."""
    roll = rng.random()
    if roll < 0.4 or (land in ("city", "forest") and roll < 0.75):
        return None
    dim = (1 + DIM.get(time, 1.0)) / 2
    aloft = roll > 0.93
    place = "sky" if aloft else ("sea" if land in ("sea", "lake") else "land")
    thing = _pick(rng, place)
    size = rng.uniform(34, 84)
    x = rng.uniform(size * 0.45, SIZE - size * 0.45)
    if place == "sky":
        size = min(size, 60)
        foot = rng.uniform(size + 2, max(size + 6, horizon))
    elif place == "sea":
        foot = rng.uniform(horizon + 8, min(SIZE - 6, horizon + 0.75 * (SIZE - horizon)))
    else:
        foot = rng.uniform(max(horizon + 12, size + 2), SIZE - 4) if horizon + 12 < SIZE - 6 else SIZE - 6
        foot = max(foot, SIZE - rng.uniform(4, 24)) if land == "beach" else foot
    color_name, color = _color(rng, thing, _behind(pen, x, foot, size), dim)
    if place == "land":
        pen.shadow(x, foot, size * 0.42, size * 0.07)
    outer, pen.dim = pen.dim, dim
    with pen.at(x, foot, size, mirror=rng.random() < 0.5):
        thing.draw(pen, color, rng)
    pen.dim = outer
    return thing, color_name


def _placed(rng: random.Random, thing: Thing, land: str) -> str:
    """Where the thing is, in words."""
    where = rng.choice(GROUNDS[land])
    if "sky" in thing.places:
        return f"over {where}"
    if where in _ONLY_IN:
        return f"in {where}"
    return f"{rng.choice(_PREPOSITIONS.get(land, ('on',)))} {where}"


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


def _backdrop(pen: Pen, rng: random.Random) -> tuple[str, bool]:
    """Fill the picture: a table before a wall or a plain colour; the colour's name, and whether it is a table."""
    name = rng.choices(tuple(COLORS), (5, 5, 6, 8, 9, 5, 5, 6, 10, 20, 12, 6))[0]
    color = jitter(rng, COLORS[name], 16)
    if rng.random() < 0.3:
        table = jitter(rng, rng.choice([(150, 100, 60), (112, 74, 46), (226, 222, 212), (190, 150, 104), (90, 92, 98)]))
        edge = rng.uniform(0.55, 0.75) * SIZE
        pen.fade(0, 0, SIZE, edge, color, light(color, 0.12))
        pen.fade(0, edge, SIZE, SIZE, light(table, 0.1), dark(table, 0.85))
        return name, True
    roll = rng.random()
    if roll < 0.45:
        pen.box(0, 0, SIZE, SIZE, color)
    elif roll < 0.8:
        pen.fade(0, 0, SIZE, SIZE, light(color, rng.uniform(0, 0.3)), dark(color, rng.uniform(0.75, 1.0)))
    else:
        pen.box(0, 0, SIZE, SIZE, dark(color, 0.8))
        pen.glow(SIZE / 2, SIZE / 2, SIZE * 0.75, light(color, 0.25), 220)
    return name, False


def _thing(rng: random.Random) -> Drawing:
    pen = Pen()
    behind_name, table = _backdrop(pen, rng)
    thing = _pick(rng, "table" if table else "plain")
    count = 2 if rng.random() < 0.08 and thing.name in _COUNTED else 1
    size = rng.uniform(52, 112) if count == 1 else rng.uniform(42, 58)
    if table:
        size = min(size, 96)
        foot = rng.uniform(max(0.78 * SIZE, size + 4), SIZE - 8)
    else:
        foot = SIZE / 2 + size / 2 + rng.uniform(-1, 1) * (SIZE - size) * 0.4
    slack = max(0.0, SIZE - size * count * 1.1) / 2
    middle = SIZE / 2 + rng.uniform(-1, 1) * slack * 0.8
    color_name, color = _color(rng, thing, _behind(pen, middle, foot, size), 1.0)
    turn = 0.0 if table or rng.random() < 0.6 else rng.uniform(-15, 15)
    for k in range(count):
        x = middle + (k - (count - 1) / 2) * size * 1.1
        if table:
            pen.shadow(x + size * 0.08, foot, size * 0.45, size * 0.08, 80)
        with pen.at(x, foot - size / 2, size, turn, mirror=rng.random() < 0.5), pen.at(0, 0.5, 1):
            thing.draw(pen, color, rng)
    if count == 2:
        full = [f"two {spoken(rng, color_name)} {_COUNTED[thing.name]}", f"two {_COUNTED[thing.name]}"]
        return Drawing(pen.picture(), _captions(rng, full, []), thing.name)
    if table:
        full = [f"{_called(rng, thing, color_name)} on a table" for _ in range(2)]
        full += [_called(rng, thing, color_name) for _ in range(4)]
    else:
        full = [
            f"{_called(rng, thing, color_name)} on {article(spoken(rng, behind_name))} background" for _ in range(2)
        ]
        full += [f"{_called(rng, thing, color_name)} on {behind_name}"]
        full += [_called(rng, thing, color_name) for _ in range(5)]
    return Drawing(pen.picture(), _captions(rng, full, [article(thing.name)]), thing.name)


_COUNTED = {
    "apple": "apples",
    "orange": "oranges",
    "lemon": "lemons",
    "pear": "pears",
    "ball": "balls",
    "heart": "hearts",
    "star": "stars",
    "flower": "flowers",
    "tree": "trees",
    "balloon": "balloons",
    "mushroom": "mushrooms",
    "candle": "candles",
    "egg": "eggs",
}


def _pair(rng: random.Random) -> Drawing:
    """Two shapes beside, above or inside each other."""
    pen = Pen()
    behind_name = rng.choice(tuple(COLORS))
    pen.box(0, 0, SIZE, SIZE, jitter(rng, COLORS[behind_name]))
    names = [name for name in COLORS if distance(COLORS[name], COLORS[behind_name]) > _CONTRAST]
    one, two = rng.sample(names, 2)
    first, second = rng.sample(SHAPES, 2)
    relation = rng.choice(("beside", "above", "in"))
    size = rng.uniform(46, 58)
    spots = {
        "beside": ((34, 64, size), (94, 64, size)),
        "above": ((64, 33, size), (64, 95, size)),
        "in": ((64, 64, 34), (64, 64, 104)),
    }[relation]
    order = (0, 1) if relation != "in" else (1, 0)
    for k in order:
        x, y, scale = spots[k]
        with pen.at(x, y + scale / 2, scale):
            (first, second)[k].draw(pen, jitter(rng, COLORS[(one, two)[k]], 10), rng)
    if relation == "in" and second.name in ("ring", "cross"):
        relation = "on"
    a, b = article(f"{spoken(rng, one)} {first.name}"), article(f"{spoken(rng, two)} {second.name}")
    full = [f"{a} {relation} {b}"] * 2 + [f"{a} and {b}"]
    if relation == "beside":
        full += [f"{b} and {a}"]
    return Drawing(pen.picture(), _captions(rng, full, [f"{a} and {b} on {behind_name}"]), first.name)


_AN = re.compile(r"\ba(?= [aeiou])")


def _pattern(rng: random.Random) -> Drawing:
    pen = Pen()
    name = rng.choice(tuple(PATTERNS))
    paint, sentences = PATTERNS[name]
    one = rng.choice(tuple(COLORS))
    two = rng.choice([c for c in COLORS if distance(COLORS[c], COLORS[one]) > _CONTRAST])
    paint(pen, rng, jitter(rng, COLORS[one]), jitter(rng, COLORS[two]))
    full = [_AN.sub("an", sentence.format(a=spoken(rng, one), b=spoken(rng, two))) for sentence in sentences]
    return Drawing(pen.picture(), _captions(rng, full, []), name)
