"""In which formats pictures and films are written, by how the names of their files end."""

import io
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path

from PIL import Image

from generation.executor import NO_PICTURES
from generation.metadata import Format, Metadata, encode, read
from generation.request import FILMS, ImagineRequest

FORMATS: Mapping[str, Format] = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}
"""Of pictures, by how the names of their files end."""
FILM_ENDINGS = tuple(f".{kind}" for kind in FILMS)


def is_picture(file: Path) -> bool:
    """Return whether a file is a picture by its name."""
    return file.name.lower().endswith(tuple(FORMATS))


def format_of(file: Path) -> Format:
    """Return the format of the file of a picture."""
    return next(kind for ending, kind in FORMATS.items() if file.name.lower().endswith(ending))


def film_of(file: Path) -> str:
    """Return the format of the file of a film."""
    return file.name.lower().rpartition(".")[2]


def check_ending(file: Path, endings: Collection[str] = FORMATS) -> None:
    """Raise ``ValueError`` where the name of a file has none of these endings."""
    if not file.name.lower().endswith(tuple(endings)):
        *most, last = endings
        instead = f"not as {file.name}" if file.name else f"and {file} is a folder"
        raise ValueError(f"the file should end in {', '.join(most)}{' or ' * bool(most)}{last}, {instead}")


def check_room(file: Path, request: ImagineRequest) -> None:
    """Raise ``ValueError`` where the file of a picture, by its format, has no room for what it says of the request."""
    if not Metadata(request).fits(format_of(file)):
        raise ValueError(f"a JPEG has no room for that long a prompt; {file.stem}.png has")


def in_format(png: bytes, kind: Format, pictures: Mapping[str, bytes] = NO_PICTURES) -> bytes:
    """Return a finished picture as a file of a format, which says what the PNG says of how it was made.

    Args:
        png: that was painted.
        kind: of file.
        pictures: from which it was painted, by their SHA-256; they go along as far as there is room.
    """
    if kind == "PNG" and not pictures:
        return png
    with Image.open(io.BytesIO(png)) as image:
        return encode(image.convert("RGB"), kind, replace(read(png), pictures=pictures))
