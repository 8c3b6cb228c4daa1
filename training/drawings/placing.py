"""Things on a picture: which, where, how large, in which colour, and what they are called there."""

import random
from collections.abc import Callable

from training.drawings.animals import ANIMALS
from training.drawings.colors import COLORS, Color, dark, distance, jitter, spoken
from training.drawings.food import FOOD
from training.drawings.glyphs import GLYPHS
from training.drawings.objects import OBJECTS, SHAPES
from training.drawings.outdoors import OUTDOORS
from training.drawings.pen import SIZE, Pen
from training.drawings.thing import Thing
from training.drawings.wording import SINGLE, article, plural

THINGS: tuple[Thing, ...] = (*FOOD, *OBJECTS, *SHAPES, *OUTDOORS, *ANIMALS, *GLYPHS)
LARGE = 8  # cells of a grid that a thing in a scene is high
COARSE = 2  # cells of a grid by which things on it differ in size, and their places in a scene
CONTRAST = 85.0  # least distance between a thing and what lies behind it
_WEIGHT = {  # what people ask for most
    "apple": 2.5,
    "balloon": 2.0,
    "banana": 2.0,
    "bird": 1.5,
    "butterfly": 2.0,
    "cake": 2.0,
    "candle": 3.0,
    "car": 2.0,
    "castle": 2.5,
    "cat": 2.0,
    "cherries": 1.5,
    "circle": 1.5,
    "crown": 2.0,
    "cup": 2.0,
    "dog": 2.5,
    "dragon": 3.0,
    "duck": 3.0,
    "elephant": 3.5,
    "fire": 2.0,
    "fish": 2.5,
    "flower": 1.5,
    "frog": 2.0,
    "full moon": 2.5,
    "guitar": 3.0,
    "hamburger": 1.5,
    "heart": 3.0,
    "horse": 3.0,
    "hot air balloon": 2.0,
    "house": 3.0,
    "lighthouse": 3.0,
    "lion": 2.0,
    "mushroom": 2.0,
    "owl": 3.0,
    "panda": 2.0,
    "penguin": 2.5,
    "rainbow": 1.5,
    "robot": 1.5,
    "rocket": 2.0,
    "sailboat": 3.0,
    "square": 1.5,
    "star": 2.5,
    "sun": 1.5,
    "swan": 3.0,
    "tree": 3.0,
    "umbrella": 2.0,
    "windmill": 2.0,
}
Vary = Callable[[], None]
Sketch = tuple[list[str], str]
"""Ways to say what has been drawn, and the subject."""


def pick(rng: random.Random, place: str, counted: bool = False, favour: float = 1.0) -> Thing:
    """Choose a thing for a kind of place.

    Args:
        rng: to choose with.
        place: where it will be.
        counted: whether there can be several of it.
        favour: how much rather it is one that is often asked for; 0 for all alike.
    """
    choices = [thing for thing in THINGS if place in thing.places and not (counted and thing.name in SINGLE)]
    return rng.choices(choices, [_WEIGHT.get(thing.name, 1.0) ** favour for thing in choices])[0]


def snapped(pen: Pen, x: float, foot: float, size: float) -> tuple[float, float, float]:
    """Put the edges of a thing with its foot at (x, foot) on the pen's grid, and its size on a coarser one."""
    if pen.grid:
        coarse = COARSE * pen.grid
        size = max(round(size / coarse), 2) * coarse
    return pen.snap(x - size / 2) + size / 2, pen.snap(foot), size


def _behind(pen: Pen, x: float, y: float, size: float) -> Color:
    """Return the mean colour where a thing of that size will stand with its foot at (x, y)."""
    image = pen.picture()
    left, right = int(max(0, x - size / 2)), int(min(SIZE, x + size / 2))
    top, bottom = int(max(0, y - size)), int(min(SIZE, y))
    part = image[top : max(bottom, top + 1), left : max(right, left + 1)].reshape(-1, 3).mean(0)
    return int(part[0]), int(part[1]), int(part[2])


def _color(
    pen: Pen, rng: random.Random, thing: Thing, behind: Color, dim: float, wanted: str | None
) -> tuple[str, Color, bool]:
    """Choose a colour for the thing that stands out from what is behind it, and tell whether it does."""
    best: tuple[float, str, Color] = (-1.0, "", (0, 0, 0))
    for attempt in range(8):
        usual = attempt < 4 or thing.recolored == 0.0
        names = thing.colors if usual and rng.random() >= thing.recolored else tuple(COLORS)
        name = wanted if wanted and attempt == 0 and thing.recolored > 0.05 else rng.choice(names)
        color = jitter(pen.details(rng, name), COLORS[name])
        apart = distance(dark(color, dim), behind)
        if apart >= CONTRAST:
            return name, color, True
        best = max(best, (apart, name, color))
    return best[1], best[2], False


def put(
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
    name, color, apart = _color(pen, rng, thing, behind, dim, wanted)
    outer, pen.dim = pen.dim, dim
    for x, foot, size in spots:
        if not apart:
            halo = (255, 255, 255) if sum(behind) < 330 else (30, 30, 40)
            pen.glow(x, foot - size / 2, size * 0.72, halo, 170)
        if shadow:
            pen.shadow(x, foot, size * 0.42, size * 0.07)
        with pen.at(x, foot - size / 2, size, turn, mirror=rng.random() < 0.5 and not pen.grid), pen.at(0, 0.5, 1):
            thing.draw(pen, color, pen.details(rng, thing.name))
    pen.dim = outer
    return name


def named(rng: random.Random, thing: Thing, color: str, number: str = "") -> str:
    """Put the thing in words, with article or number, and mostly with its colour."""
    names = [name for name in thing.names if not number or name not in SINGLE]
    name = rng.choice(names) if rng.random() < 0.4 else names[0]
    told = rng.random() < thing.colored_name or (color not in thing.colors and thing.colored_name > 0)
    if told and thing.colored_name > 0 and color != name and " of " not in name and not name.startswith("two "):
        said = f"{spoken(rng, color)} {name}"
    else:
        said = name
    return f"{number} {plural(said)}" if number else article(said)
