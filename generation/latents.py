"""Latents of finished pictures as files: safetensors with one tensor, ``z``, and in its metadata what it belongs to.

Nothing in a file is run, and nothing is taken that is not exactly as long as it says.
"""

import re
import struct
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Annotated, Any

from pydantic import ConfigDict, Field, TypeAdapter
from pydantic_core import from_json, to_json

from generation.errors import RequestError
from generation.metadata import LONGEST_NOTE, Metadata, read_note
from generation.sizes import Shape

KEY = "easel-latent"
"""In the metadata, of what the latent belongs to."""
NOTE_KEY = "easel"
"""And of the request and setup, as in other files."""
MOST_HEADER = 2 * LONGEST_NOTE
"""Bytes before the numbers."""
BEGINNING = re.compile(rb".{4}\0{4}\{", re.DOTALL)
"""Of a file of safetensors."""
MOST_BYTES = 64 << 20
"""Of a file that is read."""
DAMAGED = "The latent is damaged, or no file that Easel made with --latent."
OTHER_MODEL = "The latent is of another VQGAN or BigGAN than the one in use, which reads other pictures from it."


@dataclass(frozen=True, slots=True)
class Latent:
    """What a file says of the latent that it holds.

    Args:
        vqgan: fingerprint of the model.
        width: of its picture, in pixels.
        height: likewise.
        channels: of the latent.
        rows: likewise.
        columns: likewise.
    """

    __pydantic_config__ = ConfigDict(extra="forbid", strict=True)

    vqgan: Annotated[str, Field(max_length=100)]
    width: Annotated[int, Field(ge=1, le=65536)]
    height: Annotated[int, Field(ge=1, le=65536)]
    channels: Annotated[int, Field(ge=1, le=65536)]
    rows: Annotated[int, Field(ge=1, le=65536)]
    columns: Annotated[int, Field(ge=1, le=65536)]

    @property
    def shape(self) -> Shape:
        """Width and height of its picture."""
        return self.width, self.height

    @property
    def sizes(self) -> list[int]:
        """Of the tensor."""
        return [self.channels, self.rows, self.columns]


def pack(latent: Latent, numbers: bytes, metadata: Metadata) -> bytes:
    """Return the file of a latent, ``[C, h, w]`` in float32, little end first."""
    about = {KEY: to_json(asdict(latent)).decode(), NOTE_KEY: metadata.note}
    tensor = {"dtype": "F32", "shape": latent.sizes, "data_offsets": [0, len(numbers)]}
    header = to_json({"__metadata__": about, "z": tensor})
    header += b" " * (-len(header) % 8)
    return struct.pack("<Q", len(header)) + header + numbers


def unpack(data: bytes) -> tuple[Latent, bytes]:
    """Return what a file says of its latent, and the numbers; it may come from anybody.

    Raises:
        RequestError: it is no such file, or too large; the sentence says so.
    """
    latent, numbers, _ = _parts(data)
    return latent, numbers


def is_latent(data: bytes) -> bool:
    """Return whether a file begins as those of latents do, which are no pictures."""
    return BEGINNING.match(data) is not None


def read_metadata(data: bytes) -> tuple[Metadata, Latent]:
    """Return what a file says of how the picture of its latent was made, and of the latent; it may come from anybody.

    Raises:
        RequestError: as of :func:`unpack`.
        MetadataError: it does not say how its picture was made.
    """
    latent, _, about = _parts(data)
    return read_note(str(about.get(NOTE_KEY, ""))), latent


def _parts(data: bytes) -> tuple[Latent, bytes, Mapping[str, Any]]:
    """Return what a file says of its latent, the numbers, and all that it says; raises ``RequestError``."""
    if len(data) > MOST_BYTES:
        raise RequestError(f"The latent is larger than {MOST_BYTES >> 20} MB.")
    length = int.from_bytes(data[:8], "little")
    try:
        if length > MOST_HEADER:
            raise ValueError
        header = from_json(data[8 : 8 + length])
        about = header.pop("__metadata__")
        latent: Latent = TypeAdapter(Latent).validate_json(about[KEY])
        numbers = data[8 + length :]
        wanted = {"z": {"dtype": "F32", "shape": latent.sizes, "data_offsets": [0, len(numbers)]}}
        if header != wanted or len(numbers) != 4 * latent.channels * latent.rows * latent.columns:
            raise ValueError
    except (ValueError, TypeError, LookupError, AttributeError):
        raise RequestError(DAMAGED) from None
    return latent, numbers, about
