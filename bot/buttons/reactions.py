"""❌: what it is put on is taken back while it is not finished, and deleted afterwards."""

import discord
import structlog
from discord.ext import commands

from bot.buttons.ids import ButtonId
from bot.commands import cancelled
from bot.discord_api import CALL_ERRORS, is_gone, reason
from bot.errors import UserError
from bot.permissions import manages_messages
from bot.posts import Posts
from store.archive import Archive

CROSS = "❌"

_log = structlog.get_logger(__name__)


class Reactions(commands.Cog):
    """Hears of ❌ by who asked for a picture, and by moderators.

    Args:
        client: that is logged in.
        posts: about the requests.
        archive: that knows whose posts are whose.
    """

    def __init__(self, client: discord.Client, posts: Posts, archive: Archive) -> None:
        self._client = client
        self._posts = posts
        self._archive = archive

    @commands.Cog.listener()
    async def on_raw_reaction_add(self, reaction: discord.RawReactionActionEvent) -> None:
        """Take back or delete what it was put on."""
        assert self._client.user is not None
        member, me = reaction.member, self._client.user.id
        if reaction.emoji.name != CROSS or reaction.user_id == me or (member is not None and member.bot):
            return
        who = member or discord.Object(reaction.user_id)
        channel = self._client.get_channel(reaction.channel_id)
        await self._posts.settle()
        entries = [entry for entry in self._posts.entries if reaction.message_id in entry.messages]
        for entry in entries:
            try:
                await cancelled(self._posts, [entry], who, channel or discord.Object(reaction.channel_id))
            except UserError:
                return
        if not entries and reaction.message_author_id in (None, me):
            await self._delete(reaction, manages=manages_messages(who, channel))

    async def _delete(self, reaction: discord.RawReactionActionEvent, *, manages: bool) -> None:
        """Delete the post about a picture."""
        channel = self._client.get_partial_messageable(reaction.channel_id, guild_id=reaction.guild_id)
        message = channel.get_partial_message(reaction.message_id)
        archived = await self._archive.of_post(message.id)
        if archived is not None and archived.asked.author != reaction.user_id and not manages:
            return
        try:
            if archived is None:
                member = _owner(await message.fetch(), self._client.user)
                if member is None or not (manages or member == reaction.user_id):
                    return
            await message.delete()
        except CALL_ERRORS as error:
            if not is_gone(error):
                _log.warning("could not delete a post", message=message.id, error=reason(error))
            return
        _log.info("deleted", message=message.id, member=reaction.user_id)


def _owner(message: discord.Message, me: discord.ClientUser | None) -> int | None:
    """Return whose post a message of the bot's is, by its button; None where it is nobody's."""
    if me is None or message.author.id != me.id:
        return None
    rows = [row for row in message.components if isinstance(row, discord.ActionRow)]
    ids = [ButtonId.parse(str(getattr(child, "custom_id", ""))) for row in rows for child in row.children]
    return next((id.member for id in ids if id is not None and id.action == "delete"), None)
