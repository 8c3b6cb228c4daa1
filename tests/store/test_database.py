import asyncio
import contextlib
import sqlite3
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, insert, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from store import database
from store.database import Database, reason
from store.errors import KnownMessageError, StoreError, UnreachableError
from store.tables import heard, metadata
from tests import postgresql
from tests.store.conftest import ASKED, CAT, Place, a_record

URL = "sqlite:///{}"


async def refusal(url: str) -> str:
    with pytest.raises(StoreError) as raised:
        async with database.opened(url):
            pass
    assert "\n" not in str(raised.value)
    return str(raised.value)


async def test_the_migrations_make_what_the_tables_say(place: Place) -> None:
    def differences(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), metadata))

    for _ in range(2):
        async with place.opened() as opened:
            assert await opened.run(differences) == []


async def test_a_request_of_the_first_revision_is_still_there(place: Place) -> None:
    def to_the_first(connection: Connection) -> None:
        command.upgrade(database.config(connection), "0001")

    async with database.connected(place.url) as opened:
        await opened.run(to_the_first)
    row = {"id": CAT.id, "request": CAT.to_json(), "state": "waiting", "attempts": 1, "left_out": "", **asdict(ASKED)}
    old = {name: value for name, value in row.items() if name not in ("part", "has_message", "how", "source")}
    columns = ", ".join(old)
    place.sql(f"INSERT INTO requests ({columns}, accepted) VALUES (:{', :'.join(old)}, 0)", **old)  # noqa: S608
    async with place.journal() as journal:
        (kept,) = await journal.kept()
        assert (kept.request, kept.asked, kept.attempts) == (CAT, ASKED, 1)
        with pytest.raises(KnownMessageError):
            await journal.accept([replace(CAT, id="again")], [ASKED.to_json()])
        await journal.accept([replace(CAT, id="more")], [replace(ASKED, part=1).to_json()])
        await journal.finish(a_record(), None)


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


async def test_a_database_of_another_program(place: Place) -> None:
    place.sql("CREATE TABLE requests (id INTEGER)")
    line = await refusal(place.url)
    assert line.endswith("was made by another program; move it away, or set store.url.")
    assert postgresql.ENCODED not in line


async def test_a_database_of_a_later_version(place: Place) -> None:
    async with place.opened():
        pass
    place.sql("UPDATE alembic_version SET version_num = '9999'")
    assert "a later version of Easel" in await refusal(place.url)


async def test_a_database_that_cannot_be_opened(tmp_path: Path) -> None:
    assert (await refusal(URL.format(tmp_path))).endswith("cannot be used: unable to open database file.")


@pytest.mark.parametrize(
    "url", ["", "easel.db", "nothing://x", "sqlite+nothing:///x", "://", "postgresql://u:p@ss@h/d"]
)
async def test_what_is_no_url(url: str) -> None:
    assert (await refusal(url)).startswith("store.url should be the URL of a database whose driver is installed")


def pragma(opened: Database, setting: str) -> None:
    """Set something of the only connection, outside of a transaction."""
    with contextlib.closing(opened._engine.raw_connection()) as connection:
        connection.cursor().execute(f"PRAGMA {setting}")


@pytest.mark.parametrize(
    ("begin", "end", "words"),
    [
        ("max_page_count = 1", "max_page_count = 1000000", "database or disk is full"),
        ("query_only = 1", "query_only = 0", "attempt to write a readonly database"),
    ],
)
async def test_a_file_that_is_full_or_read_only(
    in_file: Place, begin: str, end: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    async with in_file.opened() as opened:
        pragma(opened, begin)
        for number in range(100):
            await opened.write(insert(heard).values(id=number, message=number, at=0.5), key=number)
        with pytest.raises(StoreError, match=words):
            await opened.run(lambda connection: connection.execute(text("CREATE TABLE x (y TEXT)")))
        pragma(opened, end)
        assert await opened.run(messages) == [*range(100)]
    log = capsys.readouterr().out
    assert log.count(words) == log.count("could not write to the database") == 1


def messages(connection: Connection) -> Sequence[int]:
    return connection.execute(select(heard.c.message).order_by(heard.c.id)).scalars().all()


async def test_a_server_that_is_restarted(on_server: Place, postgresql_server: postgresql.Server) -> None:
    async with on_server.opened() as opened:
        postgresql_server.stop()
        await opened.write(insert(heard).values(id=1, message=1, at=0.5))
        with pytest.raises(UnreachableError, match=r"cannot be reached: .*[Rr]efused") as raised:
            await opened.run(lambda _: None)
        assert postgresql.ENCODED not in str(raised.value)
        assert "\n" not in str(raised.value)
        postgresql_server.start()
        assert await opened.run(messages) == [1]


async def test_a_server_that_cuts_the_connection(on_server: Place) -> None:
    async with on_server.opened() as opened:
        pid = await opened.run(lambda connection: connection.execute(text("SELECT pg_backend_pid()")).scalar())
        on_server.sql("SELECT pg_terminate_backend(:pid)", pid=pid)
        await opened.run(lambda _: None)


async def test_a_server_that_only_lets_read(on_server: Place) -> None:
    async with on_server.opened() as opened:
        set_default = "SET SESSION CHARACTERISTICS AS TRANSACTION READ {}"
        await opened.run(lambda connection: connection.execute(text(set_default.format("ONLY"))))
        await opened.write(insert(heard).values(id=1, message=1, at=0.5))
        with pytest.raises(StoreError, match="read-only transaction"):
            await opened.run(lambda _: None)
        await opened.prepare(lambda connection: connection.execute(text(set_default.format("WRITE"))))
        assert await opened.run(messages) == [1]


def dawdle(connection: Connection) -> None:
    """Stand still in mid-transaction."""
    connection.execute(select(heard))
    time.sleep(7)
    connection.execute(select(heard))


async def test_no_statement_waits_for_ever(on_server: Place) -> None:
    async with on_server.opened() as opened:
        with pytest.raises(StoreError, match="statement timeout"):
            await opened.run(lambda connection: connection.execute(text("SELECT pg_sleep(60)")))
        with pytest.raises(StoreError):
            await opened.run(dawdle)


async def test_a_wrong_password(on_server: Place) -> None:
    url = on_server.url.replace(postgresql.ENCODED, "swordfish-sentinel")
    with pytest.raises(UnreachableError, match="password authentication failed") as raised:
        async with database.opened(url):
            pass
    assert "swordfish" not in str(raised.value)


async def test_what_is_to_be_unique_leaves_nothing_behind(place: Place) -> None:
    def work(connection: Connection) -> None:
        connection.execute(insert(heard).values(id=2, message=2, at=0.5))
        connection.execute(insert(heard).values(id=1, message=2, at=0.5))

    async with place.opened() as opened:
        await opened.write(insert(heard).values(id=1, message=1, at=0.5))
        with pytest.raises(IntegrityError):
            await opened.run(work)
        assert await opened.run(messages) == [1]


@pytest.mark.parametrize("end", [".", "?", "!", "?\n", "...", ""])
def test_what_a_driver_says_ends_without_a_mark(end: str) -> None:
    said = sqlite3.OperationalError(f"refused\n\tIs the server accepting connections{end}")
    for error in (said, DBAPIError("SELECT 1", {}, said)):
        assert reason(error) == "refused Is the server accepting connections"


def test_a_driver_that_says_nothing_is_told_by_its_error() -> None:
    assert reason(sqlite3.OperationalError("?")) == "OperationalError"
