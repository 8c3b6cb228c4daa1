"""What becomes of a request when the message that asked for it, or its post, is edited or deleted."""

from functools import partial

import discord
import structlog
from discord.ext import commands

from bot.client import Client
from bot.discord_api import CALL_ERRORS, answered, reason
from bot.posts import CANCELLED, Posts
from bot.uploads import Uploads

_log = structlog.get_logger(__name__)


class MessageListener(commands.Cog):
    """Follows the messages that requests come from.

    Args:
        client: that hears of them.
        posts: about the requests.
        taken: pictures that come with messages.
    """

    def __init__(self, client: Client, posts: Posts, taken: Uploads) -> None:
        self._client = client
        self._posts = posts
        self._uploads = taken

    @commands.Cog.listener()
    async def on_raw_message_edit(self, edit: discord.RawMessageUpdateEvent) -> None:
        """Run what a message says now, instead of what it asked for and still waits for, which is else taken back."""
        await self._run_edited(edit.message)

    @commands.Cog.listener()
    async def on_shard_ready(self, shard: int) -> None:
        """Look whether what was asked for was deleted or edited while there was no session."""
        asked = [entry for entry in self._posts.entries if entry.origin.reply_to]
        asking = {entry.origin.id: entry for entry in asked if entry.origin.shard == shard}
        for entry in asking.values():
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
        still_asks = await self._client.run_edited(message, however_late=bool(asked))
        if not still_asks:
            self._uploads.forget(message.id)
            await self._posts.cancel(self._posts.asked_by(message.id), CANCELLED)
