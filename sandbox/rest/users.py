"""Users: oneself, others, one's servers and direct conversations."""

from sandbox import payloads
from sandbox.errors import refusal
from sandbox.forms import DirectChannelCreate
from sandbox.payloads import Payload
from sandbox.rest.call import Call, Route


async def me(call: Call) -> Payload:
    """GET /users/@me."""
    return payloads.own_user(call.user)


async def user(call: Call) -> Payload:
    """GET /users/{user_id}."""
    return payloads.user(call.world.user(call.id("user_id")))


async def my_guilds(call: Call) -> list[Payload]:
    """GET /users/@me/guilds."""
    return [payloads.guild_entry(call.world, call.user)]


async def my_membership(call: Call) -> Payload:
    """GET /users/@me/guilds/{guild_id}/member."""
    call.in_guild()
    return payloads.full_member(call.world.member(call.user.id))


async def open_direct_channel(call: Call) -> Payload:
    """POST /users/@me/channels."""
    other = call.world.user(call.form(DirectChannelCreate).recipient_id)
    if other.bot and call.user.bot:
        raise refusal(50007)
    return payloads.channel(call.world, call.world.direct_channel(call.user, other), call.user)


ROUTES = [
    Route("GET", "/users/@me", me),
    Route("GET", "/users/@me/guilds", my_guilds),
    Route("GET", "/users/@me/guilds/{guild_id}/member", my_membership),
    Route("POST", "/users/@me/channels", open_direct_channel),
    Route("GET", "/users/{user_id}", user),
]
