"""How messages look on the wire, with their files, reactions and where they come from."""

from sandbox.model import Attachment, Interaction, InteractionKind, Message, User
from sandbox.payloads import Payload, channel, timestamp, user
from sandbox.snowflake import created_at
from sandbox.world import World

SUPPRESS_EMBEDS = 1 << 2
HAS_THREAD = 1 << 5
EPHEMERAL = 1 << 6
LOADING = 1 << 7
SUPPRESS_NOTIFICATIONS = 1 << 12
_SPOILER_ATTACHMENT = 1 << 3


def attachment(world: World, each: Attachment) -> Payload:
    """Return an attachment object, with a freshly signed address."""
    url = world.cdn.url(each)
    payload: Payload = {
        "id": str(each.id),
        "filename": each.filename,
        "size": len(each.data),
        "url": url,
        "proxy_url": url,
        "content_type": each.content_type,
    }
    if each.width is not None and each.height is not None:
        payload |= {"width": each.width, "height": each.height}
    if each.title is not None:
        payload["title"] = each.title
    if each.description is not None:
        payload["description"] = each.description
    if each.spoiler:
        payload["flags"] = _SPOILER_ATTACHMENT
    return payload


def message(world: World, each: Message, viewer: User | None, *, nested: bool = False) -> Payload:
    """Return a message object as `viewer` sees it; `nested` is one that another message answers."""
    attachments = [attachment(world, one) for one in each.attachments]
    by_name = {one["filename"]: one for one in attachments}
    embeds = [] if each.flags & SUPPRESS_EMBEDS else [_embed(one, by_name) for one in each.embeds]
    in_embeds = {one[key]["url"] for one in embeds for key in ("image", "thumbnail") if key in one}
    payload: Payload = {
        "id": str(each.id),
        "type": int(each.type),
        "channel_id": str(each.channel_id),
        "author": user(each.author),
        "content": each.content,
        "timestamp": timestamp(created_at(each.id)),
        "edited_timestamp": None if each.edited_at is None else timestamp(each.edited_at),
        "tts": each.tts,
        "mention_everyone": each.mention_everyone,
        "mentions": [user(one) for one in each.mentions],
        "mention_roles": [str(role_id) for role_id in each.mention_roles],
        "attachments": [one for one in attachments if one["url"] not in in_embeds],
        "embeds": embeds,
        "components": each.components,
        "pinned": False,
        "flags": each.flags,
    }
    if each.nonce is not None and viewer is each.author:
        payload["nonce"] = each.nonce
    if each.reactions:
        payload["reactions"] = [_reaction(emoji, ids, viewer) for emoji, ids in each.reactions.items()]
    if each.interaction is not None:
        app_id = str(world.application.id)
        payload |= {"application_id": app_id, "webhook_id": app_id}
        payload["interaction_metadata"] = interaction_metadata(each.interaction, each)
        if each.interaction.type is InteractionKind.COMMAND:
            payload["interaction"] = {
                "id": str(each.interaction.id),
                "type": 2,
                "name": each.interaction.name,
                "user": user(each.interaction.user),
            }
    _refer(world, payload, each, viewer, nested=nested)
    thread = world.guild.threads.get(each.id)
    if thread is not None and thread.parent_id == each.channel_id:
        payload |= {"thread": channel(world, thread, viewer or each.author), "flags": each.flags | HAS_THREAD}
    return payload


def _refer(world: World, payload: Payload, each: Message, viewer: User | None, *, nested: bool) -> None:
    """Put on a message what it refers to: a message that it answers or stands for, or a thread that was begun."""
    if each.reference is None and each.reference_channel is None:
        return
    here = world.places.get(each.reference_channel or each.channel_id)
    reference: Payload = {"type": 0, "channel_id": str(each.reference_channel or each.channel_id)}
    if each.reference is not None:
        reference["message_id"] = str(each.reference)
    if here is None or here.guild_id is not None:
        reference["guild_id"] = str(world.guild.id)
    payload["message_reference"] = reference
    if each.reference is not None and not nested:
        answered = here.messages.get(each.reference) if here else None
        payload["referenced_message"] = answered and message(world, answered, viewer, nested=True)


def _embed(form: Payload, attachments: dict[str, Payload]) -> Payload:
    embed: Payload = form | {"type": "rich"}
    for key in ("image", "thumbnail"):
        if key not in form:
            continue
        url = form[key]["url"]
        scheme, _, name = url.partition("://")
        file = attachments.get(name) if scheme == "attachment" else None
        embed[key] = {"url": url, "proxy_url": url}
        if file is not None:
            same = {name: file[name] for name in ("width", "height", "content_type") if name in file}
            embed[key] = {"url": file["url"], "proxy_url": file["proxy_url"]} | same
    return embed


def _reaction(emoji: str, user_ids: list[int], viewer: User | None) -> Payload:
    return {
        "emoji": {"id": None, "name": emoji},
        "count": len(user_ids),
        "count_details": {"burst": 0, "normal": len(user_ids)},
        "burst_colors": [],
        "me_burst": False,
        "me": viewer is not None and viewer.id in user_ids,
        "burst_me": False,
        "burst_count": 0,
    }


def interaction_metadata(each: Interaction, shown: Message | None = None) -> Payload:
    """Return what a message says of the interaction that it came from; `shown` is that message."""
    payload: Payload = {
        "id": str(each.id),
        "type": int(each.type),
        "user": user(each.user),
        "authorizing_integration_owners": integration_owners(each),
    }
    if shown is not None and each.original is not None and each.original is not shown:
        payload["original_response_message_id"] = str(each.original.id)
    match each.type:
        case InteractionKind.COMMAND:
            payload["name"] = each.name
            if isinstance(each.target, User):
                payload["target_user"] = user(each.target)
            elif isinstance(each.target, Message):
                payload["target_message_id"] = str(each.target.id)
        case InteractionKind.COMPONENT if each.message is not None:
            payload["interacted_message_id"] = str(each.message.id)
        case InteractionKind.FORM if each.parent is not None:
            payload["triggering_interaction_metadata"] = interaction_metadata(each.parent)
        case _:
            pass
    return payload


def integration_owners(each: Interaction) -> Payload:
    """Return for whom the application is installed where this happened: the server, or 0 with the bot in private."""
    return {"0": str(each.channel.guild_id or 0)}
