"""What moderators are told of in a channel of theirs: who changed what, and who was refused why."""

import asyncio
import secrets
from collections import Counter
from collections.abc import Awaitable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial

import discord
import structlog

from bot.characters import MAX_CONTENT, units
from bot.discord_api import CALL_ERRORS, answered, reason
from bot.errors import UserError
from bot.markdown import shorten
from bot.origin import Origin
from bot.outbox import Outboxes
from bot.patience import Patience
from bot.rules.book import RuleBook
from store.audit import Audit
from store.errors import StoreError
from store.tables import EVERYWHERE, OPERATOR

UNSAVED = (
    "That could not be written down and does not hold; whoever runs Easel has been told. Try again in a few minutes."
)
MOST_WAITING = 50
"""Different lines of a server that wait to be posted; of more it is told how many there were."""
LOG_TURN = 0
"""Stands in for a member in the outbox, so that all lines together wait as those of one member."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Line:
    actor: int
    what: str
    is_noted: bool


class AuditLog:
    """Writes down what moderators change, and tells a channel of that and of refusals, where the server has set one.

    A flood of refusals is a few messages: what waits for its turn is sent together, and what is the same is counted.
    That it could not be posted is said in the log of the bot only.

    Args:
        audit: where it is written down.
        book: that knows the channels.
        outboxes: of the channels.
        patience: how long to try.
    """

    def __init__(self, audit: Audit, book: RuleBook, outboxes: Outboxes, patience: Patience) -> None:
        self._audit = audit
        self._book = book
        self._outboxes = outboxes
        self._patience = patience
        self._waiting: dict[int, Counter[_Line]] = {}
        """By their server, each with how often."""
        self._surplus: Counter[int] = Counter()
        self._tasks: dict[int, asyncio.Task[None]] = {}
        """That post, by their server."""

    async def change(self, origin: Origin, saving: Awaitable[None], what: str) -> None:
        """Save what a moderator changes, then do what :meth:`changed` does.

        Args:
            origin: who changes it.
            saving: writes the change down.
            what: they did, beginning with a verb in the past tense.

        Raises:
            UserError: it could not be written down, and does not hold.
        """
        await _saved(saving)
        await self.changed(origin, what)

    async def changed(self, origin: Origin, what: str) -> None:
        """Write down and tell what a moderator has done; ``what`` begins with a verb in the past tense."""
        assert origin.guild is not None
        await self._changed(origin.guild, origin.author.id, what)

    async def change_by_operator(self, guild: discord.Guild | None, saving: Awaitable[None], what: str) -> None:
        """Do what :meth:`change` does for the operator, in a server; None for all of them or none."""
        await _saved(saving)
        await self.changed_by_operator(guild, what)

    async def changed_by_operator(self, guild: discord.Guild | None, what: str) -> None:
        """Do what :meth:`changed` does for the operator; the server is None where it was in all of them or none."""
        await self._changed(guild, OPERATOR, what)

    def refused(self, origin: Origin, why: str) -> None:
        """Write down and tell that a member was refused, where the server wants to know; ``why`` is a sentence."""
        line = _Line(origin.author.id, f"was refused in <#{origin.channel.id}>: {why}", is_noted=False)
        self._tell(origin.guild, line)

    async def close(self, seconds: float) -> None:
        """Wait so long for what is still to be told."""
        if self._tasks:
            await asyncio.wait(self._tasks.values(), timeout=seconds)

    def give_up(self) -> None:
        """Give up what is not told by now."""
        for task in self._tasks.values():
            task.cancel()

    async def _changed(self, guild: discord.Guild | None, actor: int, what: str) -> None:
        await self._audit.note(guild.id if guild else EVERYWHERE, actor, what)
        self._tell(guild, _Line(actor, what, is_noted=True))

    def _tell(self, guild: discord.Guild | None, line: _Line) -> None:
        if guild is None or self._book.log_channel(guild.id) is None:
            return
        lines = self._waiting.setdefault(guild.id, Counter())
        if line in lines or len(lines) < MOST_WAITING:
            lines[line] += 1
        else:
            self._surplus[guild.id] += 1
        if guild.id not in self._tasks:
            self._tasks[guild.id] = asyncio.create_task(self._send(guild))

    async def _send(self, guild: discord.Guild) -> None:
        """Post what waits for a server, each time once it is its turn."""
        try:
            while self._waiting.get(guild.id):
                channel = guild.get_channel_or_thread(self._book.log_channel(guild.id) or 0)
                if not isinstance(channel, discord.abc.Messageable):
                    _log.warning("the channel of a server's log is gone", guild=guild.id)
                    return
                outbox = self._outboxes.of_channel(channel.id)
                await outbox.wait_for_turn(LOG_TURN)
                for number, text in enumerate(_messages(await self._taken(guild.id))):
                    if number:
                        await outbox.wait_for_turn(LOG_TURN)
                    send = partial(channel.send, text, suppress_embeds=True, nonce=secrets.token_hex(8))
                    async with asyncio.timeout(self._patience.answer):
                        await answered(send, self._patience.pauses())
        except (*CALL_ERRORS, TimeoutError) as error:
            _log.warning("could not post to a server's log", guild=guild.id, error=reason(error))
        finally:
            self._waiting.pop(guild.id, None)
            del self._tasks[guild.id]

    async def _taken(self, guild: int) -> list[str]:
        """Return what waits for a server, each on a line, and write down what is not yet."""
        lines, surplus = self._waiting.pop(guild), self._surplus.pop(guild, 0)
        texts = []
        for line, count in lines.items():
            what = f"{line.what} (×{count})" if count > 1 else line.what
            if not line.is_noted:
                await self._audit.note(guild, line.actor, what)
            texts.append(f"{actor_name(line.actor)} {what}")
        return [*texts, *([f"… and {surplus} more"] if surplus else [])]


def actor_name(actor: int) -> str:
    """Return who did something, as it is shown in a message."""
    return "The operator" if actor == OPERATOR else f"<@{actor}>"


async def _saved(saving: Awaitable[None]) -> None:
    try:
        await saving
    except StoreError:
        raise UserError(UNSAVED) from None


def _messages(lines: Iterable[str]) -> Iterator[str]:
    """Yield lines in as few messages as they fit into."""
    text = ""
    for line in lines:
        line = shorten(line, MAX_CONTENT)
        if text and units(f"{text}\n{line}") > MAX_CONTENT:
            yield text
            text = ""
        text += f"\n{line}" if text else line
    yield text
