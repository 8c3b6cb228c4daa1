"""From tensors to files."""

import io

from PIL import Image
from PIL.PngImagePlugin import PngInfo
from torch import Tensor

from generation.engine.host_copy import HostCopy
from generation.request import ImagineRequest

METADATA_KEY = "easel"
"""Name of the PNG text chunk that carries the request as JSON."""


class Snapshot:
    """A picture as it is now, in 8-bit RGB, on its way from the device to the host.

    Taking one does not wait for the device; looking at it does. The next step may overwrite the picture meanwhile.

    Args:
        picture: ``[3, H, W]`` in [0, 1]; what lies outside is clamped.
    """

    def __init__(self, picture: Tensor) -> None:
        pixels = picture.detach().float().clamp(0, 1).mul(255).round().byte().permute(1, 2, 0)
        self._copy = HostCopy([pixels.contiguous()])

    def image(self) -> Image.Image:
        """Return the picture once it has arrived."""
        (pixels,) = self._copy.tensors()
        return Image.fromarray(pixels.numpy())


def encode_png(picture: Snapshot, request: ImagineRequest) -> bytes:
    """Return a PNG that carries the request, and the prompt as its description.

    Whoever has the picture can paint it again; who asked for it is left out, since pictures travel.
    """
    metadata = PngInfo()
    metadata.add_text("Software", "Easel")
    metadata.add_itxt("Description", request.prompt)
    metadata.add_itxt(METADATA_KEY, request.anonymous.to_json())
    buffer = io.BytesIO()
    picture.image().save(buffer, "PNG", pnginfo=metadata)
    return buffer.getvalue()


def encode_preview(picture: Snapshot) -> bytes:
    """Return a small JPEG."""
    buffer = io.BytesIO()
    picture.image().save(buffer, "JPEG", quality=85)
    return buffer.getvalue()


def read_request(png: bytes) -> ImagineRequest:
    """Return the request that :func:`encode_png` put into a picture, without its member.

    Raises:
        KeyError: the PNG carries none.
        ValueError: it carries something else, or is no PNG.
    """
    try:
        with Image.open(io.BytesIO(png), formats=["PNG"]) as image:
            text = image.info[METADATA_KEY]
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError("It is no PNG.") from error
    return ImagineRequest.from_json(text).anonymous
