"""All that the bot keeps from one start to the next."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import structlog

from config.settings import Settings
from store import database, leader, lease
from store.archive import Archive
from store.audit import Audit
from store.batches import Batches
from store.blocks import Blocks
from store.checkpoints import CheckpointFolder
from store.engine import database_url, is_lasting, is_server
from store.errors import StoreError
from store.heard import Heard
from store.journal import OnSaved, StoreJournal
from store.lease import Lease
from store.lock import Lock, locked
from store.members import Members
from store.pictures import PictureFolder
from store.privacy import Privacy
from store.rules import Rules
from store.uploads import UploadFolder
from store.usage import Usage
from store.words import Words

REFRESH_SECONDS = 60.0
WATCH_SECONDS = 30.0
"""From one look whether the data directory is there to the next."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Store:
    """What is kept.

    Args:
        journal: of requests.
        heard: which messages were heard.
        uploads: pictures that members gave.
        members: what they have chosen for themselves.
        privacy: what is kept of members.
        archive: where what was asked for is found again.
        rules: that moderators have set.
        words: that may not stand in prompts.
        blocks: of members.
        usage: of members, as far as it counts towards the limits of a day.
        audit: who changed what, and who was refused why.
        lease: of a database on a server; None where there is no server, or where several processes are one bot.
        find_leader: returns the address of the one of them that has requests painted; ``""`` where none is known.
        key: by which they know each other.
    """

    journal: StoreJournal
    heard: Heard
    uploads: UploadFolder
    members: Members
    privacy: Privacy
    archive: Archive
    rules: Rules
    words: Words
    blocks: Blocks
    usage: Usage
    audit: Audit
    batches: Batches
    lease: Lease | None = None
    find_leader: Callable[[], Awaitable[str]] | None = None
    key: str = ""

    async def lost(self) -> None:
        """Wait until another process may work with the database; raises ``LostError`` then, and never returns."""
        await (self.lease.lost() if self.lease is not None else asyncio.Event().wait())


@contextlib.asynccontextmanager
async def opened(settings: Settings, on_saved: OnSaved | None = None) -> AsyncIterator[Store]:
    """Lock the data directory and open what is kept, on a server once no other process works with it.

    Where several processes are one bot, all have it open, and what only their leader writes is ``store.leader``'s.

    Args:
        settings: where, and for how long.
        on_saved: called with the path of each picture that was saved, and its request.

    Raises:
        StoreError: another process uses the directory, or the database cannot be used.
    """
    url, shards = database_url(settings), settings.shards
    if shards.ids and not is_server(url):
        raise StoreError("shards.ids: processes that are one bot need a database on a server; set store.url.")
    async with contextlib.AsyncExitStack() as stack:
        lock = stack.enter_context(locked(settings.data_dir, shards.ids or ()))
        if not is_lasting(url):
            _log.info("store.url names a database in memory: no request survives the end of the bot")
        is_alone = shards.ids is None
        held = await stack.enter_async_context(lease.held(url)) if is_server(url) and is_alone else None
        opened_database = await stack.enter_async_context(database.opened(url, held.check if held else None))
        pictures = PictureFolder(settings.data_dir, settings.keep.pictures)
        checkpoints = CheckpointFolder(settings.data_dir, settings.keep.checkpoints)
        mine = (shards.ids, shards.count or 1) if shards.ids else None
        journal = StoreJournal(opened_database, pictures, checkpoints, settings.store.keep_days, on_saved, mine)
        uploads = UploadFolder(settings.data_dir, opened_database, settings.keep.uploads)
        await uploads.prune()
        members, rules = Members(opened_database), Rules(opened_database)
        words, blocks = Words(opened_database), Blocks(opened_database)
        for each in (members, rules, words, blocks):
            await each.load()
        audit = Audit(opened_database, settings.store.keep_days)
        usage = Usage(opened_database)
        archive = Archive(opened_database, pictures)
        moderated = rules, words, blocks, usage, audit
        privacy = Privacy(opened_database, pictures, checkpoints, uploads)
        watching = asyncio.create_task(watch(lock, settings.data_dir))
        stack.callback(watching.cancel)
        heard = Heard(opened_database, min(shards.ids or (0,)))
        batches = Batches(opened_database, mine)
        kept = Store(journal, heard, uploads, members, privacy, archive, *moderated, batches, held)
        if is_alone:
            yield kept
            await journal.stop()
        else:
            refreshing = asyncio.create_task(_refresh(members, rules, blocks))
            stack.callback(refreshing.cancel)
            yield replace(kept, find_leader=partial(leader.address, opened_database), key=leader.key(settings.data_dir))


async def _refresh(*kept: Members | Rules | Blocks) -> None:
    """Read again and again what members and the operator have set, for that may have been by way of other processes."""
    while True:
        await asyncio.sleep(REFRESH_SECONDS)
        for each in kept:
            with contextlib.suppress(StoreError):  # the database says so in the log
                await each.load()


async def watch(lock: Lock, data_dir: Path, seconds: float = WATCH_SECONDS) -> None:
    """Say in the log when the data directory is deleted or replaced, once; whoever paints goes on."""
    while True:
        await asyncio.sleep(seconds)
        if not await asyncio.to_thread(lambda: lock.is_there):
            break
    _log.error("data_dir was deleted or replaced: nothing is kept any more; restart the bot", folder=str(data_dir))
