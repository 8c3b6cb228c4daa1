"""What the bot needs to be allowed in a channel."""

import discord

from bot.origin import Origin

NEEDED = discord.Permissions(
    view_channel=True,
    send_messages=True,
    send_messages_in_threads=True,
    attach_files=True,
    read_message_history=True,
)
"""Asked for when the bot is added to a server. Replies need the history."""


def granted(origin: Origin) -> discord.Permissions:
    """Return what the bot may do there."""
    if not isinstance(origin.me, discord.Member) or isinstance(origin.channel, discord.PartialMessageable):
        return NEEDED
    return origin.channel.permissions_for(origin.me)


def may_write(origin: Origin) -> bool:
    """Return whether the bot may write there."""
    permissions, in_thread = granted(origin), isinstance(origin.channel, discord.Thread)
    return permissions.send_messages_in_threads if in_thread else permissions.send_messages


def manages_messages(author: object, channel: object) -> bool:
    """Return whether somebody may delete what others wrote in a channel of a server."""
    if not isinstance(author, discord.Member) or not isinstance(channel, discord.abc.GuildChannel | discord.Thread):
        return False
    return channel.permissions_for(author).manage_messages


def missing(origin: Origin) -> list[str]:
    """Return what the bot lacks to answer with a picture there, in the words of Discord's settings."""
    permissions, in_thread = granted(origin), isinstance(origin.channel, discord.Thread)
    wanted = {
        "Send Messages in Threads" if in_thread else "Send Messages": may_write(origin),
        "Attach Files": permissions.attach_files,
        "Read Message History": permissions.read_message_history,
    }
    return [name for name, given in wanted.items() if not given]
