"""Plants, buildings, vehicles and things of the sky."""

import math
import random

from training.drawings.colors import COLORS, Color, dark, jitter, light
from training.drawings.pen import Pen
from training.drawings.thing import Thing

WOOD: Color = (98, 66, 42)
WINDOW: Color = (190, 224, 248)
LAMPLIGHT: Color = (255, 226, 120)


def _window(pen: Pen, left: float, top: float, right: float, bottom: float) -> None:
    if pen.dim < 0.85:
        with pen.lit():
            pen.box(left, top, right, bottom, LAMPLIGHT)
    else:
        pen.box(left, top, right, bottom, WINDOW)


def _tree(pen: Pen, color: Color, rng: random.Random) -> None:
    pen.polygon([(-0.08, 0), (-0.05, -0.5), (0.05, -0.5), (0.08, 0)], jitter(rng, WOOD))
    for _ in range(8):
        a, d = rng.uniform(0, 2 * math.pi), rng.uniform(0.1, 0.22)
        pen.circle(d * math.cos(a), -0.66 + d * math.sin(a), rng.uniform(0.16, 0.22), jitter(rng, color, 8))
    pen.circle(-0.06, -0.74, 0.18, light(color, 0.12))


def _pine(pen: Pen, color: Color, rng: random.Random) -> None:
    pen.box(-0.06, -0.2, 0.06, 0, jitter(rng, WOOD))
    for k in range(3):
        half = 0.36 - 0.09 * k
        pen.polygon(
            [(-half, -0.14 - 0.25 * k), (0, -0.55 - 0.22 * k), (half, -0.14 - 0.25 * k)], dark(color, 0.75 + 0.12 * k)
        )


def _palm(pen: Pen, color: Color, rng: random.Random) -> None:
    lean = rng.uniform(-0.15, 0.15)
    pen.line([(0, 0), (lean * 0.3, -0.4), (lean, -0.74)], jitter(rng, (140, 100, 60)), 0.07)
    for a in (-160, -120, -60, -20, 20, 160):
        r = math.radians(a)
        end = (lean + 0.42 * math.cos(r), -0.74 + 0.26 * math.sin(r) + 0.08)
        middle = (lean + 0.24 * math.cos(r), -0.84 + 0.14 * math.sin(r))
        pen.line([(lean, -0.76), middle, end], jitter(rng, color, 8), 0.09)


def _cactus(pen: Pen, color: Color, rng: random.Random) -> None:
    pen.box(-0.1, -0.95, 0.1, 0, color, 0.1)
    for side in (-1, 1):
        y = rng.uniform(-0.5, -0.3)
        pen.line([(0, y), (side * 0.28, y), (side * 0.28, y - 0.26)], dark(color, 0.9), 0.13)


def _petals(pen: Pen, color: Color, rng: random.Random, x: float, y: float, size: float) -> None:
    count = rng.choice((5, 6, 8))
    turn = rng.uniform(0, 60)
    for k in range(count):
        a = math.radians(turn + 360 * k / count)
        pen.oval(
            x + size * 0.58 * math.cos(a),
            y + size * 0.58 * math.sin(a),
            size * 0.46,
            size * (0.4 if count < 8 else 0.3),
            color,
            turn + 360 * k / count,
        )
    yellow = color[0] > 220 and color[1] > 180 and color[2] < 120
    pen.circle(x, y, size * 0.34, (150, 90, 40) if yellow else (250, 210, 60))


def _flower(pen: Pen, color: Color, rng: random.Random) -> None:
    green = jitter(rng, (58, 140, 54))
    pen.line([(0, -0.6), (rng.uniform(-0.05, 0.05), -0.3), (0, 0)], green, 0.05)
    for side in (-1, 1):
        pen.oval(side * 0.14, -0.2, 0.15, 0.06, green, side * -30)
    _petals(pen, color, rng, 0, -0.68, 0.33)


def _blossom(pen: Pen, color: Color, rng: random.Random) -> None:
    _petals(pen, color, rng, 0, -0.48, 0.48)


def _tulip(pen: Pen, color: Color, rng: random.Random) -> None:
    green = jitter(rng, (58, 140, 54))
    pen.line([(0, -0.55), (0, 0)], green, 0.05)
    pen.oval(0.12, -0.24, 0.06, 0.24, green, 20)
    pen.oval(-0.12, -0.2, 0.06, 0.2, green, -20)
    pen.blob(
        [(-0.24, -1.0), (-0.1, -0.85), (0, -1.05), (0.1, -0.85), (0.24, -1.0), (0.3, -0.6), (0, -0.45), (-0.3, -0.6)],
        color,
        round_=True,
    )


def _sunflower(pen: Pen, color: Color, rng: random.Random) -> None:
    green = jitter(rng, (58, 140, 54))
    pen.line([(0, -0.6), (0, 0)], green, 0.06)
    pen.oval(0.15, -0.22, 0.16, 0.08, green, -30)
    for k in range(14):
        a = 360 * k / 14
        r = math.radians(a)
        pen.oval(0.25 * math.cos(r), -0.68 + 0.25 * math.sin(r), 0.12, 0.06, color, a)
    pen.circle(0, -0.68, 0.19, (96, 58, 30), round_=True)


def _bouquet(pen: Pen, color: Color, rng: random.Random) -> None:
    for x in (-0.2, 0, 0.2):
        pen.line([(x, -0.7), (x * 0.3, -0.35)], (58, 140, 54), 0.04)
    for x, y in ((-0.25, -0.65), (0.25, -0.65), (0, -0.6), (-0.13, -0.82), (0.14, -0.83)):
        _petals(pen, jitter(rng, color, 8), rng, x, y, 0.17)
    pot = rng.choice([(240, 240, 240), (60, 100, 190), (160, 96, 60), (130, 180, 200)])
    pen.blob([(-0.2, -0.46), (0.2, -0.46), (0.26, -0.2), (0.16, 0.03), (-0.16, 0.03), (-0.26, -0.2)], pot, round_=True)


def _leaf(pen: Pen, color: Color, rng: random.Random) -> None:
    with pen.at(0, -0.5, 1, rng.uniform(-50, 50)):
        pen.blob([(0, -0.62), (0.36, -0.1), (0.2, 0.3), (0, 0.42), (-0.2, 0.3), (-0.36, -0.1)], color)
        pen.line([(0, -0.3), (0, 0.52)], dark(color, 0.65), 0.035)
        for y in (-0.1, 0.08, 0.24):
            pen.line([(-0.14, y - 0.1), (0, y), (0.14, y - 0.1)], dark(color, 0.7), 0.02)


def _house(pen: Pen, color: Color, rng: random.Random) -> None:
    roof = jitter(rng, rng.choice([(156, 52, 42), (96, 60, 44), (70, 74, 88)]))
    if sum(abs(a - b) for a, b in zip(roof, color, strict=True)) < 90:
        roof = (90, 60, 50) if sum(color) > 300 else (200, 120, 80)
    half = rng.uniform(0.38, 0.5)
    if rng.random() < 0.4:
        pen.box(half * 0.4, -0.98, half * 0.4 + 0.12, -0.6, dark(roof, 0.8))
    pen.box(-half, -0.55, half, 0, color)
    pen.polygon([(-half - 0.1, -0.54), (0, -0.98), (half + 0.1, -0.54)], roof)
    for side in (-1, 1):
        _window(pen, side * half * 0.6 - 0.09, -0.43, side * half * 0.6 + 0.09, -0.23)
    pen.box(-0.08, -0.32, 0.08, 0, dark(roof, 0.65))


def _castle(pen: Pen, color: Color, rng: random.Random) -> None:
    roof = rng.choice([(150, 40, 50), (60, 70, 130), (110, 60, 120)])
    pen.box(-0.36, -0.48, 0.36, 0, color)
    for k in range(5):
        pen.box(-0.34 + k * 0.15, -0.56, -0.26 + k * 0.15, -0.46, color)
    for side in (-1, 1):
        x = side * 0.4
        pen.box(x - 0.11, -0.72, x + 0.11, 0, dark(color, 0.86))
        pen.polygon([(x - 0.15, -0.71), (x, -1.0), (x + 0.15, -0.71)], roof)
        _window(pen, x - 0.03, -0.6, x + 0.03, -0.48)
    pen.circle(0, -0.2, 0.1, (56, 40, 32))
    pen.box(-0.1, -0.2, 0.1, 0, (56, 40, 32))


def _lighthouse(pen: Pen, color: Color, rng: random.Random) -> None:
    pen.blob([(-0.42, 0.06), (-0.3, -0.16), (0, -0.1), (0.3, -0.18), (0.42, 0.06)], jitter(rng, (100, 96, 94)))
    pen.polygon([(-0.15, -0.06), (-0.1, -0.78), (0.1, -0.78), (0.15, -0.06)], (244, 242, 236))
    for k in range(3):
        low, high = -0.13 - 0.22 * k, -0.24 - 0.22 * k
        wide = 0.145 - 0.016 * k
        pen.polygon([(-wide, low), (-wide + 0.008, high), (wide - 0.008, high), (wide, low)], color)
    pen.box(-0.13, -0.8, 0.13, -0.77, (60, 60, 66))
    pen.glow(0, -0.84, 0.4, (255, 236, 140), 170)
    with pen.lit():
        pen.box(-0.07, -0.91, 0.07, -0.8, LAMPLIGHT)
    pen.polygon([(-0.1, -0.9), (0, -1.02), (0.1, -0.9)], color)


def _windmill(pen: Pen, color: Color, rng: random.Random) -> None:
    pen.polygon([(-0.22, 0), (-0.13, -0.62), (0.13, -0.62), (0.22, 0)], color)
    pen.polygon([(-0.15, -0.61), (0, -0.78), (0.15, -0.61)], dark(color, 0.6))
    pen.box(-0.06, -0.2, 0.06, 0, (80, 56, 40))
    turn = rng.uniform(0, 90)
    with pen.at(0, -0.62, 1, turn):
        for k in range(4):
            with pen.at(0, 0, 1, k * 90):
                pen.box(-0.015, -0.42, 0.015, 0, (90, 66, 46))
                pen.box(0.0, -0.42, 0.12, -0.1, (236, 226, 206))
    pen.circle(0, -0.62, 0.03, (60, 50, 40))


def _tent(pen: Pen, color: Color, rng: random.Random) -> None:
    pen.polygon([(-0.6, 0), (0, -0.85), (0.6, 0)], color)
    pen.polygon([(-0.18, 0), (0, -0.85), (0.18, 0)], dark(color, 0.45))
    pen.line([(0, -0.85), (0.03, -0.95)], WOOD, 0.03)
    del rng


def _church(pen: Pen, color: Color, rng: random.Random) -> None:
    roof = jitter(rng, (120, 60, 50))
    pen.box(-0.15, -0.45, 0.45, 0, color)
    pen.polygon([(-0.2, -0.44), (-0.05, -0.66), (0.4, -0.66), (0.5, -0.44)], roof)
    pen.box(-0.38, -0.66, -0.12, 0, dark(color, 0.92))
    pen.polygon([(-0.41, -0.65), (-0.25, -0.92), (-0.09, -0.65)], roof)
    pen.line([(-0.25, -0.9), (-0.25, -1.02)], (70, 60, 50), 0.025)
    pen.line([(-0.29, -0.98), (-0.21, -0.98)], (70, 60, 50), 0.025)
    for x in (0.0, 0.16, 0.32):
        _window(pen, x - 0.04, -0.34, x + 0.04, -0.14)


def _sailboat(pen: Pen, color: Color, rng: random.Random) -> None:
    sail = rng.choice([(248, 246, 238)] * 3 + [light(color, 0.2)])
    pen.line([(0, -0.95), (0, -0.2)], WOOD, 0.03)
    pen.polygon([(0.04, -0.94), (0.46, -0.27), (0.04, -0.27)], sail)
    pen.polygon([(-0.04, -0.84), (-0.36, -0.27), (-0.04, -0.27)], dark(sail, 0.9))
    pen.blob([(-0.55, -0.22), (0.55, -0.22), (0.5, -0.14), (0.36, 0.03), (-0.36, 0.03), (-0.5, -0.14)], color)


def _ship(pen: Pen, color: Color, rng: random.Random) -> None:
    pen.box(-0.3, -0.52, 0.3, -0.28, (244, 242, 238))
    for x in (-0.2, -0.05, 0.1, 0.22):
        pen.circle(x, -0.4, 0.035, (60, 90, 130))
    for x in (-0.12, 0.12):
        pen.box(x - 0.06, -0.82, x + 0.06, -0.52, rng.choice([COLORS["red"], (40, 40, 46)]))
    pen.polygon([(-0.6, -0.3), (0.6, -0.3), (0.46, 0), (-0.46, 0)], color)
    pen.line([(-0.56, -0.24), (0.56, -0.24)], light(color, 0.6), 0.03)


def _wheel(pen: Pen, x: float, radius: float) -> None:
    pen.circle(x, -radius, radius, (28, 28, 32))
    pen.circle(x, -radius, radius * 0.45, (180, 180, 186))


def _car(pen: Pen, color: Color, rng: random.Random) -> None:
    pen.blob([(-0.4, -0.34), (-0.22, -0.66), (0.2, -0.66), (0.42, -0.34), (0.3, -0.26), (-0.3, -0.26)], color)
    pen.polygon([(-0.24, -0.38), (-0.15, -0.54), (-0.02, -0.54), (-0.02, -0.38)], WINDOW)
    pen.polygon([(0.03, -0.38), (0.03, -0.54), (0.15, -0.54), (0.25, -0.38)], WINDOW)
    pen.box(-0.56, -0.4, 0.56, -0.12, color, 0.09)
    with pen.lit():
        pen.circle(0.52, -0.28, 0.045, (255, 240, 170))
    for x in (-0.3, 0.3):
        _wheel(pen, x, 0.13)
    del rng


def _bus(pen: Pen, color: Color, rng: random.Random) -> None:
    pen.box(-0.6, -0.7, 0.6, -0.1, color, 0.07)
    for k in range(4):
        _window(pen, -0.52 + k * 0.26, -0.6, -0.32 + k * 0.26, -0.38)
    pen.box(-0.6, -0.3, 0.6, -0.25, light(color, 0.6))
    for x in (-0.35, 0.35):
        _wheel(pen, x, 0.12)
    del rng


def _train(pen: Pen, color: Color, rng: random.Random) -> None:
    pen.box(-0.5, -0.5, 0.25, -0.14, color, 0.05)
    pen.box(0.1, -0.78, 0.5, -0.14, dark(color, 0.85))
    pen.box(0.05, -0.84, 0.55, -0.76, (50, 50, 56))
    _window(pen, 0.2, -0.68, 0.4, -0.5)
    pen.box(-0.4, -0.76, -0.28, -0.5, (40, 40, 46))
    for k in range(rng.randint(1, 3)):
        pen.circle(-0.34 + k * 0.1, -0.84 - k * 0.07, 0.07 + 0.02 * k, (226, 226, 230))
    for x in (-0.36, -0.1, 0.16, 0.4):
        _wheel(pen, x, 0.11)


def _rocket(pen: Pen, color: Color, rng: random.Random) -> None:
    with pen.at(0, -0.5, 1, rng.choice((0, 20, 35, -20))):
        fins = rng.choice([COLORS["red"], COLORS["blue"], dark(color, 0.6)])
        with pen.lit():
            pen.blob([(-0.12, 0.28), (0.12, 0.28), (0.06, 0.45), (0, 0.6), (-0.06, 0.45)], (255, 150, 40))
        pen.polygon([(-0.16, 0.0), (-0.32, 0.34), (-0.14, 0.28)], fins)
        pen.polygon([(0.16, 0.0), (0.32, 0.34), (0.14, 0.28)], fins)
        pen.blob([(0, -0.7), (0.18, -0.3), (0.2, 0.2), (0.12, 0.32), (-0.12, 0.32), (-0.2, 0.2), (-0.18, -0.3)], color)
        pen.circle(0, -0.12, 0.08, (70, 130, 200))


def _airship(pen: Pen, color: Color, rng: random.Random) -> None:
    stripe = rng.choice([light(color, 0.75), (250, 220, 90), (250, 250, 246)])
    for x in (-0.1, 0.1):
        pen.line([(x * 2, -0.4), (x, -0.14)], (90, 70, 50), 0.02)
    pen.blob(
        [
            (0, -1.04),
            (0.36, -1.0),
            (0.48, -0.62),
            (0.2, -0.3),
            (0.06, -0.26),
            (-0.06, -0.26),
            (-0.2, -0.3),
            (-0.48, -0.62),
            (-0.36, -1.0),
        ],
        color,
        round_=True,
    )
    for x, w in ((-0.22, 0.045), (0.22, 0.045), (0, 0.06)):
        pen.oval(x, -0.66, w, 0.31 - abs(x) * 0.3, stripe, x * -30)
    pen.box(-0.1, -0.15, 0.1, 0, (150, 100, 60), 0.02)


def _airplane(pen: Pen, color: Color, rng: random.Random) -> None:
    with pen.at(0, -0.45, 1, rng.uniform(-18, 5)):
        pen.polygon([(-0.46, -0.05), (-0.58, -0.34), (-0.44, -0.34), (-0.28, -0.05)], dark(color, 0.8))
        pen.blob([(-0.6, -0.04), (-0.3, -0.13), (0.4, -0.13), (0.66, 0.02), (0.4, 0.12), (-0.4, 0.1)], color)
        pen.polygon([(-0.05, 0.02), (0.18, 0.02), (-0.12, 0.38), (-0.28, 0.38)], dark(color, 0.72))
        for k in range(4):
            pen.circle(-0.2 + k * 0.14, -0.04, 0.028, (70, 110, 160))


def _sun(pen: Pen, color: Color, rng: random.Random) -> None:
    count = rng.choice((8, 12))
    turn = rng.uniform(0, 40)
    with pen.lit():
        if rng.random() < 0.7:
            for k in range(count):
                a = math.radians(turn + 360 * k / count)
                b = math.pi / count * 0.7
                points = [
                    (0.33 * math.cos(a - b), -0.48 + 0.33 * math.sin(a - b)),
                    (0.52 * math.cos(a), -0.48 + 0.52 * math.sin(a)),
                    (0.33 * math.cos(a + b), -0.48 + 0.33 * math.sin(a + b)),
                ]
                pen.polygon(points, color)
            pen.circle(0, -0.48, 0.3, color)
        else:
            pen.glow(0, -0.48, 0.62, color)
            pen.circle(0, -0.48, 0.4, color)


def _moon(pen: Pen, color: Color, rng: random.Random) -> None:
    with pen.lit():
        pen.glow(0, -0.48, 0.7, color, 90)
        pen.circle(0, -0.48, 0.44, color)
        for _ in range(rng.randint(3, 6)):
            a, d = rng.uniform(0, 6.28), rng.uniform(0, 0.3)
            pen.circle(d * math.cos(a), -0.48 + d * math.sin(a), rng.uniform(0.04, 0.09), dark(color, 0.87))


def _crescent(pen: Pen, color: Color, rng: random.Random) -> None:
    with pen.lit(), pen.at(0, -0.48, 1, rng.uniform(-30, 10)):
        outer = [(0.46 * math.cos(a), 0.46 * math.sin(a)) for a in _angles(50, 310)]
        inner = [(0.24 + 0.36 * math.cos(a), 0.36 * math.sin(a)) for a in _angles(282, 78)]
        pen.polygon(outer + inner, color)


def _angles(start: float, end: float) -> list[float]:
    return [math.radians(start + (end - start) * k / 24) for k in range(25)]


def _planet(pen: Pen, color: Color, rng: random.Random) -> None:
    with pen.at(0, -0.48, 1, rng.uniform(-30, 30)):
        pen.oval(0, 0, 0.58, 0.16, light(color, 0.55))
        pen.oval(0, -0.01, 0.46, 0.1, dark(color, 0.45))
        pen.circle(0, 0, 0.34, color, round_=True)
        pen.arc(0, -0.48, 0.72, 52, 76, light(color, 0.55), 0.07)


def _rainbow(pen: Pen, color: Color, rng: random.Random) -> None:
    width = 0.055
    for k, name in enumerate(("red", "orange", "yellow", "green", "blue", "purple")):
        pen.arc(0, 0, 0.55 - k * width, 180, 180, COLORS[name], width * 1.15)
    del color, rng


def _cloud(pen: Pen, color: Color, rng: random.Random) -> None:
    for x, y, r in (
        (-0.36, -0.28, 0.2),
        (-0.14, -0.42, 0.26),
        (0.16, -0.36, 0.24),
        (0.38, -0.26, 0.18),
        (0.02, -0.22, 0.2),
    ):
        pen.circle(x, y, r * rng.uniform(0.9, 1.1), color)


def _lightning(pen: Pen, color: Color, rng: random.Random) -> None:
    with pen.lit():
        pen.polygon(
            [(0.1, -1), (-0.24, -0.45), (-0.02, -0.45), (-0.14, 0), (0.26, -0.6), (0.03, -0.6), (0.22, -1)], color
        )
    del rng


def _drop(pen: Pen, color: Color, rng: random.Random) -> None:
    pen.blob(
        [(0, -1.08), (0.1, -0.75), (0.4, -0.35), (0.3, 0.02), (-0.3, 0.02), (-0.4, -0.35), (-0.1, -0.75)],
        color,
        round_=True,
    )
    del rng


def _fire(pen: Pen, color: Color, rng: random.Random) -> None:
    with pen.lit():
        pen.glow(0, -0.4, 0.7, (255, 140, 40), 120)
        for scale, tone in ((1.0, color), (0.68, (255, 150, 40)), (0.38, (255, 230, 110))):
            s, lean = scale, rng.uniform(-0.1, 0.1)
            pen.blob(
                [
                    (lean, -1.08 * s),
                    (0.18 * s, -0.62 * s),
                    (0.32 * s, -0.72 * s),
                    (0.44 * s, -0.25 * s),
                    (0.26 * s, 0.04),
                    (-0.26 * s, 0.04),
                    (-0.44 * s, -0.25 * s),
                    (-0.28 * s, -0.66 * s),
                    (-0.14 * s, -0.5 * s),
                ],
                tone,
            )


HUES = ("red", "blue", "green", "yellow", "purple", "orange", "pink", "turquoise")

OUTDOORS = (
    Thing(("tree",), _tree, ("green", "green", "green", "orange", "yellow", "red"), ("land", "plain"), 0.12, 0.5),
    Thing(("pine tree", "fir tree", "christmas tree"), _pine, ("green",), ("land", "plain"), 0.05, 0.3),
    Thing(("palm tree", "palm"), _palm, ("green",), ("land", "plain"), 0.0, 0.2),
    Thing(("cactus",), _cactus, ("green",), ("land", "plain"), 0.05, 0.4),
    Thing(
        ("flower",),
        _flower,
        ("red", "purple", "yellow", "pink", "blue", "white", "orange"),
        ("land", "plain"),
        0.0,
        0.9,
    ),
    Thing(
        ("flower", "blossom", "daisy"),
        _blossom,
        ("purple", "white", "pink", "yellow", "red", "blue", "orange"),
        ("plain",),
        0.0,
        0.9,
    ),
    Thing(("tulip",), _tulip, ("red", "yellow", "pink", "purple", "orange"), ("land", "plain"), 0.1, 0.8),
    Thing(("sunflower",), _sunflower, ("yellow",), ("land", "plain"), 0.0, 0.2),
    Thing(
        ("bouquet of flowers", "flowers in a vase", "bunch of flowers"),
        _bouquet,
        ("pink", "red", "yellow", "white", "purple", "blue"),
        ("table", "plain"),
        0.0,
        0.0,
    ),
    Thing(("leaf",), _leaf, ("green", "orange", "red", "yellow"), ("plain",), 0.1, 0.8),
    Thing(
        ("house", "cottage", "little house"),
        _house,
        ("white", "red", "blue", "yellow", "brown", "orange"),
        ("land", "plain"),
        0.4,
        0.8,
    ),
    Thing(("castle",), _castle, ("gray", "white", "brown"), ("land", "plain"), 0.2, 0.4),
    Thing(("lighthouse",), _lighthouse, ("red", "red", "blue", "black"), ("sea", "land", "plain"), 0.0, 0.3),
    Thing(("windmill",), _windmill, ("white", "brown", "red"), ("land", "plain"), 0.2, 0.4),
    Thing(("tent",), _tent, ("orange", "green", "blue", "red", "yellow"), ("land", "plain"), 0.2, 0.7),
    Thing(("church",), _church, ("white", "gray"), ("land", "plain"), 0.2, 0.4),
    Thing(
        ("sailboat", "boat", "sailing boat"),
        _sailboat,
        ("brown", "red", "blue", "white"),
        ("sea", "sea", "plain"),
        0.1,
        0.3,
    ),
    Thing(("ship",), _ship, ("red", "black", "blue"), ("sea", "plain"), 0.2, 0.5),
    Thing(("car",), _car, ("red", "blue", "yellow", "green", "white", "black"), ("land", "plain"), 0.3, 0.9),
    Thing(("bus",), _bus, ("red", "yellow", "blue", "green"), ("land", "plain"), 0.2, 0.8),
    Thing(
        ("train", "steam train", "locomotive"), _train, ("red", "black", "green", "blue"), ("land", "plain"), 0.2, 0.6
    ),
    Thing(("rocket", "spaceship"), _rocket, ("white", "gray", "red"), ("sky", "space", "plain"), 0.3, 0.5),
    Thing(("hot air balloon",), _airship, HUES, ("sky", "plain"), 0.1, 0.7),
    Thing(("airplane", "plane"), _airplane, ("white", "gray", "red", "blue"), ("sky", "plain"), 0.2, 0.5),
    Thing(("sun",), _sun, ("yellow", "yellow", "orange"), ("plain",), 0.0, 0.8),
    Thing(("full moon", "moon"), _moon, ("white", "yellow", "gray"), ("plain",), 0.0, 0.4),
    Thing(("crescent moon", "moon"), _crescent, ("yellow", "white"), ("plain",), 0.0, 0.5),
    Thing(("planet",), _planet, ("orange", "blue", "purple", "red", "brown"), ("space", "plain"), 0.2, 0.6),
    Thing(("rainbow",), _rainbow, ("red",), ("plain",), 0.0, 0.0),
    Thing(("cloud",), _cloud, ("white", "gray"), ("plain",), 0.1, 0.6),
    Thing(("lightning bolt", "lightning"), _lightning, ("yellow",), ("plain",), 0.1, 0.6),
    Thing(("drop of water", "raindrop", "drop"), _drop, ("blue",), ("plain",), 0.1, 0.4),
    Thing(("fire", "flame", "campfire"), _fire, ("red",), ("plain", "land"), 0.0, 0.0),
)
