"""Any picture as a plain one."""

import io
import struct
import warnings
import zlib

from PIL import Image, ImageOps

from generation.decoding import MAX_PIXELS, MAX_SIDE

FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
BEHIND = (255, 255, 255)
"""What is seen through transparent pixels: white."""
COMPRESSION = 3
"""Of zlib: a photograph takes a fifth more than by its usual 6, in a third of the time."""


class UnreadableError(Exception):
    """It is no picture of a format that is read, or a damaged one."""


class TooLargeError(Exception):
    """It has more pixels than are decoded."""


def reencoded(data: bytes) -> bytes:
    """Return a picture as a PNG in RGB, upright, at most `MAX_SIDE` pixels a side, without any metadata.

    Of one that moves it is the first frame. Nothing is decoded before its header says how large it is.

    Raises:
        UnreadableError: there is none.
        TooLargeError: it is too large.
    """
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    try:
        with warnings.catch_warnings(action="ignore"), Image.open(io.BytesIO(data), formats=FORMATS) as image:
            if image.width * image.height > MAX_PIXELS:
                raise TooLargeError
            # A JPEG is decoded no larger than it needs to be.
            image.draft(None, (MAX_SIDE, MAX_SIDE))
            plain = _plain(ImageOps.exif_transpose(image))
    except Image.DecompressionBombError:
        raise TooLargeError from None
    except (OSError, SyntaxError, ValueError, TypeError, LookupError, ArithmeticError, struct.error, zlib.error):
        # A damaged file fails in as many ways as there are decoders.
        raise UnreadableError from None
    # A new picture has nothing but pixels.
    bare = Image.frombytes("RGB", plain.size, plain.tobytes())
    buffer = io.BytesIO()
    bare.save(buffer, "PNG", compress_level=COMPRESSION)
    return buffer.getvalue()


def _plain(image: Image.Image) -> Image.Image:
    """Return a picture in RGB, no larger than it may be, on white where it was transparent."""
    if image.mode.startswith("I"):
        # Of 16 bits, of which Pillow would clip what is above 255.
        image = image.convert("I").point(lambda value: value / 256).convert("L")
    image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    image.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.LANCZOS)
    if image.mode == "RGB":
        return image
    return Image.alpha_composite(Image.new("RGBA", image.size, (*BEHIND, 255)), image).convert("RGB")
