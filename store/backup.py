"""What is kept, as one file from which it can be put back elsewhere.

The file is a ZIP archive in which nothing is compressed, as pictures are already: so none holds more than its own size.
"""

import asyncio
import os
import re
import sqlite3
import tempfile
import time
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from shutil import copyfileobj
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import URL

from config.settings import Settings
from store.database import connected, reason
from store.engine import NAME, database_url, is_server
from store.errors import StoreError
from store.lock import locked

MANIFEST = "easel-backup.json"
FOLDERS = ("checkpoints", "uploads", "pictures")
MEMBER = re.compile(rf"({'|'.join(FOLDERS)})/\w[\w.-]{{0,250}}", re.ASCII)
"""What else an archive has beside its manifest and the database."""
LONGEST_MANIFEST = 10_000
FOREIGN = "is no backup of Easel's"
DAMAGED = "is damaged"


class Manifest(BaseModel):
    """What an archive says of itself."""

    model_config = ConfigDict(extra="forbid", strict=True)

    format: Literal[1] = 1
    made: Annotated[float, Field(ge=0)]
    has_database: bool


def back_up(settings: Settings, file: Path, *, pictures: bool) -> bool:
    """Write down what is kept, also while the bot runs, and return whether the database is among it.

    One on a server is not. First comes the database, then the files: what changes in between the next start makes good.

    Args:
        settings: where it is.
        file: to write; readable by this user only.
        pictures: with the finished ones.

    Raises:
        StoreError: there is nothing, or it cannot be read or written, or the file is there already.
    """
    if file.exists():
        raise StoreError(f"{file} is there already.")
    url = database_url(settings)
    database = None if is_server(url) else Path(str(url.database))
    if database is not None and not database.is_file():
        raise StoreError(f"There is no database {database}.")
    try:
        with tempfile.TemporaryDirectory(dir=file.absolute().parent, prefix=".easel-") as folder:
            part = Path(folder) / "archive"
            with zipfile.ZipFile(part, "x") as archive:
                manifest = Manifest(made=time.time(), has_database=database is not None)
                archive.writestr(MANIFEST, manifest.model_dump_json())
                if database is not None:
                    copy = Path(folder) / NAME
                    _copy(database, copy)
                    archive.write(copy, NAME)
                for each in FOLDERS if pictures else FOLDERS[:-1]:
                    _add(archive, settings.data_dir / each)
            part.chmod(0o600)
            part.replace(file)
    except sqlite3.Error as error:
        raise StoreError(f"The database {database} cannot be copied: {reason(error)}.") from None
    except OSError as error:
        raise StoreError(f"{file} cannot be written: {error.strerror}.") from None
    return database is not None


def restore(settings: Settings, file: Path) -> bool:
    """Put back what was written down, and return whether the database is among it.

    Args:
        settings: where to.
        file: from anybody.

    Raises:
        StoreError: it is no backup, damaged or of a later version, or there is a database already.
    """
    data_dir = settings.data_dir
    url = database_url(settings)
    target = data_dir / NAME if is_server(url) else Path(str(url.database))
    with locked(data_dir), _opened(file) as archive:
        manifest = _manifest(archive, file)
        if manifest.has_database and is_server(url):
            raise StoreError(f"{file} holds a database for a file, and store.url names a server.")
        if manifest.has_database and target.exists():
            raise StoreError(f"There is a database {target} already: set another data_dir, or move it away.")
        with tempfile.TemporaryDirectory(dir=data_dir, prefix=".easel-") as folder:
            for info in archive.infolist():
                _extract(archive, info, Path(folder) / info.filename)
            copy = Path(folder) / NAME
            if manifest.has_database:
                asyncio.run(_look_at(copy))
            for each in FOLDERS:
                _move(Path(folder) / each, data_dir / each)
            if manifest.has_database:
                copy.replace(target)
        os.sync()
    return manifest.has_database


def _copy(source: Path, target: Path) -> None:
    """Copy a database as it stands at one moment, while others write to it."""
    with (
        closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as old,
        closing(sqlite3.connect(target)) as new,
    ):
        old.backup(new)


def _add(archive: zipfile.ZipFile, folder: Path) -> None:
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        name = f"{folder.name}/{path.name}"
        if MEMBER.fullmatch(name) and path.is_file() and not path.is_symlink():
            try:
                archive.write(path, name)
            except FileNotFoundError:
                continue  # it was not needed any more


@contextmanager
def _opened(file: Path) -> Iterator[zipfile.ZipFile]:
    """Open an archive whose members are what they may be; raises ``StoreError`` for it and for whoever reads it."""
    try:
        size = file.stat().st_size
        with zipfile.ZipFile(file) as archive:
            _check(archive.infolist(), size, file)
            yield archive
    except (zipfile.BadZipFile, EOFError, NotImplementedError, ValueError):
        raise StoreError(f"{file} {DAMAGED if zipfile.is_zipfile(file) else FOREIGN}.") from None
    except OSError as error:
        raise StoreError(f"{file} cannot be restored: {error.strerror}.") from None


def _check(members: Sequence[zipfile.ZipInfo], size: int, file: Path) -> None:
    names = [each.filename for each in members]
    allowed = all(name in {MANIFEST, NAME} or MEMBER.fullmatch(name) for name in names)
    if MANIFEST not in names or not allowed or len({*names}) < len(names):
        raise StoreError(f"{file} {FOREIGN}.")
    plain = all(each.compress_type == zipfile.ZIP_STORED and not each.flag_bits & 1 for each in members)
    if not plain or sum(each.file_size for each in members) > size:
        raise StoreError(f"{file} {FOREIGN}: it says of itself that it holds more than its size.")


def _manifest(archive: zipfile.ZipFile, file: Path) -> Manifest:
    with archive.open(MANIFEST) as stream:
        text = stream.read(LONGEST_MANIFEST)
    try:
        manifest = Manifest.model_validate_json(text)
    except ValidationError:
        raise StoreError(f"{file} {FOREIGN}, or of a later version's.") from None
    if manifest.has_database is not (NAME in archive.namelist()):
        raise StoreError(f"{file} {DAMAGED}.")
    return manifest


def _extract(archive: zipfile.ZipFile, info: zipfile.ZipInfo, target: Path) -> None:
    target.parent.mkdir(exist_ok=True)
    with archive.open(info) as source, target.open("xb") as file:
        copyfileobj(source, file)


async def _look_at(database: Path) -> None:
    """Raise ``StoreError`` where a database is another program's, damaged, or of a later version."""
    async with connected(URL.create("sqlite", database=str(database))):
        pass


def _move(source: Path, target: Path) -> None:
    if source.is_dir():
        target.mkdir(exist_ok=True)
        for path in source.iterdir():
            path.replace(target / path.name)
