"""Pictures of one thing each, for a network that knows things by number and no words."""

import random

import numpy as np
from PIL import Image

from training.drawings.colors import COLORS, dark, jitter, light
from training.drawings.pen import SIZE, Pen
from training.drawings.placing import THINGS, put

CLASSES = (
    "apple",
    "banana",
    "butterfly",
    "cactus",
    "candle",
    "car",
    "castle",
    "cat",
    "duck",
    "elephant",
    "fish",
    "frog",
    "guitar",
    "heart",
    "house",
    "lighthouse",
    "mushroom",
    "owl",
    "panda",
    "penguin",
    "pizza",
    "rainbow",
    "rocket",
    "sailboat",
    "star",
    "strawberry",
    "sunflower",
    "tree",
    "umbrella",
    "windmill",
)
SIDE = 64
"""Pixels both ways."""
GRID = 1.0
"""Pixels on which the pen draws, so that what a thing looks like is always the same but for its colour and size."""
SIZES = (88.0, 112.0)
MOVED = 7.0
"""Pixels of the drawing, before it is made smaller, by which a thing is not in the middle."""


def draw_class(name: str, seed: str) -> np.ndarray:
    """Draw one thing before a colour, RGB, uint8 [SIDE, SIDE, 3]."""
    rng = random.Random(f"{name}/{seed}")
    pen = Pen(GRID)
    behind = jitter(rng, COLORS[rng.choice(tuple(COLORS))], 16)
    pen.fade(0, 0, SIZE, SIZE, light(behind, rng.uniform(0.1, 0.5)), dark(behind, rng.uniform(0.8, 1.0)))
    thing = rng.choice([thing for thing in THINGS if thing.name == name])
    size = rng.uniform(*SIZES)
    x, middle = (SIZE / 2 + rng.uniform(-MOVED, MOVED) for _ in range(2))
    put(pen, rng, thing, [(x, middle + size / 2, size)])
    picture = Image.fromarray(pen.picture()).resize((SIDE, SIDE), Image.Resampling.BOX)
    return np.asarray(picture)
