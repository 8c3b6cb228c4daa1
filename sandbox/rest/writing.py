"""What goes into a message, whichever route it comes by: checked, put together, kept and told."""

from typing import Any

from sandbox import component_forms, files, mentions
from sandbox.errors import form_refusal, refusal
from sandbox.message_forms import AllowedMentions, AttachmentForm, Embed, MessageEdit
from sandbox.message_payloads import LOADING, SUPPRESS_EMBEDS, SUPPRESS_NOTIFICATIONS
from sandbox.model import Attachment, Channel, Message, User
from sandbox.rest.call import Call

MAX_EMBEDS_SIZE = 6000
MAX_ATTACHMENTS = 10


def compose(call: Call, channel: Channel, form: MessageEdit, author: User) -> Message:
    """Return a new message, which is not in the channel yet; raises 50006, 50035 or 50146."""
    message = Message(
        call.world.snowflakes.next(),
        channel.id,
        author,
        form.content or "",
        _checked_embeds(form.embeds),
        flags=(form.flags or 0) & (SUPPRESS_EMBEDS | SUPPRESS_NOTIFICATIONS),
        components=component_forms.message_payload(form.components),
    )
    message.attachments = _attachments(call, channel, form, [])
    _check_not_empty(message.content, message.embeds, message.attachments)
    return message


def keep(call: Call, channel: Channel, message: Message) -> None:
    """Put a message into its channel, where all see it or its audience alone, and tell them."""
    call.world.keep(message.attachments)
    (channel.messages if message.audience is None else channel.ephemeral)[message.id] = message
    if channel.thread is not None and message.audience is None:
        channel.thread.total_messages += 1
    call.events.message_created(channel, message)


def revise(
    call: Call,
    channel: Channel,
    message: Message,
    form: MessageEdit,
    allowed: AllowedMentions | None,
) -> None:
    """Change what `form` names of a message and tell those who see it; `allowed` is whom it may ping.

    Raises 50006, 50035 or 50146.
    """
    changed = form.model_fields_set
    content = (form.content or "") if "content" in changed else message.content
    embeds = _checked_embeds(form.embeds) if "embeds" in changed else message.embeds
    components = message.components
    if "components" in changed:
        components = component_forms.message_payload(form.components)
    attachments = _attachments(call, channel, form, message.attachments)
    _check_not_empty(content, embeds, attachments)
    call.world.keep(attachments)
    call.world.discard([each for each in message.attachments if each not in attachments])
    message.content, message.embeds, message.attachments = content, embeds, attachments
    message.components = components
    if form.flags is not None:
        message.flags = message.flags & ~SUPPRESS_EMBEDS | form.flags & SUPPRESS_EMBEDS
    if changed - {"flags"} or call.body.files:
        if not message.flags & LOADING:
            message.edited_at = call.world.clock()
        answered = channel.messages.get(message.reference) if message.reference else None
        mention(call, channel, message, allowed, answered)
    message.flags &= ~LOADING
    call.events.message_updated(channel, message)


def mention(
    call: Call, channel: Channel, message: Message, allowed: AllowedMentions | None, answered: Message | None
) -> None:
    """Note whom a message pings."""
    found = mentions.find(call.world, channel, message.author, message.content, allowed, answered)
    message.mentions = found.users
    message.mention_roles = found.roles
    message.mention_everyone = found.everyone


def remove(call: Call, channel: Channel, message: Message) -> None:
    """Delete a message and tell those who saw it."""
    del (channel.messages if message.audience is None else channel.ephemeral)[message.id]
    call.world.discard(message.attachments)
    call.events.message_deleted(channel, message)


def _check_not_empty(content: str, embeds: list[dict[str, Any]], attachments: list[Attachment]) -> None:
    if not (content or embeds or attachments):
        raise refusal(50006)


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
