"""Simple animals."""

import math
import random

from training.drawings.colors import Color, dark, jitter, light
from training.drawings.pen import Pen
from training.drawings.thing import Thing

EYE: Color = (24, 22, 26)


def _eye(pen: Pen, x: float, y: float, radius: float) -> None:
    pen.circle(x, y, radius, (250, 250, 246))
    pen.circle(x + radius * 0.15, y, radius * 0.6, EYE)


def _fish(pen: Pen, color: Color, rng: random.Random) -> None:
    fin = dark(color, 0.72)
    pen.polygon([(-0.28, -0.45), (-0.62, -0.78), (-0.54, -0.45), (-0.62, -0.12)], fin)
    pen.polygon([(-0.1, -0.66), (0.05, -0.92), (0.22, -0.64)], fin)
    pen.blob(
        [(-0.42, -0.45), (-0.1, -0.82), (0.36, -0.76), (0.62, -0.45), (0.36, -0.14), (-0.1, -0.08)], color, round_=True
    )
    pen.polygon([(0.02, -0.42), (-0.16, -0.24), (0.08, -0.26)], fin)
    _eye(pen, 0.33, -0.52, 0.075)
    if rng.random() < 0.4:
        for x in (-0.08, 0.12):
            pen.line([(x, -0.62), (x + 0.03, -0.45), (x, -0.28)], light(color, 0.65), 0.05)


def _duck(pen: Pen, color: Color, rng: random.Random) -> None:
    pen.blob(
        [(-0.66, -0.52), (-0.34, -0.46), (0.12, -0.46), (0.4, -0.5), (0.44, -0.1), (0.1, 0.04), (-0.34, 0.0)], color
    )
    pen.circle(0.24, -0.66, 0.22, color)
    pen.polygon([(0.4, -0.72), (0.68, -0.62), (0.4, -0.55)], (245, 140, 30))
    pen.circle(0.29, -0.71, 0.04, EYE)
    pen.blob([(-0.36, -0.36), (0.06, -0.4), (0.1, -0.2), (-0.16, -0.1)], dark(color, 0.82))
    del rng


def _butterfly(pen: Pen, color: Color, rng: random.Random) -> None:
    lower = rng.choice([dark(color, 0.75), light(color, 0.3)])
    for side in (-1, 1):
        pen.oval(side * 0.22, -0.28, 0.19, 0.25, lower, side * 20)
        pen.oval(side * 0.28, -0.66, 0.26, 0.31, color, side * -28 + 90)
        pen.circle(side * 0.32, -0.68, 0.08, light(color, 0.65))
        pen.line([(0, -0.75), (side * 0.12, -0.98)], EYE, 0.02)
    pen.oval(0, -0.48, 0.05, 0.34, (44, 34, 32))


def _ladybug(pen: Pen, color: Color, rng: random.Random) -> None:
    with pen.at(0, -0.46, 1, rng.uniform(-40, 40)):
        pen.circle(0, -0.36, 0.2, EYE)
        pen.circle(0, 0.02, 0.44, color, round_=True)
        pen.line([(0, -0.4), (0, 0.45)], EYE, 0.04)
        for side in (-1, 1):
            for y in (-0.16, 0.08, 0.28):
                pen.circle(side * (0.2 if y < 0.2 else 0.15), y, 0.075, EYE)


def _snail(pen: Pen, color: Color, rng: random.Random) -> None:
    body = jitter(rng, (216, 180, 130))
    pen.blob([(-0.6, 0.02), (-0.4, -0.14), (0.2, -0.16), (0.36, -0.5), (0.56, -0.5), (0.54, -0.1), (0.36, 0.03)], body)
    for x in (0.42, 0.54):
        pen.line([(x, -0.42), (x + 0.05, -0.62)], body, 0.03)
        pen.circle(x + 0.05, -0.63, 0.03, EYE)
    pen.circle(-0.05, -0.42, 0.34, color, round_=True)
    points = [(-0.05 + r * math.cos(r * 38), -0.42 + r * math.sin(r * 38)) for r in (k * 0.0075 for k in range(36))]
    pen.line(points, dark(color, 0.55), 0.04)


def _turtle(pen: Pen, color: Color, rng: random.Random) -> None:
    skin = jitter(rng, (130, 170, 80))
    pen.oval(0.5, -0.3, 0.15, 0.13, skin)
    pen.circle(0.55, -0.33, 0.03, EYE)
    for x in (-0.28, 0.24):
        pen.oval(x, -0.08, 0.12, 0.1, skin)
    pen.blob([(-0.52, -0.1), (-0.42, -0.7), (0, -0.84), (0.4, -0.7), (0.5, -0.1)], color, round_=True)
    for x, y in ((-0.2, -0.32), (0.04, -0.5), (0.2, -0.28)):
        pen.circle(x, y, 0.08, dark(color, 0.7))


def _penguin(pen: Pen, color: Color, rng: random.Random) -> None:
    for side in (-1, 1):
        pen.oval(side * 0.14, -0.03, 0.12, 0.045, (245, 150, 40))
        pen.oval(side * 0.33, -0.46, 0.08, 0.26, color, side * -16)
    pen.blob(
        [
            (0, -1.06),
            (0.28, -0.98),
            (0.26, -0.7),
            (0.4, -0.3),
            (0.26, 0.02),
            (-0.26, 0.02),
            (-0.4, -0.3),
            (-0.26, -0.7),
            (-0.28, -0.98),
        ],
        color,
    )
    pen.oval(0, -0.32, 0.22, 0.27, (248, 248, 246))
    for side in (-1, 1):
        _eye(pen, side * 0.09, -0.8, 0.055)
    pen.polygon([(-0.07, -0.72), (0.07, -0.72), (0, -0.62)], (245, 150, 40))
    del rng


def _dragon(pen: Pen, color: Color, rng: random.Random) -> None:
    shade, belly, spike = dark(color, 0.72), light(color, 0.6), (236, 92, 40)
    with pen.at(0, 0, 0.84):
        pen.polygon([(-0.5, -0.42), (-0.66, -0.3), (-0.44, -0.24)], spike)
        pen.blob([(-0.56, -0.36), (-0.36, -0.0), (0.1, 0.0), (0.1, -0.24), (-0.26, -0.16), (-0.46, -0.4)], color)
        pen.polygon([(-0.02, -0.5), (-0.2, -1.02), (-0.64, -0.92), (-0.5, -0.74), (-0.44, -0.6), (-0.3, -0.52)], spike)
        for tip in ((-0.64, -0.92), (-0.5, -0.74), (-0.38, -0.58)):
            pen.line([(-0.2, -1.02), tip], shade, 0.03)
        for x, y in ((0.02, -0.92), (-0.02, -0.76), (-0.04, -0.6)):
            pen.polygon([(x + 0.06, y - 0.1), (x - 0.1, y - 0.04), (x + 0.06, y + 0.08)], spike)
        pen.blob(
            [(0.0, -0.98), (0.26, -0.98), (0.24, -0.62), (0.4, -0.3), (0.32, 0.02), (-0.24, 0.02), (-0.14, -0.46)],
            color,
        )
        pen.blob([(0.18, -0.7), (0.26, -0.56), (0.38, -0.26), (0.24, -0.02), (0.12, -0.1), (0.16, -0.4)], belly)
        pen.blob([(0.0, -1.04), (0.28, -1.08), (0.6, -0.92), (0.62, -0.72), (0.24, -0.7), (0.0, -0.76)], color)
        pen.polygon([(0.1, -0.98), (-0.08, -1.16), (0.2, -1.02)], (250, 236, 190))
        _eye(pen, 0.24, -0.92, 0.07)
        pen.circle(0.52, -0.88, 0.025, EYE)
        pen.line([(0.3, -0.77), (0.56, -0.79)], shade, 0.03)
        for x in (-0.1, 0.24):
            pen.oval(x, -0.02, 0.13, 0.06, shade)
    del rng


def _spider(pen: Pen, color: Color, rng: random.Random) -> None:
    for side in (-1, 1):
        for k in range(4):
            y = -0.62 + k * 0.1
            pen.line(
                [(0, y + 0.1), (side * 0.34, y - 0.16 + k * 0.1), (side * 0.5, y + 0.06 + k * 0.14)],
                dark(color, 0.85),
                0.04,
            )
    pen.circle(0, -0.36, 0.25, color)
    pen.circle(0, -0.64, 0.15, color)
    for x in (-0.06, 0.06):
        pen.circle(x, -0.67, 0.035, (250, 250, 250))
    del rng


ANIMALS = (
    Thing(("fish",), _fish, ("orange", "blue", "red", "yellow", "green"), ("plain", "water"), 0.3, 0.8),
    Thing(("duck",), _duck, ("yellow", "white", "brown"), ("sea", "plain"), 0.1, 0.6),
    Thing(("butterfly",), _butterfly, ("orange", "blue", "yellow", "purple", "pink"), ("plain", "sky"), 0.3, 0.8),
    Thing(("ladybug", "ladybird", "beetle"), _ladybug, ("red", "orange"), ("plain",), 0.1, 0.4),
    Thing(("snail",), _snail, ("brown", "orange", "pink"), ("plain", "land"), 0.2, 0.4),
    Thing(("turtle",), _turtle, ("green", "brown"), ("plain", "land", "water"), 0.1, 0.5),
    Thing(("penguin",), _penguin, ("black", "blue"), ("plain", "land"), 0.05, 0.2),
    Thing(("dragon",), _dragon, ("green", "red", "blue"), ("plain", "land", "sky"), 0.25, 0.5),
    Thing(("spider",), _spider, ("black",), ("plain",), 0.1, 0.5),
)
