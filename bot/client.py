"""The Discord client: what it listens to, whom it answers, and what happens when a command fails."""

import asyncio
import contextlib
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial, wraps
from typing import Any

import discord
import structlog
from discord.ext import commands
from structlog.contextvars import bound_contextvars

from bot.answer import Answers
from bot.command import Call, Command, Commands
from bot.discord_api import CALL_ERRORS, BoundedHTTPClient, answered, reason
from bot.errors import UserError
from bot.hearing import Hearing
from bot.markdown import inline_code
from bot.metrics import Metrics
from bot.origin import Origin
from bot.patience import Patience
from bot.permissions import check_moderator
from bot.receipt import Reply
from bot.rules.book import RuleBook
from bot.slash import Tree
from bot.typed import read, usage
from config.settings.discord import ShardSettings

FAULT = "Something went wrong on Easel's side. It has been noted; asking again may help."
GUILD_READY_SECONDS = 0.05
"""So long after the last server has come in discord.py calls itself ready; nothing here waits for all of them."""
LONGEST_WAIT = 30.0
"""Seconds that discord.py itself may wait for a rate limit to pass."""

_log = structlog.get_logger(__name__)


class Client(commands.AutoShardedBot):
    """Logs in with the intents that the commands need, and keeps next to nothing in memory.

    Nobody is ever pinged unless a message says otherwise, since prompts are hostile text. When the gateway ends the
    connection for good, :meth:`close` waits until :meth:`release` is called, so that members can be told before.

    Args:
        book: what a command begins with.
        answers: to what members type.
        patience: with edits, and with Discord.
        hearing: that knows which messages were heard.
        known: the commands.
        metrics: that count calls and refusals.
        shards: of which it is told what happens.
    """

    def __init__(
        self,
        book: RuleBook,
        answers: Answers,
        patience: Patience,
        hearing: Hearing,
        known: Commands,
        metrics: Metrics,
        shards: ShardSettings,
    ) -> None:
        intents = discord.Intents(
            guilds=True,
            guild_messages=True,
            dm_messages=True,
            guild_reactions=True,
            dm_reactions=True,
            message_content=True,
        )
        super().__init__(
            command_prefix=(),  # what is typed is understood here, by the same table as slash commands
            help_command=None,
            tree_cls=Tree,
            intents=intents,
            shard_count=shards.count,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            guild_ready_timeout=GUILD_READY_SECONDS,
            max_messages=None,
            http_trace=metrics.trace,
            max_ratelimit_timeout=LONGEST_WAIT,
            allowed_mentions=discord.AllowedMentions.none(),
        )
        self.shard_ids = None if shards.ids is None else [*shards.ids]
        # discord.py makes its REST client and its parsers of events by itself; these are its only seams.
        self.http.__class__ = BoundedHTTPClient
        parsers = self._connection.parsers
        parsers.update({event: _guarded(event, parse) for event, parse in parsers.items()})
        self._book = book
        self._answers = answers
        self._commands = known
        self._metrics = metrics
        self.hearing = hearing
        self.patience = patience
        self._released = False
        self._replies: tuple[Command, Callable[[str], bool]] | None = None

    def hear_replies(self, command: Command, is_meant: Callable[[str], bool]) -> None:
        """Run a command also for replies that are none.

        Args:
            command: that takes the words of the reply.
            is_meant: whether a reply with these words is meant so; others stay among those who talk.
        """
        self._replies = command, is_meant

    def leave_out_content(self) -> None:
        """Log in without what members type, but where they mention the bot or write to it alone."""
        self._connection._intents.message_content = False

    def release(self) -> None:
        """Let :meth:`close` end the connections."""
        self._released = True

    async def disconnect(self) -> None:
        """End all sessions, to begin anew."""
        for number, shard in self.shards.items():
            with contextlib.suppress(Exception):
                await shard.disconnect()
            self.hearing.lost(number)

    async def close(self) -> None:
        """End the connections, once released."""
        if self._released:
            await super().close()

    async def on_message(self, message: discord.Message, /) -> None:
        """Run the command in ``message``, once, however often the gateway delivers it."""
        shard = 0 if message.guild is None else message.guild.shard_id
        self.hearing.note(shard, message.id)
        if message.author.bot or message.is_system() or self.hearing.remembered(message.id) is not None:
            return
        await self._run_command(message)

    async def run_edited(self, message: discord.Message, *, however_late: bool) -> bool:
        """Run the command that an edit made of a message; return False where nothing asks for pictures any more.

        Args:
            message: as it is now.
            however_late: the edit counts also when the message is older than a minute.
        """
        if message.author.bot or message.edited_at is None:
            return True
        if self.hearing.remembered(message.id) == message.content:
            return True
        edited_within = timedelta(seconds=self.patience.edited_within)
        if message.edited_at - message.created_at > edited_within and not however_late:
            return True
        # Discord tells of a message also when it is pinned, for example, with the time of an edit of long ago.
        if discord.utils.snowflake_time(self.hearing.newest) - message.edited_at > edited_within:
            return True
        return await self._run_command(message)

    async def on_error(self, event_method: str, /, *_: Any, **__: Any) -> None:
        """Log what went wrong with an event."""
        _log.exception("an event failed", gateway_event=event_method)

    async def ask(self, command: Command, call: Call) -> str | Reply | None:
        """Run a command and return what there is to say, also where it was refused or failed."""
        with bound_contextvars(asked=call.origin.id):
            try:
                check_moderator(command, call.origin)
                return await command.run(call)
            except UserError as error:
                return self.refuse(command, error)
            except Exception:
                _log.exception("a command failed", command=command.name)
                return FAULT

    def refuse(self, command: Command, error: UserError) -> str:
        """Count that a command was refused, and return why."""
        self._metrics.refuse(command.name, error)
        return str(error)

    async def _run_command(self, message: discord.Message) -> bool:
        """Run the command in a message, and return whether there is one that asks for pictures."""
        self.hearing.remember(message.id, message.content)
        prefix = self._book.prefix(message.guild)
        text, is_mention = self._addressed(message, prefix)
        found = self._commands.find(text) or self._reply(message, text if is_mention else message.content)
        origin = Origin.of(message, is_late=self.hearing.is_missed(message.id))
        if found is None:
            group = self._commands.group(text.split(maxsplit=1)[0]) if text.strip() else []
            if group:
                told = await self.ask(_usages(group, prefix), Call(origin))
                self._answers.give(origin, told if isinstance(told, str) else "", "usage")
            elif is_mention:
                hint = f"I paint: `{prefix}imagine a red fox`. `{prefix}help` tells more."
                self._answers.give(origin, hint, "mention")
            return False
        command, rest = found
        answer: str | Reply | None
        with self.hearing.unsettled(message.id):
            try:
                origin = await self._as_member(origin)
                check_moderator(command, origin)
                options = read(command, rest, message, prefix)
                answer = await self.ask(command, Call(origin, options, message, message.mentions))
            except UserError as error:
                answer = self.refuse(command, error)
        if answer is not None:
            text, more = (answer.text, answer) if isinstance(answer, Reply) else (answer, None)
            says_all = command.answers == "latest" or more is not None
            kind = command.name if more is None else f"{command.name} with more"
            self._answers.give(origin, text, kind, more, says_all=says_all)
        return command.asks

    def _reply(self, message: discord.Message, words: str) -> tuple[Command, str] | None:
        """Return what a reply is meant to be that is no command, and its words."""
        if self._replies is None or message.type is not discord.MessageType.reply:
            return None
        command, is_meant = self._replies
        return (command, words) if is_meant(words) else None

    async def _as_member(self, origin: Origin) -> Origin:
        """Return where something comes from with the roles of its author, which messages from the past do not tell."""
        guild, author = origin.guild, origin.author
        if guild is None or isinstance(author, discord.Member):
            return origin
        try:
            async with asyncio.timeout(self.patience.answer):
                member = await answered(partial(guild.fetch_member, author.id), self.patience.pauses())
        except (*CALL_ERRORS, TimeoutError) as error:
            _log.warning("could not look up a member", member=author.id, error=reason(error))
            return origin
        return replace(origin, author=member)

    def _addressed(self, message: discord.Message, prefix: str) -> tuple[str, bool]:
        """Return what a message says to the bot, ``""`` for nothing, and whether it mentions the bot first."""
        assert self.user is not None
        mention = re.match(rf"<@!?{self.user.id}>\s*", message.content)
        if mention is not None:
            return message.content[mention.end() :], True
        is_ours = message.content.startswith(prefix)
        return message.content[len(prefix) :] if is_ours else "", False


def _usages(group: Sequence[Command], prefix: str) -> Command:
    """Return what a group's name alone is: a command that tells how its commands are typed."""
    lines = [f"{inline_code(usage(each, prefix), 200)} {each.help}" for each in group]

    async def tell(_: Call) -> str:
        return "\n".join(lines)

    return replace(group[0], run=tell)


def _guarded(event: str, parse: Callable[[Any], None]) -> Callable[[Any], None]:
    """Let a malformed event be logged, where it would end the connection."""

    @wraps(parse)
    def guarded(data: Any) -> None:
        try:
            parse(data)
        except Exception as error:
            _log.warning("an event of the gateway is malformed", gateway_event=event, error=reason(error))

    return guarded
