"""What was said while the bot was away, or a session was lost, and is heard afterwards."""

from collections.abc import Iterable
from functools import partial

import discord
import structlog
from discord.ext import commands

from bot.client import Client
from bot.discord_api import CALL_ERRORS, answered, reason
from bot.hearing import Hearing, remember

CAUGHT_UP = 100
"""Messages of a channel that are looked through when a session was lost, or at the start."""

_Channel = discord.TextChannel | discord.VoiceChannel | discord.StageChannel | discord.Thread

_log = structlog.get_logger(__name__)


class CatchUp(commands.Cog):
    """Looks through the channels of a shard once it has a new session.

    Args:
        client: that hears what is found.
        hearing: that knows from where on it may be missing.
    """

    def __init__(self, client: Client, hearing: Hearing) -> None:
        self._client = client
        self._hearing = hearing
        self._conversations: dict[int, discord.abc.Messageable] = {}
        self._recalled: list[int] = []

    def recall(self, in_private: Iterable[int]) -> None:
        """Take note of members who may have written in private; of those conversations Discord tells nothing itself."""
        self._recalled = [*in_private]

    @commands.Cog.listener()
    async def on_message(self, message: discord.Message) -> None:
        """Remember the private conversations."""
        if message.guild is None and not (message.author.bot or message.is_system()):
            remember(self._conversations, message.channel.id, message.channel)

    @commands.Cog.listener()
    async def on_guild_join(self, guild: discord.Guild) -> None:
        """Leave alone what was written in a server before the bot was there."""
        self._hearing.note(guild.shard_id, max(_readable(guild).values(), default=0))

    @commands.Cog.listener()
    async def on_shard_disconnect(self, shard: int) -> None:
        """Take note from where on messages may be missing."""
        self._hearing.lost(shard)

    @commands.Cog.listener()
    async def on_shard_resumed(self, shard: int) -> None:
        """Forget about it."""
        self._hearing.resumed(shard)

    @commands.Cog.listener()
    async def on_shard_ready(self, shard: int) -> None:
        """Look through what was written while there was no session."""
        guilds = (guild for guild in self._client.guilds if guild.shard_id == shard)
        latest = {channel: last for guild in guilds for channel, last in _readable(guild).items()}
        shards = self._client.shard_ids or range(self._client.shard_count or 0)
        since = self._hearing.ready(shard, shards, max(latest.values(), default=0))
        if since is None:
            await self._hearing.save()
            return
        with self._hearing.looking(since):
            missed = [channel for channel, last in latest.items() if last > since]
            if shard == 0:
                await self._open_conversations()
                missed += self._conversations.values()
            for channel in missed:
                try:
                    await self._look_through(channel, since)
                except CALL_ERRORS as error:
                    _log.warning("could not look through a channel", channel=str(channel), error=reason(error))

    async def _open_conversations(self) -> None:
        """Open the private conversations of an earlier run anew."""
        for member in self._recalled:
            try:
                opening = partial(self._client.create_dm, discord.Object(member))
                channel = await answered(opening, self._client.patience.pauses())
            except CALL_ERRORS as error:
                _log.warning("could not open a conversation", member=member, error=reason(error))
            else:
                remember(self._conversations, channel.id, channel)
        self._recalled.clear()

    async def _look_through(self, channel: discord.abc.Messageable, since: int) -> None:
        """Hear the messages of a channel, but those to which there is an answer that an earlier run did not note."""

        async def look() -> list[discord.Message]:
            history = channel.history(limit=CAUGHT_UP, after=discord.Object(since), oldest_first=True)
            return [message async for message in history]

        missed, me = await answered(look, self._client.patience.pauses()), self._client.user
        answers = {each.reference.message_id: each for each in missed if each.author == me and each.reference}
        for message in missed:
            answer = answers.get(message.id)
            # An answer is later than what it answers, if not by a millisecond; only an edit may come after it.
            if answer is not None and (message.edited_at is None or message.edited_at < answer.created_at):
                self._hearing.remember(message.id, message.content)
            self._hearing.miss(message.id)
            await self._client.on_message(message)


def _readable(guild: discord.Guild) -> dict[discord.abc.Messageable, int]:
    """Return the channels of a server in which the bot may look back, and the id of the last message of each."""
    channels: tuple[_Channel, ...] = (*guild.text_channels, *guild.voice_channels)
    channels += (*guild.stage_channels, *guild.threads)
    readable = [channel for channel in channels if channel.permissions_for(guild.me).read_message_history]
    return {channel: channel.last_message_id or 0 for channel in readable}
