"""Contact sheets: many pictures on one page, to be looked at."""

from collections.abc import Sequence

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
