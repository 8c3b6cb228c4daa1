"""Whom a message pings: what its text names, cut down to what its sender allows and may do.

https://docs.discord.com/developers/resources/message#allowed-mentions-object
"""

import re
from dataclasses import dataclass

from sandbox.errors import form_refusal
from sandbox.message_forms import AllowedMentions
from sandbox.model import Channel, Message, User
from sandbox.permissions import Permission
from sandbox.world import World

_CODE = re.compile(r"```.*?```|``.*?``|`[^`]*`", re.DOTALL)
_EVERYBODY: AllowedMentions = AllowedMentions(parse=["users", "roles", "everyone"], replied_user=True)


@dataclass(frozen=True, slots=True)
class Mentions:
    """The users and roles that a message pings, and whether it pings everyone."""

    users: list[User]
    roles: list[int]
    everyone: bool


def check(allowed: AllowedMentions | None) -> None:
    """Raise 50035 where a kind is both parsed and listed."""
    if allowed is None:
        return
    for kind in ("users", "roles"):
        if kind in (allowed.parse or ()) and (ids := getattr(allowed, kind)):
            raise form_refusal(
                ("allowed_mentions",),
                "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE",
                f'parse:["{kind}"] and {kind}: [{", ".join(map(str, ids))}] are mutually exclusive.',
            )


def find(
    world: World,
    channel: Channel,
    author: User,
    content: str,
    allowed: AllowedMentions | None,
    answered: Message | None,
) -> Mentions:
    """Return whom `content` pings; without `allowed`, everybody whom it names."""
    permitted = world.permissions(author, channel)
    rule = allowed or _EVERYBODY
    parse = rule.parse or []
    text = _CODE.sub("", content)

    def wanted(kind: str, listed: list[int] | None, each: int) -> bool:
        return kind in parse or each in (listed or ())

    users: dict[int, User] = {}
    known = world.users
    for user_id in _ids(r"<@!?(\d+)>", text):
        if user_id in known and wanted("users", rule.users, user_id):
            users[user_id] = known[user_id]
    if answered is not None and (allowed is None or rule.replied_user) and answered.author is not author:
        users[answered.author.id] = answered.author
    roles = [
        role_id
        for role_id in _ids(r"<@&(\d+)>", text)
        if role_id in world.guild.roles
        and channel.guild_id is not None
        and permitted & Permission.MENTION_EVERYONE
        and wanted("roles", rule.roles, role_id)
    ]
    everyone = bool(
        permitted & Permission.MENTION_EVERYONE and "everyone" in parse and re.search("@(everyone|here)", text)
    )
    return Mentions(list(users.values()), roles, everyone)


def _ids(pattern: str, text: str) -> list[int]:
    return list(dict.fromkeys(int(each) for each in re.findall(pattern, text)))
