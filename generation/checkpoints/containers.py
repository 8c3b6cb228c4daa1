"""The files that torch writes: a pickle, and beside it the storages that its tensors lie in.

There are three kinds: the zip archive of today, the same with code of TorchScript in it, of which nothing is read, and
what was written before there were archives. The bytes of storages are not copied but mapped into memory.
"""

import mmap
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import IO, Any, cast

import torch

from generation.checkpoints.unpickling import Name, text, unpickle

MAGIC = 0x1950A86A20F9469CFC6C
"""With which files begin that were written before there were archives."""
PROTOCOL = 1001
"""Of those files."""
MAX_PICKLE_BYTES = 1 << 26
MAX_RATIO = 20
"""Of the content of a compressed archive to its file: weights hardly shrink."""
BIG_ENDIAN = "was written by a big-endian machine: save it again on another"
ZIP = b"PK\x03\x04"
DTYPES = {
    "FloatStorage": torch.float32,
    "DoubleStorage": torch.float64,
    "HalfStorage": torch.float16,
    "BFloat16Storage": torch.bfloat16,
    "LongStorage": torch.int64,
    "IntStorage": torch.int32,
    "ShortStorage": torch.int16,
    "CharStorage": torch.int8,
    "ByteStorage": torch.uint8,
    "BoolStorage": torch.bool,
    "ComplexFloatStorage": torch.complex64,
    "ComplexDoubleStorage": torch.complex128,
}
"""By the class of a storage."""


class UnsupportedError(Exception):
    """A file is whole but not of a kind that is read; ``str(error)`` goes after its name."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A storage, as a pickle refers to it.

    Args:
        key: its name in the file.
        dtype: of its elements.
        length: how many elements it has.
    """

    key: str
    dtype: torch.dtype
    length: int

    @classmethod
    def of(cls, persistent_id: Any) -> "Reference":
        """Read ``("storage", class, key, device, length)``, with None after it in files from before archives.

        Raises:
            ValueError, TypeError: it is something else.
        """
        kind, storage, key, _, length, *view = persistent_id
        name = storage.text.rpartition(".")[2] if isinstance(storage, Name) else ""
        if kind != "storage" or name not in DTYPES or type(length) is not int or length < 0 or any(view):
            raise ValueError("A storage is referred to in an unknown way.")
        return cls(text(key), DTYPES[name], length)

    @property
    def bytes(self) -> int:
        """How many bytes it has."""
        return self.length * self.dtype.itemsize


@dataclass(frozen=True, slots=True)
class Content:
    """What a file holds.

    Args:
        value: of its pickle, see `generation.checkpoints.unpickling.Pickled`.
        storage: returns the bytes of a storage by its key.
        size: bytes of all storages together, or more.
    """

    value: Any
    storage: Callable[[str], memoryview]
    size: int


def read_container(path: Path) -> Content:
    """Read a file of any of the three kinds.

    Raises:
        UnsupportedError: it is of another kind.
        Exception: whatever else a damaged file leads to.
    """
    with path.open("rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
        if mapped[: len(ZIP)] != ZIP:
            return _read_old(mapped)
        with zipfile.ZipFile(file) as archive:
            entries = {info.filename: info for info in archive.infolist()}
    return _read_archive(mapped, entries)


def _read_archive(mapped: mmap.mmap, entries: Mapping[str, zipfile.ZipInfo]) -> Content:
    (folder,) = (name.removesuffix("data.pkl") for name in entries if name.endswith("/data.pkl"))
    size = sum(info.file_size for info in entries.values())
    if size > MAX_RATIO * len(mapped):
        raise UnsupportedError(f"is compressed to less than 1 / {MAX_RATIO}, as no weights are")

    @cache
    def entry(name: str) -> memoryview:
        return _entry(mapped, entries[f"{folder}{name}"])

    if f"{folder}byteorder" in entries and bytes(entry("byteorder")) != b"little":
        raise UnsupportedError(BIG_ENDIAN)
    if len(entry("data.pkl")) > MAX_PICKLE_BYTES:
        raise UnsupportedError(f"has a pickle of more than {MAX_PICKLE_BYTES >> 20} MB: only tensors may be large")
    return Content(unpickle(BytesIO(entry("data.pkl"))).value, lambda key: entry(f"data/{key}"), size)


def _entry(mapped: mmap.mmap, info: zipfile.ZipInfo) -> memoryview:
    """Return the bytes of an entry, mapped, or unpacked if it is compressed, which torch does not do but others."""
    name, extra = struct.unpack_from("<HH", mapped, info.header_offset + 26)
    stored = _slice(mapped, info.header_offset + 30 + name + extra, info.compress_size)
    match info.compress_type:
        case zipfile.ZIP_STORED:
            return stored
        case zipfile.ZIP_DEFLATED:
            # To zlib a length of 0 is no limit at all.
            limit = max(info.file_size, 1)
            return memoryview(bytearray(zlib.decompressobj(-zlib.MAX_WBITS).decompress(stored, limit)))
        case _:
            raise UnsupportedError("is compressed in a way that is not read")


def _read_old(mapped: mmap.mmap) -> Content:
    """Read what was written before archives: five pickles, then each storage with its length before it."""
    # A file takes the memory that a read asks for before it looks whether there is as much; a mapping does not.
    file = cast("IO[bytes]", mapped)
    if unpickle(file).value != MAGIC or unpickle(file).value != PROTOCOL:
        raise ValueError("The file does not begin as torch begins one.")
    if not unpickle(file).value["little_endian"]:
        raise UnsupportedError(BIG_ENDIAN)
    pickled = unpickle(file)
    references = {each.key: each for each in map(Reference.of, pickled.persistent_ids)}
    storages = {}
    keys = unpickle(file).value
    start = file.tell()
    for key in keys:
        reference = references[text(key)]
        if struct.unpack_from("<q", mapped, start) != (reference.length,):
            raise ValueError("A storage has another length than its pickle says.")
        storages[key] = _slice(mapped, start + 8, reference.bytes)
        start += 8 + reference.bytes
    return Content(pickled.value, storages.__getitem__, len(mapped))


def _slice(mapped: mmap.mmap, start: int, length: int) -> memoryview:
    if start + length > len(mapped):
        raise EOFError("The file ends before its content does.")
    return memoryview(mapped)[start : start + length]
