"""Fruit and other food."""

import random

import skia

from training.drawings.colors import Color, dark, jitter, light
from training.drawings.pen import Pen
from training.drawings.thing import Thing

STALK: Color = (96, 64, 38)
LEAF: Color = (66, 150, 58)


def _apple(pen: Pen, color: Color, rng: random.Random) -> None:
    pen.blob(
        [
            (0, -0.78),
            (0.36, -0.95),
            (0.58, -0.55),
            (0.38, 0.02),
            (0, 0.0),
            (-0.38, 0.02),
            (-0.58, -0.55),
            (-0.36, -0.95),
        ],
        color,
        round_=True,
    )
    pen.line([(0, -0.74), (0.05, -0.98)], STALK, 0.06)
    pen.oval(0.18, -0.93, 0.15, 0.07, jitter(rng, LEAF), -25)


def _orange(pen: Pen, color: Color, rng: random.Random) -> None:
    pen.circle(0, -0.46, 0.46, color, round_=True)
    pen.circle(0, -0.88, 0.045, (60, 100, 40))
    if rng.random() < 0.5:
        pen.oval(0.14, -0.93, 0.15, 0.06, jitter(rng, LEAF), -20)


def _lemon(pen: Pen, color: Color, rng: random.Random) -> None:
    with pen.at(0, -0.4, 1, rng.uniform(-25, 25)):
        pen.blob(
            [
                (-0.62, 0),
                (-0.42, -0.1),
                (-0.25, -0.45),
                (0.25, -0.45),
                (0.42, -0.1),
                (0.62, 0),
                (0.42, 0.1),
                (0.25, 0.45),
                (-0.25, 0.45),
                (-0.42, 0.1),
            ],
            color,
            round_=True,
        )


def _pear(pen: Pen, color: Color, rng: random.Random) -> None:
    pen.blob(
        [
            (0, -0.98),
            (0.24, -0.9),
            (0.2, -0.6),
            (0.52, -0.4),
            (0.46, 0.05),
            (0, 0.0),
            (-0.46, 0.05),
            (-0.52, -0.4),
            (-0.2, -0.6),
            (-0.24, -0.9),
        ],
        color,
        round_=True,
    )
    pen.line([(0, -0.88), (0.05, -1.02)], STALK, 0.05)
    if rng.random() < 0.5:
        pen.oval(0.15, -0.98, 0.12, 0.05, jitter(rng, LEAF), -20)


def _cherries(pen: Pen, color: Color, rng: random.Random) -> None:
    top = rng.uniform(-0.05, 0.15)
    for x, y in ((-0.24, -0.22), (0.24, -0.24)):
        pen.line([(x, y - 0.15), (x * 0.6 + top * 0.4, -0.65), (top, -0.97)], (84, 120, 50), 0.045)
        pen.circle(x, y, 0.23, color, round_=True)
    pen.oval(top + 0.16, -0.92, 0.17, 0.07, jitter(rng, LEAF), 15)


def _banana(pen: Pen, color: Color, rng: random.Random) -> None:
    with pen.at(0, -0.42, 1.0, rng.uniform(-20, 20)):
        pen.blob(
            [
                (-0.58, -0.38),
                (-0.48, -0.44),
                (-0.38, -0.3),
                (-0.2, 0.0),
                (0.2, 0.06),
                (0.46, -0.18),
                (0.56, -0.2),
                (0.58, -0.08),
                (0.4, 0.28),
                (0.0, 0.42),
                (-0.36, 0.26),
                (-0.52, -0.05),
            ],
            color,
            round_=True,
        )
        pen.line([(-0.5, -0.36), (-0.55, -0.46)], dark(color, 0.5), 0.07)
        pen.line([(0.5, -0.14), (0.53, -0.17)], dark(color, 0.4), 0.06)


def _grapes(pen: Pen, color: Color, rng: random.Random) -> None:
    pen.line([(0, -0.75), (0.02, -1.0)], STALK, 0.06)
    pen.oval(0.2, -0.9, 0.2, 0.1, jitter(rng, LEAF), 10)
    for row, count in enumerate((4, 3, 3, 2, 1)):
        for k in range(count):
            pen.circle((k - (count - 1) / 2) * 0.22, -0.74 + row * 0.155, 0.13, jitter(rng, color, 10), round_=True)


def _strawberry(pen: Pen, color: Color, rng: random.Random) -> None:
    pen.blob(
        [(0, -0.86), (0.5, -0.92), (0.5, -0.45), (0.12, 0.06), (-0.12, 0.06), (-0.5, -0.45), (-0.5, -0.92)],
        color,
        round_=True,
    )
    for x, y in (
        (-0.22, -0.6),
        (0, -0.62),
        (0.22, -0.6),
        (-0.14, -0.4),
        (0.1, -0.42),
        (0, -0.22),
        (0.27, -0.42),
        (-0.28, -0.44),
    ):
        pen.oval(x, y, 0.025, 0.04, light(color, 0.75))
    for k in range(5):
        pen.oval(-0.26 + k * 0.13, -0.85, 0.08, 0.14, jitter(rng, LEAF), -50 + k * 25)


def _watermelon(pen: Pen, color: Color, rng: random.Random) -> None:
    with pen.at(0, -0.75, 1, rng.uniform(-12, 12)):
        for radius, tone in ((0.62, (40, 120, 50)), (0.55, (214, 236, 190)), (0.5, color)):
            pen.canvas.save()
            pen.canvas.clipRect(_below())
            pen.circle(0, 0, radius, tone)
            pen.canvas.restore()
        for x, y in ((-0.28, 0.12), (0, 0.1), (0.28, 0.12), (-0.14, 0.26), (0.14, 0.26), (0, 0.4)):
            pen.oval(x, y, 0.025, 0.045, (30, 22, 20))


def _below() -> skia.Rect:
    return skia.Rect(-2, 0, 2, 2)


def _pumpkin(pen: Pen, color: Color, rng: random.Random) -> None:
    pen.box(-0.05, -0.92, 0.06, -0.7, (84, 110, 44), 0.03)
    for x, width in ((-0.36, 0.2), (0.36, 0.2), (-0.2, 0.22), (0.2, 0.22), (0, 0.22)):
        pen.oval(x, -0.38, width, 0.38, dark(color, 1.0 - abs(x) * 0.45), round_=True)
    del rng


def _mushroom(pen: Pen, color: Color, rng: random.Random) -> None:
    pen.blob([(-0.12, -0.6), (0.12, -0.6), (0.16, -0.1), (0.2, 0.03), (-0.2, 0.03), (-0.16, -0.1)], (240, 228, 206))
    pen.blob([(-0.6, -0.42), (-0.5, -0.95), (0, -1.1), (0.5, -0.95), (0.6, -0.42), (0, -0.5)], color, round_=True)
    if rng.random() < 0.75:
        for x, y, r in ((-0.26, -0.66, 0.07), (0.03, -0.82, 0.08), (0.28, -0.62, 0.065), (0.02, -0.58, 0.05)):
            pen.circle(x, y, r, (250, 246, 238))


def _carrot(pen: Pen, color: Color, rng: random.Random) -> None:
    for x, turn in ((-0.1, -25), (0, 0), (0.1, 25)):
        pen.oval(x, -0.88, 0.06, 0.16, jitter(rng, LEAF), turn)
    pen.blob(
        [(-0.22, -0.78), (0.22, -0.78), (0.2, -0.5), (0.03, 0.05), (-0.03, 0.05), (-0.2, -0.5)], color, round_=True
    )
    for y in (-0.6, -0.45, -0.3):
        pen.line([(-0.02, y), (0.1, y + 0.02)], dark(color, 0.75), 0.025)


def _cake(pen: Pen, color: Color, rng: random.Random) -> None:
    pen.box(-0.48, -0.48, 0.48, 0.0, (236, 200, 150), 0.05)
    pen.box(-0.5, -0.6, 0.5, -0.36, color, 0.08)
    for k in range(5):
        pen.circle(-0.4 + k * 0.2, -0.36, 0.09, color)
    for k in range(rng.choice((1, 3))):
        x = (0.0, -0.25, 0.25)[k]
        pen.box(x - 0.03, -0.82, x + 0.03, -0.6, (240, 240, 250))
        with pen.lit():
            pen.oval(x, -0.9, 0.04, 0.08, (255, 190, 60))


def _ice_cream(pen: Pen, color: Color, rng: random.Random) -> None:
    pen.polygon([(-0.24, -0.5), (0.24, -0.5), (0, 0)], (214, 154, 84))
    for k in (-0.1, 0.02):
        pen.line([(k - 0.08, -0.48), (k + 0.1, -0.2)], (180, 120, 60), 0.02)
    pen.circle(-0.15, -0.58, 0.18, color, round_=True)
    pen.circle(0.15, -0.58, 0.18, jitter(rng, color, 8), round_=True)
    pen.circle(0, -0.78, 0.2, light(color, 0.1), round_=True)


def _egg(pen: Pen, color: Color, rng: random.Random) -> None:
    pen.blob(
        [(0, -1.0), (0.3, -0.95), (0.44, -0.4), (0.3, 0.03), (-0.3, 0.03), (-0.44, -0.4), (-0.3, -0.95)],
        color,
        round_=True,
    )
    del rng


ANY = ("table", "plain")

FOOD = (
    Thing(("apple",), _apple, ("red", "green", "red", "yellow", "red"), ANY, 0.2),
    Thing(("orange",), _orange, ("orange",), ANY, 0.0, 0.0),
    Thing(("lemon",), _lemon, ("yellow",), ANY, 0.1, 0.4),
    Thing(("pear",), _pear, ("green", "yellow"), ANY, 0.15),
    Thing(("cherries", "cherry", "two cherries"), _cherries, ("red",), ANY, 0.1, 0.4),
    Thing(("banana",), _banana, ("yellow",), ANY, 0.1, 0.4),
    Thing(("grapes", "bunch of grapes"), _grapes, ("purple", "green"), ANY, 0.1, 0.6),
    Thing(("strawberry",), _strawberry, ("red",), ANY, 0.1, 0.4),
    Thing(("watermelon", "slice of watermelon"), _watermelon, ("red",), ANY, 0.0, 0.0),
    Thing(("pumpkin",), _pumpkin, ("orange",), ("table", "plain", "land"), 0.1, 0.4),
    Thing(
        ("mushroom", "toadstool", "mushroom with dots"), _mushroom, ("red", "brown", "red"), ("table", "plain", "land")
    ),
    Thing(("carrot",), _carrot, ("orange",), ANY, 0.05, 0.4),
    Thing(("cake", "birthday cake"), _cake, ("pink", "white", "brown"), ANY),
    Thing(("ice cream", "ice cream cone"), _ice_cream, ("pink", "white", "brown", "green"), ANY, 0.4),
    Thing(("egg",), _egg, ("white", "brown"), ANY, 0.3),
)
