"""Abstract pictures: stripes, checks, gradients, waves, spirals, dots, galaxies, plain colours."""

import math
import random
from collections.abc import Callable

from training.drawings.colors import Color, dark, light, mix
from training.drawings.pen import SIZE, Pen

Paint = Callable[[Pen, random.Random, Color, Color], None]


def _stripes(pen: Pen, rng: random.Random, first: Color, second: Color) -> None:
    pen.box(0, 0, SIZE, SIZE, first)
    width = rng.uniform(6, 18)
    with pen.at(SIZE / 2, SIZE / 2, 1, rng.choice((0, 45, 90, 135))):
        x = -float(SIZE)
        while x < SIZE:
            pen.box(x, -SIZE, x + width, SIZE, second)
            x += 2 * width


def _checkerboard(pen: Pen, rng: random.Random, first: Color, second: Color) -> None:
    cell = rng.choice((10, 13, 16, 21, 26))
    for row in range(SIZE // cell + 1):
        for column in range(SIZE // cell + 1):
            color = first if (row + column) % 2 else second
            pen.box(column * cell, row * cell, (column + 1) * cell, (row + 1) * cell, color)


def _gradient(pen: Pen, rng: random.Random, first: Color, second: Color) -> None:
    pen.fade(0, 0, SIZE, SIZE, first, second, across=rng.random() < 0.4)


def _waves(pen: Pen, rng: random.Random, first: Color, second: Color) -> None:
    pen.box(0, 0, SIZE, SIZE, first)
    gap, swing, length = rng.uniform(12, 24), rng.uniform(3, 8), rng.uniform(6, 12)
    y = -gap
    while y < SIZE + gap:
        points = [(float(x), y + swing * math.sin(x / length)) for x in range(-4, SIZE + 8, 3)]
        pen.line(points, second, gap * 0.45)
        y += gap


def _spiral(pen: Pen, rng: random.Random, first: Color, second: Color) -> None:
    pen.box(0, 0, SIZE, SIZE, first)
    step, start = rng.uniform(2.0, 3.4), rng.uniform(0, 6.28)
    points = []
    for k in range(260):
        a = k * 0.14
        points.append((SIZE / 2 + step * a * math.cos(a + start), SIZE / 2 + step * a * math.sin(a + start)))
    pen.line(points, second, step * 2.6)


def _dots(pen: Pen, rng: random.Random, first: Color, second: Color) -> None:
    pen.box(0, 0, SIZE, SIZE, first)
    gap = rng.uniform(14, 30)
    radius = gap * rng.uniform(0.2, 0.38)
    row = 0
    while row * gap < SIZE + gap:
        for column in range(int(SIZE / gap) + 2):
            pen.circle(column * gap + (row % 2) * gap / 2, row * gap, radius, second)
        row += 1


def _rings(pen: Pen, rng: random.Random, first: Color, second: Color) -> None:
    pen.box(0, 0, SIZE, SIZE, first)
    width = rng.uniform(6, 12)
    radius, inner = 84.0, second
    while radius > 0:
        pen.circle(SIZE / 2, SIZE / 2, radius, inner)
        inner = first if inner == second else second
        radius -= width


def _galaxy(pen: Pen, rng: random.Random, first: Color, second: Color) -> None:
    pen.box(0, 0, SIZE, SIZE, (8, 8, 24))
    x, y = rng.uniform(44, 84), rng.uniform(44, 84)
    for _ in range(6):
        pen.glow(x + rng.gauss(0, 26), y + rng.gauss(0, 18), rng.uniform(24, 50), rng.choice((first, second)), 110)
    pen.glow(x, y, 34, (255, 250, 230), 230)
    turn = rng.choice((-1, 1))
    for k in range(170):
        a = rng.choice((0, math.pi)) + turn * k / 26
        r = k / 170 * 66 + rng.gauss(0, 3)
        pen.circle(
            x + r * math.cos(a),
            y + 0.6 * r * math.sin(a),
            rng.uniform(0.4, 1.5),
            light(mix(first, second, k / 170), 0.6),
        )


def _plain(pen: Pen, rng: random.Random, first: Color, second: Color) -> None:
    pen.fade(0, 0, SIZE, SIZE, first, dark(first, rng.uniform(0.85, 1.0)))
    del second


def _splashes(pen: Pen, rng: random.Random, first: Color, second: Color) -> None:
    pen.box(0, 0, SIZE, SIZE, first)
    for _ in range(rng.randint(8, 22)):
        x, y, size = rng.uniform(0, SIZE), rng.uniform(0, SIZE), rng.uniform(6, 20)
        points = [
            (x + size * rng.uniform(0.5, 1.2) * math.cos(k), y + size * rng.uniform(0.5, 1.2) * math.sin(k))
            for k in range(6)
        ]
        pen.blob(points, mix(second, light(second, 0.5), rng.random() * 0.5))


PATTERNS: dict[str, tuple[Paint, tuple[str, ...]]] = {
    "stripes": (_stripes, ("{a} and {b} stripes", "a striped pattern, {a} and {b}")),
    "checkerboard": (_checkerboard, ("a {a} and {b} checkerboard", "{a} and {b} squares", "a chessboard, {a} and {b}")),
    "gradient": (_gradient, ("a gradient from {a} to {b}", "{a} fading to {b}")),
    "waves": (_waves, ("{b} wavy lines on {a}", "wavy lines, {a} and {b}")),
    "spiral": (_spiral, ("a {b} spiral on a {a} background", "a {b} spiral")),
    "dots": (_dots, ("{b} dots on a {a} background", "{b} polka dots on {a}")),
    "rings": (_rings, ("{a} and {b} rings", "a {a} and {b} target", "concentric {a} and {b} circles")),
    "galaxy": (_galaxy, ("a {a} and {b} galaxy", "a galaxy", "a galaxy in space", "stars in space")),
    "plain": (_plain, ("a {a} background", "a plain {a} picture", "{a}", "the colour {a}")),
    "splashes": (_splashes, ("{b} splashes on {a}", "an abstract painting, {a} and {b}", "abstract art, {a} and {b}")),
}
