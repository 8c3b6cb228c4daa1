"""From tensors to files."""

import io
from dataclasses import replace

from PIL import Image
from PIL.PngImagePlugin import PngInfo
from torch import Tensor

from generation.request import ImagineRequest

METADATA_KEY = "easel"
"""Name of the PNG text chunk that carries the request as JSON."""


def to_image(picture: Tensor) -> Image.Image:
    """Return a picture, ``[3, H, W]`` in [0, 1], as 8-bit RGB."""
    pixels = picture.detach().float().clamp(0, 1).mul(255).round().byte()
    return Image.fromarray(pixels.permute(1, 2, 0).contiguous().cpu().numpy())


def encode_png(picture: Tensor, request: ImagineRequest) -> bytes:
    """Return a PNG that carries the request, and the prompt as its description.

    Whoever has the picture can paint it again; who asked for it is left out, since pictures travel.
    """
    metadata = PngInfo()
    metadata.add_text("Software", "Easel")
    metadata.add_itxt("Description", request.prompt)
    metadata.add_itxt(METADATA_KEY, replace(request, member="").to_json())
    buffer = io.BytesIO()
    to_image(picture).save(buffer, "PNG", pnginfo=metadata)
    return buffer.getvalue()


def encode_preview(picture: Tensor) -> bytes:
    """Return a small JPEG."""
    buffer = io.BytesIO()
    to_image(picture).save(buffer, "JPEG", quality=85)
    return buffer.getvalue()


def read_request(png: bytes) -> ImagineRequest:
    """Return the request that :func:`encode_png` put into a picture, without its member.

    Raises:
        KeyError: the PNG carries none.
    """
    with Image.open(io.BytesIO(png)) as image:
        return ImagineRequest.from_json(image.info[METADATA_KEY])
