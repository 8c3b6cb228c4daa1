"""Pictures and latents that are given in Python: as they are in memory, or where their files are."""

import asyncio
import io
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from PIL import Image

from easel.contents import contents
from generation import latents
from generation.decoding import MAX_BYTES, decode
from generation.errors import PictureError, RequestError

Picture = Image.Image | Path | str | bytes
"""A picture, the path of its file, or what is in the file."""
Result = TypeVar("Result")


def png(picture: Picture, name: str) -> bytes:
    """Return a picture as a PNG, the same for the same pixels."""
    if isinstance(picture, Image.Image):
        buffer = io.BytesIO()
        picture.convert("RGBA" if picture.has_transparency_data else "RGB").save(buffer, "PNG")
        picture = buffer.getvalue()
    data = picture if isinstance(picture, bytes) else contents(Path(picture), MAX_BYTES)
    try:
        return _apart(decode(data))
    except PictureError as error:
        raise ValueError(f"{name if isinstance(picture, bytes) else picture}: {error}") from None


def latent_of(latent: bytes | Path | str, name: str) -> tuple[bytes, latents.Latent]:
    """Return the file of a latent, and what it says; ``name`` is the argument's."""
    data = latent if isinstance(latent, bytes) else contents(Path(latent), latents.MOST_BYTES)
    try:
        about, _ = latents.unpack(data)
    except RequestError as error:
        raise ValueError(f"{name}: {error}") from None
    return data, about


def _apart(coroutine: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine in a thread of its own, since an event loop may run in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, coroutine).result()
