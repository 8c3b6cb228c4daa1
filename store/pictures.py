"""Finished pictures on disk."""

import asyncio
from collections.abc import Collection
from pathlib import Path

import structlog

from config.settings import Keep
from generation.events import Finished
from generation.request import ImagineRequest
from store.folder import Folder

_log = structlog.get_logger(__name__)


class PictureFolder:
    """The folder ``pictures`` in the data directory.

    Where pictures cannot be saved, the log says so once, until they can again.

    Args:
        data_dir: the setting.
        keep: for how long, and how many bytes of them.
    """

    def __init__(self, data_dir: Path, keep: Keep) -> None:
        self._folder = Folder(data_dir / "pictures", ".png", keep)
        self._fails = False

    @property
    def path(self) -> Path:
        """Where the folder is."""
        return self._folder.path

    async def keep(self, finished: Finished, request: ImagineRequest) -> Path | None:
        """Save a finished picture, which is on the disk when this returns, and return where; None where that fails."""
        file = self._folder.file(request.id, request.slug)
        try:
            await asyncio.to_thread(self._folder.write, file, finished.png, durable=True)
        except OSError as error:
            if not self._fails:
                _log.error("cannot save pictures", request=request.id, path=str(file), error=str(error))
            self._fails = True
            return None
        self._fails = False
        _log.info("finished", request=request.id, seconds=round(finished.seconds, 1), path=str(file))
        return file

    async def read(self, request: ImagineRequest) -> bytes | None:
        """Return the finished picture of a request; None where it cannot be read."""
        try:
            return await asyncio.to_thread(self._folder.file(request.id, request.slug).read_bytes)
        except OSError:
            return None

    def tidy(self, needed: Collection[str]) -> int:
        """Do as :meth:`store.folder.Folder.tidy` does."""
        return self._folder.tidy(needed)
