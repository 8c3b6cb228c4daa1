"""Who changed what in a server, and who was refused why."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, insert, select

from store.database import Database
from store.folder import DAY
from store.tables import audit


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was done.

    Args:
        at: when, in Unix seconds.
        actor: by whom.
        what: markdown.
    """

    at: float
    actor: int
    what: str


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
        newest = select(audit).where(audit.c.guild == guild).order_by(audit.c.number.desc()).limit(count)
        rows = await self._database.run(lambda connection: connection.execute(newest).all())
        return [Line(row.at, row.actor, row.what) for row in rows]
