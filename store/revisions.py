"""The database brought back to an earlier revision, for the version of Easel before."""

import asyncio
import contextlib
from functools import partial

from alembic import command
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, func, select

from config.settings import Settings
from store import lease
from store.database import MIGRATIONS, config, connected
from store.engine import database_url, is_server, shown
from store.errors import LockedError, StoreError
from store.inspection import inspect
from store.lock import locked
from store.tables import requests

STANDING_BY = 20.0
"""Seconds after which whoever holds a database on a server is there, and has not died."""


def revisions() -> list[str]:
    """Return all, the oldest first."""
    scripts = ScriptDirectory(str(MIGRATIONS)).walk_revisions()
    return sorted(str(script.revision) for script in scripts)


async def downgrade(settings: Settings, revision: str) -> int:
    """Bring the tables back to a revision, all or nothing, and return how many requests have not ended.

    Args:
        settings: where the database is.
        revision: one of :func:`revisions`.

    Raises:
        StoreError: a bot works with it, there is none, it is not at a later revision, or it cannot be used.
    """
    if revision not in revisions():
        raise StoreError(f"There is no revision {revision}; there are {', '.join(revisions())}.")
    url = database_url(settings)
    async with contextlib.AsyncExitStack() as stack:
        stack.enter_context(locked(settings.data_dir))
        guard = None
        if is_server(url):
            try:
                async with asyncio.timeout(STANDING_BY):
                    guard = (await stack.enter_async_context(lease.held(url))).check
            except TimeoutError:
                raise LockedError(f"A bot works with the database {shown(url)}: stop it.") from None
        elif (await inspect(settings)).revision is None:
            raise StoreError(f"There is no database {shown(url)}.")
        database = await stack.enter_async_context(connected(url, guard))
        return await database.prepare(partial(_downgrade, revision))


def _downgrade(revision: str, connection: Connection) -> int:
    now = MigrationContext.configure(connection).get_current_revision()
    if now is None or now <= revision:
        raise StoreError(f"The database {shown(connection.engine.url)} is at revision {now}, not after {revision}.")
    open_requests = select(func.count()).select_from(requests).where(requests.c.ended.is_(None))
    count = connection.execute(open_requests).scalar_one()
    command.downgrade(config(connection), revision)
    return count
