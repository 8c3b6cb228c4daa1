"""Looking at what is kept, and leaving it as it is."""

import os
import sqlite3
from pathlib import Path

import pytest

from config.layers import load
from config.settings import Settings
from store import database
from store.errors import StoreError
from store.inspection import holder, inspect
from store.lock import locked


def settings(folder: Path) -> Settings:
    return load(environment={}, arguments=[f"data_dir={folder}"])


def contents(folder: Path) -> list[Path]:
    return [*folder.iterdir()]


async def test_nothing_is_made(tmp_path: Path) -> None:
    standing = await inspect(settings(tmp_path / "data"))
    assert (standing.database, standing.revision) == (str(tmp_path / "data" / "easel.db"), None)
    assert not contents(tmp_path)


async def test_a_database_at_its_revision(tmp_path: Path) -> None:
    async with database.opened(f"sqlite:///{tmp_path}/easel.db"):
        pass
    standing = await inspect(settings(tmp_path))
    assert standing.revision == standing.newest


async def test_a_database_on_a_server(postgresql_url: str) -> None:
    chosen = load(environment={"EASEL_STORE__URL": postgresql_url})
    before = await inspect(chosen)
    async with database.opened(postgresql_url):
        pass
    after = await inspect(chosen)
    assert (before.revision, after.revision) == (None, after.newest)
    assert "battery" not in after.database


async def test_a_database_of_a_later_version(tmp_path: Path) -> None:
    async with database.opened(f"sqlite:///{tmp_path}/easel.db"):
        pass
    with sqlite3.connect(tmp_path / "easel.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    with pytest.raises(StoreError, match="was made by a later version of Easel"):
        await inspect(settings(tmp_path))


def test_who_holds_it(tmp_path: Path) -> None:
    assert holder(tmp_path) is None
    with locked(tmp_path):
        assert holder(tmp_path) == f"process {os.getpid()}"
    assert holder(tmp_path) is None
