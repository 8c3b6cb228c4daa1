"""A folder of files, each of which is whole or not there."""

import os
import re
import time
from collections.abc import Collection
from contextlib import suppress
from itertools import count
from pathlib import Path

from config.settings.store import Keep

DAY = 86400.0
MEGABYTE = 10**6
FRESH_SECONDS = 300.0
"""What is younger is not too much: its request may not be known yet."""
TIDY_SECONDS = 600.0
"""From one look for old files to the next."""
PART = ".part"
"""With which the names of files end that are being written."""


class Folder:
    """Files by the request that they are of. What is done waits for the disk.

    Args:
        path: of the folder, which is made where it is written to.
        suffix: of the files' names.
        keep: for how long, and how many bytes of them.
        beside: other suffixes, of files that stand beside those.
    """

    def __init__(self, path: Path, suffix: str, keep: Keep, beside: tuple[str, ...] = ()) -> None:
        self.path = path
        self._suffix = suffix
        self._endings = (suffix, *beside, PART)
        self._keep = keep
        self._parts = count()

    def file(self, request_id: str, slug: str = "") -> Path:
        """Return where the file of a request is.

        Args:
            request_id: of the request, which may hold any characters.
            slug: of the request, for whoever looks into the folder.
        """
        return self.path / f"{_plain(request_id)}{'-' * bool(slug)}{slug}{self._suffix}"

    def write(self, file: Path, *parts: bytes, durable: bool) -> None:
        """Write a file, so that nobody ever finds half of it; several threads may write the same one.

        Args:
            file: one of this folder's.
            parts: of its content.
            durable: it is there after a power failure, too.

        Raises:
            OSError: it cannot be written, and is as it was.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        part = file.with_name(f".{file.name}.{next(self._parts)}{PART}")
        try:
            with part.open("wb") as stream:
                stream.writelines(parts)
                if durable:
                    stream.flush()
                    os.fsync(stream.fileno())
            part.replace(file)
            if durable:
                _sync(self.path)
        except OSError:
            part.unlink(missing_ok=True)
            raise

    def tidy(self, needed: Collection[str]) -> int:
        """Delete what is too old, and the oldest of what is too much, and return how many files that were.

        Args:
            needed: ids of requests whose files stay in any case.

        Raises:
            OSError: something cannot be deleted.
        """
        kept = {_plain(request_id) for request_id in needed}
        files = [file for file in self._files() if _request_of(file) not in kept]
        stats = []
        for file in files:
            with suppress(FileNotFoundError):  # it was a part, and has been written to its end
                stats.append((file.stat(), file))
        stats.sort(key=lambda each: each[0].st_mtime, reverse=True)
        oldest = time.time() - (self._keep.days or float("inf")) * DAY
        room = (self._keep.megabytes or float("inf")) * MEGABYTE
        deleted = 0
        for stat, file in stats:
            room -= stat.st_size
            is_fresh = stat.st_mtime > time.time() - FRESH_SECONDS
            if stat.st_mtime < oldest or (room < 0 and not is_fresh):
                file.unlink(missing_ok=True)
                deleted += 1
        return deleted

    def of(self, request_ids: Collection[str]) -> list[Path]:
        """Return the files of some requests."""
        wanted = {_plain(request_id) for request_id in request_ids}
        return [file for file in self._files() if _request_of(file) in wanted] if wanted else []

    def forget(self, request_ids: Collection[str]) -> None:
        """Delete the files of some requests; raises ``OSError``."""
        for file in self.of(request_ids):
            file.unlink(missing_ok=True)

    def _files(self) -> list[Path]:
        if not self.path.is_dir():
            return []
        # Also what an earlier process had not written to its end.
        return [file for file in self.path.iterdir() if file.name.endswith(self._endings) and file.is_file()]


def _plain(request_id: str) -> str:
    return re.sub(r"[^0-9A-Za-z]", "_", request_id)


def _request_of(file: Path) -> str:
    """Return the id of the request that a file is of, as it stands in its name."""
    return re.split(r"[-.]", file.name.removeprefix("."), maxsplit=1)[0]


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
