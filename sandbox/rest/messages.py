"""Messages: reading, writing, editing and deleting them.

https://docs.discord.com/developers/resources/message
"""

import math

from sandbox import intents, mentions
from sandbox.errors import DiscordError, form_refusal, refusal
from sandbox.forms import MessagesQuery
from sandbox.message_forms import MessageCreate, MessageEdit
from sandbox.message_payloads import message as shown
from sandbox.model import Channel, ChannelType, Message, MessageType
from sandbox.payloads import Payload
from sandbox.permissions import Permission
from sandbox.rest import threads, writing
from sandbox.rest.call import Call, Route
from sandbox.snowflake import created_at

NONCE_SECONDS = 300
OLD_SECONDS = 3600


async def list_messages(call: Call) -> list[Payload]:
    """GET /channels/{channel_id}/messages, newest first."""
    channel = call.channel()
    query = call.query_form(MessagesQuery)
    if not call.world.permissions(call.user, channel) & Permission.READ_MESSAGE_HISTORY:
        return []
    own = [each for each in channel.ephemeral.values() if each.audience is call.user]
    newest_first = sorted([*channel.messages.values(), *own], key=lambda each: -each.id)
    if query.before is not None:
        chosen = [each for each in newest_first if each.id < query.before][: query.limit]
    elif query.after is not None:
        chosen = [each for each in newest_first if each.id > query.after][-query.limit :]
    elif query.around is not None:
        newer = [each for each in newest_first if each.id >= query.around][-(query.limit // 2 + 1) :]
        older = [each for each in newest_first if each.id < query.around]
        chosen = (newer + older)[: query.limit]
    else:
        chosen = newest_first[: query.limit]
    return [_shown(call, channel, each) for each in chosen]


async def get_message(call: Call) -> Payload:
    """GET /channels/{channel_id}/messages/{message_id}."""
    channel = call.channel(Permission.READ_MESSAGE_HISTORY)
    return _shown(call, channel, call.seen_message(channel, call.id("message_id")))


async def create_message(call: Call) -> Payload:
    """POST /channels/{channel_id}/messages."""
    channel = threads.writable(call)
    if channel.type in (ChannelType.CATEGORY, ChannelType.FORUM):
        raise refusal(50008)
    if any(each.closed and each is not call.user for each in channel.recipients):
        raise refusal(50007)
    form = call.form(MessageCreate)
    mentions.check(form.allowed_mentions)
    if form.enforce_nonce and (earlier := _same_nonce(call, channel, form.nonce)):
        return _shown(call, channel, earlier)
    _check_permissions(call, channel, form)
    answered = _answered(call, channel, form)
    message = writing.compose(call, channel, form, call.user)
    message.nonce, message.tts = form.nonce, bool(form.tts)
    if form.message_reference:
        message.type, message.reference = MessageType.REPLY, form.message_reference.message_id
    writing.mention(call, channel, message, form.allowed_mentions, answered)
    threads.enter(call, channel)
    writing.keep(call, channel, message)
    return _shown(call, channel, message)


async def edit_message(call: Call) -> Payload:
    """PATCH /channels/{channel_id}/messages/{message_id}."""
    channel = call.channel()
    message = call.message(channel)
    form = call.form(MessageEdit)
    mentions.check(form.allowed_mentions)
    threads.check_not_archived(channel)
    if message.author is not call.user:
        if form.model_fields_set - {"flags"} or call.body.files:
            raise refusal(50005)
        call.channel(Permission.MANAGE_MESSAGES)
    _check_old_edit(call, message)
    _check_permissions(call, channel, form)
    writing.revise(call, channel, message, form, form.allowed_mentions)
    return _shown(call, channel, message)


async def delete_message(call: Call) -> None:
    """DELETE /channels/{channel_id}/messages/{message_id}."""
    channel = call.channel()
    message = call.message(channel)
    if message.author is not call.user:
        call.channel(Permission.MANAGE_MESSAGES)
    writing.remove(call, channel, message)


def _shown(call: Call, channel: Channel, message: Message) -> Payload:
    payload = shown(call.world, message, call.user)
    if call.user.bot and not call.world.application.message_content:
        return intents.withhold(payload, message, channel, call.user)
    return payload


def _same_nonce(call: Call, channel: Channel, nonce: object) -> Message | None:
    horizon = call.world.clock() - NONCE_SECONDS
    for message in reversed(channel.messages.values()):
        if created_at(message.id) < horizon:
            return None
        if message.author is call.user and nonce is not None and str(message.nonce) == str(nonce):
            return message
    return None


def _check_permissions(call: Call, channel: Channel, form: MessageEdit) -> None:
    if form.embeds:
        call.world.channel(channel.id, call.user, Permission.EMBED_LINKS)
    if call.body.files:
        call.world.channel(channel.id, call.user, Permission.ATTACH_FILES)


def _answered(call: Call, channel: Channel, form: MessageCreate) -> Message | None:
    reference = form.message_reference
    if reference is None:
        return None
    call_may = call.world.permissions(call.user, channel)
    if not call_may & Permission.READ_MESSAGE_HISTORY:
        raise refusal(160002)
    elsewhere = reference.channel_id is not None and reference.channel_id != channel.id
    answered = None if elsewhere else channel.messages.get(reference.message_id)
    if answered is None and reference.fail_if_not_exists is not False:
        raise form_refusal(("message_reference",), "REPLIES_UNKNOWN_MESSAGE", "Unknown message")
    return answered


def _check_old_edit(call: Call, message: Message) -> None:
    if call.world.clock() - created_at(message.id) <= OLD_SECONDS:
        return
    wait = call.limits.take_old_edit(message.channel_id)
    if wait is not None:
        raise DiscordError(
            429,
            30046,
            "Maximum number of edits to messages older than 1 hour reached. Try again later",
            retry_after=math.ceil(wait * 1000) / 1000,
        )


_MESSAGES = "/channels/{channel_id}/messages"
_MESSAGE = f"{_MESSAGES}/{{message_id}}"

ROUTES = [
    Route("GET", _MESSAGES, list_messages),
    Route("POST", _MESSAGES, create_message),
    Route("GET", _MESSAGE, get_message),
    Route("PATCH", _MESSAGE, edit_message),
    Route("DELETE", _MESSAGE, delete_message),
]
