"""Up to which message everything was heard."""

import time

from sqlalchemy import delete, insert, select

from store.database import Database
from store.tables import heard

MILLISECOND = 1 << 22
"""By so much the ids that Discord gives grow in a millisecond."""


class Heard:
    """Remembers it from one start to the next.

    Args:
        database: to keep it in.
        shard: the first of this process, where several are one bot.
    """

    def __init__(self, database: Database, shard: int = 0) -> None:
        self._database = database
        self._id = 1 + shard

    async def save(self, message: int) -> None:
        """Write down the newest message up to which all were heard."""
        before = delete(heard).where(heard.c.id == self._id)
        newest = insert(heard).values(id=self._id, message=message, at=time.time())
        await self._database.write(before, newest, key="heard")

    async def since(self, seconds: float) -> int | None:
        """Return the id after which messages were not heard, of at most so long ago; None at the first start.

        It is reckoned from when the last message came, by this machine's clock: Discord's may be another. A process
        whose shards were in another one goes on from the process that has heard least.
        """
        mine_first = select(heard).order_by(heard.c.id != self._id, heard.c.message)
        row = await self._database.run(lambda connection: connection.execute(mine_first).first())
        if row is None:
            return None
        too_long = max(0.0, time.time() - row.at - seconds)
        return int(row.message) + int(too_long * 1000) * MILLISECOND
