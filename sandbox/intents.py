"""Gateway intents: which events a session asked for, and what is withheld from those who may not read.

https://docs.discord.com/developers/events/gateway#gateway-intents
"""

from enum import IntFlag
from typing import Any

from sandbox.model import Application, Channel, ChannelType, Message, User


class Intent(IntFlag):
    """The intents that the sandbox has events for."""

    GUILDS = 1 << 0
    GUILD_MEMBERS = 1 << 1
    GUILD_PRESENCES = 1 << 8
    GUILD_MESSAGES = 1 << 9
    GUILD_MESSAGE_REACTIONS = 1 << 10
    GUILD_MESSAGE_TYPING = 1 << 11
    DIRECT_MESSAGES = 1 << 12
    DIRECT_MESSAGE_REACTIONS = 1 << 13
    DIRECT_MESSAGE_TYPING = 1 << 14
    MESSAGE_CONTENT = 1 << 15


EVERY_INTENT = (1 << 26) - 1

MESSAGES = (Intent.GUILD_MESSAGES, Intent.DIRECT_MESSAGES)
REACTIONS = (Intent.GUILD_MESSAGE_REACTIONS, Intent.DIRECT_MESSAGE_REACTIONS)
TYPING = (Intent.GUILD_MESSAGE_TYPING, Intent.DIRECT_MESSAGE_TYPING)


def disallowed(application: Application, intents: int) -> int:
    """Return those of `intents` that are privileged and not switched on for the application."""
    privileged = {
        Intent.MESSAGE_CONTENT: application.message_content,
        Intent.GUILD_MEMBERS: application.guild_members,
        Intent.GUILD_PRESENCES: application.guild_presences,
    }
    return intents & sum(intent for intent, switched_on in privileged.items() if not switched_on)


def withhold(payload: dict[str, Any], message: Message, channel: Channel, reader: User) -> dict[str, Any]:
    """Return `payload` as a reader without the message content intent gets it.

    Own messages, direct messages and messages that mention the reader stay whole.
    """
    if message.author is reader or reader in message.mentions or channel.type is ChannelType.DIRECT:
        return payload
    bare = payload | {"content": "", "embeds": [], "attachments": [], "components": []}
    if isinstance(answered := payload.get("referenced_message"), dict) and answered["author"]["id"] != str(reader.id):
        bare["referenced_message"] = answered | {
            "content": "",
            "embeds": [],
            "attachments": [],
            "components": [],
        }
    return bare
