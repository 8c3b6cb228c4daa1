"""What the bot needs to be allowed in a channel, and what its users need to be allowed."""

import discord

from bot.command import Command
from bot.errors import UserError
from bot.origin import Origin

NEEDED = discord.Permissions(
    view_channel=True,
    send_messages=True,
    send_messages_in_threads=True,
    attach_files=True,
    add_reactions=True,
    read_message_history=True,
)
"""Asked for when the bot is added to a server. Replies need the history."""
NAMES = {
    "view_channel": "View Channels",
    "send_messages": "Send Messages",
    "send_messages_in_threads": "Send Messages in Threads",
    "attach_files": "Attach Files",
    "add_reactions": "Add Reactions",
    "read_message_history": "Read Message History",
}
"""Those in the words of Discord's settings."""
NOT_IN_PRIVATE = "That is for a server; use it there."
NOT_MODERATOR = "That is for moderators, who may **Manage Server**."


def check_moderator(command: Command, origin: Origin) -> None:
    """Raise ``UserError`` where a command is for moderators and whoever uses it is none, by whichever door it came."""
    if not command.for_moderators:
        return
    if origin.guild is None:
        raise UserError(NOT_IN_PRIVATE)
    author = origin.author
    if not isinstance(author, discord.Member) or not author.guild_permissions.manage_guild:
        raise UserError(NOT_MODERATOR)


def lacking(permissions: discord.Permissions) -> list[str]:
    """Return what the bot needs and is not granted, in the words of Discord's settings."""
    return [NAMES[name] for name, needed in NEEDED if needed and not getattr(permissions, name)]


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
