"""What the bot needs to be allowed in a channel."""

import discord

NEEDED = discord.Permissions(
    view_channel=True,
    send_messages=True,
    send_messages_in_threads=True,
    attach_files=True,
    read_message_history=True,
)
"""Asked for when the bot is added to a server. Replies need the history."""


def granted(message: discord.Message) -> discord.Permissions:
    """Return what the bot may do where ``message`` stands."""
    if message.guild is None or isinstance(message.channel, discord.PartialMessageable):
        return NEEDED
    return message.channel.permissions_for(message.guild.me)


def may_write(message: discord.Message) -> bool:
    """Return whether the bot may write where ``message`` stands."""
    permissions = granted(message)
    in_thread = isinstance(message.channel, discord.Thread)
    return permissions.send_messages_in_threads if in_thread else permissions.send_messages


def missing(message: discord.Message) -> list[str]:
    """Return what the bot lacks to answer ``message`` with a picture, in the words of Discord's settings."""
    permissions = granted(message)
    in_thread = isinstance(message.channel, discord.Thread)
    wanted = {
        "Send Messages in Threads" if in_thread else "Send Messages": may_write(message),
        "Attach Files": permissions.attach_files,
        "Read Message History": permissions.read_message_history,
    }
    return [name for name, given in wanted.items() if not given]
