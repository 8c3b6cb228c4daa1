"""Who may ask for nothing, by server."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from store.database import Database
from store.tables import blocks


@dataclass(frozen=True, slots=True)
class Block:
    """That somebody may ask for nothing.

    Args:
        until: when that ends, in Unix seconds; None for never.
        reason: in words; ``""`` for none.
        moderator: who said so.
        at: when.
    """

    until: float | None
    reason: str
    moderator: int
    at: float


class Blocks:
    """Knows it all in memory, and writes down each change before it holds.

    Where a server is asked for, :data:`store.tables.EVERYWHERE` stands for all of them.

    Args:
        database: to keep it in.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._by_guild: dict[int, dict[int, Block]] = {}

    async def load(self) -> None:
        """Read what was written down, in an earlier run too, and forget what is over."""

        def work(connection: Connection) -> Any:
            connection.execute(delete(blocks).where(blocks.c.until <= time.time()))
            return connection.execute(select(blocks)).all()

        rows = await self._database.run(work)
        self._by_guild.clear()
        for row in rows:
            block = Block(row.until, row.reason, row.moderator, row.at)
            self._by_guild.setdefault(row.guild, {})[row.member] = block

    def of(self, guild: int) -> Mapping[int, Block]:
        """Return who is blocked in a server now, by their ids."""
        now = time.time()
        blocked = self._by_guild.get(guild, {})
        return {member: block for member, block in blocked.items() if block.until is None or block.until > now}

    def find(self, guild: int, member: int) -> Block | None:
        """Return that somebody is blocked in a server; None where they are not."""
        block = self._by_guild.get(guild, {}).get(member)
        return block if block is not None and (block.until is None or block.until > time.time()) else None

    def all(self) -> Iterator[tuple[int, int, Block]]:
        """Yield every server and member that is blocked there now, with how."""
        for guild in self._by_guild:
            for member, block in self.of(guild).items():
                yield guild, member, block

    async def add(self, guild: int, member: int, block: Block) -> None:
        """Block somebody, also instead of how they were blocked; raises ``StoreError``."""
        await self._write(guild, member, block)
        self._by_guild.setdefault(guild, {})[member] = block

    async def remove(self, guild: int, member: int) -> None:
        """Let somebody ask again; raises ``StoreError``."""
        await self._write(guild, member, None)
        self._by_guild.get(guild, {}).pop(member, None)

    async def _write(self, guild: int, member: int, block: Block | None) -> None:
        def work(connection: Connection) -> None:
            connection.execute(delete(blocks).where((blocks.c.guild == guild) & (blocks.c.member == member)))
            if block is not None:
                connection.execute(insert(blocks).values(guild=guild, member=member, **asdict(block)))

        await self._database.run(work)
