"""What moderators have set for their servers."""

import json
from collections.abc import Mapping
from typing import Literal

import structlog
from sqlalchemy import ColumnElement, and_, delete, insert, select

from store.database import Database
from store.tables import rules

Scope = Literal["server", "channel", "role"]
Value = bool | int | float | str | None
Place = tuple[Scope, int]
"""For what a value holds: a channel or a role by its id, or the server by 0."""
SERVER: Place = ("server", 0)
NOTHING: Mapping[tuple[Place, str], Value] = {}

_log = structlog.get_logger(__name__)


class Rules:
    """Knows it all in memory, and writes down each change before it holds.

    Args:
        database: to keep it in.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._by_guild: dict[int, dict[tuple[Place, str], Value]] = {}

    async def load(self) -> None:
        """Read what was written down, in an earlier run too."""
        rows = await self._database.run(lambda connection: connection.execute(select(rules)).all())
        self._by_guild.clear()
        for row in rows:
            try:
                value = json.loads(row.value)
            except ValueError:
                _log.error("a rule in the database cannot be read and is ignored", guild=row.guild, key=row.key)
                continue
            self._by_guild.setdefault(row.guild, {})[(row.scope, row.place), row.key] = value

    def of(self, guild: int) -> Mapping[tuple[Place, str], Value]:
        """Return what is set in a server, by where it holds and its key."""
        return self._by_guild.get(guild, NOTHING)

    async def set(self, guild: int, place: Place, key: str, value: Value) -> None:
        """Set a value; raises ``StoreError`` where it cannot be written down."""
        scope, place_id = place
        old = delete(rules).where(_is(guild, place, key))
        new = insert(rules).values(guild=guild, scope=scope, place=place_id, key=key, value=json.dumps(value))
        await self._database.run(lambda connection: (connection.execute(old), connection.execute(new)))
        self._by_guild.setdefault(guild, {})[place, key] = value

    async def reset(self, guild: int, *settings: tuple[Place, str]) -> None:
        """Forget values, by where they hold and their keys; raises ``StoreError`` where that cannot be written down."""
        old = [delete(rules).where(_is(guild, *setting)) for setting in settings]
        await self._database.run(lambda connection: [connection.execute(each) for each in old])
        for setting in settings:
            self._by_guild.get(guild, {}).pop(setting, None)


def _is(guild: int, place: Place, key: str) -> ColumnElement[bool]:
    scope, place_id = place
    return and_(rules.c.guild == guild, rules.c.scope == scope, rules.c.place == place_id, rules.c.key == key)
