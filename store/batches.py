"""Files of requests whose message does not yet say how all of them ended."""

import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass

import structlog
from sqlalchemy import ColumnElement, and_, delete, func, insert, select, true, update

from store.asked import Asked
from store.database import Database
from store.heard import MILLISECOND
from store.tables import CANCELLED, FAILED, RUNNING, WAITING, batches, requests

BadLines = tuple[tuple[int, str], ...]
"""Those that are left out, by their numbers, and why."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class KeptBatch:
    """A file of requests.

    Args:
        asked: by whom, and where.
        name: of the file.
        bad: lines that are left out.
        post: the bot's message about all of it; None where none is known to have been sent.
    """

    asked: Asked
    name: str
    bad: BadLines
    post: int | None = None


class Batches:
    """Remembers them until their messages say how all of their requests ended.

    Args:
        database: to keep them in.
        mine: the shards whose files are told of, and how many shards there are; all where none are named.
    """

    def __init__(self, database: Database, mine: tuple[Sequence[int], int] | None = None) -> None:
        self._database = database
        self._mine: ColumnElement[bool] = true()
        if mine is not None:
            self._mine = (func.coalesce(batches.c.guild, 0) // MILLISECOND % mine[1]).in_(mine[0])

    async def keep(self, kept: KeptBatch) -> None:
        """Write a file down."""
        asked = asdict(kept.asked)
        row = {name: asked[name] for name in ("message", "channel", "guild", "author", "author_name", "has_message")}
        values = insert(batches).values(**row, name=kept.name, bad=json.dumps(kept.bad), post=kept.post)
        await self._database.write(values, key=("batch", kept.asked.message))

    async def sent(self, message: int, post: int) -> None:
        """Write down which message is about the file that came with another one."""
        sent = update(batches).where(batches.c.message == message).values(post=post)
        await self._database.write(sent, key=("batch sent", message))

    async def close(self, message: int) -> None:
        """Forget the file that came with a message."""
        await self._database.write(delete(batches).where(batches.c.message == message), key=("batch end", message))

    async def kept(self) -> Sequence[KeptBatch]:
        """Return all that are remembered; raises ``StoreError``."""
        mine = select(batches).where(self._mine).order_by(batches.c.message)
        rows = await self._database.run(lambda connection: connection.execute(mine).all())
        return [
            KeptBatch(
                Asked(row.message, row.channel, row.guild, row.author, row.author_name, has_message=row.has_message),
                row.name,
                tuple((int(number), str(reason)) for number, reason in json.loads(row.bad)),
                row.post,
            )
            for row in rows
        ]

    async def ended(self, message: int, others: Collection[str]) -> Mapping[str, int]:
        """Return how many requests of a file have ended how, but for some that are named; raises ``StoreError``."""
        over = requests.c.state.not_in((WAITING, RUNNING))
        this = and_(requests.c.message == message, over, requests.c.id.not_in(others))
        found = select(requests.c.state, requests.c.sentence).where(this)
        rows = await self._database.run(lambda connection: connection.execute(found).all())
        return Counter(
            "cancelled" if row.state == CANCELLED else "failed" if row.sentence or row.state == FAILED else "finished"
            for row in rows
        )
