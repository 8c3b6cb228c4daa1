"""The database: SQLite in a file, or another by its URL, at the newest revision of its tables."""

import asyncio
import contextlib
import logging
import os
import socket
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Hashable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import structlog
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import URL, Connection, Engine, UpdateBase, event, func, inspect, select
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError

from store.engine import engine, is_server, shown
from store.errors import LostError, StoreError, UnreachableError

MIGRATIONS = Path(__file__).with_name("migrations")
FAULTS = (SQLAlchemyError, sqlite3.Error, OSError)
"""What a driver raises when a database is damaged, full, locked or not there."""
FOREIGN = "was made by another program; move it away, or set store.url"
NEWER = (
    "was made by a later version of Easel; update Easel, have that version bring it back (easel downgrade), or set "
    "store.url"
)
DAMAGED = "is damaged; put a copy of the folder in its place, or move it away to begin anew"
LEASE = "lease"
"""A table of ``store.lease``, which is there before all others."""
MIGRATING = 0x6561_7365_6C
"""Number of the server's lock for it."""
LONGEST = 7.0
"""Seconds that a server may take for a transaction; then the connection is ended."""
MOST_UNWRITTEN = 10_000
"""Transactions that are kept in memory while they cannot be written; beyond that the oldest are given up."""
REPEATED_AFTER = 2.0
"""Seconds after which they are tried again."""

_log = structlog.get_logger(__name__)

T = TypeVar("T")


class Database:
    """Runs transactions in the order in which they are asked for, in a thread of its own.

    Each is run to its end, also where whoever asked for it is cancelled. Where the database is in trouble (full,
    read-only, not there), the log says once that this begins and once that it is over.

    Args:
        engine: of a database whose tables are at the newest revision.
        guard: called at the begin of each transaction, in that thread; where it raises nothing is done.
    """

    def __init__(self, engine: Engine, guard: Callable[[Connection], None] | None = None) -> None:
        self._engine = engine
        self._guard = guard
        self._thread = ThreadPoolExecutor(1, "database")
        self._unwritten: dict[Hashable, tuple[UpdateBase, ...]] = {}
        self._in_trouble = False
        self._began: float | None = None
        """When the transaction began that runs now."""
        self._connection: Any = None
        """The driver's, of the thread."""
        event.listen(engine, "connect", self._note, insert=True)

    async def run(self, work: Callable[[Connection], T]) -> T:
        """Do the work in a transaction, which is on the disk when this returns.

        Raises:
            StoreError: the database cannot be used.
            IntegrityError: what is to be unique is there already.
        """
        return await self._in_thread(lambda: self._followed(work))

    async def write(self, *statements: UpdateBase, key: Hashable = None) -> None:
        """Run statements in one transaction; where that fails, they are run before whatever is asked for next.

        Args:
            statements: to run.
            key: these take the place of statements of the same key that could not be written yet.
        """

        def write() -> None:
            try:
                self._followed(partial(_execute, statements))
            except LostError:
                pass  # it is another's to write now
            except StoreError:
                self._keep(object() if key is None else key, statements)

        await self._in_thread(write)

    async def purge(self) -> None:
        """Let nothing that was deleted stay in the files of SQLite; its journal else has it until it is overwritten."""
        if self._engine.dialect.name == "sqlite":
            await self._in_thread(self._purge)

    async def tend(self) -> None:
        """Try again to write what could not be written, and end what takes too long, until cancelled."""
        while True:
            await asyncio.sleep(REPEATED_AFTER)
            if self._began is not None:
                if time.monotonic() - self._began > LONGEST:
                    self._cut()
            elif self._unwritten:
                with contextlib.suppress(StoreError, TimeoutError):
                    async with asyncio.timeout(REPEATED_AFTER):
                        await self.run(lambda _: None)

    async def prepare(self, work: Callable[[Connection], T]) -> T:
        """Do the work before anything else is asked for; raises as :meth:`run` does, and leaves the log alone."""
        return await self._in_thread(lambda: self._transact(work))

    async def close(self) -> None:
        """Wait for the transactions that were asked for, and end the connection."""
        await self._in_thread(self._end)
        self._thread.shutdown()

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.shield(asyncio.get_running_loop().run_in_executor(self._thread, work))

    def _followed(self, work: Callable[[Connection], T]) -> T:
        """Do first what could not be done before, then the work; take note of how the database fares."""
        try:
            if self._in_trouble:
                self._transact(_write_something)
            while self._unwritten:
                key, statements = next(iter(self._unwritten.items()))
                self._transact(partial(_execute, statements))
                del self._unwritten[key]
            done = self._transact(work)
        except LostError:
            raise
        except StoreError as error:
            if not self._in_trouble:
                _log.error("could not write to the database; trying again until it is possible", error=str(error))
            self._in_trouble = True
            raise
        if self._in_trouble:
            _log.info("the database can be written to again")
        self._in_trouble = False
        return done

    def _purge(self) -> None:
        connection = self._engine.raw_connection()  # another would begin a transaction
        try:
            connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").close()
        finally:
            connection.close()

    def _end(self) -> None:
        if self._unwritten:
            with contextlib.suppress(StoreError):
                self._followed(lambda _: None)
        if self._unwritten:
            _log.error("ended before everything could be written to the database", transactions=len(self._unwritten))
        self._engine.dispose()

    def _keep(self, key: Hashable, statements: tuple[UpdateBase, ...]) -> None:
        self._unwritten.pop(key, None)
        self._unwritten[key] = statements
        if len(self._unwritten) > MOST_UNWRITTEN:
            del self._unwritten[next(iter(self._unwritten))]

    def _transact(self, work: Callable[[Connection], T]) -> T:
        self._began = time.monotonic()
        try:
            with self._connect() as connection, connection.begin():
                if self._guard is not None:
                    self._guard(connection)
                return work(connection)
        except (IntegrityError, DataError):
            raise
        except FAULTS as error:
            raise StoreError(f"The database {shown(self._engine.url)} cannot be used: {reason(error)}.") from None
        finally:
            self._began = None

    def _note(self, connection: Any, _: object) -> None:
        self._connection = connection

    def _cut(self) -> None:
        """End the connection from outside of the thread, which then is told that it has ended."""
        if hasattr(self._connection, "fileno"):
            with (
                contextlib.suppress(Exception),  # each driver has its own for a connection that has ended already
                socket.socket(fileno=os.dup(self._connection.fileno())) as same,
            ):
                same.shutdown(socket.SHUT_RDWR)

    def _connect(self) -> Connection:
        try:
            return self._engine.connect()
        except DBAPIError as error:
            if is_server(self._engine.url):
                raise UnreachableError(
                    f"The database {shown(self._engine.url)} cannot be reached: {reason(error)}."
                ) from None
            raise


@contextlib.asynccontextmanager
async def connected(url: str | URL, guard: Callable[[Connection], None] | None = None) -> AsyncIterator[Database]:
    """Open a database and leave it as it is; its tables may be of any revision up to the newest.

    Args:
        url: SQLAlchemy's.
        guard: as of :class:`Database`.

    Raises:
        StoreError: it cannot be used, is damaged, or was made by another program or a later version.
    """
    logging.getLogger("alembic").setLevel(logging.WARNING)
    database = Database(engine(url), guard)
    tending = asyncio.create_task(database.tend())
    try:
        await database.prepare(_check)
        yield database
    finally:
        await database.close()
        tending.cancel()
        await asyncio.wait({tending})


@contextlib.asynccontextmanager
async def opened(url: str | URL, guard: Callable[[Connection], None] | None = None) -> AsyncIterator[Database]:
    """Open a database and bring its tables to the newest revision; arguments and errors are :func:`connected`'s."""
    async with connected(url, guard) as database:
        await database.prepare(_migrate)
        yield database


def _execute(statements: Sequence[UpdateBase], connection: Connection) -> None:
    for statement in statements:
        connection.execute(statement)


def _check(connection: Connection) -> None:
    """Refuse what is not ours to use, or not any more."""
    named = f"The database {shown(connection.engine.url)}"
    if connection.dialect.name == "sqlite" and connection.exec_driver_sql("PRAGMA quick_check(1)").scalar() != "ok":
        raise StoreError(f"{named} {DAMAGED}.")
    revision = MigrationContext.configure(connection).get_current_revision()
    if revision is None and {*inspect(connection).get_table_names()} - {LEASE}:
        raise StoreError(f"{named} {FOREIGN}.")
    try:
        ScriptDirectory.from_config(config(connection)).get_revision(revision or "head")
    except CommandError:
        raise StoreError(f"{named} {NEWER}.") from None


def _migrate(connection: Connection) -> None:
    """Bring the tables to the newest revision, all or nothing; of several processes that begin at once, one does."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(MIGRATING)))
    command.upgrade(config(connection), "head")


def _write_something(connection: Connection) -> None:
    """See whether that is possible; what changes no row succeeds on a full disk too."""
    connection.exec_driver_sql("UPDATE alembic_version SET version_num = version_num")


def config(connection: Connection) -> Config:
    """Return with what Alembic changes the tables in a transaction."""
    made = Config(attributes={"connection": connection})
    made.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return made


def reason(error: Exception) -> str:
    """Return in one line what the driver says, without the statement and what it was about, and without an end mark."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    return " ".join(str(cause).split())[:200].rstrip(".?! ") or type(cause).__name__
