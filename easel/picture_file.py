"""The file into which a picture from the command line goes."""

import os
import secrets
import stat
import tempfile
from pathlib import Path

from easel.disk import PREFIX, try_writing


class SaveError(Exception):
    """A finished picture is not where it should be; ``str(error)`` is one line that says where it is."""


def check(out: Path, width: int, height: int) -> None:
    """Raise ``ValueError`` when no picture of that size can be written there."""
    if not out.name.lower().endswith(".png"):
        raise ValueError(f"the file should end in .png, not as {out.name}")
    if not out.parent.is_dir():
        raise ValueError(f"there is no folder {out.parent}")
    try:
        mode = out.stat().st_mode
    except FileNotFoundError:
        pass
    except OSError as error:
        raise ValueError(f"{out}: {error.strerror}") from None
    else:
        if stat.S_ISDIR(mode):
            raise ValueError(f"{out} is a folder")
        if not stat.S_ISREG(mode):
            raise ValueError(f"{out} is not a file but a device")
        if not os.access(out, os.W_OK):
            raise ValueError(f"{out} is write-protected")
    folder = out.resolve().parent
    if not folder.is_dir():
        raise ValueError(f"{out} is a link into a folder that is not there: {folder}")
    try:
        try_writing(folder, width, height)
    except OSError as error:
        raise ValueError(f"a picture cannot be written into {folder}: {error.strerror}") from None


def save(png: bytes, out: Path, spare: Path | None = None) -> None:
    """Write the file whole or not at all; a link stays, and what it leads to is replaced.

    Args:
        png: the picture.
        out: the file.
        spare: the folder for a picture that cannot be written there; the system's for temporary files by default.

    Raises:
        SaveError: the file cannot be written, although :func:`check` found that it could.
    """
    try:
        target = out.resolve()
        partial = target.with_name(f"{PREFIX}{secrets.token_hex(4)}")
        try:
            partial.write_bytes(png)
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)
    except OSError as error:
        raise SaveError(f"{out} cannot be written: {error.strerror}; {_kept(png, spare)}") from None


def _kept(png: bytes, folder: Path | None) -> str:
    """Keep the picture in the folder, by default among the temporary files, and say so."""
    try:
        with tempfile.NamedTemporaryFile(prefix="easel-", suffix=".png", dir=folder, delete=False) as file:
            file.write(png)
    except OSError as error:
        return f"nor can the picture be kept among the temporary files: {error.strerror}"
    return f"the picture is kept as {file.name}"
