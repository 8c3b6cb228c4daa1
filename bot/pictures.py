"""Finished pictures on disk, and made smaller for Discord."""

import asyncio
import io
from collections.abc import Callable
from pathlib import Path

import structlog
from PIL import Image

from generation.events import Finished
from generation.request import ImagineRequest

QUALITY = 90
SMALLEST_SIDE = 64

OnSaved = Callable[[Path, ImagineRequest], None]

_log = structlog.get_logger(__name__)


class PictureFolder:
    """The folder ``pictures`` in the data directory.

    Args:
        data_dir: the setting.
        on_saved: called with the path of each picture that was saved, and its request.
    """

    def __init__(self, data_dir: Path, on_saved: OnSaved | None = None) -> None:
        self.folder = data_dir / "pictures"
        self._on_saved = on_saved

    async def keep(self, name: str, finished: Finished, request: ImagineRequest) -> None:
        """Save a finished picture under this name; where that fails the log says so."""
        path = self.folder / name
        try:
            await asyncio.to_thread(self.save, name, finished.png)
        except OSError as error:
            _log.error("could not save a picture", request=request.id, path=str(path), error=str(error))
            return
        _log.info("finished", request=request.id, seconds=round(finished.seconds, 1), path=str(path))
        if self._on_saved is not None:
            self._on_saved(path, request)

    def save(self, name: str, png: bytes) -> None:
        """Write a picture so that its file never holds half of it; raises ``OSError``."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{path.name}.part")
        try:
            part.write_bytes(png)
            part.replace(path)
        except OSError:
            part.unlink(missing_ok=True)
            raise


def smaller(picture: bytes) -> bytes | None:
    """Return the picture as a JPEG with fewer bytes: first of the same size, then of half the side; None at the end."""
    with Image.open(io.BytesIO(picture)) as image:
        width, height = image.size
        if image.format == "JPEG":
            width, height = width // 2, height // 2
        if min(width, height) < SMALLEST_SIDE:
            return None
        file = io.BytesIO()
        image.convert("RGB").resize((width, height)).save(file, "JPEG", quality=QUALITY)
    return file.getvalue()
