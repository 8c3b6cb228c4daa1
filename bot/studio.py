"""Where requests become pictures: takes them from the queue, has them painted, and keeps their posts up to date."""

import asyncio
import secrets
import time
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import discord
import structlog
from discord.utils import DEFAULT_FILE_SIZE_LIMIT_BYTES

from bot.caption import Caption, Ended, Painted, Painting, Waiting
from bot.errors import UserError
from bot.estimate import Estimate, Pace, estimate
from bot.post import Picture, Post, PostGoneError
from bot.prompt import Arguments
from bot.queue import RequestQueue
from bot.turns import Turns
from config.settings import Settings
from generation.events import Event, Failed, Finished, Progress, Started
from generation.executor import Executor
from generation.request import SEED_LIMIT, ImagineRequest

CLOSED = "Easel is being stopped and takes no more requests. Ask again in a few minutes."
STOPPED = "Easel was stopped before this picture was finished."

OnFinished = Callable[[Path, ImagineRequest], None]

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Entry:
    """A request that waits or is being painted.

    Args:
        request: what is painted.
        post: what its member sees.
        taken: whether the executor has it.
        step: steps done.
        seconds: of painting so far.
        finishes: when it will be finished, in Unix seconds, once it is taken.
        left_out: the tail of the prompt that is not painted.
    """

    request: ImagineRequest
    post: Post
    taken: bool = False
    step: int = 0
    seconds: float = 0.0
    finishes: float = 0.0
    left_out: str = ""

    @property
    def source(self) -> discord.Message:
        """The message that asked."""
        return self.post.source

    @property
    def percent(self) -> int:
        """How much is done."""
        return 100 * self.step // self.request.steps


class Studio:
    """Between the members and the executor.

    Args:
        settings: limits, defaults and where pictures are kept.
        executor: who paints; it must have been entered before :meth:`run`.
        on_finished: called with each picture's path.
    """

    def __init__(self, settings: Settings, executor: Executor, on_finished: OnFinished | None = None) -> None:
        self._settings = settings
        self._executor = executor
        self._on_finished = on_finished
        self._queue = RequestQueue(settings.queue.total, settings.queue.per_member)
        self._entries: dict[str, Entry] = {}
        self._pace = Pace()
        self._slots = 1
        self._turns: weakref.WeakValueDictionary[int, Turns] = weakref.WeakValueDictionary()
        self._posts: set[asyncio.Task[None]] = set()
        self._closed = False

    async def run(self) -> None:
        """Have requests painted, until cancelled."""
        self._slots = len(self._executor.devices)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._feed())
            tasks.create_task(self._listen())

    def admit(self, source: discord.Message, arguments: Arguments) -> None:
        """Let the request wait and post its place in line; raises ``UserError`` when it cannot be taken."""
        if self._closed:
            raise UserError(CLOSED)
        request = ImagineRequest(
            id=secrets.token_hex(4),
            prompt=arguments.prompt,
            seed=secrets.randbelow(SEED_LIMIT) if arguments.seed is None else arguments.seed,
            width=arguments.width,
            height=arguments.height,
            steps=arguments.steps,
            member=str(source.author.id),
        )
        self._queue.admit(request)
        caption = Caption(request, self._settings.discord.prefix, self._settings.painting)
        turns = self._turns.setdefault(source.channel.id, Turns())
        post = Post(source, caption, turns, self._settings.painting.preview_seconds)
        entry = self._entries[request.id] = Entry(request, post)
        _log.info("admitted", request=request.id, member=request.member, channel=source.channel.id)
        self._show_places()
        task = asyncio.create_task(self._keep_posted(entry))
        self._posts.add(task)
        task.add_done_callback(self._posts.discard)

    def cancel(self, entry: Entry, sentence: str) -> None:
        """Take the request back, whether it waits or is being painted; its post says ``sentence``."""
        self._abort(entry)
        entry.post.show(Ended(sentence, again=False))
        _log.info("cancelled", request=entry.request.id)

    async def close(self, seconds: float) -> None:
        """Take no more requests and tell everybody whose picture is unfinished, within ``seconds``."""
        self._closed = True
        for entry in self.entries:
            self._drop(entry)
            entry.post.show(Ended(STOPPED, again=True))
        try:
            if self._posts:
                await asyncio.wait(self._posts, timeout=seconds)
        finally:
            late = [task for task in self._posts if not task.done()]
            for task in late:
                task.cancel()
            if late:
                _log.warning("stopped before everybody could be told", posts=len(late))

    @property
    def entries(self) -> list[Entry]:
        """Everything that waits or is being painted, oldest first."""
        return list(self._entries.values())

    @property
    def waiting(self) -> list[tuple[Entry, Estimate]]:
        """What waits, next first, and when it will be painted."""
        requests = self._queue.waiting
        running = [entry.finishes for entry in self._entries.values() if entry.taken]
        played = estimate(requests, running, self._slots, self._pace, time.time())
        return [(self._entries[request.id], turn) for request, turn in zip(requests, played, strict=True)]

    async def _feed(self) -> None:
        while True:
            await self._queue.wait()
            await self._executor.wait_for_room()
            request = self._queue.take()
            if request is None:
                continue
            self._executor.add_request(request)
            entry = self._entries[request.id]
            entry.taken = True
            self._slots = max(self._slots, sum(each.taken for each in self._entries.values()))
            self._begin(entry)
            self._show_places()

    async def _listen(self) -> None:
        """Follow the events; the whole line is played through anew only as often as somebody could see a difference."""
        async for event in self._executor.events():
            entry = self._entries.get(event.request_id)
            if entry is not None:
                await self._handle(entry, event)
                if not isinstance(event, Progress) or event.preview:
                    self._show_places()

    async def _handle(self, entry: Entry, event: Event) -> None:
        match event:
            case Started():
                entry.left_out = event.left_out
                self._begin(entry)
            case Progress():
                self._measure(entry, event.step, event.seconds)
                rest = event.seconds / event.step * (event.steps - event.step)
                entry.finishes = time.time() + rest
                self._show_progress(entry, event.preview)
            case Finished():
                self._measure(entry, entry.request.steps, event.seconds)
                await self._finish(entry, event)
            case Failed():
                self._drop(entry)
                entry.post.show(Ended(event.reason, again=True))
                _log.warning("failed", request=event.request_id, reason=event.reason)

    def _begin(self, entry: Entry) -> None:
        entry.step, entry.seconds = 0, 0.0
        entry.finishes = time.time() + self._pace.seconds(entry.request.cost)
        self._show_progress(entry, None)

    def _measure(self, entry: Entry, step: int, seconds: float) -> None:
        width, height = entry.request.shape
        self._pace.observe(seconds - entry.seconds, width * height * (step - entry.step))
        entry.step, entry.seconds = step, seconds

    def _show_progress(self, entry: Entry, preview: bytes | None) -> None:
        picture = Picture(f"{entry.post.caption.slug}.jpg", preview) if preview else None
        entry.post.show(Painting(entry.percent, entry.finishes, entry.left_out), picture)

    async def _finish(self, entry: Entry, event: Finished) -> None:
        request, name = entry.request, f"{entry.post.caption.slug}.png"
        path = self._settings.data_dir / "pictures" / f"{request.id}-{name}"
        try:
            await asyncio.to_thread(_save, event.png, path)
        except OSError as error:
            _log.error("could not save a picture", request=request.id, path=str(path), error=str(error))
        if request.id not in self._entries:  # cancelled meanwhile
            return
        self._drop(entry)
        limit = _upload_limit(entry.source)
        if len(event.png) <= limit:
            entry.post.show(Painted(event.seconds, entry.left_out), Picture(name, event.png))
        else:
            entry.post.show(Ended(f"The picture is larger than the {limit >> 20} MB allowed here.", again=True))
        _log.info("finished", request=request.id, seconds=round(event.seconds, 1), path=str(path))
        if self._on_finished is not None:
            self._on_finished(path, request)

    def _show_places(self) -> None:
        for place, (entry, turn) in enumerate(self.waiting, start=1):
            entry.post.show(Waiting(place, turn.starts))

    async def _keep_posted(self, entry: Entry) -> None:
        try:
            await entry.post.run()
        except PostGoneError as error:
            _log.info("nowhere to post to", request=entry.request.id, error=str(error))
        except Exception:
            _log.exception("could not post", request=entry.request.id)
        if entry.request.id in self._entries:
            self._abort(entry)

    def _abort(self, entry: Entry) -> None:
        self._drop(entry)
        if entry.taken:
            self._executor.abort_request(entry.request.id)
        self._show_places()

    def _drop(self, entry: Entry) -> None:
        del self._entries[entry.request.id]
        self._queue.remove(entry.request.id)


def _upload_limit(source: discord.Message) -> int:
    return DEFAULT_FILE_SIZE_LIMIT_BYTES if source.guild is None else source.guild.filesize_limit


def _save(png: bytes, path: Path) -> None:
    """Write the picture so that ``path`` never holds half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_bytes(png)
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
        raise
