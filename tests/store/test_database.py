import asyncio
import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from store import database
from store.errors import StoreError
from store.tables import metadata

URL = "sqlite:///{}"


async def refusal(url: str) -> str:
    with pytest.raises(StoreError) as raised:
        async with database.opened(url):
            pass
    assert "\n" not in str(raised.value)
    return str(raised.value)


async def test_the_migrations_make_what_the_tables_say(file: Path) -> None:
    def differences(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), metadata))

    for _ in range(2):
        async with database.opened(URL.format(file)) as opened:
            assert await opened.run(differences) == []


async def test_what_is_written_is_on_the_disk(file: Path) -> None:
    def pragmas(connection: Connection) -> list[object]:
        return [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous")]

    async with database.opened(URL.format(file)) as opened:
        assert await opened.run(pragmas) == ["wal", 2]


def a_database(file: Path) -> None:
    """Make a database as a process of its own would."""

    async def make() -> None:
        async with database.opened(URL.format(file)):
            pass

    asyncio.run(make())


@pytest.mark.parametrize("content", [b"no database" * 1000, b"SQLite format 3\0" + b"\xff" * 4000])
def test_a_file_that_is_no_database(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    assert asyncio.run(refusal(URL.format(file))).startswith(f"The database {file} ")
    assert file.read_bytes() == content


def test_a_damaged_database(file: Path) -> None:
    a_database(file)
    content = bytearray(file.read_bytes())
    content[4096:] = b"\xaa" * (len(content) - 4096)
    file.write_bytes(content)
    assert str(file) in asyncio.run(refusal(URL.format(file)))


async def test_a_database_of_another_program(file: Path) -> None:
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE requests (id)")
    connection.close()
    assert (await refusal(URL.format(file))).endswith("was made by another program; move it away, or set store.url.")


async def test_a_database_of_a_later_version(file: Path) -> None:
    async with database.opened(URL.format(file)):
        pass
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    assert "a later version of Easel" in await refusal(URL.format(file))


async def test_a_database_that_cannot_be_opened(tmp_path: Path) -> None:
    assert (await refusal(URL.format(tmp_path))).endswith("cannot be used: unable to open database file.")


@pytest.mark.parametrize("url", ["", "easel.db", "nothing://x", "sqlite+nothing:///x", "://"])
async def test_what_is_no_url(url: str) -> None:
    assert (await refusal(url)).startswith("store.url should be the URL of a database whose driver is installed")
