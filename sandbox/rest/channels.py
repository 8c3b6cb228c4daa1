"""Channels: looking at one, changing it, and typing in it."""

from sandbox import payloads
from sandbox.errors import refusal
from sandbox.guild_forms import ChannelEdit
from sandbox.model import Channel
from sandbox.payloads import Payload
from sandbox.permissions import Permission
from sandbox.rest import threads
from sandbox.rest.call import Call, Route


async def channel(call: Call) -> Payload:
    """GET /channels/{channel_id}."""
    return payloads.channel(call.world, call.channel(), call.user)


async def typing(call: Call) -> None:
    """POST /channels/{channel_id}/typing."""
    channel = call.channel()
    sending = Permission.SEND_MESSAGES if channel.thread is None else Permission.SEND_MESSAGES_IN_THREADS
    call.events.typing(call.channel(sending), call.user)


async def edit(call: Call) -> Payload:
    """PATCH /channels/{channel_id}."""
    channel = call.channel()
    if channel.thread is not None:
        return threads.edit(call, channel, channel.thread)
    _check_changeable(channel)
    call.channel(Permission.MANAGE_CHANNELS)
    form = call.form(ChannelEdit)
    changed = form.model_fields_set
    channel.name = form.name or channel.name
    channel.topic = form.topic if "topic" in changed else channel.topic
    channel.nsfw = bool(form.nsfw) if "nsfw" in changed else channel.nsfw
    call.events.channel("CHANNEL_UPDATE", channel)
    return payloads.channel(call.world, channel, call.user)


async def delete(call: Call) -> Payload:
    """DELETE /channels/{channel_id}, with its threads."""
    channel = call.channel()
    if channel.thread is not None:
        return threads.delete(call, channel)
    _check_changeable(channel)
    call.channel(Permission.MANAGE_CHANNELS)
    guild = call.world.guild
    guild.threads = {number: each for number, each in guild.threads.items() if each.parent_id != channel.id}
    for each in guild.channels.values():
        each.parent_id = None if each.parent_id == channel.id else each.parent_id
    del guild.channels[channel.id]
    call.events.channel("CHANNEL_DELETE", channel)
    return payloads.channel(call.world, channel, call.user)


def _check_changeable(channel: Channel) -> None:
    if channel.guild_id is None:
        raise refusal(50003)


ROUTES = [
    Route("PATCH", "/channels/{channel_id}", edit),
    Route("DELETE", "/channels/{channel_id}", delete),
    Route("GET", "/channels/{channel_id}", channel),
    Route("POST", "/channels/{channel_id}/typing", typing),
]
