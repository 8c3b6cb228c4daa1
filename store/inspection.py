"""How what is kept stands, looked at from outside."""

import fcntl
from dataclasses import dataclass
from pathlib import Path

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection

from config.settings import Settings
from store import lock
from store.database import MIGRATIONS, connected
from store.engine import database_url, is_lasting, is_server, shown


@dataclass(frozen=True, slots=True)
class Standing:
    """How a database stands.

    Args:
        database: its file, or its address as it can be shown.
        revision: of its tables; None where there are none yet.
        newest: to which the next start brings them.
    """

    database: str
    revision: str | None
    newest: str


def holder(data_dir: Path) -> str | None:
    """Return who has locked the data directory, as ``process 7``; None where nobody has."""
    try:
        with (data_dir / lock.NAME).open("r", encoding="ascii", errors="replace") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return lock.named(file.readline(20))
    except OSError:
        pass  # nobody has been there, or whoever cannot read it cannot say
    return None


async def inspect(settings: Settings) -> Standing:
    """Return how the database stands, which stays as it is, and is not made where there is none.

    Raises:
        StoreError: it cannot be used.
    """
    url = database_url(settings)
    newest = ScriptDirectory(str(MIGRATIONS)).get_current_head()
    assert newest is not None
    if not is_server(url) and not _is_there(url):
        return Standing(shown(url), None, newest)
    async with connected(url) as database:
        return Standing(shown(url), await database.prepare(_revision), newest)


def _is_there(url: URL) -> bool:
    return is_lasting(url) and Path(str(url.database)).exists()


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()
