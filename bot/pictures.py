"""Finished pictures on disk, and made smaller for Discord."""

import io
from pathlib import Path

from PIL import Image

QUALITY = 90
SMALLEST_SIDE = 64


class PictureFolder:
    """The folder ``pictures`` in the data directory.

    Args:
        data_dir: the setting.
    """

    def __init__(self, data_dir: Path) -> None:
        self.folder = data_dir / "pictures"

    def path(self, name: str) -> Path:
        """Return where the picture of that name is kept."""
        return self.folder / name

    def save(self, name: str, png: bytes) -> None:
        """Write a picture so that its file never holds half of it; raises ``OSError``."""
        path = self.path(name)
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
