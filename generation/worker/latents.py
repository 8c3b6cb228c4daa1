"""Latents that go into files and come out of them."""

import torch
from torch import Tensor

from generation.errors import RequestError
from generation.latents import DAMAGED, OTHER_MODEL, Latent, pack, unpack
from generation.metadata import Metadata


def encode_latent(z: Tensor, vqgan: str, metadata: Metadata) -> bytes:
    """Return the file of a latent, ``[C, h, w]``, that says of which VQGAN it is and how its picture was made."""
    channels, rows, columns = z.shape
    request = metadata.request
    latent = Latent(vqgan, request.width, request.height, channels, rows, columns)
    return pack(latent, z.detach().float().cpu().contiguous().numpy().astype("<f4").tobytes(), metadata)


def read_latent(data: bytes, vqgan: str, shape: tuple[int, int]) -> Tensor:
    """Return the latent in a file, ``[C, h, w]``, for a picture of that width and height.

    Raises:
        RequestError: it is of another VQGAN or size, or damaged; the sentence says so.
    """
    latent, numbers = unpack(data)
    if latent.vqgan != vqgan:
        raise RequestError(OTHER_MODEL)
    if latent.shape != shape:
        width, height = latent.shape
        raise RequestError(f"The latent is of a picture of another size; ask for `--size {width}x{height}`.")
    z = torch.frombuffer(bytearray(numbers), dtype=torch.float32).view(latent.sizes)
    if not z.isfinite().all():
        raise RequestError(DAMAGED)
    return z
