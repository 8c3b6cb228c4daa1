"""A database on disk or on a server, a journal in it, and requests with their notes."""

import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import NullPool, create_engine, text

from config.settings.store import KeepSettings
from generation.dispatch.record import Record
from generation.request import ImagineRequest
from store import database
from store.asked import Asked
from store.checkpoints import CheckpointFolder
from store.database import Database
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


@dataclass(frozen=True)
class Place:
    """Where a database is, and the pictures beside it."""

    url: str
    folder: Path

    def opened(self) -> contextlib.AbstractAsyncContextManager[Database]:
        """Open the database."""
        return database.opened(self.url)

    @contextlib.asynccontextmanager
    async def journal(self, keep_days: float = 30, **keep: object) -> AsyncIterator[StoreJournal]:
        """Open the journal, with settings of what is kept."""
        kept = KeepSettings.model_validate(keep)
        async with self.opened() as opened:
            pictures = PictureFolder(self.folder, kept.pictures)
            yield StoreJournal(opened, pictures, CheckpointFolder(self.folder, kept.checkpoints), keep_days)

    def sql(self, statement: str, **values: object) -> Sequence[Any]:
        """Run a statement as somebody else would."""
        engine = create_engine(self.url, poolclass=NullPool)
        with engine.begin() as connection:
            result = connection.execute(text(statement), values)
            return [tuple(row) for row in result] if result.returns_rows else []


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Give the path of a database that is not there yet."""
    return tmp_path / "easel.db"


@pytest.fixture
def in_file(file: Path) -> Place:
    """Give the place of a database in a file."""
    return Place(f"sqlite:///{file}", file.parent)


@pytest.fixture
def on_server(postgresql_url: str, tmp_path: Path) -> Place:
    """Give the place of a database on a server."""
    return Place(postgresql_url, tmp_path)


@pytest.fixture(params=["in_file", "on_server"])
def place(request: pytest.FixtureRequest) -> Place:
    """Give the place of a database of each kind."""
    chosen: Place = request.getfixturevalue(request.param)
    return chosen


@pytest.fixture
async def journal(place: Place) -> AsyncIterator[StoreJournal]:
    """Open a new journal."""
    async with place.journal() as opened:
        yield opened
