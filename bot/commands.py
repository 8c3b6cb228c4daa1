"""What members can type."""

from typing import Any

import discord
import structlog
from discord.ext import commands

from bot import prompt
from bot.answer import answer
from bot.errors import CancelError, PermissionsError
from bot.listing import help_text, queue_text
from bot.markdown import escape, shorten
from bot.mentions import with_names
from bot.permissions import missing
from bot.studio import Entry, Studio
from config.settings import Settings

_log = structlog.get_logger(__name__)

Context = commands.Context[Any]


class Painting(commands.Cog):
    """Asking for pictures, seeing the queue, taking back."""

    def __init__(self, settings: Settings, studio: Studio) -> None:
        self._settings = settings
        self._studio = studio

    @commands.command()
    async def imagine(self, context: Context, *, text: str = "") -> None:
        """Paint what the text describes."""
        lacking = missing(context.message)
        if lacking:
            _log.warning("permissions are missing", channel=context.channel.id, missing=lacking)
            names = " and ".join(f"**{name}**" for name in lacking)
            raise PermissionsError(f"To paint here I need the permission {names}; a moderator can grant it.")
        arguments = prompt.parse(with_names(context.message, text), self._settings.painting)
        self._studio.admit(context.message, arguments)

    @commands.command()
    async def queue(self, context: Context) -> None:
        """Show what is being painted and what waits."""
        running = [entry for entry in self._studio.entries if entry.taken]
        await answer(context.message, queue_text(running, self._studio.waiting, context.message))

    @commands.command()
    async def cancel(self, context: Context, *, which: str = "") -> None:
        """Take back the member's newest picture, the one at a place in line, or the one replied to."""
        message = context.message
        if message.reference is not None and not which:
            entry = self._replied_to(message)
        elif which:
            entry = self._named(which.strip())
        else:
            entry = self._newest(message)
        own = entry.source.author.id == message.author.id
        if not own and not _moderates(message, entry):
            raise CancelError("That picture is not yours; only who asked for it and moderators can cancel it.")
        self._studio.cancel(entry, "Cancelled." if own else "Cancelled by a moderator.")
        await answer(message, f"Cancelled: {escape(shorten(entry.request.prompt, 100))}")

    @commands.command()
    async def help(self, context: Context) -> None:
        """Tell how to ask for a picture."""
        await answer(context.message, help_text(context.me.display_name, self._settings))

    def _newest(self, message: discord.Message) -> Entry:
        mine = [entry for entry in self._studio.entries if entry.source.author.id == message.author.id]
        if not mine:
            raise CancelError("You have no picture waiting or being painted.")
        return mine[-1]

    def _named(self, which: str) -> Entry:
        waiting = self._studio.waiting
        if which.isdecimal() and 0 < int(which) <= len(waiting):
            return waiting[int(which) - 1][0]
        prefix = self._settings.discord.prefix
        raise CancelError(f"There is no such picture in line. `{prefix}queue` shows what waits and at which place.")

    def _replied_to(self, message: discord.Message) -> Entry:
        assert message.reference is not None
        for entry in self._studio.entries:
            post = entry.post.message
            if message.reference.message_id in {entry.source.id, post.id if post else None}:
                return entry
        raise CancelError("That message is not about a picture that waits or is being painted.")


def _moderates(message: discord.Message, entry: Entry) -> bool:
    """Return whether the author may cancel what others asked for in that channel."""
    channel, author = message.channel, message.author
    return (
        channel.id == entry.source.channel.id
        and isinstance(author, discord.Member)
        and not isinstance(channel, discord.PartialMessageable)
        and channel.permissions_for(author).manage_messages
    )
