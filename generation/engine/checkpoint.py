"""A painting in progress as bytes, from which it goes on in another process and on another device.

They are a safetensors file: tensors by name, and in its metadata a line of JSON. Nothing in it is run, and nothing is
taken that does not have exactly the names, shapes and dtypes that the painting has itself.
"""

import struct
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, TypeAdapter
from pydantic_core import from_json, to_json
from safetensors.torch import load, save
from torch import Generator, Tensor

from generation.engine.host_copy import HostCopy

MAX_HEADER = 100_000
"""Bytes before the tensors."""
METADATA_KEY = "easel"
"""Under which the line of JSON stands."""
MERSENNE = struct.Struct("<8xi4xQ")
"""Where the state of a generator says how many numbers are left of those made at once, and which is next."""
NUMBERS = 624
"""Made at once."""
FRESH = (1, 0)
"""What stands there before the first are made."""


class UnfitError(Exception):
    """A painting cannot go on from a checkpoint; ``str(error)`` is a sentence for the log."""


@dataclass(frozen=True, slots=True)
class Header:
    """What a checkpoint says of itself.

    Args:
        painting: digest of all that has to be the same for it to go on.
        step: steps done, at least 1.
        version: of the format.
    """

    __pydantic_config__ = ConfigDict(extra="forbid", strict=True)

    painting: str
    step: Annotated[int, Field(ge=1)]
    version: Literal[1] = 1


class PaintingCopy:
    """All that a painting needs to go on, on its way from the device to the host.

    Args:
        header: of its checkpoint.
        tensors: by name; they may be overwritten meanwhile.
    """

    def __init__(self, header: Header, tensors: Mapping[str, Tensor]) -> None:
        self.step = header.step
        self._header = header
        self._names = tuple(tensors)
        self._copy = HostCopy(tensors.values())

    def to_bytes(self) -> bytes:
        """Return the checkpoint once everything has arrived."""
        tensors = dict(zip(self._names, self._copy.tensors(), strict=True))
        return save(tensors, {METADATA_KEY: to_json(asdict(self._header)).decode()})


def read_header(checkpoint: bytes) -> Header:
    """Return what a checkpoint says of itself.

    Raises:
        UnfitError: it is none of this version.
    """
    length = int.from_bytes(checkpoint[:8], "little")
    try:
        if length > MAX_HEADER:
            raise ValueError
        metadata = from_json(checkpoint[8 : 8 + length])["__metadata__"]
        return TypeAdapter(Header).validate_json(metadata[METADATA_KEY])
    except (ValueError, TypeError, LookupError):
        raise UnfitError("The checkpoint is damaged or of another version.") from None


def read_tensors(checkpoint: bytes, like: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the tensors of a checkpoint, on the CPU.

    Args:
        checkpoint: to be read.
        like: tensors of the same names, shapes and dtypes.

    Raises:
        UnfitError: it holds others, or values that are no numbers.
    """
    if len(checkpoint) > 8 + MAX_HEADER + sum(tensor.nbytes for tensor in like.values()):
        raise UnfitError("The checkpoint is too large.")
    try:
        tensors = load(checkpoint)
    except Exception:
        # It can be wrong in more ways than the library has names for.
        raise UnfitError("The checkpoint is damaged.") from None
    if {name: (each.shape, each.dtype) for name, each in tensors.items()} != {
        name: (each.shape, each.dtype) for name, each in like.items()
    }:
        raise UnfitError("The checkpoint holds other tensors than the painting has.")
    if not all(tensor.isfinite().all() for tensor in tensors.values()):
        raise UnfitError("The checkpoint holds values that are no numbers.")
    return tensors


def generator_in(state: Tensor) -> Generator:
    """Return a generator in a state that was read.

    Raises:
        UnfitError: no generator can be in it.
    """
    # PyTorch looks at both numbers, but not whether they agree, and then reads beyond the state.
    left, following = MERSENNE.unpack_from(state.numpy().tobytes())
    if left + following != NUMBERS + 1 and (left, following) != FRESH:
        raise UnfitError("The checkpoint holds an impossible state of a generator.")
    try:
        return Generator().set_state(state)
    except RuntimeError:
        raise UnfitError("The checkpoint holds an impossible state of a generator.") from None
