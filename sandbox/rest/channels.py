"""Channels: looking at one, and typing in it."""

from sandbox import payloads
from sandbox.payloads import Payload
from sandbox.permissions import Permission
from sandbox.rest.call import Call, Route


async def channel(call: Call) -> Payload:
    """GET /channels/{channel_id}."""
    return payloads.channel(call.world, call.channel(), call.user)


async def typing(call: Call) -> None:
    """POST /channels/{channel_id}/typing."""
    call.events.typing(call.channel(Permission.SEND_MESSAGES), call.user)


ROUTES = [
    Route("GET", "/channels/{channel_id}", channel),
    Route("POST", "/channels/{channel_id}/typing", typing),
]
