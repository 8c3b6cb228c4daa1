"""Finished pictures on disk, with the films of how they were painted."""

import asyncio
from collections.abc import Collection, Mapping
from pathlib import Path

import structlog

from config.settings.store import Keep
from generation.events import Finished
from generation.request import FILMS, ImagineRequest
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
        self._folder = Folder(data_dir / "pictures", ".png", keep, tuple(f".{kind}" for kind in FILMS))
        self._fails = False

    @property
    def path(self) -> Path:
        """Where the folder is."""
        return self._folder.path

    async def keep(self, finished: Finished, request: ImagineRequest) -> Path | None:
        """Save a finished picture, which is on the disk when this returns, and return where; None where that fails.

        What was made beside it is there before it.
        """
        file = self._folder.file(request.id, request.slug)
        try:
            for kind, film in finished.files.items():
                await asyncio.to_thread(self._folder.write, file.with_suffix(f".{kind}"), film, durable=True)
            await asyncio.to_thread(self._folder.write, file, finished.png, durable=True)
        except OSError as error:
            if not self._fails:
                _log.error("cannot save pictures", request=request.id, path=str(file), error=str(error))
            self._fails = True
            return None
        self._fails = False
        _log.info("finished", request=request.id, seconds=round(finished.seconds, 1), path=str(file))
        return file

    async def read(self, request: ImagineRequest) -> tuple[bytes | None, Mapping[str, bytes]]:
        """Return the finished picture of a request, and what was made beside it; None where it cannot be read."""
        file = self._folder.file(request.id, request.slug)
        films = {kind: await _read(file.with_suffix(f".{kind}")) for kind in request.outputs if kind in FILMS}
        return await _read(file), {kind: film for kind, film in films.items() if film is not None}

    def count(self, request_ids: Collection[str]) -> int:
        """Return how many files there are of some requests."""
        return len(self._folder.of(request_ids))

    def forget(self, request_ids: Collection[str]) -> None:
        """Delete the files of some requests; raises ``OSError``."""
        self._folder.forget(request_ids)

    def tidy(self, needed: Collection[str]) -> int:
        """Do as :meth:`store.folder.Folder.tidy` does."""
        return self._folder.tidy(needed)


async def _read(file: Path) -> bytes | None:
    try:
        return await asyncio.to_thread(file.read_bytes)
    except OSError:
        return None
