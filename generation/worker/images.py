"""From tensors to files."""

import io

from PIL import Image
from torch import Tensor

from generation.engine.host_copy import HostCopy
from generation.metadata import Metadata, Setup, encode, read
from generation.request import ImagineRequest


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


def encode_png(picture: Snapshot, request: ImagineRequest, setup: Setup | None = None) -> bytes:
    """Return a PNG that says how it was made: whoever has it can paint it again."""
    return encode(picture.image(), "PNG", Metadata(request, setup))


def encode_preview(picture: Snapshot) -> bytes:
    """Return a small JPEG."""
    buffer = io.BytesIO()
    picture.image().save(buffer, "JPEG", quality=85)
    return buffer.getvalue()


def read_request(picture: bytes) -> ImagineRequest:
    """Return the request of a picture, without its member; raises ``MetadataError`` where it carries none."""
    return read(picture).request
