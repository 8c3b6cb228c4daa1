"""What requests that run go on from, on disk."""

import asyncio
import struct
from collections.abc import Collection
from math import isfinite
from pathlib import Path

import structlog

from config.settings.store import Keep
from generation.events import Checkpoint
from generation.request import ImagineRequest
from store.folder import Folder

HEAD = struct.Struct("<Qd")
"""Before the data of a checkpoint: steps done, and seconds since the request started."""
LARGEST = 2**30
"""Bytes of a file that is read."""

_log = structlog.get_logger(__name__)


class CheckpointFolder:
    """The folder ``checkpoints`` in the data directory, with the last checkpoint of each request.

    A file is not made to wait for the disk: what a power failure leaves of it a worker recognises as damaged, and the
    request begins anew. Where files cannot be written, the log says so once, until they can again.

    Args:
        data_dir: the setting.
        keep: for how long, and how many bytes of them.
    """

    def __init__(self, data_dir: Path, keep: Keep) -> None:
        self._folder = Folder(data_dir / "checkpoints", ".checkpoint", keep)
        self._fails = False

    @property
    def path(self) -> Path:
        """Where the folder is."""
        return self._folder.path

    async def keep(self, checkpoint: Checkpoint) -> None:
        """Put a checkpoint in the place of the one before."""
        file = self._folder.file(checkpoint.request_id)
        head = HEAD.pack(checkpoint.step, checkpoint.seconds)
        try:
            await asyncio.to_thread(self._folder.write, file, head, checkpoint.data, durable=False)
        except OSError as error:
            if not self._fails:
                _log.error("cannot write checkpoints; after a restart pictures begin anew", error=str(error))
            self._fails = True
        else:
            self._fails = False

    async def read(self, request: ImagineRequest) -> Checkpoint | None:
        """Return the last checkpoint of a request; None where there is none that can be read."""
        file = self._folder.file(request.id)
        try:
            content = await asyncio.to_thread(_content, file)
            step, seconds = HEAD.unpack_from(content)
        except (OSError, struct.error):
            return None
        if not (0 < step < request.end_step and isfinite(seconds) and seconds >= 0):
            return None
        return Checkpoint(request.id, step, seconds, content[HEAD.size :])

    async def delete(self, request_id: str) -> None:
        """Forget the checkpoint of a request, if there is one."""
        try:
            await asyncio.to_thread(self._folder.file(request_id).unlink, missing_ok=True)
        except OSError as error:
            _log.error("could not delete a checkpoint", request=request_id, error=str(error))

    def count(self, request_ids: Collection[str]) -> int:
        """Return how many files there are of some requests."""
        return len(self._folder.of(request_ids))

    def forget(self, request_ids: Collection[str]) -> None:
        """Delete the files of some requests; raises ``OSError``."""
        self._folder.forget(request_ids)

    def tidy(self, needed: Collection[str]) -> int:
        """Do as :meth:`store.folder.Folder.tidy` does."""
        return self._folder.tidy(needed)


def _content(file: Path) -> bytes:
    with file.open("rb") as stream:
        content = stream.read(LARGEST + 1)
    return content if len(content) <= LARGEST else b""
