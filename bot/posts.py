"""The posts about requests that were taken in: what members see of each."""

import asyncio
import weakref
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial

import discord
import structlog
from structlog.contextvars import bind_contextvars

from bot.caption import Caption, Ended, Painted
from bot.delivery import Delivery
from bot.discord_api import CALL_ERRORS, answered, reason
from bot.edit_lock import EditLock
from bot.entry import Entry
from bot.flags.flag import Available
from bot.notice import Notices
from bot.origin import BATCH, Origin
from bot.outbox import Outboxes
from bot.pace import edit_pause
from bot.patience import Patience
from bot.pictures import Picture, shape_of
from bot.post import Post, PostGoneError
from bot.rules.gate import Gate
from config.settings import Settings
from generation.dispatch import Dispatch
from generation.dispatch.record import Record, Update
from generation.events import Failed, Finished, Progress, Steered
from generation.request import FILMS, ImagineRequest
from store.journal import StoreJournal
from store.kept import Kept

CANCELLED = "Cancelled."
NO_VIDEO = "The video could not be made; whoever runs Easel can see why."

_log = structlog.get_logger(__name__)


class Posts:
    """One post for each request, from when it was taken in to its end.

    Args:
        settings: defaults.
        dispatcher: that has requests painted.
        outboxes: of the channels.
        patience: how long to try what Discord does not take.
        journal: that the dispatcher writes in; it is told what the posts have shown.
        gate: that says which pictures are spoilers, and by what commands begin.
    """

    def __init__(
        self,
        settings: Settings,
        dispatcher: Dispatch,
        outboxes: Outboxes,
        patience: Patience,
        journal: StoreJournal,
        gate: Gate,
    ) -> None:
        self._settings = settings
        self._gate = gate
        self._dispatcher = dispatcher
        self._outboxes = outboxes
        self._patience = patience
        self._journal = journal
        self._entries: dict[str, Entry] = {}
        self._edit_locks: weakref.WeakValueDictionary[int, EditLock] = weakref.WeakValueDictionary()
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False
        self._paused = False
        self._notices = Notices(patience)
        self.taking_in = asyncio.Lock()
        """Held while requests are taken in."""

    async def run(self) -> None:
        """Keep the posts up to date, until cancelled."""
        async for update in self._dispatcher.updates():
            entry = self._entries.get(update.record.request.id)
            if entry is not None:
                self._show(entry, update)

    async def restore(self, client: discord.Client) -> None:
        """Go on with what an earlier run has left, before anything new is admitted, or raise ``StoreError``.

        Args:
            client: that is logged in.
        """
        records = {record.request.id: record for record in await self._dispatcher.resume()}
        for kept in await self._journal.kept():
            record = records.get(kept.request.id)
            origin = Origin.restored(kept.asked, client)
            post = self._post(kept.request, origin, kept)
            if record is not None:
                self._entries[kept.request.id] = entry = Entry(record, origin, post)
                post.show(entry.standing)
            elif kept.png is not None:
                shape = shape_of(kept.png) or kept.request.shape
                smaller = shape if shape != kept.request.shape else None
                painted = Painted(kept.seconds or 0.0, kept.left_out, smaller)
                _show_finished(post, kept.request, painted, kept.png, kept.files)
            elif kept.sentence is not None:
                post.show(Ended(kept.sentence, again=True))
            else:
                self._spawn(self._take_back(origin, post))
            _log.info("restored", request=kept.request.id, state=kept.state)
            self._spawn(self._keep_posted(kept.request.id, post))

    def add(self, asked: Iterable[tuple[Origin, Record]]) -> None:
        """Post the place in line of requests that were taken in, or, at the end, that they go on after a restart.

        Once :meth:`close` has begun that is left to the next start, or to the bot that has taken over.
        """
        if self._paused:
            return
        entries = [Entry(record, origin, self._post(record.request, origin)) for origin, record in asked]
        for entry in entries:
            request = entry.request
            self._entries[request.id] = entry
            _log.info("admitted", request=request.id, member=request.member, channel=entry.origin.channel.id)
            entry.post.show(entry.place)
            self._spawn(self._keep_posted(request.id, entry.post))
        if self._closed:
            self._tell_paused(entries)

    async def settle(self) -> None:
        """Wait until everything that was asked for before has been admitted or refused."""
        async with self.taking_in:
            pass

    def change(self, entry: Entry, request: ImagineRequest) -> None:
        """Show the request that has taken the place of one that waits."""
        entry.post.caption = replace(entry.post.caption, request=request)
        entry.post.show(entry.standing, anew=True)
        _log.info("changed", request=request.id)

    async def withdraw(self, entries: Sequence[Entry]) -> None:
        """Take requests back, with their posts."""
        await self.drop(*(entry.request.id for entry in entries))
        for entry in entries:
            _log.info("taken back", request=entry.request.id)
            entry.post.withdraw()

    async def share(self, entry: Entry, *, together: bool) -> None:
        """Let others than who asked steer a picture, or let them no longer."""
        await self._journal.share(entry.request.id, together=together)
        entry.post.caption = replace(entry.post.caption, together=together)
        if self._entries.get(entry.request.id) is entry:
            self._show_anew(entry)

    async def forget(self, message_ids: Iterable[int]) -> None:
        """Take back the requests whose messages were deleted, those that asked and those that answered."""
        await self.settle()
        deleted = set(message_ids)
        taken_back = []
        for entry in self.entries:
            if entry.origin.id in deleted:
                _log.info("taken back", request=entry.request.id)
            elif entry.post.message is not None and entry.post.message.id in deleted:
                _log.info("the post was deleted", request=entry.request.id)
            else:
                continue
            taken_back.append(entry)
        await self.drop(*(entry.request.id for entry in taken_back))
        for entry in taken_back:
            entry.post.withdraw()

    async def cancel(self, entries: Sequence[Entry], sentence: str) -> None:
        """Take requests back, whether they wait or are being painted; their posts say ``sentence``."""
        await self.drop(*(entry.request.id for entry in entries))
        for entry in entries:
            _log.info("cancelled", request=entry.request.id)
            entry.post.show(Ended(sentence, again=False))

    async def drop(self, *request_ids: str) -> None:
        """Take requests back, whatever their posts say."""
        for request_id in request_ids:
            self._entries.pop(request_id, None)
        await self._dispatcher.cancel(*request_ids)

    def drain(self, *, for_long: bool) -> None:
        """Take no more requests.

        Args:
            for_long: tell everybody who waits already now that their picture goes on after a restart.
        """
        self._closed = True
        if for_long:
            self._tell_paused(self.waiting)

    async def close(self, seconds: float) -> None:
        """After :meth:`drain`, tell all others whose picture is unfinished the same, within ``seconds``."""
        self._paused = True
        self._tell_paused([*self.running, *self.waiting])
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)

    def give_up(self) -> None:
        """Leave what is not shown by now to the next start."""
        late = [task for task in self._tasks if not (task.done() or task.cancelling())]
        for task in late:
            task.cancel()
        if late:
            _log.warning("stopped before every post could be changed", posts=len(late))

    def abandon(self) -> None:
        """Leave every request to another bot: nothing is posted any more."""
        self._closed = self._paused = True
        self._entries.clear()
        for task in self._tasks:
            task.cancel()

    @property
    def is_closed(self) -> bool:
        """Whether no more requests are taken, since the bot ends."""
        return self._closed

    def asked_by(self, message_id: int) -> list[Entry]:
        """Return what waits or is being painted because of that message, in the order of its parts."""
        entries = [entry for entry in self._entries.values() if entry.origin.id == message_id]
        return sorted(entries, key=lambda entry: entry.origin.part)

    def about(self, message_id: int) -> list[Entry]:
        """Return what waits or is being painted that a message has asked for, or that it is about."""
        return [entry for entry in self._entries.values() if message_id in entry.messages]

    def entry(self, request_id: str) -> Entry | None:
        """Return the request of that id, if it waits or is being painted."""
        return self._entries.get(request_id)

    @property
    def entries(self) -> list[Entry]:
        """Everything that waits or is being painted, oldest first."""
        return list(self._entries.values())

    @property
    def running(self) -> list[Entry]:
        """What is being painted, oldest first."""
        return self._of(self._dispatcher.snapshot().running)

    @property
    def waiting(self) -> list[Entry]:
        """What waits, next first."""
        return self._of(self._dispatcher.snapshot().waiting)

    @property
    def available(self) -> Available:
        """What can be asked for here; what models begin from is not known while no device has reported."""
        return Available(self._dispatcher.pool.inits, tuple(self._settings.models.more))

    def _of(self, records: Iterable[Record]) -> list[Entry]:
        entries = (self._entries.get(record.request.id) for record in records)
        return [entry for entry in entries if entry is not None]

    def _show(self, entry: Entry, update: Update) -> None:
        record, post = entry.record, entry.post
        match update.event:
            case Finished() as event:
                painted = Painted(event.seconds, record.left_out, record.smaller)
                post.caption = replace(post.caption, request=record.request)
                _show_finished(post, record.request, painted, event.png, event.files)
                del self._entries[record.request.id]
            case Failed(reason=reason):
                post.show(Ended(reason, again=True))
                del self._entries[record.request.id]
            case Steered():
                post.caption = replace(post.caption, request=record.request)
                self._show_anew(entry)
            case event if record.status == "running" and not self._paused:
                data = event.preview if isinstance(event, Progress) else None
                preview = Picture(f"{record.request.slug}.jpg", data, post.caption.alt_text) if data else None
                post.show(entry.standing, preview)
            case _ if record.status == "waiting" and not self._closed:
                post.show(entry.standing)

    def _show_anew(self, entry: Entry) -> None:
        """Show the same state with other words, unless the post says that it goes on after a restart."""
        if not (self._paused if entry.record.status == "running" else self._closed):
            entry.post.show(entry.standing, anew=True)

    def _edit_pause(self) -> float:
        """Return the least seconds between two edits of a post."""
        shards = self._settings.shards
        share = len(shards.ids) / shards.count if shards.ids and shards.count else 1.0
        return edit_pause(self._settings.painting.preview_seconds, len(self._entries), share)

    def _post(self, request: ImagineRequest, origin: Origin, kept: Kept | None = None) -> Post:
        prefix = self._gate.book.prefix(origin.guild)
        together = None if origin.guild is None else kept is not None and kept.together
        late, painting = origin.is_late, self._settings.painting
        caption = Caption(
            request, prefix, painting, self.available, late, origin.part, origin.how, origin.source_url, together
        )
        delivery = Delivery(
            request.id,
            origin,
            self._outboxes.of(origin),
            self._journal,
            caption.title,
            kept,
            lambda: self._gate.hides(origin, post.caption.request),
        )
        lock = self._edit_locks.setdefault(origin.channel.id, EditLock(self._patience.turn))
        post = Post(caption, delivery, lock, self._edit_pause, self._patience, only_final=origin.how == BATCH)
        return post

    async def _keep_posted(self, request_id: str, post: Post) -> None:
        bind_contextvars(request=request_id)  # of this task
        is_over = True
        try:
            is_over = await post.run()
        except PostGoneError as error:
            _log.warning("a post is given up", error=str(error))
        except Exception:
            _log.exception("could not post")
        else:
            _log.info("posted" if is_over else "left to the next start", post=post.message and post.message.id)
        if request_id in self._entries and not self._closed:
            await self.drop(request_id)
        if is_over:
            await self._journal.close(request_id)

    async def _take_back(self, origin: Origin, post: Post) -> None:
        """Say that a request was cancelled, or, where what asked for it was deleted, let the post go too."""
        if origin.reply_to is not None:
            try:
                await answered(partial(origin.channel.fetch_message, origin.id), self._patience.pauses())
            except discord.NotFound:
                post.withdraw()
                return
            except CALL_ERRORS as error:
                _log.warning("could not look for a message", request=post.caption.request.id, error=reason(error))
        post.show(Ended(CANCELLED, again=False))

    def _tell_paused(self, entries: Iterable[Entry]) -> None:
        for sending in self._notices.tell(entries):
            self._spawn(sending)

    def _spawn(self, coroutine: Coroutine[None, None, None]) -> None:
        """Run it beside everything else; :meth:`close` waits for it."""
        task = asyncio.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _show_finished(
    post: Post, request: ImagineRequest, painted: Painted, png: bytes, files: Mapping[str, bytes]
) -> None:
    """Show a finished picture, with the video that was asked for as far as there is one."""
    described = post.caption.alt_text
    wanted = next((kind for kind in request.outputs if kind in FILMS), None)
    film = None if wanted is None else files.get(wanted)
    video = None if film is None else Picture(f"{request.slug}.{wanted}", film, described)
    note = NO_VIDEO if wanted is not None and film is None else ""
    post.show(replace(painted, note=note), Picture(f"{request.slug}.png", png, described, video))
