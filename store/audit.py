"""Who changed what in a server, and who was refused why."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, delete, insert, select

from store.database import Database
from store.folder import DAY
from store.tables import audit


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was done.

    Args:
        at: when, in Unix seconds.
        actor: by whom; ``store.tables.OPERATOR`` where it was the operator.
        what: markdown.
        guild: in which server; ``store.tables.EVERYWHERE`` for all, and where it was in none.
    """

    at: float
    actor: int
    what: str
    guild: int


class Audit:
    """Writes it down.

    Args:
        database: to keep it in.
        keep_days: so long a line is kept.
    """

    def __init__(self, database: Database, keep_days: float) -> None:
        self._database = database
        self._keep_days = keep_days

    async def note(self, guild: int, actor: int, what: str) -> None:
        """Write down that somebody did something, and delete what was written down long ago."""
        now = time.time()
        line = insert(audit).values(guild=guild, actor=actor, what=what, at=now)
        old = (audit.c.guild == guild) & (audit.c.at < now - self._keep_days * DAY)
        await self._database.write(line, delete(audit).where(old))

    async def latest(self, guild: int, count: int) -> Sequence[Line]:
        """Return the last lines of a server, newest first; raises ``StoreError``."""
        return await self._newest(audit.c.guild == guild, count)

    async def latest_of(self, actor: int, count: int) -> Sequence[Line]:
        """Return the last lines about what somebody did, in whichever server, newest first; raises ``StoreError``."""
        return await self._newest(audit.c.actor == actor, count)

    async def _newest(self, which: ColumnElement[bool], count: int) -> Sequence[Line]:
        newest = select(audit).where(which).order_by(audit.c.number.desc()).limit(count)
        rows = await self._database.run(lambda connection: connection.execute(newest).all())
        return [Line(row.at, row.actor, row.what, row.guild) for row in rows]
