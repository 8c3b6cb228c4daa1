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
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def save(self, message: int) -> None:
        """Write down the newest message up to which all were heard."""
        newest = insert(heard).values(id=1, message=message, at=time.time())
        await self._database.write(delete(heard), newest, key="heard")

    async def since(self, seconds: float) -> int | None:
        """Return the id after which messages were not heard, of at most so long ago; None at the first start.

        It is reckoned from when the last message came, by this machine's clock: Discord's may be another.
        """
        row = await self._database.run(lambda connection: connection.execute(select(heard)).first())
        if row is None:
            return None
        too_long = max(0.0, time.time() - row.at - seconds)
        return int(row.message) + int(too_long * 1000) * MILLISECOND
