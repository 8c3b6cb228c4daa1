"""What members have asked for lately, as far as it counts towards the limits of a day.

A request is charged in the transaction that accepts it, and what failed or was taken back while it waited is given back
in the one that says so: see ``store.journal``.
"""

import time
from dataclasses import dataclass

from sqlalchemy import Column, ColumnElement, Function, func, select

from store.database import Database
from store.folder import DAY
from store.tables import usage


@dataclass(frozen=True, slots=True)
class Used:
    """What a member has asked for in a server within 24 hours.

    Args:
        pictures: how many, as of ``ImagineRequest.count``.
        cost: of all together, as of ``ImagineRequest.cost``.
        first: when the first was accepted, in Unix seconds; None where there is none.
        last: when the last was accepted.
    """

    pictures: int = 0
    cost: int = 0
    first: float | None = None
    last: float | None = None


class Usage:
    """Reads what is charged.

    Args:
        database: that it is kept in.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, guild: int, member: int) -> Used:
        """Return what a member has asked for in a server, or, for 0, in private; raises ``StoreError``."""
        mine = (usage.c.guild == guild) & (usage.c.member == member) & is_counted()

        def total(column: Column[int]) -> Function[int]:
            return func.coalesce(func.sum(column), 0)

        columns = (total(usage.c.pictures), total(usage.c.cost), func.min(usage.c.at), func.max(usage.c.at))
        row = await self._database.run(lambda connection: connection.execute(select(*columns).where(mine)).one())
        pictures, cost, first, last = row
        return Used(int(pictures), int(cost), first, last)


def is_counted() -> ColumnElement[bool]:
    """Return whether what was asked for still counts, as a condition on its row."""
    return usage.c.at > time.time() - DAY
