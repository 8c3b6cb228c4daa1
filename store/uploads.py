"""Pictures that members gave, until the requests that name them have ended."""

import asyncio
import os
import re
import time
from collections.abc import Collection
from hashlib import sha256
from math import inf
from pathlib import Path

import structlog
from sqlalchemy import select

from config.settings.store import Keep
from generation.request import ImagineRequest
from store.database import Database
from store.errors import StoreError
from store.folder import MEGABYTE, TIDY_SECONDS, Folder
from store.tables import requests

TIDY_SHARE = 0.1
"""Of the bytes that may be kept: after so many that were written the folder is tidied, or after `TIDY_SECONDS`."""

_log = structlog.get_logger(__name__)


class UploadFolder:
    """The folder ``uploads`` in the data directory; each file's name is the SHA-256 of what is in it.

    Args:
        data_dir: the setting.
        database: that knows which requests have not ended.
        keep: for how long, and how many bytes of what no request needs.
    """

    def __init__(self, data_dir: Path, database: Database, keep: Keep) -> None:
        self._folder = Folder(data_dir / "uploads", "", keep)
        self._database = database
        self._often = (keep.megabytes or inf) * MEGABYTE * TIDY_SHARE
        self._written = 0
        self._tidied = -inf

    @property
    def path(self) -> Path:
        """Where the folder is."""
        return self._folder.path

    async def keep(self, png: bytes) -> str:
        """Write a picture down, so that it survives a power failure, and return its SHA-256.

        Raises:
            StoreError: it cannot be written.
        """
        digest = sha256(png).hexdigest()
        try:
            await asyncio.to_thread(self._save, digest, png)
        except OSError as error:
            raise StoreError(f"A picture cannot be kept in {self._folder.path}: {error.strerror}.") from None
        self._written += len(png)
        if self._written > self._often or time.monotonic() - self._tidied > TIDY_SECONDS:
            await self.prune()
        return digest

    def read(self, digest: str) -> bytes | None:
        """Return the picture of a SHA-256; None where it is gone or is another one."""
        if not re.fullmatch("[0-9a-f]{64}", digest):
            return None
        try:
            png = self._folder.file(digest).read_bytes()
        except OSError:
            return None
        return png if sha256(png).hexdigest() == digest else None

    def count(self, digests: Collection[str]) -> int:
        """Return how many of some pictures there are, by their SHA-256."""
        return len(self._folder.of(digests))

    def forget(self, digests: Collection[str]) -> None:
        """Delete some pictures, by their SHA-256; raises ``OSError``."""
        self._folder.forget(digests)

    async def prune(self) -> None:
        """Delete what no unfinished request needs and is old, or is too much."""
        self._written, self._tidied = 0, time.monotonic()
        unfinished = select(requests.c.request).where(requests.c.ended.is_(None))
        texts = await self._database.run(lambda connection: connection.execute(unfinished).scalars().all())
        needed: set[str] = set()
        for text in texts:
            try:
                needed |= ImagineRequest.from_json(str(text)).pictures
            except ValueError:
                continue  # the journal gives it up
        try:
            await asyncio.to_thread(self._folder.tidy, needed)
        except OSError as error:
            _log.warning("could not delete old uploads", error=str(error))

    def _save(self, digest: str, png: bytes) -> None:
        file = self._folder.file(digest)
        if self.read(digest) is None:
            self._folder.write(file, png, durable=True)
        else:
            os.utime(file)
