"""Endings of prompts by which a picture looks as if it were made in some way, each with a sample painted by the bot."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

SAMPLES = Path(__file__).with_name("samples")
SHEET = SAMPLES / "styles.png"
"""All samples on one page; `docs/styles.py` makes them."""


@dataclass(frozen=True, slots=True)
class Style:
    """An ending of prompts.

    Args:
        ending: what is added behind a comma.
        help: how a picture looks with it: half a sentence.
    """

    ending: str
    help: str


STYLES: Mapping[str, Style] = {
    "oil-painting": Style("oil painting", "thick strokes of paint"),
    "watercolor": Style("watercolor", "thin washes on paper"),
    "ukiyo-e": Style("japanese woodblock print, ukiyo-e", "flat colours and dark outlines"),
    "pixel-art": Style("pixel art", "large squares, as in old games"),
    "pencil-sketch": Style("pencil drawing", "grey lines on paper"),
    "ink": Style("ink drawing", "black lines on white"),
    "stained-glass": Style("stained glass", "coloured pieces between dark lines"),
    "neon": Style("neon", "glowing lines in the dark"),
    "black-and-white": Style("black and white", "an old photo without colours"),
    "sepia": Style("sepia", "an old photo in brown"),
    "low-poly": Style("low poly", "flat triangles, as in early 3D"),
    "artstation": Style("trending on artstation", "as artists of games and films paint"),
    "unreal-engine": Style("unreal engine", "as a game engine renders"),
    "impressionism": Style("impressionist painting", "short strokes and much light"),
    "cyberpunk": Style("cyberpunk", "a city at night, lit by signs"),
    "studio-photo": Style("studio photo, 50mm lens", "a photo with a plain background"),
}
"""By their names, as they are typed."""


def sample(name: str) -> Path:
    """Return the file of a style's sample."""
    return SAMPLES / f"{name}.png"
