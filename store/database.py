"""The database: SQLite in a file, or another by its URL, at the newest revision of its tables."""

import asyncio
import contextlib
import logging
import sqlite3
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import structlog
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import URL, Connection, Engine, UpdateBase, create_engine, event, inspect
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError

from store.errors import StoreError

MIGRATIONS = Path(__file__).with_name("migrations")
FAULTS = (SQLAlchemyError, sqlite3.Error, OSError)
"""What a driver raises when a database is damaged, full, locked or not there."""
FOREIGN = "was made by another program; move it away, or set store.url"
NEWER = "was made by a later version of Easel; update Easel, or set store.url"
DAMAGED = "is damaged; put a copy of the folder in its place, or move it away to begin anew"

_log = structlog.get_logger(__name__)

T = TypeVar("T")


class Database:
    """Runs transactions in the order in which they are asked for, in a thread of its own.

    Each is run to its end, also where whoever asked for it is cancelled.

    Args:
        engine: of a database whose tables are at the newest revision.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._thread = ThreadPoolExecutor(1, "database")

    async def run(self, work: Callable[[Connection], T]) -> T:
        """Do the work in a transaction, which is on the disk when this returns.

        Raises:
            StoreError: the database cannot be used.
            IntegrityError: what is to be unique is there already.
        """
        return await asyncio.shield(asyncio.get_running_loop().run_in_executor(self._thread, self._run, work))

    async def write(self, *statements: UpdateBase) -> None:
        """Run statements in one transaction; where that fails, the log says so."""

        def work(connection: Connection) -> None:
            for statement in statements:
                connection.execute(statement)

        try:
            await self.run(work)
        except StoreError as error:
            _log.error("could not write to the database", error=str(error))

    async def close(self) -> None:
        """Wait for the transactions that were asked for, and end the connection."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._engine.dispose)
        self._thread.shutdown()

    def _run(self, work: Callable[[Connection], T]) -> T:
        try:
            with self._engine.begin() as connection:
                return work(connection)
        except IntegrityError:
            raise
        except FAULTS as error:
            raise StoreError(f"{_named(self._engine)} cannot be used: {_reason(error)}.") from None


@contextlib.asynccontextmanager
async def opened(url: str | URL) -> AsyncIterator[Database]:
    """Open a database and bring its tables to the newest revision.

    Args:
        url: SQLAlchemy's.

    Raises:
        StoreError: it cannot be used, is damaged, or was made by another program or a later version.
    """
    logging.getLogger("alembic").setLevel(logging.WARNING)
    database = Database(_engine(url))
    try:
        await database.run(_prepare)
        yield database
    finally:
        await database.close()


def _engine(url: str | URL) -> Engine:
    try:
        engine = create_engine(url, hide_parameters=True)
    except (SQLAlchemyError, ImportError, TypeError, ValueError):
        raise StoreError(
            "store.url should be the URL of a database whose driver is installed, such as "
            "sqlite:////var/lib/easel/easel.db."
        ) from None
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _set_up_sqlite(connection: Any, _: object) -> None:
    # Without this the driver begins no transaction before it makes tables.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _prepare(connection: Connection) -> None:
    """Bring the tables to the newest revision, all or nothing."""
    named = _named(connection.engine)
    if connection.dialect.name == "sqlite" and connection.exec_driver_sql("PRAGMA quick_check(1)").scalar() != "ok":
        raise StoreError(f"{named} {DAMAGED}.")
    revision = MigrationContext.configure(connection).get_current_revision()
    if revision is None and inspect(connection).get_table_names():
        raise StoreError(f"{named} {FOREIGN}.")
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    try:
        ScriptDirectory.from_config(config).get_revision(revision or "head")
    except CommandError:
        raise StoreError(f"{named} {NEWER}.") from None
    command.upgrade(config, "head")


def _named(engine: Engine) -> str:
    url = engine.url
    return f"The database {url.database if url.get_backend_name() == 'sqlite' else url.render_as_string()}"


def _reason(error: Exception) -> str:
    """Return in one line what the driver says, without the statement and what it was about."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    return " ".join(str(cause).split())[:200] or type(cause).__name__
