"""What is kept of a member, and deleting it."""

import asyncio
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import structlog
from sqlalchemy import Connection, RowMapping, delete, func, select, update

from generation.request import ImagineRequest
from store.checkpoints import CheckpointFolder
from store.database import Database
from store.pictures import PictureFolder
from store.tables import batches, blocks, members, requests, usage
from store.uploads import UploadFolder
from store.usage import is_counted

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Personal:
    """How much is kept of a member.

    Args:
        requests: prompts with their numbers, and where they were asked.
        since: when the oldest of them was accepted, in Unix seconds; None where there are none.
        files: finished pictures, videos, checkpoints, and pictures that they gave.
        has_settings: whether they have chosen defaults.
        counted: pictures that count towards the limits of a day, wherever they were asked for.
        blocks: servers in which they are blocked.
    """

    requests: int
    since: float | None
    files: int
    has_settings: bool
    counted: int
    blocks: int


class Privacy:
    """Knows and deletes what is kept of members.

    Args:
        database: with their requests and settings.
        pictures: that were finished.
        checkpoints: of what was painted.
        uploads: that members gave.
    """

    def __init__(
        self, database: Database, pictures: PictureFolder, checkpoints: CheckpointFolder, uploads: UploadFolder
    ) -> None:
        self._database = database
        self._pictures = pictures
        self._checkpoints = checkpoints
        self._uploads = uploads

    async def of(self, member: int) -> Personal:
        """Return how much is kept of a member; raises ``StoreError``."""

        def look(connection: Connection) -> tuple[list[RowMapping], list[int]]:
            mine = select(requests.c.id, requests.c.request, requests.c.accepted).where(requests.c.author == member)
            counts = [
                select(func.count()).select_from(members).where(members.c.member == member),
                select(func.coalesce(func.sum(usage.c.pictures), 0)).where(usage.c.member == member, is_counted()),
                select(func.count())
                .select_from(blocks)
                .where(blocks.c.member == member, blocks.c.until.is_(None) | (blocks.c.until > time.time())),
            ]
            rows = connection.execute(mine).mappings().all()
            return [*rows], [int(connection.execute(count).scalar_one()) for count in counts]

        rows, (settings, counted, blocked) = await self._database.run(look)
        ids = [str(row["id"]) for row in rows]
        files = await asyncio.to_thread(self._count, ids, _pictures_of(row["request"] for row in rows))
        since = min((row["accepted"] for row in rows), default=None)
        return Personal(len(rows), since, files, settings > 0, counted, blocked)

    async def unfinished(self, member: int) -> Sequence[str]:
        """Return the ids of a member's requests that have not ended; raises ``StoreError``."""
        mine = select(requests.c.id).where(requests.c.author == member, requests.c.ended.is_(None))
        return await self._database.run(lambda connection: connection.execute(mine).scalars().all())

    async def forget(self, member: int) -> int:
        """Delete a member's requests with their files, and their settings; return how many requests there were.

        What counts towards the limits of a day, and that they are blocked, stays. So do pictures that they gave where
        requests of others name them too. What they said to steer pictures of others is no longer theirs.

        Raises:
            StoreError: nothing was deleted.
        """

        def work(connection: Connection) -> tuple[list[str], set[str]]:
            mine = select(requests.c.id, requests.c.request).where(requests.c.author == member)
            rows = connection.execute(mine).mappings().all()
            connection.execute(delete(requests).where(requests.c.author == member))
            connection.execute(delete(batches).where(batches.c.author == member))
            connection.execute(delete(members).where(members.c.member == member))
            said = f'"by":"{member}"'
            steered = select(requests.c.number, requests.c.request).where(requests.c.request.contains(said))
            for number, text in connection.execute(steered).all():
                nobodys = update(requests).where(requests.c.number == number)
                connection.execute(nobodys.values(request=text.replace(said, '"by":""')))
            given = _pictures_of(row["request"] for row in rows)
            if given:
                given -= _pictures_of(connection.execute(select(requests.c.request)).scalars())
            return [str(row["id"]) for row in rows], given

        ids, given = await self._database.run(work)
        await self._database.purge()
        try:
            await asyncio.to_thread(self._delete, ids, given)
        except OSError as error:
            _log.error("could not delete files of a member", error=str(error))
        return len(ids)

    def _count(self, ids: list[str], given: set[str]) -> int:
        return sum(folder.count(ids) for folder in (self._pictures, self._checkpoints)) + self._uploads.count(given)

    def _delete(self, ids: list[str], given: set[str]) -> None:
        for folder in (self._pictures, self._checkpoints):
            folder.forget(ids)
        self._uploads.forget(given)


def _pictures_of(texts: Iterable[str]) -> set[str]:
    """Return the SHA-256 of all pictures that requests name, given as JSON."""
    found: set[str] = set()
    for text in texts:
        try:
            found |= ImagineRequest.from_json(str(text)).pictures
        except ValueError:
            continue  # of no version that is known
    return found
