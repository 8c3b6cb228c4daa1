"""One bot at a time works with a database on a server; others stand by and take over.

The lease is a row that its holder keeps changing. Whoever stands by sees it stand still and measures by its own clock
for how long, so that no two clocks are compared. It writes as well whenever it looks: time in which nobody could have
written does not count against the holder. Every transaction of the holder first looks whether it still is.

A lock of the server's that lasts as long as a connection would be let go sooner after a ``kill -9``. But it is another
one in each database, a pooler of connections breaks it, a restart of the server takes it away, and where the network is
cut nobody can tell for how long it is still held.
"""

import asyncio
import contextlib
import os
import secrets
import socket
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import structlog
from sqlalchemy import URL, BigInteger, Column, Connection, Integer, MetaData, Row, Table, Text, insert, select, update
from sqlalchemy.exc import IntegrityError

from store.database import LEASE, Database, connected
from store.errors import LostError, StoreError

PACE = 2.0
"""Seconds from one change of the row to the next."""
GIVEN_UP = 4
"""A holder that could not change it for so many of them ends."""
FREE = 6
"""One that did not for so many of them is taken to have ended."""
NOBODY = ""
TAKEN = "Another bot has taken over the database; this one ends."
SILENT = "The database could not be reached for {0:.0f} seconds, and another bot may have taken over; this one ends."

# Not of the migrations, which only the holder may make.
lease = Table(
    LEASE,
    MetaData(),
    Column("id", Integer, primary_key=True),  # 1: there is one row
    Column("holder", Text, nullable=False),
    Column("named", Text, nullable=False),  # the holder, for people
    Column("beats", BigInteger, nullable=False),  # changes by holders
    Column("looks", BigInteger, nullable=False),  # changes by those who stand by
)

Seen = Row[Any, Any, Any]
"""Who has it, their name for people, and how often they have changed the row."""

_log = structlog.get_logger(__name__)


class Lease:
    """The right to work with a database, of one process.

    Args:
        database: which.
        pace: seconds from one change of the row to the next.
    """

    def __init__(self, database: Database, pace: float) -> None:
        self._database = database
        self._pace = pace
        self._me = secrets.token_hex(16)
        self._loop = asyncio.get_running_loop()
        self._is_lost = asyncio.Event()
        self._why = ""

    async def lost(self) -> None:
        """Wait until another process may have it; raises ``LostError`` then, and never returns."""
        await self._is_lost.wait()
        raise LostError(self._why)

    def check(self, connection: Connection) -> None:
        """Raise ``LostError`` in a transaction of a process that has lost it; may be called from any thread."""
        if self._why or connection.execute(select(lease.c.holder)).scalar() != self._me:
            self._loop.call_soon_threadsafe(self._lose, TAKEN)
            raise LostError(TAKEN)

    async def acquire(self) -> None:
        """Wait until it is free, and take it; the log says once who has it."""
        try:
            await self._database.prepare(_make)
        except (StoreError, IntegrityError):  # another process made it in the same moment
            await self._database.prepare(_make)
        seen, since, in_trouble, told = None, 0.0, False, None
        while True:
            try:
                row = await self._database.prepare(_look)
                if row != seen:
                    seen, since = row, self._loop.time()
                is_free = row.holder == NOBODY or self._loop.time() - since > FREE * self._pace
                if is_free and await self._database.prepare(partial(self._take, row)):
                    break
                in_trouble = False
                if not is_free and told != row.holder:
                    told = row.holder
                    _log.info("standing by: another bot works with the database", holder=_plain(row.named))
            except StoreError as error:
                seen = None
                if not in_trouble:
                    _log.warning("cannot look at the database while standing by; trying again", error=str(error))
                in_trouble = True
            await asyncio.sleep(self._pace / 2)
        if told is not None:
            _log.info("taking over", before=_plain(row.named))

    async def keep(self) -> None:
        """Change the row again and again, until it is lost."""
        kept = self._loop.time()
        while True:
            await asyncio.sleep(self._pace)
            began = self._loop.time()
            left = max(self._pace, kept + GIVEN_UP * self._pace - began)
            try:
                async with asyncio.timeout(left):
                    is_held = await self._is_held()
            except (TimeoutError, StoreError):
                if self._loop.time() - kept < GIVEN_UP * self._pace:
                    continue
                self._lose(SILENT.format(GIVEN_UP * self._pace))
                return
            if not is_held:
                self._lose(TAKEN)
                return
            kept = began

    async def release(self) -> None:
        """Let another process have it at once."""
        with contextlib.suppress(StoreError):
            mine = update(lease).where(lease.c.holder == self._me)
            await self._database.prepare(lambda connection: connection.execute(mine.values(holder=NOBODY)))

    async def _is_held(self) -> bool:
        try:
            return await self._database.prepare(self._beat)
        except StoreError:
            # Where it can be read and not written, nobody else can have written either for a while.
            return await self._database.prepare(self._holds)

    def _beat(self, connection: Connection) -> bool:
        mine = update(lease).where(lease.c.holder == self._me)
        return connection.execute(mine.values(beats=lease.c.beats + 1)).rowcount == 1

    def _holds(self, connection: Connection) -> bool:
        return connection.execute(select(lease.c.holder)).scalar() == self._me

    def _take(self, seen: Seen, connection: Connection) -> bool:
        """Take it where the row is still as it was seen."""
        unchanged = update(lease).where(lease.c.holder == seen.holder, lease.c.beats == seen.beats)
        named = f"process {os.getpid()} on {socket.gethostname()}"
        return connection.execute(unchanged.values(holder=self._me, named=named, beats=0)).rowcount == 1

    def _lose(self, why: str) -> None:
        self._why = self._why or why
        self._is_lost.set()


@contextlib.asynccontextmanager
async def held(url: str | URL, pace: float = PACE) -> AsyncIterator[Lease]:
    """Hold the lease of a database, after having stood by for as long as another process has it.

    Args:
        url: of a database on a server.
        pace: seconds from one sign of life to the next.

    Raises:
        StoreError: the database cannot be used.
    """
    async with connected(url) as database:
        mine = Lease(database, pace)
        await mine.acquire()
        keeping = asyncio.create_task(mine.keep())
        try:
            yield mine
        finally:
            keeping.cancel()
            await asyncio.wait({keeping})
            await mine.release()


def _make(connection: Connection) -> None:
    """Make the row where there is none."""
    lease.create(connection, checkfirst=True)
    if connection.execute(select(lease.c.id)).first() is None:
        connection.execute(insert(lease).values(id=1, holder=NOBODY, named="", beats=0, looks=0))


def _look(connection: Connection) -> Seen:
    """Return who has it, and how often that changed the row."""
    connection.execute(update(lease).values(looks=lease.c.looks + 1))
    return connection.execute(select(lease.c.holder, lease.c.named, lease.c.beats)).one()


def _plain(named: str) -> str:
    return " ".join(named.split())[:100]
