"""Skies and grounds, the stage of a scene."""

import math
import random

from training.drawings.colors import Color, dark, jitter, light, mix
from training.drawings.outdoors import OUTDOORS
from training.drawings.pen import SIZE, Pen, Point

TIMES: dict[str, tuple[str, ...]] = {
    "day": ("on a sunny day", "by day", "under a blue sky", "in daylight", "under a clear blue sky"),
    "sunset": ("at sunset", "at sunset", "at dusk", "in the evening", "under an orange sky"),
    "sunrise": ("at sunrise", "at dawn", "in the early morning"),
    "night": ("at night", "at night", "by night", "in the dark", "under a night sky"),
    "cloudy": ("on a cloudy day", "under a gray sky", "under gray clouds"),
    "storm": ("in a storm", "under dark clouds", "in bad weather"),
    "snowfall": ("in the snow", "in winter", "while it snows"),
}

GROUNDS: dict[str, tuple[str, ...]] = {
    "sea": ("the sea", "the sea", "the ocean", "the water", "the waves"),
    "meadow": ("a green meadow", "a green field", "a meadow", "the grass", "a green lawn"),
    "hills": ("green hills", "rolling hills", "the hills"),
    "mountains": ("mountains", "the mountains", "mountain peaks"),
    "snowy mountains": ("snowy mountains", "snow-capped mountains", "mountains with snow"),
    "forest": ("a forest", "the forest", "the woods", "many trees"),
    "autumn forest": ("an autumn forest", "a forest of orange trees", "autumn woods"),
    "desert": ("the desert", "a desert", "sand dunes"),
    "lake": ("a lake", "a mountain lake"),
    "beach": ("a beach", "the beach", "a sandy beach"),
    "city": ("a city", "the city", "a city skyline", "tall buildings"),
    "road": ("a road", "a country road", "a street"),
    "wheat": ("a wheat field", "a golden field", "a yellow field"),
    "snow": ("the snow", "a snowy field", "a winter landscape"),
    "flowers": ("a field of flowers", "a flower meadow", "a meadow full of flowers"),
}

_SKIES: dict[str, tuple[tuple[Color, Color], ...]] = {
    "day": (((52, 130, 226), (176, 216, 250)), ((90, 170, 240), (206, 232, 250)), ((40, 110, 220), (130, 190, 244))),
    "sunset": (
        ((84, 50, 122), (252, 140, 52)),
        ((206, 70, 60), (255, 192, 84)),
        ((124, 60, 132), (252, 110, 84)),
        ((240, 108, 50), (255, 206, 96)),
    ),
    "sunrise": (((120, 164, 224), (255, 206, 160)), ((244, 164, 164), (255, 230, 170))),
    "night": (((6, 8, 30), (20, 28, 76)), ((10, 10, 24), (34, 30, 72)), ((4, 16, 42), (18, 46, 88))),
    "cloudy": (((136, 148, 162), (194, 200, 206)),),
    "storm": (((42, 46, 58), (92, 98, 112)),),
    "snowfall": (((176, 188, 204), (222, 228, 236)),),
}

_WATER: dict[str, Color] = {
    "day": (28, 108, 190),
    "sunset": (74, 62, 124),
    "sunrise": (92, 132, 182),
    "night": (10, 24, 64),
    "cloudy": (88, 112, 134),
    "storm": (40, 58, 76),
    "snowfall": (110, 136, 160),
}

DIM: dict[str, float] = {"night": 0.5, "sunset": 0.78, "storm": 0.7, "cloudy": 0.9}

WAYS = 3
"""How many grounds of a kind, heavens and the like there are on a grid."""

_DRAW = {thing.name: thing.draw for thing in OUTDOORS}


def sky(pen: Pen, rng: random.Random, time: str, horizon: float) -> Color:
    """Fill the picture with the sky of that time; its colour at the horizon is returned."""
    upper, lower = rng.choice(_SKIES[time])
    rng = pen.details(rng, time)
    upper, lower = jitter(rng, upper, 12), jitter(rng, lower, 10)
    pen.fade(0, 0, SIZE, horizon, upper, lower)
    pen.box(0, horizon - 0.5, SIZE, SIZE, lower)
    return lower


def stars(pen: Pen, rng: random.Random, bottom: float, count: int) -> None:
    """Stars all over the sky, some of them big."""
    rng = pen.details(rng, "stars", WAYS)
    for _ in range(count):
        x, y = rng.uniform(0, SIZE), rng.uniform(0, bottom)
        radius = rng.choice((0.7, 0.9, 1.2, 1.8))
        pen.circle(x, y, radius, (255, 255, rng.randint(190, 255)))
        if radius > 1.7 and rng.random() < 0.5:
            pen.line([(x - 4, y), (x + 4, y)], (255, 255, 230), 0.8)
            pen.line([(x, y - 4), (x, y + 4)], (255, 255, 230), 0.8)


def sun(pen: Pen, rng: random.Random, x: float, y: float, radius: float, time: str) -> Color:
    """Draw the sun with its glow; its colour is returned."""
    color: Color = (255, 228, 70)
    if time == "sunset":
        color = rng.choice([(255, 222, 90), (255, 150, 50), (250, 84, 50)])
    elif time == "sunrise":
        color = (255, 236, 130)
    pen.glow(x, y, radius * 2.4, color)
    pen.circle(x, y, radius, color)
    return color


def clouds(pen: Pen, rng: random.Random, time: str, horizon: float, count: int) -> None:
    """Clouds in the upper sky."""
    color: Color = {
        "sunset": (250, 190, 160),
        "night": (58, 62, 92),
        "storm": (56, 60, 70),
        "cloudy": (226, 230, 234),
    }.get(time, (252, 252, 252))
    rng = pen.details(rng, "clouds", WAYS)
    for _ in range(count):
        with pen.at(rng.uniform(0, SIZE), rng.uniform(12, max(16, horizon * 0.6)), rng.uniform(18, 44)):
            _DRAW["cloud"](pen, jitter(rng, color, 8), rng)


def ground(pen: Pen, rng: random.Random, name: str, time: str, horizon: float, haze: Color) -> None:
    """Draw a ground from the horizon down."""
    _GROUND_DRAWERS[name](pen, pen.details(rng, name, WAYS), time, horizon, haze)


def glitter(pen: Pen, rng: random.Random, x: float, horizon: float, shore: float, color: Color) -> None:
    """Draw the path of light that a low sun or moon lays on water, from the horizon to the shore."""
    for _ in range(int((shore - horizon) / 3) + 4):
        y = rng.uniform(horizon + 1, max(horizon + 4, shore))
        half = rng.uniform(3, 9) * (0.5 + (y - horizon) / (SIZE - horizon))
        pen.box(x - half, y, x + half, y + 1.7, color)


def weather(pen: Pen, rng: random.Random, time: str) -> None:
    """Rain or snow over everything, except on a grid, which has no place for drops."""
    if pen.grid:
        return
    if time == "storm":
        for _ in range(rng.randint(20, 60)):
            x, y = rng.uniform(0, SIZE), rng.uniform(0, SIZE)
            pen.line([(x, y), (x - 2.5, y + 8)], (160, 172, 190), 0.8)
    elif time == "snowfall":
        for _ in range(rng.randint(30, 70)):
            pen.circle(rng.uniform(0, SIZE), rng.uniform(0, SIZE), rng.uniform(0.8, 1.9), (255, 255, 255))


def _wave_line(rng: random.Random, top: float, height: float) -> list[Point]:
    a, b = rng.uniform(0, 6.28), rng.uniform(0, 6.28)
    points = [
        (float(x), top - height * (0.5 + 0.35 * math.sin(x / 37 + a) + 0.15 * math.sin(x / 15 + b)))
        for x in range(-4, SIZE + 8, 4)
    ]
    return [*points, (SIZE + 4.0, SIZE + 4.0), (-4.0, SIZE + 4.0)]


def _land(pen: Pen, rng: random.Random, color: Color, top: float, height: float) -> None:
    pen.canvas.save()
    pen.polygon(_wave_line(rng, top, height), color)
    pen.canvas.restore()


def _sea(pen: Pen, rng: random.Random, time: str, horizon: float, haze: Color) -> None:
    near = jitter(rng, _WATER[time])
    pen.fade(0, horizon, SIZE, SIZE, mix(near, haze, 0.3), near)
    for _ in range(rng.randint(10, 26)):
        y = rng.uniform(horizon + 2, SIZE)
        half = rng.uniform(3, 9) * (0.4 + (y - horizon) / (SIZE - horizon))
        x = rng.uniform(0, SIZE)
        pen.box(x - half, y, x + half, y + 1.3, light(near, 0.3))
    if time == "storm":
        for k in range(3):
            _waves(pen, light(near, 0.1 * k), horizon + 8 + (SIZE - horizon) * k * 0.3, 8 + 4 * k, rng.uniform(0, 1))


def _waves(pen: Pen, color: Color, top: float, height: float, start: float) -> None:
    """Draw a row of high waves across the picture, pointed and with foam on their crests."""
    length = 3.2 * height
    rise = [(k / 8, (k / 8) ** 2) for k in range(8)] + [(1.0, 1.0), (1.12, 0.55)]
    crests = [
        [((n + start + x) * length, top - y * height) for x, y in rise] for n in range(-2, int(SIZE / length) + 1)
    ]
    pen.polygon([(-length, SIZE), *(point for crest in crests for point in crest), (SIZE + length, SIZE)], color)
    for crest in crests:
        pen.line(crest[5:], (226, 234, 240), 2.4)


def _meadow(pen: Pen, rng: random.Random, time: str, horizon: float, haze: Color) -> None:
    green = jitter(rng, (84, 172, 62), 18)
    dim = DIM.get(time, 1.0)
    _land(pen, rng, dark(mix(green, haze, 0.12), dim), horizon, rng.uniform(1, 7))
    if rng.random() < 0.5:
        _land(pen, rng, dark(dark(green, 0.86), dim), horizon + rng.uniform(14, 30), 5)
    for _ in range(rng.randint(0, 30)):
        x, y = rng.uniform(0, SIZE), rng.uniform(horizon + 8, SIZE)
        pen.line([(x, y), (x + rng.uniform(-1, 1), y - 3)], dark(dark(green, 0.75), dim), 0.9)


def _hills(pen: Pen, rng: random.Random, time: str, horizon: float, haze: Color) -> None:
    green = jitter(rng, (90, 166, 66), 18)
    dim = DIM.get(time, 1.0)
    for k in range(3):
        tone = mix(dark(green, 1.0 - 0.14 * k), haze, 0.3 - 0.14 * k)
        _land(pen, rng, dark(tone, dim), horizon + k * rng.uniform(12, 22), rng.uniform(12, 26))


def _peaks(pen: Pen, rng: random.Random, time: str, horizon: float, snowy: bool) -> None:
    dim = DIM.get(time, 1.0)
    rock = dark(jitter(rng, rng.choice([(104, 112, 138), (92, 100, 118), (126, 108, 98)])), dim)
    tall = horizon * rng.uniform(0.55, 0.9)
    count = rng.randint(2, 5)
    spots = sorted(rng.uniform(0, SIZE) for _ in range(count))
    for x in spots:
        height = tall * rng.uniform(0.6, 1.0)
        half = height * rng.uniform(0.6, 1.0)
        top, foot = horizon - height + 8, horizon + 8
        tone = jitter(rng, rock, 8)
        pen.polygon([(x - half, foot), (x, top), (x + half, foot)], tone)
        pen.polygon([(x, top), (x + half, foot), (x + half * 0.15, foot)], dark(tone, 0.78))
        if snowy:
            cap = rng.uniform(0.3, 0.5)
            y = top + height * cap
            pen.polygon(
                [
                    (x - half * cap, y),
                    (x, top),
                    (x + half * cap, y),
                    (x + half * cap * 0.5, y - height * 0.06),
                    (x + half * cap * 0.15, y + height * 0.07),
                    (x - half * cap * 0.4, y - height * 0.05),
                ],
                dark((248, 250, 253), (dim + 1) / 2),
            )


def _mountains(pen: Pen, rng: random.Random, time: str, horizon: float, haze: Color, snowy: bool = False) -> None:
    _peaks(pen, rng, time, horizon, snowy)
    foreground = (
        (232, 238, 244) if snowy and rng.random() < 0.5 else rng.choice([(80, 142, 70), (72, 96, 92), (110, 130, 80)])
    )
    _land(pen, rng, dark(jitter(rng, foreground), DIM.get(time, 1.0)), horizon + 8, 5)
    del haze


def _snowy_mountains(pen: Pen, rng: random.Random, time: str, horizon: float, haze: Color) -> None:
    _mountains(pen, rng, time, horizon, haze, snowy=True)


def _forest(pen: Pen, rng: random.Random, time: str, horizon: float, haze: Color) -> None:
    _woods(pen, rng, time, horizon, rng.choice(("tree", "pine tree")), ((44, 128, 52),))
    del haze


def _autumn_forest(pen: Pen, rng: random.Random, time: str, horizon: float, haze: Color) -> None:
    _woods(pen, rng, time, horizon, "tree", ((230, 130, 30), (214, 84, 34), (240, 180, 50)))
    del haze


def _woods(pen: Pen, rng: random.Random, time: str, horizon: float, kind: str, foliage: tuple[Color, ...]) -> None:
    dim = DIM.get(time, 1.0)
    _land(pen, rng, dark(jitter(rng, (62, 120, 50)), dim), horizon, 5)
    outer, pen.dim = pen.dim, dim
    for k in range(rng.randint(10, 20)):
        y = horizon + 2 + (SIZE - horizon) * (k / 20) * rng.uniform(0.8, 1.0)
        color = jitter(rng, rng.choice(foliage), 18)
        with pen.at(rng.uniform(0, SIZE), y + 4, rng.uniform(30, 58)):
            _DRAW[kind](pen, color, rng)
    pen.dim = outer


def _desert(pen: Pen, rng: random.Random, time: str, horizon: float, haze: Color) -> None:
    dim = DIM.get(time, 1.0)
    sand = jitter(rng, (232, 188, 116))
    _land(pen, rng, dark(mix(sand, haze, 0.1), dim), horizon, 14)
    _land(pen, rng, dark(dark(sand, 0.9), dim), horizon + 22, 14)


def _lake(pen: Pen, rng: random.Random, time: str, horizon: float, haze: Color) -> None:
    _peaks(pen, rng, time, horizon, rng.random() < 0.5)
    _sea(pen, rng, time, horizon + 6, haze)
    shore = dark(jitter(rng, (84, 150, 66)), DIM.get(time, 1.0))
    _land(pen, rng, shore, SIZE - rng.uniform(6, 18), 6)


def _beach(pen: Pen, rng: random.Random, time: str, horizon: float, haze: Color) -> None:
    dim = DIM.get(time, 1.0)
    _sea(pen, rng, time, horizon, haze)
    edge = SIZE - rng.uniform(18, 40)
    _land(pen, rng, dark((250, 250, 246), (1 + dim) / 2), edge - 2, 6)
    _land(pen, rng, dark(jitter(rng, (240, 212, 152)), dim), edge + 1, 6)
    if rng.random() < 0.6:
        outer, pen.dim = pen.dim, dim
        with pen.at(rng.uniform(14, SIZE - 14), SIZE - 8, rng.uniform(50, 84)):
            _DRAW["palm tree"](pen, jitter(rng, (50, 144, 60)), rng)
        pen.dim = outer


def _city(pen: Pen, rng: random.Random, time: str, horizon: float, haze: Color) -> None:
    dim = DIM.get(time, 1.0) * 0.9
    x = -4.0
    foot = horizon + 22
    glass = (255, 226, 130) if time in ("night", "sunset", "storm") else (196, 218, 234)
    while x < SIZE:
        width = rng.uniform(11, 24)
        top = foot - rng.uniform(24, horizon * 0.95 + 10)
        pen.box(x, top, x + width, SIZE, dark(jitter(rng, (122, 126, 144), 26), dim))
        y = top + 4
        while y < SIZE - 4:
            left = x + 2
            while left < x + width - 3:
                if rng.random() < 0.6:
                    pen.box(left, y, left + 2.4, y + 3.2, glass)
                left += 4.6
            y += 6
        x += width + rng.uniform(0, 3)
    if rng.random() < 0.6:
        pen.box(0, foot + 8, SIZE, SIZE, dark((84, 84, 90), dim))
    del haze


def _road(pen: Pen, rng: random.Random, time: str, horizon: float, haze: Color) -> None:
    _meadow(pen, rng, time, horizon, haze)
    dim = DIM.get(time, 1.0)
    x = SIZE / 2 + rng.uniform(-16, 16)
    far = x + rng.uniform(-16, 16)
    half = rng.uniform(26, 44)
    pen.polygon([(far - 3, horizon), (far + 3, horizon), (x + half, SIZE), (x - half, SIZE)], dark((92, 92, 98), dim))
    for k in range(5):
        y = horizon + (SIZE - horizon) * (0.08 + k * k / 22)
        share = (y - horizon) / (SIZE - horizon)
        center = far + (x - far) * share
        size = 1 + 3 * share
        pen.polygon(
            [
                (center - size / 2, y),
                (center + size / 2, y),
                (center + size / 2, y + 3 * size),
                (center - size / 2, y + 3 * size),
            ],
            dark((246, 244, 230), dim),
        )


def _wheat(pen: Pen, rng: random.Random, time: str, horizon: float, haze: Color) -> None:
    gold = dark(jitter(rng, (230, 186, 70)), DIM.get(time, 1.0))
    _land(pen, rng, gold, horizon, 5)
    for k in range(60):
        y = horizon + 6 + (SIZE - horizon) * k / 56
        size, x = 0.3 + 0.9 * (y - horizon) / (SIZE - horizon), rng.uniform(0, SIZE)
        pen.line([(x, y), (x + size, y - 14 * size)], dark(gold, 0.7), 1.4 * size)
        pen.oval(x + size, y - 17 * size, 2.6 * size, 6 * size, rng.choice((light(gold, 0.35), gold)), 8)
        pen.line([(x + size, y - 13 * size), (x + 2 * size, y - 22 * size)], dark(gold, 0.8), 0.9 * size)
    del haze


def _snow(pen: Pen, rng: random.Random, time: str, horizon: float, haze: Color) -> None:
    dim = (1 + DIM.get(time, 1.0)) / 2
    _land(pen, rng, dark(mix((240, 245, 252), haze, 0.08), dim), horizon, 8)
    _land(pen, rng, dark((248, 250, 254), dim), horizon + 22, 10)
    outer, pen.dim = pen.dim, dim
    for _ in range(rng.randint(0, 5)):
        with pen.at(rng.uniform(0, SIZE), rng.uniform(horizon + 4, horizon + 22), rng.uniform(18, 34)):
            _DRAW["pine tree"](pen, jitter(rng, (44, 110, 70)), rng)
    pen.dim = outer


def _flowers(pen: Pen, rng: random.Random, time: str, horizon: float, haze: Color) -> None:
    _meadow(pen, rng, time, horizon, haze)
    dim = DIM.get(time, 1.0)
    palette = rng.sample(
        [(220, 40, 50), (250, 214, 50), (246, 130, 182), (250, 250, 250), (150, 80, 200)], rng.choice((1, 2, 3))
    )
    for k in range(rng.randint(30, 60)):
        y = horizon + 6 + (SIZE - horizon) * k / 60
        size = 1.2 + 3.2 * (y - horizon) / (SIZE - horizon)
        x = rng.uniform(0, SIZE)
        color = dark(rng.choice(palette), (1 + dim) / 2)
        for a in range(0, 360, 72):
            r = math.radians(a)
            pen.circle(x + size * math.cos(r), y + size * math.sin(r), size * 0.75, color)
        pen.circle(x, y, size * 0.6, dark((250, 206, 60), (1 + dim) / 2))


_GROUND_DRAWERS = {
    "sea": _sea,
    "meadow": _meadow,
    "hills": _hills,
    "mountains": _mountains,
    "snowy mountains": _snowy_mountains,
    "forest": _forest,
    "autumn forest": _autumn_forest,
    "desert": _desert,
    "lake": _lake,
    "beach": _beach,
    "city": _city,
    "road": _road,
    "wheat": _wheat,
    "snow": _snow,
    "flowers": _flowers,
}


def outer_space(pen: Pen, rng: random.Random) -> None:
    """Fill the picture with black space and stars, and a coloured cloud or two."""
    rng = pen.details(rng, "space", WAYS)
    pen.fade(0, 0, SIZE, SIZE, (8, 8, 26), (18, 10, 40))
    for _ in range(rng.randint(0, 2)):
        tone = rng.choice(((90, 40, 140), (40, 60, 150), (140, 40, 90)))
        pen.glow(rng.uniform(0, SIZE), rng.uniform(0, SIZE), rng.uniform(30, 60), tone, 120)
    stars(pen, rng, SIZE, rng.randint(40, 90))


def deep_sea(pen: Pen, rng: random.Random) -> None:
    """Fill the picture with water: light from above, sand and weeds below, bubbles."""
    rng = pen.details(rng, "deep sea", WAYS)
    upper = rng.choice(((70, 190, 220), (50, 150, 220), (40, 170, 190)))
    pen.fade(0, 0, SIZE, SIZE, jitter(rng, upper), jitter(rng, (10, 50, 110)))
    if rng.random() < 0.6:
        _land(pen, rng, jitter(rng, (190, 170, 120)), SIZE - rng.uniform(8, 18), 6)
    for _ in range(rng.randint(2, 6)):
        x, height = rng.uniform(0, SIZE), rng.uniform(20, 46)
        points = [(x + 4 * math.sin(k), SIZE - height * k / 5) for k in range(6)]
        pen.line(points, jitter(rng, (30, 130, 80)), rng.uniform(3, 5))
    for _ in range(rng.randint(4, 12)):
        pen.arc(rng.uniform(0, SIZE), rng.uniform(0, SIZE * 0.8), rng.uniform(1.5, 3.5), 0, 360, (190, 230, 245), 1)
