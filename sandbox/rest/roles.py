"""Roles and what they may do: making and giving them, and what a channel allows and denies.

https://docs.discord.com/developers/topics/permissions
"""

from sandbox import payloads
from sandbox.errors import refusal
from sandbox.guild_forms import MemberEdit, OverwriteEdit, RoleEdit
from sandbox.model import Channel, Member, Overwrite, Role
from sandbox.payloads import Payload
from sandbox.permissions import USUAL, Permission, guild_permissions
from sandbox.rest.call import Call, Route


async def overwrite(call: Call) -> None:
    """PUT /channels/{channel_id}/permissions/{overwrite_id}."""
    channel = _channel(call)
    form = call.form(OverwriteEdit)
    allow, deny = form.allow or 0, form.deny or 0
    if (allow | deny) & ~call.world.permissions(call.user, channel):
        raise refusal(50013)
    target = call.id("overwrite_id")
    if form.type == 0 and target not in call.world.guild.roles:
        raise refusal(10011)
    if form.type == 1:
        call.world.user(target)
    channel.overwrites[target] = Overwrite(allow, deny)
    call.events.channel("CHANNEL_UPDATE", channel)


async def remove_overwrite(call: Call) -> None:
    """DELETE /channels/{channel_id}/permissions/{overwrite_id}."""
    channel = _channel(call)
    if channel.overwrites.pop(call.id("overwrite_id"), None) is None:
        raise refusal(10009)
    call.events.channel("CHANNEL_UPDATE", channel)


def _channel(call: Call) -> Channel:
    channel = call.channel()
    if channel.guild_id is None or channel.thread is not None:
        raise refusal(50024)
    return call.channel(Permission.MANAGE_ROLES)


async def give(call: Call) -> None:
    """PUT /guilds/{guild_id}/members/{user_id}/roles/{role_id}."""
    member, role = _given(call)
    if role.id not in member.roles:
        member.roles.append(role.id)
        call.events.member_updated(member)


async def take(call: Call) -> None:
    """DELETE /guilds/{guild_id}/members/{user_id}/roles/{role_id}."""
    member, role = _given(call)
    if role.id in member.roles:
        member.roles.remove(role.id)
        call.events.member_updated(member)


def _given(call: Call) -> tuple[Member, Role]:
    call.in_guild()
    member = call.world.member(call.id("user_id"))
    return member, _below(call, call.id("role_id"))


def _below(call: Call, role_id: int) -> Role:
    """Return a role that the caller may give, take and change: one below their own; raises 10011, 50013, 50028."""
    guild = call.world.guild
    role = guild.roles.get(role_id)
    if role is None:
        raise refusal(10011)
    if role.bot_id is not None:
        raise refusal(50028)
    _check_may(call, Permission.MANAGE_ROLES)
    own = guild.members[call.user.id]
    highest = max((guild.roles[each].position for each in own.roles), default=0)
    if call.user.id != guild.owner_id and role.position >= highest:
        raise refusal(50013)
    return role


def _check_may(call: Call, needed: Permission) -> None:
    guild = call.world.guild
    if needed & ~guild_permissions(guild, guild.members[call.user.id]):
        raise refusal(50013)


async def create(call: Call) -> Payload:
    """POST /guilds/{guild_id}/roles: at the bottom, above @everyone."""
    call.in_guild()
    _check_may(call, Permission.MANAGE_ROLES)
    form = call.form(RoleEdit)
    role = Role(call.world.snowflakes.next(), "new role", int(USUAL), 1)
    _change(call, role, form)
    call.world.guild.roles[role.id] = role
    call.events.role("GUILD_ROLE_CREATE", role)
    return payloads.role(role)


async def edit(call: Call) -> Payload:
    """PATCH /guilds/{guild_id}/roles/{role_id}."""
    call.in_guild()
    role = _below(call, call.id("role_id"))
    _change(call, role, call.form(RoleEdit))
    call.events.role("GUILD_ROLE_UPDATE", role)
    return payloads.role(role)


def _change(call: Call, role: Role, form: RoleEdit) -> None:
    guild = call.world.guild
    if (form.permissions or 0) & ~guild_permissions(guild, guild.members[call.user.id]):
        raise refusal(50013)
    role.name = form.name or role.name
    role.permissions = role.permissions if form.permissions is None else form.permissions
    role.color = role.color if form.color is None else form.color
    role.hoist = role.hoist if form.hoist is None else form.hoist


async def delete(call: Call) -> None:
    """DELETE /guilds/{guild_id}/roles/{role_id}."""
    call.in_guild()
    role = _below(call, call.id("role_id"))
    guild = call.world.guild
    if role.id == guild.id:
        raise refusal(50028)
    del guild.roles[role.id]
    for member in guild.members.values():
        if role.id in member.roles:
            member.roles.remove(role.id)
    for channel in guild.channels.values():
        channel.overwrites.pop(role.id, None)
    call.events.role("GUILD_ROLE_DELETE", role)


async def edit_member(call: Call) -> Payload:
    """PATCH /guilds/{guild_id}/members/{user_id}: their roles, and until when they are to be silent."""
    call.in_guild()
    member = call.world.member(call.id("user_id"))
    form = call.form(MemberEdit)
    if form.roles is not None:
        changed = {each for each in set(form.roles) ^ set(member.roles) if _below(call, each)}
        member.roles = [each for each in form.roles if each in changed or each in member.roles]
    if "communication_disabled_until" in form.model_fields_set:
        _check_may(call, Permission.MODERATE_MEMBERS)
        if guild_permissions(call.world.guild, member) & Permission.ADMINISTRATOR:
            raise refusal(50013)
        until = form.communication_disabled_until
        member.timeout_until = until.timestamp() if until else None
    call.events.member_updated(member)
    return payloads.full_member(member)


_OVERWRITE = "/channels/{channel_id}/permissions/{overwrite_id}"
_ROLE = "/guilds/{guild_id}/roles/{role_id}"
_MEMBER = "/guilds/{guild_id}/members/{user_id}"

ROUTES = [
    Route("PUT", _OVERWRITE, overwrite),
    Route("DELETE", _OVERWRITE, remove_overwrite),
    Route("POST", "/guilds/{guild_id}/roles", create),
    Route("PATCH", _ROLE, edit),
    Route("DELETE", _ROLE, delete),
    Route("PATCH", _MEMBER, edit_member),
    Route("PUT", f"{_MEMBER}/roles/{{role_id}}", give),
    Route("DELETE", f"{_MEMBER}/roles/{{role_id}}", take),
]
