"""One of the processes that are one bot has requests painted: where it is, and what only it writes."""

import contextlib
import os
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, delete, insert, select

from config.settings import Settings
from store import database, lease
from store.checkpoints import CheckpointFolder
from store.database import Database
from store.engine import database_url
from store.errors import StoreError
from store.journal import OnSaved, StoreJournal
from store.lease import Lease
from store.pictures import PictureFolder
from store.tables import leader

KEY = "shards.key"
"""The file in the data directory by which its processes know each other."""


@dataclass(frozen=True, slots=True)
class Led:
    """What the leader has.

    Args:
        journal: of all requests.
        lease: by which it leads.
        database: in which nothing is written without the lease.
    """

    journal: StoreJournal
    lease: Lease
    database: Database

    async def announce(self, address: str) -> None:
        """Let the other processes know where it is; raises ``StoreError``."""

        def work(connection: Connection) -> None:
            connection.execute(delete(leader))
            connection.execute(insert(leader).values(id=1, address=address))

        await self.database.run(work)


@contextlib.asynccontextmanager
async def leading(settings: Settings, on_saved: OnSaved | None = None) -> AsyncIterator[Led]:
    """Wait until no other process leads, and lead.

    Args:
        settings: where all is kept.
        on_saved: called with the path of each picture that was saved, and its request.

    Raises:
        StoreError: the database cannot be used.
    """
    url = database_url(settings)
    async with lease.held(url) as held, database.opened(url, held.check) as opened:
        pictures = PictureFolder(settings.data_dir, settings.keep.pictures)
        checkpoints = CheckpointFolder(settings.data_dir, settings.keep.checkpoints)
        journal = StoreJournal(opened, pictures, checkpoints, settings.store.keep_days, on_saved)
        yield Led(journal, held, opened)
        await journal.stop()


async def address(opened: Database) -> str:
    """Return where the leader is, or was; ``""`` where that is not known."""
    try:
        found = await opened.run(lambda connection: connection.execute(select(leader.c.address)).scalar())
    except StoreError:
        return ""
    return str(found or "")


def key(data_dir: Path) -> str:
    """Return what all processes with this data directory know, and nobody else; raises ``StoreError``."""
    file = data_dir / KEY
    mine = data_dir / f".{KEY}.{os.getpid()}"
    try:
        if not file.exists():
            mine.touch(0o600)
            mine.write_text(secrets.token_hex(32), encoding="ascii")
            with contextlib.suppress(FileExistsError):
                file.hardlink_to(mine)
            mine.unlink()
        return file.read_text(encoding="ascii").strip()
    except (OSError, ValueError) as error:
        raise StoreError(f"{file} cannot be read or written: {error}.") from None
