"""Finished pictures, made smaller for Discord."""

import io

from PIL import Image

QUALITY = 90
SMALLEST_SIDE = 64


def smaller(picture: bytes) -> bytes | None:
    """Return the picture as a JPEG with fewer bytes: first of the same size, then of half the side; None at the end."""
    with Image.open(io.BytesIO(picture)) as image:
        width, height = image.size
        if image.format == "JPEG":
            width, height = width // 2, height // 2
        if min(width, height) < SMALLEST_SIDE:
            return None
        file = io.BytesIO()
        image.convert("RGB").resize((width, height)).save(file, "JPEG", quality=QUALITY)
    return file.getvalue()
