"""Finished pictures on disk."""

import asyncio
import os
import re
from pathlib import Path

import structlog

from generation.events import Finished
from generation.request import ImagineRequest

_log = structlog.get_logger(__name__)


class PictureFolder:
    """The folder ``pictures`` in the data directory.

    Args:
        data_dir: the setting.
    """

    def __init__(self, data_dir: Path) -> None:
        self.folder = data_dir / "pictures"

    async def keep(self, finished: Finished, request: ImagineRequest) -> Path | None:
        """Save a finished picture and return where; where that fails the log says so."""
        path = self._path(request)
        try:
            await asyncio.to_thread(save, path, finished.png)
        except OSError as error:
            _log.error("could not save a picture", request=request.id, path=str(path), error=str(error))
            return None
        _log.info("finished", request=request.id, seconds=round(finished.seconds, 1), path=str(path))
        return path

    async def read(self, request: ImagineRequest) -> bytes | None:
        """Return the finished picture of a request; None where it cannot be read."""
        try:
            return await asyncio.to_thread(self._path(request).read_bytes)
        except OSError:
            return None

    def _path(self, request: ImagineRequest) -> Path:
        return self.folder / f"{re.sub(r'[^0-9A-Za-z]', '_', request.id)}-{request.slug}.png"


def save(path: Path, png: bytes) -> None:
    """Write a picture so that its file never holds half of it, and is there after a power failure."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    try:
        with part.open("wb") as file:
            file.write(png)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError:
        part.unlink(missing_ok=True)
        raise
