"""Pictures that a request names, as what paints it needs them."""

import io

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor

from generation.decoding import MAX_SIDE
from generation.errors import RequestError
from generation.request import ImagineRequest

DAMAGED = "A picture that it was to be painted from is damaged; ask again with the picture."


def fitted(png: bytes, request: ImagineRequest, digest: str) -> Tensor:
    """Return a picture that a request names, ``[3, height, width]`` in [0, 1], its aspect kept, as ``fit`` says.

    What is padded goes on with the edges of the picture; a mask is white there, since nothing is to be kept.

    Args:
        png: the picture, that ``generation.decoding`` has made.
        request: that names it.
        digest: by which.

    Raises:
        RequestError: it is damaged.
    """
    try:
        with Image.open(io.BytesIO(png), formats=["PNG"]) as image:
            if max(image.size) > MAX_SIDE:
                raise RequestError(DAMAGED)
            picture = image.convert("RGB")
    except (OSError, SyntaxError, ValueError):
        raise RequestError(DAMAGED) from None
    if request.fit == "crop":
        return _tensor(ImageOps.fit(picture, request.shape, Image.Resampling.LANCZOS))
    inner = ImageOps.contain(picture, request.shape, Image.Resampling.LANCZOS)
    across, down = request.width - inner.width, request.height - inner.height
    margins = (down // 2, down - down // 2), (across // 2, across - across // 2), (0, 0)
    pixels = np.asarray(inner)
    if digest == request.mask:
        return _tensor(np.pad(pixels, margins, constant_values=255))
    return _tensor(np.pad(pixels, margins, mode="edge"))


def _tensor(pixels: Image.Image | np.ndarray) -> Tensor:
    return torch.from_numpy(np.array(pixels)).permute(2, 0, 1).float().div(255).contiguous()
