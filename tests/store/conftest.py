"""A database on disk, a journal in it, and requests with their notes."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from config.settings import KeepSettings
from generation.dispatch.record import Record
from generation.request import ImagineRequest
from store import database
from store.asked import Asked
from store.checkpoints import CheckpointFolder
from store.journal import StoreJournal
from store.pictures import PictureFolder

CAT = ImagineRequest("r0", "a cat", 7, 64, 64, 10, member="30", guild="20")
ASKED = Asked(message=100, channel=10, guild=20, author=30, author_name="Mia")


def a_record(number: int = 0, **more: object) -> Record:
    """Return the record of a request with this number."""
    return Record(replace(CAT, id=f"r{number}", **more))  # type: ignore[arg-type]


def a_note(number: int = 0) -> str:
    """Return the note of whoever asked by message ``100 + number``."""
    return replace(ASKED, message=100 + number).to_json()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Give the path of a database that is not there yet."""
    return tmp_path / "easel.db"


@contextlib.asynccontextmanager
async def journal_in(file: Path, keep_days: float = 30, **keep: object) -> AsyncIterator[StoreJournal]:
    """Open the journal in a file, with settings of what is kept."""
    kept = KeepSettings.model_validate(keep)
    async with database.opened(f"sqlite:///{file}") as opened:
        pictures = PictureFolder(file.parent, kept.pictures)
        yield StoreJournal(opened, pictures, CheckpointFolder(file.parent, kept.checkpoints), keep_days)


@pytest.fixture
async def journal(file: Path) -> AsyncIterator[StoreJournal]:
    """Open a new journal."""
    async with journal_in(file) as opened:
        yield opened
