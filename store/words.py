"""What may not stand in prompts, by server."""

from collections.abc import Mapping

from sqlalchemy import Delete, delete, insert, select

from store.database import Database
from store.tables import words

NOTHING: Mapping[str, bool] = {}


class Words:
    """Knows it all in memory, and writes down each change before it holds.

    Args:
        database: to keep it in.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._by_guild: dict[int, dict[str, bool]] = {}

    async def load(self) -> None:
        """Read what was written down, in an earlier run too."""
        self._by_guild.clear()
        for row in await self._database.run(lambda connection: connection.execute(select(words)).all()):
            self._by_guild.setdefault(row.guild, {})[row.pattern] = row.is_adult

    def of(self, guild: int) -> Mapping[str, bool]:
        """Return the patterns of a server, each with whether it is allowed in age-restricted channels."""
        return self._by_guild.get(guild, NOTHING)

    async def add(self, guild: int, pattern: str, *, is_adult: bool) -> None:
        """Add a pattern, or change what it is; raises ``StoreError`` where that cannot be written down."""
        new = insert(words).values(guild=guild, pattern=pattern, is_adult=is_adult)
        await self._database.run(lambda connection: (connection.execute(_old(guild, pattern)), connection.execute(new)))
        self._by_guild.setdefault(guild, {})[pattern] = is_adult

    async def remove(self, guild: int, pattern: str) -> None:
        """Remove a pattern; raises ``StoreError`` where that cannot be written down."""
        await self._database.run(lambda connection: connection.execute(_old(guild, pattern)))
        self._by_guild.get(guild, {}).pop(pattern, None)


def _old(guild: int, pattern: str) -> Delete:
    return delete(words).where((words.c.guild == guild) & (words.c.pattern == pattern))
