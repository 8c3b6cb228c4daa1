"""Finished pictures, made smaller for Discord."""

import io

from PIL import Image

from generation.errors import MetadataError
from generation.metadata import read
from generation.request import Shape

QUALITY = 90
SMALLEST_SIDE = 64


def shape_of(picture: bytes) -> Shape | None:
    """Return width and height of a picture, None where it is none."""
    try:
        with Image.open(io.BytesIO(picture), formats=["PNG"]) as image:
            return image.size
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return None


def smaller(picture: bytes) -> bytes | None:
    """Return the picture as a JPEG with fewer bytes: first of the same size, then of half the side; None at the end.

    It says how the picture was made, as that does.
    """
    with Image.open(io.BytesIO(picture)) as image:
        width, height = image.size
        if image.format == "JPEG":
            width, height = width // 2, height // 2
        if min(width, height) < SMALLEST_SIDE:
            return None
        file = io.BytesIO()
        image.convert("RGB").resize((width, height)).save(file, "JPEG", quality=QUALITY, **_made(picture))
    return file.getvalue()


def _made(picture: bytes) -> dict[str, bytes]:
    """Return what a JPEG is to say of how it was made, as far as there is room for it."""
    try:
        metadata = read(picture)
    except MetadataError:
        return {}
    return {"xmp": metadata.xmp} if metadata.fits("JPEG") else {}
