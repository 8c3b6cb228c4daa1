"""The Discord client: what it listens to, whom it answers, and what happens when a command fails."""

import re
from typing import Any

import discord
import structlog
from discord.ext import commands

from bot.answer import answer
from bot.errors import UserError
from config.settings import DiscordSettings

FAULT = "Something went wrong on Easel's side. It has been noted; asking again may help."
GUILD_READY_SECONDS = 0.05
"""So long after the last server has come in discord.py calls itself ready; nothing here waits for all of them."""
REMEMBERED = 1000
"""Messages that are recognised when the gateway delivers them twice."""

_log = structlog.get_logger(__name__)


class Client(commands.Bot):
    """Logs in with the intents that the commands need, and keeps next to nothing in memory.

    Nobody is ever pinged unless a message says otherwise, since prompts are hostile text.
    """

    def __init__(self, settings: DiscordSettings) -> None:
        intents = discord.Intents(guilds=True, guild_messages=True, dm_messages=True, message_content=True)
        super().__init__(
            command_prefix=_prefixes,
            help_command=None,
            case_insensitive=True,
            intents=intents,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            guild_ready_timeout=GUILD_READY_SECONDS,
            max_messages=None,
            allowed_mentions=discord.AllowedMentions.none(),
        )
        self.prefix = settings.prefix
        self._seen: dict[int, None] = {}

    async def on_message(self, message: discord.Message, /) -> None:
        """Run the command in ``message``, once, however often the gateway delivers it."""
        if message.author.bot or message.is_system() or message.id in self._seen:
            return
        self._seen[message.id] = None
        if len(self._seen) > REMEMBERED:
            del self._seen[next(iter(self._seen))]
        context = await self.get_context(message)
        if context.prefix is not None and context.command is None and self._is_mention(context.prefix):
            await answer(message, f"I paint: `{self.prefix}imagine a red fox`. `{self.prefix}help` tells more.")
        await self.invoke(context)

    async def on_command_error(self, context: commands.Context[Any], error: commands.CommandError, /) -> None:
        """Tell the member what they can do about it; log what is a fault of ours."""
        if isinstance(error, commands.CommandNotFound):
            return
        cause = error.original if isinstance(error, commands.CommandInvokeError) else error
        if isinstance(cause, UserError):
            await answer(context.message, str(cause))
            return
        _log.error("a command failed", command=context.invoked_with, message=context.message.id, exc_info=cause)
        await answer(context.message, FAULT)

    async def on_error(self, event_method: str, /, *_: Any, **__: Any) -> None:
        """Log what went wrong with an event."""
        _log.exception("an event failed", gateway_event=event_method)

    def _is_mention(self, prefix: str) -> bool:
        return prefix != self.prefix


def _prefixes(client: Client, message: discord.Message) -> list[str]:
    """Return what a command in ``message`` begins with: a mention of the bot with its blanks, or the prefix."""
    assert client.user is not None
    mention = re.match(rf"<@!?{client.user.id}>\s*", message.content)
    return [mention[0]] if mention else [client.prefix]
