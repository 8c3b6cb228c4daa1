"""All that the bot keeps from one start to the next."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

from sqlalchemy import URL

from config.settings import Settings
from store import database
from store.heard import Heard
from store.journal import OnSaved, StoreJournal
from store.lock import locked
from store.pictures import PictureFolder
from store.uploads import UploadFolder

NAME = "easel.db"


@dataclass(frozen=True, slots=True)
class Store:
    """What is kept.

    Args:
        journal: of requests.
        heard: which messages were heard.
        uploads: pictures that members gave.
    """

    journal: StoreJournal
    heard: Heard
    uploads: UploadFolder


@contextlib.asynccontextmanager
async def opened(settings: Settings, on_saved: OnSaved | None = None) -> AsyncIterator[Store]:
    """Lock the data directory and open what is kept.

    Args:
        settings: where, and for how long.
        on_saved: called with the path of each picture that was saved, and its request.

    Raises:
        StoreError: another process uses the directory, or the database cannot be used.
    """
    url = settings.store.url
    file = URL.create("sqlite", database=str(settings.data_dir / NAME))
    with locked(settings.data_dir):
        async with database.opened(url.get_secret_value() if url else file) as opened_database:
            pictures = PictureFolder(settings.data_dir)
            journal = StoreJournal(opened_database, pictures, settings.store.keep_days, on_saved)
            uploads = UploadFolder(settings.data_dir, opened_database, settings.store.keep_days)
            await uploads.prune()
            yield Store(journal, Heard(opened_database), uploads)
