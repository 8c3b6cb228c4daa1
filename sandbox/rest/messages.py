"""Messages: reading, writing, editing and deleting them.

https://docs.discord.com/developers/resources/message
"""

import math
from typing import Any

from sandbox import files, intents, mentions, payloads
from sandbox.errors import DiscordError, form_refusal, refusal
from sandbox.forms import AttachmentForm, Embed, MessageCreate, MessageEdit, MessagesQuery
from sandbox.model import Attachment, Channel, ChannelType, Message
from sandbox.payloads import SUPPRESS_EMBEDS, SUPPRESS_NOTIFICATIONS, Payload
from sandbox.permissions import Permission
from sandbox.rest.call import Call, Route
from sandbox.snowflake import created_at

MAX_EMBEDS_SIZE = 6000
MAX_ATTACHMENTS = 10
NONCE_SECONDS = 300
OLD_SECONDS = 3600


async def list_messages(call: Call) -> list[Payload]:
    """GET /channels/{channel_id}/messages, newest first."""
    channel = call.channel()
    query = call.query_form(MessagesQuery)
    if not call.world.permissions(call.user, channel) & Permission.READ_MESSAGE_HISTORY:
        return []
    newest_first = sorted(channel.messages.values(), key=lambda each: -each.id)
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
    return _shown(call, channel, call.message(channel))


async def create_message(call: Call) -> Payload:
    """POST /channels/{channel_id}/messages."""
    channel = call.channel(Permission.SEND_MESSAGES)
    if channel.type is ChannelType.CATEGORY:
        raise refusal(50008)
    form = call.form(MessageCreate)
    mentions.check(form.allowed_mentions)
    if form.enforce_nonce and (earlier := _same_nonce(call, channel, form.nonce)):
        return _shown(call, channel, earlier)
    embeds = _checked_embeds(form.embeds)
    _check_permissions(call, channel, embeds=bool(embeds), attachments=bool(call.body.files))
    answered = _answered(call, channel, form)
    message = Message(
        call.world.snowflakes.next(),
        channel.id,
        call.user,
        form.content or "",
        embeds,
        nonce=form.nonce,
        flags=(form.flags or 0) & (SUPPRESS_EMBEDS | SUPPRESS_NOTIFICATIONS),
        tts=bool(form.tts),
        reference=form.message_reference.message_id if form.message_reference else None,
    )
    message.attachments = _attachments(call, channel, form, [])
    if not (message.content or message.embeds or message.attachments):
        raise refusal(50006)
    _mention(call, channel, message, form, answered)
    call.world.keep(message.attachments)
    channel.messages[message.id] = message
    call.events.message_created(channel, message)
    return _shown(call, channel, message)


async def edit_message(call: Call) -> Payload:
    """PATCH /channels/{channel_id}/messages/{message_id}."""
    channel = call.channel()
    message = call.message(channel)
    form = call.form(MessageEdit)
    mentions.check(form.allowed_mentions)
    if message.author is not call.user:
        if form.model_fields_set - {"flags"} or call.body.files:
            raise refusal(50005)
        call.channel(Permission.MANAGE_MESSAGES)
    _check_old_edit(call, message)
    changed = form.model_fields_set
    content = (form.content or "") if "content" in changed else message.content
    embeds = _checked_embeds(form.embeds) if "embeds" in changed else message.embeds
    if "embeds" in changed or call.body.files:
        _check_permissions(call, channel, embeds=bool(form.embeds), attachments=bool(call.body.files))
    attachments = _attachments(call, channel, form, message.attachments)
    if not (content or embeds or attachments):
        raise refusal(50006)
    call.world.keep(attachments)
    call.world.discard([each for each in message.attachments if each not in attachments])
    message.content, message.embeds, message.attachments = content, embeds, attachments
    if form.flags is not None:
        message.flags = message.flags & ~SUPPRESS_EMBEDS | form.flags & SUPPRESS_EMBEDS
    if changed - {"flags"} or call.body.files:
        message.edited_at = call.world.clock()
        answered = channel.messages.get(message.reference) if message.reference else None
        _mention(call, channel, message, form, answered)
    call.events.message_updated(channel, message)
    return _shown(call, channel, message)


async def delete_message(call: Call) -> None:
    """DELETE /channels/{channel_id}/messages/{message_id}."""
    channel = call.channel()
    message = call.message(channel)
    if message.author is not call.user:
        call.channel(Permission.MANAGE_MESSAGES)
    del channel.messages[message.id]
    call.world.discard(message.attachments)
    call.events.message_deleted(channel, message.id)


def _shown(call: Call, channel: Channel, message: Message) -> Payload:
    payload = payloads.message(call.world, message, call.user)
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


def _checked_embeds(embeds: list[Embed] | None) -> list[dict[str, Any]]:
    if sum(each.size() for each in embeds or ()) > MAX_EMBEDS_SIZE:
        raise form_refusal(
            ("embeds",),
            "MAX_EMBED_SIZE_EXCEEDED",
            f"Embed size exceeds maximum size of {MAX_EMBEDS_SIZE}",
        )
    shown = []
    for place, each in enumerate(embeds or ()):
        payload = each.model_dump(mode="json", exclude_none=True)
        for field in payload.get("fields", ()):
            field.setdefault("inline", False)
        if "timestamp" in payload and each.timestamp is not None:
            payload["timestamp"] = each.timestamp.isoformat()
        filled = {key: value for key, value in payload.items() if value not in ("", {}, [])}
        if not filled.keys() - {"color"}:
            raise form_refusal(("embeds", place, "description"), "BASE_TYPE_REQUIRED", "This field is required")
        shown.append(filled)
    return shown


def _check_permissions(call: Call, channel: Channel, *, embeds: bool, attachments: bool) -> None:
    if embeds:
        call.world.channel(channel.id, call.user, Permission.EMBED_LINKS)
    if attachments:
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


def _attachments(call: Call, channel: Channel, form: MessageEdit, present: list[Attachment]) -> list[Attachment]:
    """Return the message's files after this request: those listed, or all where nothing is listed."""
    uploads = call.body.files
    if form.attachments is None:
        described: dict[int, AttachmentForm | None] = dict.fromkeys(sorted(uploads))
        result = [] if "attachments" in form.model_fields_set else list(present)
    else:
        described = {}
        result = []
        by_id = {each.id: each for each in present}
        for each in form.attachments:
            if each.id in by_id:
                files.describe(by_id[each.id], each)
                result.append(by_id[each.id])
            elif each.id in uploads:
                described[each.id] = each
            else:
                raise refusal(50146)
    for number, about in described.items():
        fresh = call.world.snowflakes.next()
        result.append(files.make_attachment(fresh, channel.id, uploads[number], about))
    if len(result) > MAX_ATTACHMENTS:
        raise form_refusal(("attachments",), "BASE_TYPE_MAX_LENGTH", f"Must be {MAX_ATTACHMENTS} or fewer in length.")
    return result


def _mention(call: Call, channel: Channel, message: Message, form: MessageEdit, answered: Message | None) -> None:
    found = mentions.find(call.world, channel, message.author, message.content, form.allowed_mentions, answered)
    message.mentions = found.users
    message.mention_roles = found.roles
    message.mention_everyone = found.everyone


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
