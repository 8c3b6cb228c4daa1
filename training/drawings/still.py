"""Still lifes: one thing, several or two, on a table, before a colour, in space, under water."""

import random

from training.drawings.colors import COLORS, dark, jitter, light, spoken
from training.drawings.objects import SHAPES
from training.drawings.pen import SIZE, Pen
from training.drawings.placing import COARSE, Sketch, Vary, named, pick, put
from training.drawings.scenery import DIM, GROUNDS, deep_sea, outer_space
from training.drawings.scenes import landscape, placed, told_time
from training.drawings.wording import article

_NUMBERS = {2: ("two",), 3: ("three",), 4: ("four",), 5: ("five",), 9: ("many", "nine", "a lot of")}
_TOGETHER = 2.0  # how much rather two things are ones that are often asked for: there are too many pairs


def _backdrop(pen: Pen, rng: random.Random, table: bool = True) -> tuple[str, str]:
    """Fill the picture: a table before a wall, space, the deep sea or a plain colour; kind of place and colour."""
    kind = rng.choices(("table", "space", "water", "plain"), (22 if table else 0, 4, 12 if pen.grid else 7, 67))[0]
    name = rng.choices(tuple(COLORS), (5, 5, 6, 8, 9, 5, 5, 6, 10, 20, 12, 6))[0]
    details = pen.details(rng, name)
    color = jitter(details, COLORS[name], 16)
    if kind == "space":
        outer_space(pen, rng)
        return kind, "black"
    if kind == "water":
        deep_sea(pen, rng)
        return kind, "blue"
    if kind == "table":
        top = jitter(
            details, rng.choice([(150, 100, 60), (112, 74, 46), (226, 222, 212), (190, 150, 104), (90, 92, 98)])
        )
        edge = pen.snap(rng.uniform(0.55, 0.75) * SIZE, COARSE)
        pen.fade(0, 0, SIZE, edge, color, light(color, 0.12))
        pen.fade(0, edge, SIZE, SIZE, light(top, 0.1), dark(top, 0.85))
        return kind, name
    roll = rng.random()
    if roll < 0.45:
        pen.box(0, 0, SIZE, SIZE, color)
    elif roll < 0.8:
        pen.fade(0, 0, SIZE, SIZE, light(color, details.uniform(0, 0.3)), dark(color, details.uniform(0.75, 1.0)))
    else:
        pen.box(0, 0, SIZE, SIZE, dark(color, 0.8))
        pen.glow(SIZE / 2, SIZE / 2, SIZE * 0.75, light(color, 0.25), 220)
    return kind, name


def single(pen: Pen, rng: random.Random, vary: Vary) -> Sketch:
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
    thing = pick(rng, kind)
    color = put(pen, rng, thing, [(x, foot, size)], 1.0, wanted, shadow=kind == "table", turn=turn)
    called = [named(rng, thing, color) for _ in range(5)]
    return [*called, *(f"{said} {_before(rng, kind, behind)}" for said in called[:3])], thing.name


def _before(rng: random.Random, kind: str, behind: str) -> str:
    """Say what a thing lies on or is before."""
    return {
        "table": "on a table",
        "space": rng.choice(("in space", "in outer space", "among the stars")),
        "water": rng.choice(("under water", "in the sea", "in the deep sea", "in the ocean")),
        "plain": rng.choice((f"on {article(spoken(rng, behind))} background", f"on {behind}")),
    }[kind]


def many(pen: Pen, rng: random.Random, vary: Vary) -> Sketch:
    """Draw two, three, four, five or many of a kind."""
    count = rng.choices(tuple(_NUMBERS), (36, 26, 12, 8, 18))[0]
    outside = rng.random() < 0.35 and (not pen.grid or count == 2)
    if outside:
        time = rng.choice(("day", "day", "sunset", "night"))
        land = rng.choice(("meadow", "snow", "beach", "hills", "desert", "flowers"))
        horizon, _ = landscape(pen, rng, time, land, 0.3, 0.42)
        dim, middle, kind = (1 + DIM.get(time, 1.0)) / 2, (horizon + 16 + SIZE) / 2, "land"
    else:
        kind, behind = _backdrop(pen, rng, table=not pen.grid or count == 2)
        dim, middle = 1.0, SIZE / 2 if kind != "table" else SIZE * 0.66
    rows = {2: (2,), 3: (1, 2) if pen.grid else rng.choice(((3,), (1, 2))), 4: (2, 2), 5: (3, 2), 9: (3, 3, 3)}[count]
    if kind == "table":
        rows = (count,) if count < 5 else rows
    margin, largest, wobble = (0.0, SIZE / 2, 0.0) if pen.grid else (6.0, 60.0, 2.0)
    step = min((SIZE - margin) / max(rows), (SIZE - margin if not outside else 88) / len(rows), largest)
    size = step if pen.grid else step * rng.uniform(0.84, 0.94)
    spots = []
    for row, number in enumerate(rows):
        for k in range(number):
            x = SIZE / 2 + (k - (number - 1) / 2) * step + rng.uniform(-wobble, wobble)
            foot = middle + (row - (len(rows) - 1) / 2) * step + size / 2 + rng.uniform(-wobble, wobble)
            spots.append((x, foot, size))
    vary()
    thing = pick(rng, kind, counted=True)
    color = put(pen, rng, thing, spots, dim, shadow=kind in ("land", "table"))
    numbers = _NUMBERS[count]
    full = [named(rng, thing, color, rng.choice(numbers)) for _ in range(4)]
    if outside:
        full += [f"{said} {placed(rng, thing, land, 'land')}{told_time(rng, time)}" for said in full[:2]]
    else:
        full += [f"{full[0]} {_before(rng, kind, behind)}"]
    return full, thing.name


def couple(pen: Pen, rng: random.Random, vary: Vary) -> Sketch:
    """Draw two things beside, above or inside each other."""
    relation = rng.choices(("beside", "above", "in"), (5, 2, 3))[0]
    behind = rng.choice(tuple(COLORS))
    if relation == "beside" and rng.random() < 0.4:
        land = rng.choice(("meadow", "snow", "beach", "desert"))
        landscape(pen, rng, "day", land, 0.3, 0.5)
        kind, where = "land", f"on {GROUNDS[land][0]}"
    else:
        pen.box(0, 0, SIZE, SIZE, jitter(pen.details(rng, behind), COLORS[behind]))
        kind, where = "plain", f"on {behind}"
    vary()
    if relation == "in":
        first, second = rng.sample([shape for shape in SHAPES if shape.name not in ("ring", "cross")], 2)
    else:
        first = second = pick(rng, kind, favour=_TOGETHER)
        while second.name == first.name:
            second = pick(rng, kind, favour=_TOGETHER)
    size = SIZE / 2 if pen.grid else rng.uniform(50, 60)
    lower = pen.snap(rng.uniform(110, 122), COARSE) if kind == "land" else 64 + size / 2
    spots = {
        "beside": ((34.0, lower, size), (94.0, lower, size)),
        "above": ((64.0, 61.0, size), (64.0, 124.0, size)),
        "in": ((64.0, 82.0, 36.0), (64.0, 118.0, 106.0)),
    }[relation]
    colors = {}
    for k in (1, 0):
        colors[k] = put(pen, rng, (first, second)[k], [spots[k]], shadow=kind == "land")
    a, b = named(rng, first, colors[0]), named(rng, second, colors[1])
    full = {
        "beside": [f"{a} and {b}", f"{b} and {a}", f"{a} next to {b}", f"{a} and {b} {where}"],
        "above": [f"{a} above {b}", f"{b} under {a}", f"{a} over {b}", f"{b} below {a}"],
        "in": [f"{a} in {b}", f"{a} inside {b}", f"{b} with {a} in it"],
    }[relation]
    return full, first.name
