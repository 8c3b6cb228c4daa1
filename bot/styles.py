"""Samples of the styles, each painted by the bot."""

from pathlib import Path

SAMPLES = Path(__file__).with_name("samples")
SHEET = SAMPLES / "styles.png"
"""All samples on one page; `docs/styles.py` makes them."""


def sample(name: str) -> Path:
    """Return the file of a style's sample."""
    return SAMPLES / f"{name}.png"
