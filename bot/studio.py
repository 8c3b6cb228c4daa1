"""Where requests become pictures: takes them from the queue, has them painted, and keeps their posts up to date."""

import asyncio
import secrets
import time
import weakref
from collections import defaultdict
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass, replace
from math import inf
from pathlib import Path

import structlog

from bot.caption import Caption, Ended, InProgress, Painted, Waiting
from bot.delivery import Delivery, Picture
from bot.edit_lock import EditLock
from bot.errors import UserError
from bot.line import Line
from bot.notice import send_notices
from bot.origin import Origin
from bot.outbox import Outboxes
from bot.patience import Patience
from bot.pictures import PictureFolder
from bot.post import Post, PostGoneError
from bot.prompt import Arguments
from bot.queue import RequestQueue
from config.settings import Settings
from generation.dispatch.devices import Pool
from generation.events import DeviceChanged, Failed, Finished, Progress, Started
from generation.executor import Executor
from generation.request import SEED_LIMIT, ImagineRequest

CLOSED = "Easel is being stopped and takes no more requests. Ask again in a few minutes."
PARKED = "No device is able to paint at the moment; whoever runs Easel has been told. Try again later."
STOPPED = "Easel was stopped before this picture was finished."
BEGUN = "That picture is being painted already and stays as it was asked for: `{0}cancel` it, or ask anew."
MOST_EDITED = 3
"""Of one channel so many posts can be edited at the end, before it is over; of more one message tells."""

OnFinished = Callable[[Path, ImagineRequest], None]

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Entry:
    """A request that waits or is being painted.

    Args:
        request: what is painted.
        origin: where it was asked for.
        post: what its member sees.
        taken: whether the executor has it.
        step: steps done.
        finishes: when it will be finished, in Unix seconds, once it is taken; infinite while no device paints it.
        left_out: the tail of the prompt that is not painted.
    """

    request: ImagineRequest
    origin: Origin
    post: Post
    taken: bool = False
    step: int = 0
    finishes: float = inf
    left_out: str = ""

    @property
    def percent(self) -> int:
        """How much is done."""
        return 100 * self.step // self.request.steps


class Studio:
    """Between the members and the executor.

    Args:
        settings: limits, defaults and where pictures are kept.
        executor: who paints; it must have been entered before :meth:`run`.
        outboxes: of the channels.
        patience: how long to try what Discord does not take.
        on_finished: called with the path of each picture that was saved.
    """

    def __init__(
        self,
        settings: Settings,
        executor: Executor,
        outboxes: Outboxes,
        patience: Patience,
        on_finished: OnFinished | None = None,
    ) -> None:
        self._settings = settings
        self._executor = executor
        self._outboxes = outboxes
        self._patience = patience
        self._on_finished = on_finished
        self._pictures = PictureFolder(settings.data_dir)
        self._queue = RequestQueue(settings.queue.total, settings.queue.per_member)
        self._line = Line(self._queue, patience.forecast)
        self._entries: dict[str, Entry] = {}
        self._stir = asyncio.Event()
        self._edit_locks: weakref.WeakValueDictionary[int, EditLock] = weakref.WeakValueDictionary()
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False

    async def run(self) -> None:
        """Have requests painted, until cancelled."""
        self._stirred()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._feed())
            tasks.create_task(self._listen())
            tasks.create_task(self._line.keep(lambda: self._pool, self._show_places))

    def admit(self, origin: Origin, arguments: Arguments) -> None:
        """Let the request wait and post its place in line; raises ``UserError`` when it cannot be taken."""
        if self._closed:
            raise UserError(CLOSED)
        if self._pool.is_parked:
            raise UserError(PARKED)
        self._check_size(arguments)
        request = ImagineRequest(
            id=secrets.token_hex(4),
            prompt=arguments.prompt,
            seed=secrets.randbelow(SEED_LIMIT) if arguments.seed is None else arguments.seed,
            width=arguments.width,
            height=arguments.height,
            steps=arguments.steps,
            init=arguments.init,
            member=str(origin.author.id),
        )
        tag = self._queue.admit(request)
        caption = Caption(request, self._settings.discord.prefix, self._settings.painting)
        delivery = Delivery(request.id, origin, self._outboxes.of(origin))
        lock = self._edit_locks.setdefault(origin.channel.id, EditLock(self._patience.turn))
        post = Post(caption, delivery, lock, self._settings.painting.preview_seconds, self._patience)
        entry = self._entries[request.id] = Entry(request, origin, post)
        _log.info("admitted", request=request.id, member=request.member, channel=origin.channel.id)
        post.show(self._stand_in_line(request, tag))
        self._spawn(self._keep_posted(entry))
        self._stirred()

    def change(self, entry: Entry, arguments: Arguments) -> None:
        """Let a request that waits be for something else; raises ``UserError`` when it is being painted."""
        if entry.taken:
            raise UserError(BEGUN.format(self._settings.discord.prefix))
        self._check_size(arguments)
        request = entry.request = replace(
            entry.request,
            prompt=arguments.prompt,
            seed=entry.request.seed if arguments.seed is None else arguments.seed,
            width=arguments.width,
            height=arguments.height,
            steps=arguments.steps,
            init=arguments.init,
        )
        tag = self._queue.replace(request)
        self._line.discard(request.id)
        entry.post.caption = replace(entry.post.caption, request=request)
        entry.post.show(self._stand_in_line(request, tag), anew=True)
        _log.info("changed", request=request.id)
        self._stirred()

    def forget(self, message_ids: Iterable[int]) -> None:
        """Take back the requests whose messages were deleted, those that asked and those that answered."""
        deleted = set(message_ids)
        for entry in self.entries:
            if entry.origin.id in deleted:
                self._abort(entry)
                entry.post.withdraw()
                _log.info("taken back", request=entry.request.id)
            elif entry.post.message is not None and entry.post.message.id in deleted:
                entry.post.withdraw()
                self._abort(entry)
                _log.info("the post was deleted", request=entry.request.id)

    def _check_size(self, arguments: Arguments) -> None:
        refusal = self._pool.refusal((arguments.width, arguments.height))
        if refusal is not None:
            raise UserError(refusal)

    def cancel(self, entry: Entry, sentence: str) -> None:
        """Take the request back, whether it waits or is being painted; its post says ``sentence``."""
        self._abort(entry)
        entry.post.show(Ended(sentence, again=False))
        _log.info("cancelled", request=entry.request.id)

    async def close(self, seconds: float) -> None:
        """Take no more requests and tell everybody whose picture is unfinished, within ``seconds``."""
        self._closed = True
        self._line.clear()
        by_channel: defaultdict[int, list[Entry]] = defaultdict(list)
        for entry in self.entries:
            by_channel[entry.origin.channel.id].append(entry)
            self._drop(entry)
            entry.post.show(Ended(STOPPED, again=True))
        for entries in by_channel.values():
            if len(entries) > MOST_EDITED:
                self._spawn(self._send_notices(entries))
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)
        late = [task for task in self._tasks if not task.done()]
        for task in late:
            task.cancel()
        if late:
            _log.warning("stopped before every post could be changed", posts=len(late))

    async def _send_notices(self, entries: list[Entry]) -> None:
        """Tell all members of a channel at once; their posts are changed as far as there is time."""
        posts = [(entry.origin, entry.post.caption) for entry in entries]
        await send_notices(entries[0].origin.channel, posts, self._patience)

    def asked_by(self, message_id: int) -> Entry | None:
        """Return what waits or is being painted because of that message."""
        return next((entry for entry in self._entries.values() if entry.origin.id == message_id), None)

    @property
    def entries(self) -> list[Entry]:
        """Everything that waits or is being painted, oldest first."""
        return list(self._entries.values())

    @property
    def waiting(self) -> list[tuple[Entry, float]]:
        """What waits, next first, and when it will be begun, in Unix seconds."""
        return [(self._entries[standing.request_id], standing.starts) for standing in self._line.standings]

    @property
    def _pool(self) -> Pool:
        return self._executor.pool

    def _stirred(self) -> None:
        """Take note that there may be room for somebody who waits, or somebody who waits where there is room."""
        self._stir.set()
        self._line.outdate()

    async def _feed(self) -> None:
        while True:
            await self._stir.wait()
            self._stir.clear()
            # What lost its worker goes first: until a device has room for it nothing else is taken.
            while not self._queue.orphans(self._pool) and (request := self._queue.take(self._pool)):
                self._executor.add_request(request)
                entry = self._entries[request.id]
                entry.taken = True
                self._line.discard(request.id)
                self._line.outdate()
                self._begin(entry)

    async def _listen(self) -> None:
        async for event in self._executor.events():
            if isinstance(event, DeviceChanged):
                for orphan in self._queue.orphans(self._pool):
                    self._begin(self._entries[orphan.id])
                self._stirred()
            elif (entry := self._entries.get(event.request_id)) is not None:
                self._handle(entry, event)

    def _handle(self, entry: Entry, event: Started | Progress | Finished | Failed) -> None:
        match event:
            case Started():
                entry.left_out = event.left_out
                self._begin(entry)
            case Progress():
                entry.step = event.step
                self._show_progress(entry, event.preview)
                if event.preview:
                    self._line.outdate()
            case Finished():
                self._finish(entry, event)
            case Failed():
                self._drop(entry)
                entry.post.show(Ended(event.reason, again=True))
                _log.warning("failed", request=event.request_id, reason=event.reason)

    def _begin(self, entry: Entry) -> None:
        entry.step = 0
        self._show_progress(entry, None)

    def _show_progress(self, entry: Entry, preview: bytes | None) -> None:
        request_id = entry.request.id
        device = self._pool.device_of(request_id)
        entry.finishes = time.time() + device.seconds_left(request_id) if device else inf
        caption = entry.post.caption
        picture = Picture(f"{caption.slug}.jpg", preview, caption.alt_text) if preview else None
        entry.post.show(InProgress(entry.percent, entry.finishes, entry.left_out), picture)

    def _finish(self, entry: Entry, event: Finished) -> None:
        caption = entry.post.caption
        name = f"{caption.slug}.png"
        self._drop(entry)
        entry.post.show(Painted(event.seconds, entry.left_out), Picture(name, event.png, caption.alt_text))
        self._spawn(self._keep_picture(entry.request, f"{entry.request.id}-{name}", event))

    async def _keep_picture(self, request: ImagineRequest, name: str, event: Finished) -> None:
        path = self._pictures.path(name)
        try:
            await asyncio.to_thread(self._pictures.save, name, event.png)
        except OSError as error:
            _log.error("could not save a picture", request=request.id, path=str(path), error=str(error))
            return
        _log.info("finished", request=request.id, seconds=round(event.seconds, 1), path=str(path))
        if self._on_finished is not None:
            self._on_finished(path, request)

    def _stand_in_line(self, request: ImagineRequest, tag: int) -> Waiting:
        pool, now = self._pool, time.time()
        finishes = [entry.finishes for entry in self._entries.values() if entry.taken]
        soonest = (now if pool.has_room(request.shape) else min(finishes, default=now)) if pool.is_up else inf
        return Waiting(*self._line.add(request.id, tag, soonest, pool.seconds_between(request)))

    def _show_places(self) -> None:
        for place, (entry, starts) in enumerate(self.waiting, start=1):
            entry.post.show(Waiting(place, starts))

    async def _keep_posted(self, entry: Entry) -> None:
        try:
            await entry.post.run()
        except PostGoneError as error:
            _log.warning("a post is given up", request=entry.request.id, error=str(error))
        except Exception:
            _log.exception("could not post", request=entry.request.id)
        if entry.request.id in self._entries:
            self._abort(entry)

    def _abort(self, entry: Entry) -> None:
        self._drop(entry)
        if entry.taken:
            self._executor.abort_request(entry.request.id)

    def _drop(self, entry: Entry) -> None:
        del self._entries[entry.request.id]
        self._queue.remove(entry.request.id)
        self._line.discard(entry.request.id)
        self._stirred()

    def _spawn(self, coroutine: Coroutine[None, None, None]) -> None:
        """Run it beside everything else; :meth:`close` waits for it."""
        task = asyncio.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
