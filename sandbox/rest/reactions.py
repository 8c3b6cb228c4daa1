"""Reactions: adding and removing them, and who reacted."""

import unicodedata

from sandbox import payloads
from sandbox.errors import refusal
from sandbox.model import Channel, Message
from sandbox.payloads import Payload
from sandbox.permissions import Permission
from sandbox.rest import threads
from sandbox.rest.call import Call, Route

MAX_REACTIONS = 20


def _place(call: Call) -> tuple[Channel, Message, str]:
    channel = call.channel(Permission.READ_MESSAGE_HISTORY)
    emoji = call.path["emoji_name"]
    if not _may_be_emoji(emoji):
        raise refusal(10014)
    return channel, call.message(channel), emoji


def _may_be_emoji(text: str) -> bool:
    """Whether `text` has neither letters nor what cannot be shown; ℹ is a letter to Unicode."""
    kinds = {unicodedata.category(each) for each in text if each != "ℹ"}
    return len(text) <= 16 and not text.isascii() and not kinds & {"Ll", "Lm", "Lo", "Lt", "Lu", "Cc", "Co", "Cs", "Zs"}


async def add(call: Call) -> None:
    """PUT …/reactions/{emoji_name}/@me."""
    channel, message, emoji = _place(call)
    threads.check_not_archived(channel)
    if emoji not in message.reactions:
        call.channel(Permission.ADD_REACTIONS)
        if len(message.reactions) >= MAX_REACTIONS:
            raise refusal(30010)
    users = message.reactions.setdefault(emoji, [])
    if call.user.id not in users:
        users.append(call.user.id)
        call.events.reaction("MESSAGE_REACTION_ADD", channel, message, call.user, emoji)


async def remove_own(call: Call) -> None:
    """DELETE …/reactions/{emoji_name}/@me."""
    _remove(call, call.user.id)


async def remove_other(call: Call) -> None:
    """DELETE …/reactions/{emoji_name}/{user_id}: one's own, or with Manage Messages anybody's."""
    user_id = call.id("user_id")
    if user_id != call.user.id:
        call.channel(Permission.MANAGE_MESSAGES)
    _remove(call, user_id)


def _remove(call: Call, user_id: int) -> None:
    channel, message, emoji = _place(call)
    users = message.reactions.get(emoji, [])
    if user_id not in users:
        return
    users.remove(user_id)
    if not users:
        del message.reactions[emoji]
    call.events.reaction("MESSAGE_REACTION_REMOVE", channel, message, call.world.user(user_id), emoji)


async def clear(call: Call) -> None:
    """DELETE …/reactions and …/reactions/{emoji_name}: all of them, or all with one emoji."""
    channel = call.channel(Permission.MANAGE_MESSAGES)
    message = call.message(channel)
    emoji = call.path.get("emoji_name")
    if emoji is None:
        message.reactions.clear()
        call.events.reactions_cleared(channel, message, None)
    elif message.reactions.pop(emoji, None) is not None:
        call.events.reactions_cleared(channel, message, emoji)


async def list_users(call: Call) -> list[Payload]:
    """GET …/reactions/{emoji_name}."""
    _, message, emoji = _place(call)
    return [payloads.user(call.world.user(user_id)) for user_id in message.reactions.get(emoji, [])]


_REACTIONS = "/channels/{channel_id}/messages/{message_id}/reactions"
_REACTION = f"{_REACTIONS}/{{emoji_name}}"

ROUTES = [
    Route("DELETE", _REACTIONS, clear),
    Route("DELETE", _REACTION, clear),
    Route("GET", _REACTION, list_users),
    Route("PUT", f"{_REACTION}/@me", add),
    Route("DELETE", f"{_REACTION}/@me", remove_own),
    Route("DELETE", f"{_REACTION}/{{user_id}}", remove_other),
]
