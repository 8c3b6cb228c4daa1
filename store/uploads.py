"""Pictures that members gave, until the requests that name them have ended."""

import asyncio
import os
import re
import time
from hashlib import sha256
from pathlib import Path

import structlog
from sqlalchemy import select

from generation.request import ImagineRequest
from store.database import Database
from store.errors import StoreError
from store.pictures import save
from store.tables import requests

DAY = 86400.0
MAX_BYTES = 1 << 30
"""Of the pictures that no request needs; the oldest go first."""
FRESH_SECONDS = 300.0
"""So long a picture stays that no request names yet."""

_log = structlog.get_logger(__name__)


class UploadFolder:
    """The folder ``uploads`` in the data directory; each file's name is the SHA-256 of what is in it.

    Args:
        data_dir: the setting.
        database: that knows which requests have not ended.
        keep_days: so long a picture is kept that no request needs.
        max_bytes: of those.
    """

    def __init__(self, data_dir: Path, database: Database, keep_days: float, max_bytes: int = MAX_BYTES) -> None:
        self.folder = data_dir / "uploads"
        self._database = database
        self._keep_days = keep_days
        self._max_bytes = max_bytes

    async def keep(self, png: bytes) -> str:
        """Write a picture down, so that it survives a power failure, and return its SHA-256.

        Raises:
            StoreError: it cannot be written.
        """
        digest = sha256(png).hexdigest()
        try:
            await asyncio.to_thread(self._save, digest, png)
        except OSError as error:
            raise StoreError(f"A picture cannot be kept in {self.folder}: {error.strerror}.") from None
        await self.prune()
        return digest

    def read(self, digest: str) -> bytes | None:
        """Return the picture of a SHA-256; None where it is gone or is another one."""
        if not re.fullmatch("[0-9a-f]{64}", digest):
            return None
        try:
            png = (self.folder / digest).read_bytes()
        except OSError:
            return None
        return png if sha256(png).hexdigest() == digest else None

    async def prune(self) -> None:
        """Delete what no unfinished request needs and is old, or is too much."""
        unfinished = select(requests.c.request).where(requests.c.ended.is_(None))
        texts = await self._database.run(lambda connection: connection.execute(unfinished).scalars().all())
        needed: set[str] = set()
        for text in texts:
            try:
                needed |= ImagineRequest.from_json(str(text)).pictures
            except ValueError:
                continue  # the journal gives it up
        try:
            await asyncio.to_thread(self._prune, needed)
        except OSError as error:
            _log.warning("could not delete old uploads", error=str(error))

    def _save(self, digest: str, png: bytes) -> None:
        if self.read(digest) is None:
            save(self.folder / digest, png)
        else:
            os.utime(self.folder / digest)

    def _prune(self, needed: set[str]) -> None:
        if not self.folder.is_dir():
            return
        now, total = time.time(), 0
        unneeded = [(path, path.stat()) for path in self.folder.iterdir() if path.name not in needed]
        for path, stat in sorted(unneeded, key=lambda each: each[1].st_mtime, reverse=True):
            total += stat.st_size
            age = now - stat.st_mtime
            if age > self._keep_days * DAY or (total > self._max_bytes and age > FRESH_SECONDS):
                path.unlink()
