"""Contact sheets, many pictures on one page, to be looked at; and curves of losses."""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

CAPTION_HEIGHT = 24
LETTERS = 21  # of the built-in font in a line under a picture


def sheet(pictures: Sequence[np.ndarray], captions: Sequence[str], columns: int = 12) -> Image.Image:
    """Put uint8 RGB pictures of one size in rows, with two short lines of caption under each."""
    height, width = pictures[0].shape[:2]
    rows = -(-len(pictures) // columns)
    page = Image.new("RGB", (columns * (width + 4), rows * (height + CAPTION_HEIGHT)), "white")
    pencil = ImageDraw.Draw(page)
    for index, (picture, caption) in enumerate(zip(pictures, captions, strict=True)):
        x, y = index % columns * (width + 4), index // columns * (height + CAPTION_HEIGHT)
        page.paste(Image.fromarray(picture), (x, y))
        for line in range(2):
            text = caption[line * LETTERS : (line + 1) * LETTERS]
            pencil.text((x, y + height + 11 * line), text, fill="black")
    return page


def write_curve(points: Sequence[tuple[float, float]], path: Path, width: int = 640, height: int = 320) -> None:
    """Draw losses over minutes, on a logarithmic scale, with the last and least in figures."""
    if len(points) < 2:
        return
    page = Image.new("RGB", (width, height), "white")
    pencil = ImageDraw.Draw(page)
    margin = 30
    minutes = [point[0] for point in points]
    logs = [math.log(max(point[1], 1e-6)) for point in points]
    low, high, last = min(logs), max(logs), max(minutes)
    places = [
        (
            margin + (width - 2 * margin) * time / last,
            margin + (height - 2 * margin) * (high - value) / max(high - low, 1e-6),
        )
        for time, value in zip(minutes, logs, strict=True)
    ]
    pencil.rectangle((margin, margin, width - margin, height - margin), outline="gray")
    pencil.line(places, fill=(40, 92, 214), width=2)
    pencil.text((2, margin), f"{math.exp(high):.3g}", fill="black")
    pencil.text((2, height - margin - 12), f"{math.exp(low):.3g}", fill="black")
    text = f"{path.stem}: {points[-1][1]:.4g} after {last:.1f} minutes"
    pencil.text((margin, height - margin + 6), text, fill="black")
    page.save(path)
