"""The server: itself, its channels, roles and members."""

from sandbox import payloads
from sandbox.errors import refusal
from sandbox.forms import MembersQuery
from sandbox.payloads import Payload
from sandbox.permissions import Permission
from sandbox.rest.call import Call, Route


async def guild(call: Call) -> Payload:
    """GET /guilds/{guild_id}."""
    call.in_guild()
    payload = payloads.guild(call.world)
    if call.query.get("with_counts", "").lower() in ("true", "1"):
        count = len(call.world.guild.members)
        payload |= {"approximate_member_count": count, "approximate_presence_count": count}
    return payload


async def channels(call: Call) -> list[Payload]:
    """GET /guilds/{guild_id}/channels: all for the bot, for people those that they see."""
    call.in_guild()
    return [
        payloads.channel(call.world, each, call.user)
        for each in call.world.guild.channels.values()
        if call.user.bot or call.world.permissions(call.user, each) & Permission.VIEW_CHANNEL
    ]


async def roles(call: Call) -> list[Payload]:
    """GET /guilds/{guild_id}/roles."""
    call.in_guild()
    return [payloads.role(each) for each in call.world.guild.roles.values()]


async def members(call: Call) -> list[Payload]:
    """GET /guilds/{guild_id}/members: for the bot only with the members intent."""
    call.in_guild()
    if call.user.bot and not call.world.application.guild_members:
        raise refusal(50001)
    query = call.query_form(MembersQuery)
    found = sorted(user_id for user_id in call.world.guild.members if user_id > query.after)
    return [payloads.full_member(call.world.member(user_id)) for user_id in found[: query.limit]]


async def member(call: Call) -> Payload:
    """GET /guilds/{guild_id}/members/{user_id}."""
    call.in_guild()
    return payloads.full_member(call.world.member(call.id("user_id")))


ROUTES = [
    Route("GET", "/guilds/{guild_id}", guild),
    Route("GET", "/guilds/{guild_id}/channels", channels),
    Route("GET", "/guilds/{guild_id}/roles", roles),
    Route("GET", "/guilds/{guild_id}/members", members),
    Route("GET", "/guilds/{guild_id}/members/{user_id}", member),
]
