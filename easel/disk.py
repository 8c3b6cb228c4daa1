"""Whether pictures can be written somewhere, found out before they are painted."""

import os
import pwd
import tempfile
from pathlib import Path

from bot.errors import SetupError
from config.layers import ConfigError
from config.settings import Settings
from store.pictures import PictureFolder

OVERHEAD = 1 << 16
"""Bytes of a picture's file beside its pixels, at most."""
PREFIX = ".easel-"
"""Of the names of files that are there for a moment."""


def try_writing(folder: Path, width: int, height: int) -> None:
    """Write as many bytes as a picture of that size can take into a new file in ``folder``, and remove it.

    Raises:
        OSError: it cannot be written.
    """
    with tempfile.NamedTemporaryFile(dir=folder, prefix=PREFIX) as file:
        for _ in range(0, 3 * width * height + OVERHEAD, OVERHEAD):
            file.write(os.urandom(OVERHEAD))
        file.flush()
        os.fsync(file.fileno())


def data_dir(settings: Settings) -> Path:
    """Return the folder of all that is kept, which need not be there yet.

    Raises:
        ConfigError: it is in a home directory that is not known.
    """
    folder = settings.data_dir
    if folder.parts[:1] and folder.parts[0].startswith("~"):
        raise ConfigError(
            "data_dir is in a home directory that is not known here; set it, as by EASEL_DATA_DIR=/var/lib/easel"
        )
    return folder


def check_data_dir(settings: Settings) -> None:
    """Make the folder for pictures, and see that they can be written there.

    Raises:
        ConfigError: they cannot.
    """
    folder = data_dir(settings)
    side = settings.painting.max_side
    try:
        pictures = PictureFolder(folder, settings.keep.pictures).path
        pictures.mkdir(parents=True, exist_ok=True)
        try_writing(pictures, side, side)
    except OSError as error:
        raise ConfigError(f"data_dir: no picture can be kept in {folder}: {error.strerror}{_whose(folder)}") from None


def nearest(folder: Path) -> Path:
    """Return the folder, or the one above it that is there; raises ``OSError``."""
    return next(each for each in (folder, *folder.absolute().parents) if each.exists())


def user_name(user: int) -> str:
    """Return what a user of this machine is called."""
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return f"user {user}"


def _whose(folder: Path) -> str:
    """Say whose a folder is where it is another's; nothing where that is not to be known."""
    try:
        there = nearest(folder)
        owner = there.stat().st_uid
    except OSError:
        return ""
    me = os.geteuid()
    return "" if owner == me else f"; {there} belongs to {user_name(owner)}, and the bot runs as {user_name(me)}"


def write_private(file: Path, text: str) -> None:
    """Write a file that only this user can read, whole, in the place of any that is there.

    Raises:
        SetupError: it cannot be written.
    """
    try:
        with tempfile.NamedTemporaryFile("w", dir=file.parent, prefix=PREFIX, encoding="utf-8", delete=False) as new:
            new.write(text)
        Path(new.name).replace(file)
    except OSError as error:
        raise SetupError(f"{file} cannot be written: {error.strerror}.") from None
