"""Where a request or a question comes from, and how it is answered there, be it a message or not."""

from dataclasses import dataclass
from typing import Any, Self, cast

import discord

from bot.characters import MAX_CONTENT, clean
from store.asked import Asked

BATCH = "batch"
"""How what stands in a file is asked for."""


@dataclass(frozen=True, slots=True)
class Origin:
    """What somebody asked by, without its words.

    Args:
        id: of the message that asked, by which its edits and its deletion are recognised; where there is none, an id
            that Discord gave when it was asked: whatever answers has a greater one.
        guild: the server; None in private.
        channel: where it is answered.
        author: who asked.
        me: the bot there; None while discord.py does not know the server.
        jump_url: a link to the message; where there is none, to the channel.
        reply_to: what an answer refers to; None where there is no message: it mentions the author instead.
        is_late: whether it was asked while the bot was away.
        part: of several requests of one message, by its number.
        how: what was pressed or chosen for it, or :data:`BATCH`; empty where it was typed.
        source: the message under which that was, in the same channel.
    """

    id: int
    guild: discord.Guild | None
    channel: "discord.abc.MessageableChannel"
    author: discord.Member | discord.User
    me: discord.Member | discord.ClientUser | None
    jump_url: str
    reply_to: discord.MessageReference | None
    is_late: bool = False
    part: int = 0
    how: str = ""
    source: int | None = None

    @classmethod
    def of(cls, message: discord.Message, *, is_late: bool = False) -> Self:
        """Return the origin of what ``message`` asks for; a reply to it can be sent also after it was deleted."""
        guild, channel = message.guild, message.channel
        me = channel.me if isinstance(channel, discord.DMChannel) else guild.me if guild else None
        reply_to = message.to_reference(fail_if_not_exists=False)
        return cls(message.id, guild, channel, message.author, me, message.jump_url, reply_to, is_late)

    @classmethod
    def of_interaction(cls, interaction: discord.Interaction[Any], how: str = "", source: int | None = None) -> Self:
        """Return the origin of what was asked for by a slash command, a button or a form.

        Args:
            interaction: by which it was asked for.
            how: what was pressed or chosen; empty for a slash command.
            source: the message under which that was.
        """
        guild, channel = interaction.guild, cast("discord.abc.MessageableChannel", interaction.channel)
        me = channel.me if isinstance(channel, discord.DMChannel) else guild.me if guild else None
        where = f"https://discord.com/channels/{interaction.guild_id or '@me'}/{interaction.channel_id}"
        return cls(interaction.id, guild, channel, interaction.user, me, where, None, how=how, source=source)

    @classmethod
    def restored(cls, asked: Asked, client: discord.Client) -> Self:
        """Return the origin of what was asked for in an earlier run, without asking Discord about it."""
        state: Any = client._connection
        user: Any = {"id": asked.author, "username": asked.author_name, "discriminator": "0", "avatar": None}
        guild: Any = None if asked.guild is None else {"id": asked.guild, "unavailable": True}
        channel = client.get_partial_messageable(asked.channel, guild_id=asked.guild)
        message = discord.PartialMessage(channel=channel, id=asked.message)
        return cls(
            asked.message,
            guild and discord.Guild(data=guild, state=state),
            channel,
            discord.User(state=state, data=user),
            client.user,
            f"https://discord.com/channels/{asked.guild or '@me'}/{asked.channel}"
            + f"/{asked.message}" * asked.has_message,
            message.to_reference(fail_if_not_exists=False) if asked.has_message else None,
            part=asked.part,
            how=asked.how,
            source=asked.source,
        )

    @property
    def shard(self) -> int:
        """The number of the shard that hears of what happens there."""
        return self.guild.shard_id if self.guild else 0

    @property
    def asked(self) -> Asked:
        """What is kept of it, to restore it by."""
        guild = self.guild.id if self.guild else None
        name, has_message = clean(self.author.display_name), self.reply_to is not None
        who = self.author.id, name
        return Asked(self.id, self.channel.id, guild, *who, self.part, has_message, self.how, self.source)

    @property
    def source_url(self) -> str:
        """A link to the message under which something was pressed or chosen; ``""`` where that was not."""
        if self.source is None:
            return ""
        return f"https://discord.com/channels/{self.guild.id if self.guild else '@me'}/{self.channel.id}/{self.source}"

    def addressed(self, text: str) -> str:
        """Return what to send without a reference: ``text`` after a mention, at most 2000 characters."""
        return f"{self.author.mention} {text}"[:MAX_CONTENT]

    def in_private(self, text: str) -> str:
        """Return what to send to the author alone: ``text`` and what it is about, at most 2000 characters."""
        return f"About your {'message' if self.reply_to else 'request'} {self.jump_url}: {text}"[:MAX_CONTENT]
