"""What members can type."""

from functools import partial
from typing import Any

import discord
import structlog
from discord.ext import commands

from bot import prompt, uploads
from bot.answer import Answers
from bot.client import Client
from bot.discord_api import CALL_ERRORS, answered, reason
from bot.errors import UserError
from bot.listing import help_text, queue_text
from bot.markdown import escape, shorten
from bot.mentions import with_names
from bot.origin import Origin
from bot.permissions import missing
from bot.posts import BEGUN, CANCELLED, Entry, Posts
from bot.uploads import Uploads
from config.settings import Settings
from store.errors import KnownMessageError

EDIT_IGNORED = "Your picture stays as you asked for it; `{0}cancel` or deleting the message takes it back."

_log = structlog.get_logger(__name__)

Context = commands.Context[Any]


class ImagineCog(commands.Cog):
    """Asking for pictures, seeing the queue, taking back."""

    def __init__(self, settings: Settings, client: Client, posts: Posts, answers: Answers, taken: Uploads) -> None:
        self._settings = settings
        self._client = client
        self._posts = posts
        self._answers = answers
        self._uploads = taken

    @commands.command()
    async def imagine(self, context: Context, *, text: str = "") -> None:
        """Paint what the text describes; where the message was edited, instead of what it asked for before."""
        message = context.message
        origin = Origin.of(message, is_late=self._client.was_missed(message.id))
        lacking = missing(origin)
        if lacking:
            _log.warning("permissions are missing", channel=origin.channel.id, missing=lacking)
            names = " and ".join(f"**{name}**" for name in lacking)
            raise UserError(f"To paint here I need the permission {names}; a moderator can grant it.")
        addresses, words = uploads.split(text)
        attachments = await uploads.pictures_of(message)
        typed = with_names(words, origin, message.mentions)
        instead = prompt.LIKENESS if addresses or attachments else ""
        parsed = prompt.parse(typed, self._settings.painting, self._posts.inits, instead)
        given = uploads.sorted_out(addresses, attachments, parsed)
        if given.addresses and self._posts.asked_by(message.id) is None:
            self._posts.check_room(str(message.author.id))
        arguments = await self._uploads.take(message, given, parsed)
        if arguments is None:
            return
        asked = self._posts.asked_by(message.id)
        if asked is None:
            try:
                await self._posts.admit(origin, arguments)
            except KnownMessageError as error:
                _log.info("heard again", reason=str(error))
                if message.edited_at is not None:
                    raise UserError(BEGUN.format(self._settings.discord.prefix)) from None
        else:
            await self._posts.change(asked, arguments)

    @commands.command()
    async def queue(self, context: Context) -> None:
        """Show what is being painted and what waits."""
        await self._posts.settle()
        origin = Origin.of(context.message)
        self._answers.give(origin, queue_text(self._posts.running, self._posts.waiting, origin), "queue")

    @commands.command()
    async def cancel(self, context: Context, *, which: str = "") -> None:
        """Take back the member's newest picture, the one at a place in line, or the one replied to."""
        await self._client.save_heard(settled=context.message.id)  # heard again, it would take back another one
        await self._uploads.settle(context.author.id)
        await self._posts.settle()
        # From here to the end of the request nothing is waited for: of several commands each takes back another one.
        message = context.message
        if message.reference is not None and not which:
            entry = self._replied_to(message)
        elif which:
            entry = self._named(which.strip())
        else:
            entry = self._newest(message)
        own = entry.origin.author.id == message.author.id
        if not own and not _moderates(message, entry):
            raise UserError("That picture is not yours; only who asked for it and moderators can cancel it.")
        await self._posts.cancel(entry, CANCELLED if own else "Cancelled by a moderator.")
        text = f"Cancelled: {escape(shorten(entry.request.prompt, 100))}"
        self._answers.give(Origin.of(message), text, f"cancel {entry.request.id}")

    @commands.command()
    async def help(self, context: Context) -> None:
        """Tell how to ask for a picture."""
        text = help_text(context.me.display_name, self._settings, self._posts.inits)
        self._answers.give(Origin.of(context.message), text, "help")

    @commands.Cog.listener()
    async def on_raw_message_edit(self, edit: discord.RawMessageUpdateEvent) -> None:
        """Run what a message says now, if it is a command, also instead of what it asked for and still waits for."""
        await self._run_edited(edit.message)

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        """Look whether what was asked for was deleted or edited while there was no session."""
        for entry in [entry for entry in self._posts.entries if entry.origin.reply_to]:
            origin = entry.origin
            try:
                message = await answered(
                    partial(origin.channel.fetch_message, origin.id), self._client.patience.pauses()
                )
            except discord.NotFound:
                await self._posts.forget([origin.id])
            except CALL_ERRORS as error:
                _log.warning("could not look for a message", request=entry.request.id, error=reason(error))
            else:
                await self._run_edited(message)

    @commands.Cog.listener()
    async def on_raw_message_delete(self, deleted: discord.RawMessageDeleteEvent) -> None:
        """Take back what a message asked for that was deleted."""
        self._uploads.forget(deleted.message_id)
        await self._posts.forget([deleted.message_id])

    @commands.Cog.listener()
    async def on_raw_bulk_message_delete(self, deleted: discord.RawBulkMessageDeleteEvent) -> None:
        """Take back what messages asked for that were deleted together."""
        for message_id in deleted.message_ids:
            self._uploads.forget(message_id)
        await self._posts.forget(deleted.message_ids)

    async def _run_edited(self, message: discord.Message) -> None:
        await self._posts.settle()
        asked = self._posts.asked_by(message.id)
        is_command = await self._client.run_edited(message, however_late=asked is not None)
        if asked is not None and not is_command:
            self._answers.give(Origin.of(message), EDIT_IGNORED.format(self._settings.discord.prefix), "edit")

    def _newest(self, message: discord.Message) -> Entry:
        mine = [entry for entry in self._posts.entries if entry.origin.author.id == message.author.id]
        if not mine:
            raise UserError("You have no picture waiting or being painted.")
        return mine[-1]

    def _named(self, which: str) -> Entry:
        waiting = self._posts.waiting
        if which.isdecimal() and 0 < int(which) <= len(waiting):
            return waiting[int(which) - 1]
        prefix = self._settings.discord.prefix
        raise UserError(f"There is no such picture in line. `{prefix}queue` shows what waits and at which place.")

    def _replied_to(self, message: discord.Message) -> Entry:
        assert message.reference is not None
        for entry in self._posts.entries:
            post = entry.post.message
            if message.reference.message_id in {entry.origin.id, post.id if post else None}:
                return entry
        raise UserError("That message is not about a picture that waits or is being painted.")


def _moderates(message: discord.Message, entry: Entry) -> bool:
    """Return whether the author may cancel what others asked for in that channel."""
    channel, author = message.channel, message.author
    return (
        channel.id == entry.origin.channel.id
        and isinstance(author, discord.Member)
        and not isinstance(channel, discord.PartialMessageable)
        and channel.permissions_for(author).manage_messages
    )
