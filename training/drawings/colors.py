"""Colours with names: what a caption calls red is red in the picture."""

import random

Color = tuple[int, int, int]

COLORS: dict[str, Color] = {
    "red": (214, 32, 36),
    "orange": (245, 132, 26),
    "yellow": (250, 214, 40),
    "green": (52, 160, 62),
    "blue": (40, 92, 214),
    "purple": (126, 52, 170),
    "pink": (246, 130, 182),
    "brown": (122, 76, 42),
    "black": (24, 24, 28),
    "white": (246, 246, 244),
    "gray": (136, 136, 140),
    "turquoise": (40, 200, 210),
}

SYNONYMS: dict[str, tuple[str, ...]] = {
    "red": ("crimson", "scarlet"),
    "purple": ("violet",),
    "gray": ("grey",),
    "turquoise": ("cyan", "teal"),
    "blue": ("azure",),
    "pink": ("rose-coloured",),
}


def jitter(rng: random.Random, color: Color, amount: int = 14) -> Color:
    """Make the colour a little lighter or darker and a little off in hue."""
    shift = rng.randint(-amount, amount)
    half = amount // 2
    return clamp([channel + shift + rng.randint(-half, half) for channel in color])


def clamp(channels: list[int] | list[float]) -> Color:
    """Three numbers as a colour, cut to 0..255."""
    red, green, blue = (max(0, min(255, int(channel))) for channel in channels)
    return red, green, blue


def dark(color: Color, factor: float = 0.7) -> Color:
    """Multiply the colour by the factor."""
    return clamp([channel * factor for channel in color])


def light(color: Color, amount: float = 0.4) -> Color:
    """Move the colour towards white by the amount, 0 to 1."""
    return clamp([channel + (255 - channel) * amount for channel in color])


def mix(first: Color, second: Color, amount: float) -> Color:
    """From the first colour (amount 0) to the second (amount 1)."""
    return clamp([a + (b - a) * amount for a, b in zip(first, second, strict=True)])


def distance(first: Color, second: Color) -> float:
    """How different two colours look, roughly: Euclidean in RGB, green weighted most (0 to about 440)."""
    weights = (0.9, 1.2, 0.9)
    return float(sum(w * (a - b) ** 2 for w, a, b in zip(weights, first, second, strict=True)) ** 0.5)


def spoken(rng: random.Random, name: str) -> str:
    """Name a colour as a caption does: mostly plain, now and then a synonym."""
    if name in SYNONYMS and rng.random() < 0.12:
        return rng.choice(SYNONYMS[name])
    return name
