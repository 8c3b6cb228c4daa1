"""Household things, toys and shapes."""

import math
import random

from training.drawings.colors import COLORS, Color, dark, jitter, light
from training.drawings.pen import Pen
from training.drawings.thing import Thing


def _ball(pen: Pen, color: Color, rng: random.Random) -> None:
    pen.circle(0, -0.47, 0.47, color, round_=True)
    if rng.random() < 0.4:
        stripe = light(color, 0.8)
        pen.arc(0, -1.05, 0.62, 40, 100, stripe, 0.07)


def _cup(pen: Pen, color: Color, rng: random.Random) -> None:
    pen.arc(0.32, -0.45, 0.2, -90, 180, dark(color, 0.85), 0.08)
    pen.blob([(-0.4, -0.9), (0.4, -0.9), (0.38, -0.3), (0.28, 0.05), (-0.28, 0.05), (-0.38, -0.3)], color, round_=True)
    pen.oval(0, -0.76, 0.34, 0.1, rng.choice([(90, 56, 34), dark(color, 0.6)]))


def _vase(pen: Pen, color: Color, rng: random.Random) -> None:
    pen.blob(
        [
            (-0.2, -0.98),
            (0.2, -0.98),
            (0.12, -0.7),
            (0.46, -0.5),
            (0.42, -0.1),
            (0.16, 0.03),
            (-0.16, 0.03),
            (-0.42, -0.1),
            (-0.46, -0.5),
            (-0.12, -0.7),
        ],
        color,
        round_=True,
    )
    if rng.random() < 0.4:
        pen.box(-0.36, -0.45, 0.36, -0.37, light(color, 0.6))


def _bottle(pen: Pen, color: Color, rng: random.Random) -> None:
    pen.box(-0.2, -0.6, 0.2, 0, color, 0.07)
    pen.box(-0.08, -0.92, 0.08, -0.5, color, 0.03)
    pen.polygon([(-0.2, -0.54), (-0.08, -0.72), (0.08, -0.72), (0.2, -0.54)], color)
    pen.box(-0.09, -1.0, 0.09, -0.9, (150, 100, 60), 0.02)
    pen.box(-0.2, -0.42, 0.2, -0.18, jitter(rng, (240, 236, 220)))
    pen.box(-0.15, -0.58, -0.11, -0.44, light(color, 0.5))


def _candle(pen: Pen, color: Color, rng: random.Random) -> None:
    top = rng.uniform(-0.75, -0.6)
    pen.box(-0.14, top, 0.14, 0, color, 0.03)
    pen.line([(0, top), (0, top - 0.07)], (50, 40, 36), 0.03)
    pen.glow(0, top - 0.16, 0.45, (255, 200, 80))
    with pen.lit():
        pen.blob([(0, top - 0.36), (0.12, top - 0.12), (0, top - 0.02), (-0.12, top - 0.12)], (255, 180, 50))
        pen.oval(0, top - 0.11, 0.035, 0.07, (255, 240, 170))


def _book(pen: Pen, color: Color, rng: random.Random) -> None:
    with pen.at(0, -0.45, 1, rng.uniform(-12, 12)):
        pen.box(-0.36, -0.45, 0.4, 0.47, (240, 234, 220), 0.02)
        pen.box(-0.4, -0.48, 0.36, 0.44, color, 0.02)
        pen.box(-0.4, -0.48, -0.3, 0.44, dark(color, 0.75), 0.02)
        pen.box(-0.18, -0.28, 0.24, -0.12, light(color, 0.65))


def _umbrella(pen: Pen, color: Color, rng: random.Random) -> None:
    pen.line([(0, -0.6), (0, -0.08)], (80, 60, 50), 0.045)
    pen.arc(0.07, -0.09, 0.07, 180, -170, (80, 60, 50), 0.045)
    pen.blob([(-0.66, -0.4), (-0.5, -0.95), (0, -1.08), (0.5, -0.95), (0.66, -0.4), (0, -0.56)], color)
    for x in (-0.22, 0.22):
        pen.line([(0, -0.98), (x, -0.54)], dark(color, 0.75), 0.025)
    del rng


def _hat(pen: Pen, color: Color, rng: random.Random) -> None:
    tall = rng.uniform(0.5, 0.8)
    pen.box(-0.27, -tall, 0.27, -0.05, color, 0.06)
    pen.box(-0.27, -0.28, 0.27, -0.12, rng.choice([COLORS["red"], (240, 240, 236), dark(color, 0.5)]))
    pen.oval(0, -0.07, 0.5, 0.1, dark(color, 0.85))


def _key(pen: Pen, color: Color, rng: random.Random) -> None:
    with pen.at(0, -0.48, 1, rng.choice((-45, 0, 45, 90))):
        pen.arc(0, -0.28, 0.17, 0, 360, color, 0.1)
        pen.line([(0, -0.1), (0, 0.46)], color, 0.1)
        for y in (0.26, 0.42):
            pen.line([(0, y), (0.18, y)], color, 0.09)


def _lamp(pen: Pen, color: Color, rng: random.Random) -> None:
    pen.glow(0, -0.6, 0.7, (255, 230, 150), 110)
    pen.box(-0.04, -0.6, 0.04, 0, (96, 80, 66))
    pen.oval(0, -0.03, 0.24, 0.05, (96, 80, 66))
    with pen.lit():
        pen.polygon([(-0.2, -0.98), (0.2, -0.98), (0.4, -0.5), (-0.4, -0.5)], color)
    del rng


def _clock(pen: Pen, color: Color, rng: random.Random) -> None:
    pen.circle(0, -0.48, 0.48, color)
    pen.circle(0, -0.48, 0.39, (248, 246, 238))
    for k in range(12):
        a = k * math.pi / 6
        pen.circle(0.32 * math.cos(a), -0.48 + 0.32 * math.sin(a), 0.025, (60, 60, 66))
    for length, width in ((0.2, 0.06), (0.3, 0.04)):
        a = rng.uniform(0, 2 * math.pi)
        pen.line([(0, -0.48), (length * math.cos(a), -0.48 + length * math.sin(a))], (40, 40, 46), width)


def _gift(pen: Pen, color: Color, rng: random.Random) -> None:
    ribbon = rng.choice([light(color, 0.75), COLORS["yellow"] if color[0] - color[2] < 120 else (250, 250, 250)])
    pen.box(-0.42, -0.6, 0.42, 0, color, 0.02)
    pen.box(-0.46, -0.72, 0.46, -0.55, light(color, 0.15), 0.02)
    pen.box(-0.08, -0.72, 0.08, 0, ribbon)
    for side in (-1, 1):
        pen.oval(side * 0.15, -0.82, 0.16, 0.09, ribbon, side * -25)


def _balloon(pen: Pen, color: Color, rng: random.Random) -> None:
    bend = rng.uniform(-0.12, 0.12)
    pen.line([(0, -0.4), (bend, -0.2), (0, 0)], (120, 110, 110), 0.02)
    pen.oval(0, -0.7, 0.27, 0.32, color, round_=True)
    pen.polygon([(-0.05, -0.39), (0.05, -0.39), (0, -0.46)], dark(color, 0.8))


def _kite(pen: Pen, color: Color, rng: random.Random) -> None:
    with pen.at(0, -0.5, 1, rng.uniform(10, 35)):
        pen.line([(0, 0.2), (0.08, 0.4), (-0.06, 0.52), (0.06, 0.66)], (120, 100, 90), 0.03)
        pen.polygon([(0, -0.5), (0.34, -0.15), (0, 0.3), (-0.34, -0.15)], color)
        pen.polygon([(0, -0.5), (0.34, -0.15), (0, -0.15)], light(color, 0.35))
        pen.polygon([(0, 0.3), (-0.34, -0.15), (0, -0.15)], dark(color, 0.75))


def _snowman(pen: Pen, color: Color, rng: random.Random) -> None:
    pen.circle(0, -0.25, 0.27, color, round_=True)
    pen.circle(0, -0.62, 0.19, color, round_=True)
    pen.circle(-0.06, -0.67, 0.022, (20, 20, 24))
    pen.circle(0.06, -0.67, 0.022, (20, 20, 24))
    pen.polygon([(0, -0.63), (0.2, -0.59), (0, -0.58)], (240, 130, 30))
    pen.box(-0.14, -1.0, 0.14, -0.78, (30, 30, 36))
    pen.box(-0.22, -0.81, 0.22, -0.76, (30, 30, 36))
    pen.box(-0.17, -0.51, 0.17, -0.44, rng.choice([COLORS["red"], COLORS["blue"], COLORS["green"]]), 0.03)


def _ghost(pen: Pen, color: Color, rng: random.Random) -> None:
    pen.circle(0, -0.62, 0.36, color)
    pen.box(-0.36, -0.62, 0.36, -0.1, color)
    for x in (-0.24, 0, 0.24):
        pen.circle(x, -0.11, 0.12, color)
    for x in (-0.13, 0.13):
        pen.oval(x, -0.64, 0.055, 0.09, (30, 30, 40))
    pen.oval(0, -0.42, 0.06, 0.08, (30, 30, 40))
    del rng


def _robot(pen: Pen, color: Color, rng: random.Random) -> None:
    pen.line([(0, -0.95), (0, -0.85)], dark(color, 0.6), 0.03)
    pen.circle(0, -0.97, 0.05, COLORS["red"])
    pen.box(-0.22, -0.88, 0.22, -0.56, color, 0.04)
    for x in (-0.1, 0.1):
        with pen.lit():
            pen.circle(x, -0.74, 0.055, rng.choice([(255, 240, 120)]))
    pen.box(-0.1, -0.64, 0.1, -0.61, dark(color, 0.4))
    pen.box(-0.28, -0.53, 0.28, -0.14, dark(color, 0.88), 0.03)
    for side in (-1, 1):
        pen.line([(side * 0.33, -0.48), (side * 0.38, -0.22)], dark(color, 0.75), 0.08)
        pen.box(side * 0.13 - 0.07, -0.14, side * 0.13 + 0.07, 0, dark(color, 0.7))


def _smiley(pen: Pen, color: Color, rng: random.Random) -> None:
    pen.circle(0, -0.48, 0.48, color, round_=True)
    for x in (-0.17, 0.17):
        pen.oval(x, -0.6, 0.06, 0.09, (40, 30, 20))
    pen.arc(0, -0.48, 0.27, 25, 130, (60, 30, 20), 0.06)
    del rng


def _circle(pen: Pen, color: Color, rng: random.Random) -> None:
    pen.circle(0, -0.47, 0.47, color)
    del rng


def _square(pen: Pen, color: Color, rng: random.Random) -> None:
    with pen.at(0, -0.45, 1, rng.choice((0, 0, rng.uniform(-12, 12)))):
        pen.box(-0.42, -0.42, 0.42, 0.42, color)


def _regular(corners: int, inner: float = 1.0, radius: float = 0.52) -> list[tuple[float, float]]:
    count = corners * (1 if inner == 1.0 else 2)
    points = []
    for k in range(count):
        r = radius if inner == 1.0 or k % 2 == 0 else radius * inner
        a = 2 * math.pi * k / count
        points.append((r * math.sin(a), -r * math.cos(a)))
    return points


def _triangle(pen: Pen, color: Color, rng: random.Random) -> None:
    with pen.at(0, -0.38, 1, rng.choice((0, 0, rng.uniform(-15, 15)))):
        pen.polygon(_regular(3, radius=0.58), color)


def _star(pen: Pen, color: Color, rng: random.Random) -> None:
    with pen.at(0, -0.48, 1, rng.choice((0, rng.uniform(-18, 18)))):
        pen.polygon(_regular(5, rng.uniform(0.4, 0.5), 0.54), color)


def _diamond(pen: Pen, color: Color, rng: random.Random) -> None:
    wide = rng.uniform(0.32, 0.44)
    pen.polygon([(0, -1), (wide, -0.5), (0, 0), (-wide, -0.5)], color)


def _hexagon(pen: Pen, color: Color, rng: random.Random) -> None:
    with pen.at(0, -0.48, 1, rng.choice((0, 30))):
        pen.polygon(_regular(6), color)


def _heart(pen: Pen, color: Color, rng: random.Random) -> None:
    points = []
    for k in range(40):
        t = 2 * math.pi * k / 40
        y = 13 * math.cos(t) - 5 * math.cos(2 * t) - 2 * math.cos(3 * t) - math.cos(4 * t)
        points.append((16 * math.sin(t) ** 3 / 32, -0.55 - y / 30))
    with pen.at(0, 0, 1, rng.choice((0, 0, rng.uniform(-10, 10)))):
        pen.blob(points, color, round_=rng.random() < 0.4)


def _ring(pen: Pen, color: Color, rng: random.Random) -> None:
    pen.arc(0, -0.47, 0.37, 0, 360, color, rng.uniform(0.1, 0.2))


def _cross(pen: Pen, color: Color, rng: random.Random) -> None:
    with pen.at(0, -0.48, 1, rng.choice((0, 0, 45))):
        pen.box(-0.14, -0.48, 0.14, 0.48, color)
        pen.box(-0.48, -0.14, 0.48, 0.14, color)


HUES = ("red", "blue", "green", "yellow", "purple", "orange", "pink", "turquoise")
ANY = ("table", "plain")

OBJECTS = (
    Thing(("ball",), _ball, HUES, ("table", "plain", "land"), 0.3, 0.9),
    Thing(("cup", "mug", "cup of coffee"), _cup, ("white", *HUES), ANY, 0.3),
    Thing(("vase",), _vase, ("blue", "brown", "white", "green"), ANY, 0.5, 0.8),
    Thing(("bottle",), _bottle, ("green", "brown", "blue"), ANY, 0.3),
    Thing(("candle",), _candle, ("white", "red", "yellow"), ANY, 0.3, 0.5),
    Thing(("book",), _book, ("red", "blue", "brown", "green"), ANY, 0.4, 0.8),
    Thing(("umbrella",), _umbrella, HUES, ("plain", "land"), 0.3, 0.8),
    Thing(("hat", "top hat"), _hat, ("black", "brown", "gray"), ANY, 0.4),
    Thing(("key",), _key, ("yellow", "gray"), ("plain",), 0.3, 0.6),
    Thing(("lamp",), _lamp, ("yellow", "white", "red"), ANY, 0.3, 0.5),
    Thing(("clock",), _clock, ("brown", "black", "red", "blue"), ANY, 0.4, 0.5),
    Thing(("gift", "present"), _gift, HUES, ANY, 0.2, 0.7),
    Thing(("balloon",), _balloon, HUES, ("plain", "sky"), 0.1, 0.8),
    Thing(("kite",), _kite, HUES, ("plain", "sky"), 0.1, 0.7),
    Thing(("snowman",), _snowman, ("white",), ("plain", "land"), 0.0, 0.0),
    Thing(("ghost",), _ghost, ("white",), ("plain", "land"), 0.1, 0.5),
    Thing(("robot",), _robot, ("gray", "blue", "red"), ("plain", "land", "space"), 0.3, 0.5),
    Thing(("smiley", "smiling face", "happy face"), _smiley, ("yellow",), ("plain",), 0.1, 0.5),
)

SHAPES = (
    Thing(("circle", "disc"), _circle, HUES, ("plain",), 0.3, 0.95),
    Thing(("square", "box"), _square, HUES, ("plain",), 0.3, 0.95),
    Thing(("triangle",), _triangle, HUES, ("plain",), 0.3, 0.95),
    Thing(("star",), _star, ("yellow", *HUES), ("plain",), 0.3, 0.95),
    Thing(("diamond",), _diamond, HUES, ("plain",), 0.3, 0.95),
    Thing(("hexagon",), _hexagon, HUES, ("plain",), 0.3, 0.95),
    Thing(("heart",), _heart, ("red", "red", *HUES), ("plain",), 0.2, 0.95),
    Thing(("ring",), _ring, HUES, ("plain",), 0.3, 0.95),
    Thing(("cross",), _cross, HUES, ("plain",), 0.3, 0.95),
)
