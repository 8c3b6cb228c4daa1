"""How things look on the wire: one plain function for each of Discord's objects."""

from datetime import UTC, datetime
from typing import Any

from sandbox.model import Application, Channel, ChannelType, Member, MessageType, Role, Thread, User
from sandbox.permissions import guild_permissions
from sandbox.snowflake import created_at
from sandbox.world import World

Payload = dict[str, Any]

_PRESENCE_LIMITED = 1 << 13
_MEMBERS_LIMITED = 1 << 15
_MESSAGE_CONTENT_LIMITED = 1 << 19


def timestamp(seconds: float) -> str:
    """Return a moment as Discord writes it."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds")


def user(each: User) -> Payload:
    """Return a user object."""
    payload: Payload = {
        "id": str(each.id),
        "username": each.username,
        "avatar": None,
        "discriminator": "0000" if each.bot else "0",
        "public_flags": 0,
        "flags": 0,
        "banner": None,
        "accent_color": None,
        "global_name": None if each.bot else each.name,
        "avatar_decoration_data": None,
        "collectibles": None,
        "primary_guild": None,
    }
    if each.bot:
        payload |= {"bot": True, "username": each.name}
    return payload


def own_user(each: User) -> Payload:
    """Return a user object, as its own user sees it."""
    return user(each) | {
        "mfa_enabled": False,
        "locale": "en-US",
        "premium_type": 0,
        "email": None,
        "verified": True,
    }


def member(each: Member) -> Payload:
    """Return a guild member object, without its user."""
    return {
        "avatar": None,
        "avatar_decoration_data": None,
        "banner": None,
        "collectibles": None,
        "communication_disabled_until": None if each.timeout_until is None else timestamp(each.timeout_until),
        "flags": 0,
        "joined_at": timestamp(each.joined_at),
        "nick": None,
        "pending": False,
        "premium_since": None,
        "roles": [str(role_id) for role_id in each.roles],
        "mute": False,
        "deaf": False,
    }


def full_member(each: Member) -> Payload:
    """Return a guild member object with its user."""
    return member(each) | {"user": user(each.user)}


def role(each: Role) -> Payload:
    """Return a role object."""
    payload: Payload = {
        "id": str(each.id),
        "name": each.name,
        "permissions": str(int(each.permissions)),
        "position": each.position,
        "color": each.color,
        "colors": {"primary_color": each.color, "secondary_color": None, "tertiary_color": None},
        "hoist": each.hoist,
        "managed": each.bot_id is not None,
        "mentionable": False,
        "icon": None,
        "unicode_emoji": None,
        "flags": 0,
    }
    if each.bot_id is not None:
        payload["tags"] = {"bot_id": str(each.bot_id)}
    return payload


def channel(world: World, each: Channel, viewer: User) -> Payload:
    """Return a channel object; a direct conversation shows `viewer` the other side."""
    payload: Payload = {"id": str(each.id), "type": int(each.type), "flags": 0}
    if each.type is ChannelType.DIRECT:
        others = [user(other) for other in each.recipients if other is not viewer]
        return payload | {"last_message_id": _last_message_id(each), "recipients": others}
    payload |= {
        "guild_id": str(each.guild_id),
        "name": each.name,
        "parent_id": str(each.parent_id) if each.parent_id else None,
    }
    if each.thread is not None:
        return payload | _thread(each, each.thread, viewer)
    payload |= {
        "position": each.position,
        "permission_overwrites": [
            {
                "id": str(target),
                "type": 0 if target in world.guild.roles else 1,
                "allow": str(int(overwrite.allow)),
                "deny": str(int(overwrite.deny)),
            }
            for target, overwrite in each.overwrites.items()
        ],
    }
    if each.type is ChannelType.CATEGORY:
        return payload
    payload |= {
        "topic": each.topic,
        "nsfw": each.nsfw,
        "rate_limit_per_user": 0,
        "last_message_id": _last_message_id(each),
        "last_pin_timestamp": None,
    }
    if each.type is ChannelType.VOICE:
        payload |= {"bitrate": 64000, "user_limit": 0, "rtc_region": None}
    elif each.type is ChannelType.FORUM:
        posts = [one.id for one in world.guild.threads.values() if one.parent_id == each.id]
        payload |= {
            "last_message_id": str(max(posts)) if posts else None,
            "available_tags": [],
            "default_reaction_emoji": None,
            "default_sort_order": None,
            "default_forum_layout": 0,
            "default_thread_rate_limit_per_user": 0,
        }
    return payload


def _thread(each: Channel, thread: Thread, viewer: User) -> Payload:
    payload: Payload = {
        "owner_id": str(thread.owner_id),
        "rate_limit_per_user": 0,
        "last_message_id": _last_message_id(each),
        "message_count": sum(one.type is not MessageType.THREAD_STARTER for one in each.messages.values()),
        "member_count": len(thread.members),
        "total_message_sent": thread.total_messages,
        "thread_metadata": {
            "archived": thread.archived,
            "archive_timestamp": timestamp(thread.archived_at),
            "auto_archive_duration": thread.archive_minutes,
            "locked": thread.locked,
            "create_timestamp": timestamp(created_at(each.id)),
        },
    }
    if each.type is ChannelType.PRIVATE_THREAD:
        payload["thread_metadata"]["invitable"] = thread.invitable
    if viewer.id in thread.members:
        payload["member"] = thread_member(each, thread, viewer.id)
    return payload


def thread_member(each: Channel, thread: Thread, user_id: int) -> Payload:
    """Return somebody's membership of a thread."""
    joined_at = timestamp(thread.members[user_id])
    return {"id": str(each.id), "user_id": str(user_id), "join_timestamp": joined_at, "flags": 0}


def _last_message_id(each: Channel) -> str | None:
    return str(next(reversed(each.messages))) if each.messages else None


def guild(world: World) -> Payload:
    """Return a guild object, as `GET /guilds/{id}` answers it."""
    each = world.guild
    return {
        "id": str(each.id),
        "name": each.name,
        "icon": None,
        "description": None,
        "home_header": None,
        "splash": None,
        "discovery_splash": None,
        "features": [],
        "banner": None,
        "owner_id": str(each.owner_id),
        "application_id": None,
        "region": "deprecated",
        "afk_channel_id": None,
        "afk_timeout": 300,
        "system_channel_id": None,
        "system_channel_flags": 0,
        "widget_enabled": False,
        "widget_channel_id": None,
        "verification_level": 0,
        "roles": [role(one) for one in each.roles.values()],
        "default_message_notifications": 0,
        "mfa_level": 0,
        "explicit_content_filter": 0,
        "max_presences": None,
        "max_members": 500000,
        "max_stage_video_channel_users": 50,
        "max_video_channel_users": 25,
        "vanity_url_code": None,
        "premium_tier": 0,
        "premium_subscription_count": 0,
        "preferred_locale": "en-US",
        "rules_channel_id": None,
        "safety_alerts_channel_id": None,
        "public_updates_channel_id": None,
        "premium_progress_bar_enabled": False,
        "nsfw": False,
        "nsfw_level": 0,
        "emojis": [],
        "stickers": [],
        "incidents_data": None,
    }


def guild_entry(world: World, viewer: User) -> Payload:
    """Return a guild as a line of the list of `viewer`'s servers."""
    each = world.guild
    return {
        "id": str(each.id),
        "name": each.name,
        "icon": None,
        "banner": None,
        "owner": viewer.id == each.owner_id,
        "permissions": str(int(guild_permissions(each, each.members[viewer.id]))),
        "features": [],
    }


def application(each: Application) -> Payload:
    """Return the application object; its flags tell which privileged intents are switched on."""
    flags = (
        _MESSAGE_CONTENT_LIMITED * each.message_content
        | _MEMBERS_LIMITED * each.guild_members
        | _PRESENCE_LIMITED * each.guild_presences
    )
    return {
        "id": str(each.id),
        "name": each.name,
        "icon": None,
        "description": "",
        "type": None,
        "bot": user(each.bot),
        "bot_public": False,
        "bot_require_code_grant": False,
        "verify_key": "0" * 64,
        "flags": flags,
        "flags_new": str(flags),
        "redirect_uris": [],
        "interactions_endpoint_url": None,
        "role_connections_verification_url": None,
        "owner": user(each.owner),
        "approximate_guild_count": 1,
        "approximate_user_install_count": 0,
        "approximate_user_authorization_count": 0,
        "explicit_content_filter": 0,
        "team": None,
        "eligible_oauth2_scopes": [],
    }
