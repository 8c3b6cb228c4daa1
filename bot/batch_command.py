"""The command that asks for all that stands in a file: `.batch`, and the message about how far it is."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import groupby
from typing import Any, cast

import discord
import structlog

from bot import batch, uploads
from bot.admission import OF_ANOTHER_KIND, Admission, new_requests
from bot.batch import BadLine, Line
from bot.caption import bar
from bot.command import Call, Command, Option
from bot.discord_api import CALL_ERRORS, answered, is_gone, reason
from bot.entry import Entry
from bot.errors import PromptError, UserError
from bot.fetch import Fetcher
from bot.markdown import escape, shorten
from bot.mentions import with_names
from bot.origin import BATCH, Origin
from bot.outbox import Outboxes
from bot.pace import preview_pause
from bot.patience import Patience
from bot.posts import Posts
from bot.preferences import Preferences
from bot.prompt import Arguments
from bot.uploads import Given, Uploads
from store.batches import Batches, KeptBatch
from store.errors import KnownMessageError

MOST_BYTES = 100_000
"""Of a file from a member."""
MOST_NAMED = 5
"""Lines that are left out and named."""
LONGEST_REASON = 250
"""UTF-16 code units of why."""
LONGEST_NAME = 60
"""UTF-16 code units of the name of a file."""
NO_FILE = "Attach a text file with a prompt in each line; or `.csv`, whose first line names `prompt,seed,size`."
ONE_FILE = "One file at a time; attach the others to messages of their own."
TOO_LARGE = f"The file is larger than {MOST_BYTES // 1000} kB; part it into several."
FEWER = "Take lines out of the file, lower `--repeat`, or part it into several."
ALL_BAD = "No line of the file can be painted."
STAYS = "What a file asked for stays; `{0}cancel` it, or attach the file to a new message."
RESTARTED = "Easel is being restarted; the pictures that are missing come by themselves."

_log = structlog.get_logger(__name__)


class BatchCommand:
    """Asks for all that stands in a file.

    Args:
        posts: about the requests.
        admission: that lets requests in.
        taken: what comes with messages.
        fetcher: that fetches files.
        preferences: of members.
        outboxes: of the channels.
        patience: with Discord.
        pause: least seconds between two edits.
        kept: where files are remembered over a restart.
    """

    def __init__(
        self,
        posts: Posts,
        admission: Admission,
        taken: Uploads,
        fetcher: Fetcher,
        preferences: Preferences,
        outboxes: Outboxes,
        patience: Patience,
        pause: float,
        kept: Batches,
    ) -> None:
        self._posts = posts
        self._admission = admission
        self._uploads = taken
        self._fetcher = fetcher
        self._preferences = preferences
        self._outboxes = outboxes
        self._patience = patience
        self._pause = pause
        self._kept = kept
        self._stopping = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    def commands(self) -> Sequence[Command]:
        """Return the command."""
        file = Option("file", "A text with a prompt in each line, CSV, or JSON Lines", "picture", needed="slash")
        return [Command("batch", "Paint all that stands in a file", self._batch, (file,), asks=True)]

    async def close(self, seconds: float) -> None:
        """Say within so many seconds that what is missing comes after a restart."""
        self._stopping.set()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)

    async def _batch(self, call: Call) -> str | None:
        """Paint all that stands in the file that comes with it."""
        origin = replace(call.origin, how=BATCH)
        self._admission.enter(origin)
        if before := self._posts.asked_by(origin.id):
            stays = STAYS if all(entry.origin.how == BATCH for entry in before) else OF_ANOTHER_KIND
            raise UserError(stays.format(self._admission.gate.book.prefix(origin.guild)))
        file = _file(call)
        found = await self._uploads.track(origin, self._asked(origin, call))
        if found is None:
            return None
        arguments, bad = found
        if not arguments:
            raise PromptError("\n".join([ALL_BAD, *_named(bad)]))
        try:
            await self._admission.admit(origin, *new_requests(arguments, origin))
        except KnownMessageError as error:
            _log.info("heard again", reason=str(error))
            return None
        entries = self._posts.asked_by(origin.id)
        if entries:
            overview = Overview(file.filename, tuple(entries), tuple(bad))
            kept = KeptBatch(origin.asked, overview.name, tuple((each.number, each.reason) for each in bad))
            await self._kept.keep(kept)
            self._spawn(self._show(origin, overview))
        return self._preferences.of(origin, self._posts.available).ignored

    async def _asked(self, origin: Origin, call: Call) -> tuple[list[Arguments], list[BadLine]]:
        """Return what the file of a command asks for, with the pictures that it names, and the lines that are left out.

        Raises:
            UserError: it cannot be had, is no such file, or asks for too much.
        """
        file, own = _file(call), self._preferences.of(origin, self._posts.available)
        settings = self._admission.gate.settings(origin)
        data = await self._fetcher.fetch(file.url)
        named = partial(with_names, origin=origin, mentioned=call.mentioned)
        read = partial(batch.read, data, file.filename, settings.painting, self._posts.available, own.values)
        found = await asyncio.to_thread(read, named=named)
        asked: list[tuple[Line, Given]] = []
        refused = {line.number: line for line in found.bad}
        for line in found.lines:
            try:
                given = uploads.sorted_out(line.addresses, [], line.arguments)
                self._admission.check(origin, line.arguments, has_pictures=bool(given.addresses))
            except UserError as error:
                refused.setdefault(line.number, BadLine(line.number, str(error)))
            else:
                asked.append((line, given))
            await asyncio.sleep(0)  # what is near to a wrong word takes a while to find
        asked = [(line, given) for line, given in asked if line.number not in refused]
        number = sum(line.arguments.fields["repeat"] for line, _ in asked)
        self._admission.check_number(origin, number, FEWER)
        if any(given.addresses for _, given in asked):
            self._admission.check_room(origin, number)
        taken: list[Arguments] = []
        for place, lines in groupby(asked, key=lambda pair: pair[0].number):
            try:
                taken += await self._uploads.with_pictures([(line.arguments, given) for line, given in lines])
            except UserError as error:
                refused[place] = BadLine(place, str(error))
        return taken, sorted(refused.values(), key=lambda each: each.number)

    async def restore(self, client: discord.Client) -> None:
        """Go on with the messages about files that an earlier run has left, once its requests are there.

        Args:
            client: that is logged in.

        Raises:
            StoreError: they cannot be read.
        """
        for kept in await self._kept.kept():
            origin = Origin.restored(kept.asked, client)
            entries = self._posts.asked_by(origin.id)
            ended = await self._kept.ended(origin.id, [entry.request.id for entry in entries])
            if not entries and not ended:
                await self._kept.close(origin.id)
                continue
            bad = tuple(BadLine(*line) for line in kept.bad)
            self._spawn(self._show(origin, Overview(kept.name, tuple(entries), bad, ended), kept.post))

    def _spawn(self, showing: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(showing)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _show(self, origin: Origin, overview: "Overview", post: int | None = None) -> None:
        """Send the message about all of it, or take up an earlier one, and edit it until nothing waits any more."""
        loop, begun = asyncio.get_running_loop(), asyncio.get_running_loop().time()
        try:
            await self._outboxes.of(origin).wait_for_turn(origin.author.id)
            shown = overview.text()
            if post is None:
                post = (await answered(partial(_send, origin, shown), self._patience.pauses())).id
                await self._kept.sent(origin.id, post)
            else:
                shown = ""
            message = discord.PartialMessage(channel=cast("Any", origin.channel), id=post)
            while True:
                is_over, is_stopping = overview.is_over, self._stopping.is_set()
                text = overview.text(RESTARTED if is_stopping and not is_over else "")
                if text != shown:
                    await answered(partial(message.edit, content=_said(origin, text)), self._patience.pauses())
                    shown = text
                if is_over:
                    await self._kept.close(origin.id)
                if is_over or is_stopping:
                    return
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(preview_pause(self._pause, loop.time() - begun)):
                        await self._stopping.wait()
        except CALL_ERRORS as error:
            if is_gone(error):
                await self._kept.close(origin.id)
            else:
                _log.warning("could not tell of a batch", channel=origin.channel.id, error=reason(error))
        except Exception:
            _log.exception("could not tell of a batch", channel=origin.channel.id)


@dataclass(frozen=True, slots=True)
class Overview:
    """How far it is with all that a file asked for.

    Args:
        name: of the file.
        entries: its requests.
        bad: lines that are left out.
        ended: how many others of its requests have ended how.
    """

    name: str
    entries: tuple[Entry, ...]
    bad: tuple[BadLine, ...]
    ended: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_over(self) -> bool:
        """Whether none of them waits or is being painted any more."""
        return all(entry.record.status not in {"waiting", "running"} for entry in self.entries)

    def text(self, note: str = "") -> str:
        """Return what to say: markdown, at most 2000 characters."""
        records = [entry.record for entry in self.entries]
        status = Counter[str](record.status for record in records) + Counter(self.ended)
        count = status.total()
        percent = sum(record.percent if record.status == "running" else 0 for record in records)
        over = count - status["waiting"] - status["running"]
        parts = [f"{status['finished']} of {count} painted"]
        parts += [f"{status[each]} {each}" for each in ("running", "waiting", "failed", "cancelled") if status[each]]
        told = " · ".join(parts).replace("running", "being painted")
        title = f"**{escape(shorten(self.name, LONGEST_NAME))}**"
        first = told if self.is_over else f"{bar((100 * over + percent) // count)} · {told}"
        return "\n".join([title, first, *([note] if note else []), *_named(self.bad)])


def _named(bad: Sequence[BadLine]) -> list[str]:
    """Return the lines that are left out, the first of them with their reasons."""
    lines = [f"-# line {each.number}: {shorten(each.reason, LONGEST_REASON)}" for each in bad[:MOST_NAMED]]
    more = len(bad) - MOST_NAMED
    return [*lines, *([f"-# and {more} more {'line is' if more == 1 else 'lines are'} left out"] if more > 0 else [])]


def _file(call: Call) -> discord.Attachment:
    """Return the file that comes with a command; raises ``UserError``."""
    files = [call.options["file"]] if "file" in call.options else call.message.attachments if call.message else []
    if not files:
        raise UserError(NO_FILE)
    if len(files) > 1:
        raise UserError(ONE_FILE)
    file: discord.Attachment = files[0]
    if file.size > MOST_BYTES:
        raise UserError(TOO_LARGE)
    return file


def _said(origin: Origin, text: str) -> str:
    return text if origin.reply_to is not None else origin.addressed(text)


async def _send(origin: Origin, text: str) -> discord.Message:
    content, to = _said(origin, text), cast("Any", origin.reply_to)
    nobody = discord.AllowedMentions.none()
    return await origin.channel.send(
        content, reference=to, allowed_mentions=nobody, suppress_embeds=True, nonce=f"{origin.id}-b"
    )
