"""A file on its way: what of it has come, kept over interruptions, and put in its place only when it is whole."""

import contextlib
import hashlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NoReturn

from weights.errors import FetchError

ROOM = 64 << 20
"""Bytes that stay free on the disk."""
READ = 1 << 20
"""Bytes that are read at once."""
MAX_NOTE = 10_000
"""Bytes of the note of an origin, at most."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where bytes came from.

    Args:
        url: of the mirror.
        version: its ETag, or else when it was changed; ``""`` where it does not say.
    """

    url: str
    version: str = ""


class Part:
    """``FILE.part``, and beside it in ``FILE.part.origin`` where its bytes came from.

    A process that is killed leaves both, and the next one goes on from them. Make it by ``open_part``.

    Attributes:
        size: bytes that have come.
        origin: of the last of them.
        mixed: whether they may be of more than one origin or time.
    """

    def __init__(self, target: Path, file: BinaryIO) -> None:
        self.target = target
        self.path = target.with_name(f"{target.name}.part")
        self.origin: Origin | None = None
        self.size = 0
        self.mixed = False
        self._note = target.with_name(f"{target.name}.part.origin")
        self._file = file
        self._digest = hashlib.sha256()

    def take_up(self) -> None:
        """Read what an earlier process left."""
        origin = self._noted()
        if origin is None:
            self._empty()
            return
        while block := self._file.read(READ):
            self._digest.update(block)
            self.size += len(block)
        self.origin = origin
        self.mixed = self.size > 0

    def begin(self, origin: Origin, *, anew: bool) -> None:
        """Say from where the next bytes come, and whether they are the first ones."""
        if anew:
            self._empty()
        elif self.origin is None or origin.url != self.origin.url or not origin.version:
            self.mixed = True
        self.origin = origin
        self._note_down(origin)

    def restart(self) -> None:
        """Forget what has come."""
        self._empty()
        self.origin = None

    def write(self, block: bytes) -> None:
        """Add the next bytes."""
        try:
            written = 0
            while written < len(block):
                written += self._file.write(memoryview(block)[written:])
        except OSError as error:
            self._fail(error)
        self._digest.update(block)
        self.size += len(block)

    def sha256(self) -> str:
        """Return the digest of what has come."""
        return self._digest.hexdigest()

    def make_sure_of_room(self, more: int) -> None:
        """Raise an error where the disk has not as many bytes left, and some to spare."""
        free = shutil.disk_usage(self.path.parent).free
        if free < more + ROOM:
            raise FetchError(
                f"{self.target.parent} has {shown(free)} free, but {shown(more + ROOM)} are needed: "
                "make room, or set another data_dir."
            )

    def settle(self) -> str:
        """Put the file, which is whole, in its place with its digest beside it, and return the digest."""
        try:
            os.fsync(self._file.fileno())
            self.path.replace(self.target)
            write_digest(self.target, self.sha256())
            self._note.unlink(missing_ok=True)
            _sync_folder(self.target.parent)
        except OSError as error:
            self._fail(error)
        return self.sha256()

    def _empty(self) -> None:
        try:
            self._file.seek(0)
            self._file.truncate()
            self._note.unlink(missing_ok=True)
        except OSError as error:
            self._fail(error)
        self.size = 0
        self.mixed = False
        self._digest = hashlib.sha256()

    def _noted(self) -> Origin | None:
        try:
            with self._note.open("rb") as file:
                lines = file.read(MAX_NOTE).decode().split("\n")
        except (OSError, ValueError):
            return None
        return Origin(lines[0], lines[1]) if len(lines) == 3 else None

    def _note_down(self, origin: Origin) -> None:
        """Write the origin down, for nobody but this user to read: an address can hold a key."""
        try:
            descriptor = os.open(self._note, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(f"{origin.url}\n{origin.version}\n")
        except OSError as error:
            self._fail(error)

    def _fail(self, error: OSError) -> NoReturn:
        raise FetchError(f"{self.path} cannot be written: {error.strerror}.") from None


@contextlib.contextmanager
def open_part(target: Path) -> Iterator[Part]:
    """Open what there is of a file, or begin it, in a folder that is there.

    Raises:
        FetchError: it cannot be written.
    """
    path = target.with_name(f"{target.name}.part")
    try:
        stream = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o666), "r+b", buffering=0)
    except OSError as error:
        raise FetchError(f"{path} cannot be written: {error.strerror}.") from None
    with stream:
        part = Part(target, stream)
        part.take_up()
        yield part


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _digest_file(path: Path) -> Path:
    return path.with_name(f"{path.name}.sha256")


def write_digest(path: Path, digest: str) -> None:
    """Write the digest of a file beside it, as ``sha256sum`` does."""
    _digest_file(path).write_text(f"{digest}  {path.name}\n", encoding="ascii")


def noted_digest(path: Path) -> tuple[str | None, int]:
    """Return the digest that stands beside a file, None without one, and when it was written, in nanoseconds."""
    try:
        with _digest_file(path).open("rb") as file:
            words = file.read(MAX_NOTE).split()
            when = os.fstat(file.fileno()).st_mtime_ns
    except OSError:
        return None, 0
    digest = words[0].decode("ascii", "replace").lower() if words else ""
    return (digest, when) if len(digest) == 64 and set(digest) <= set("0123456789abcdef") else (None, 0)


def shown(size: int) -> str:
    """Return a number of bytes for people: ``980.1 MB``."""
    number = float(size)
    for unit in ("B", "kB", "MB"):
        if number < 1000:
            return f"{number:.0f} B" if unit == "B" else f"{number:.1f} {unit}"
        number /= 1000
    return f"{number:.2f} GB"
