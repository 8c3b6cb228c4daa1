"""How interactions look to the bot: who did what, where, with which objects."""

from sandbox import message_payloads, payloads
from sandbox.bodies import MAX_FILE_BYTES
from sandbox.model import Attachment, Channel, Interaction, InteractionKind, Message, Role, User
from sandbox.payloads import Payload
from sandbox.world import World

LOCALE = "en-US"
GUILD_CONTEXT, BOT_CONTEXT = 0, 1


def interaction(world: World, each: Interaction) -> Payload:
    """Return INTERACTION_CREATE as the bot gets it."""
    channel, user = each.channel, each.user
    bot = world.application.bot
    payload: Payload = {
        "id": str(each.id),
        "application_id": str(world.application.id),
        "type": int(each.type),
        "token": each.token,
        "version": 1,
        "data": each.data,
        "channel_id": str(channel.id),
        "channel": payloads.channel(world, channel, bot),
        "locale": LOCALE,
        "app_permissions": str(int(world.permissions(bot, channel))),
        "attachment_size_limit": MAX_FILE_BYTES,
        "authorizing_integration_owners": message_payloads.integration_owners(each),
        "context": GUILD_CONTEXT if channel.guild_id else BOT_CONTEXT,
        "entitlements": [],
        "entitlement_sku_ids": [],
    }
    permissions = str(int(world.permissions(user, channel)))
    if channel.guild_id is None:
        payload["user"] = payloads.user(user)
    else:
        payload["channel"]["permissions"] = permissions
        payload |= {
            "guild_id": str(channel.guild_id),
            "guild_locale": LOCALE,
            "guild": {"id": str(channel.guild_id), "locale": LOCALE, "features": []},
            "member": payloads.full_member(world.member(user.id)) | {"permissions": permissions},
        }
    if each.message is not None and each.type in (InteractionKind.COMPONENT, InteractionKind.FORM):
        payload["message"] = message_payloads.message(world, each.message, bot)
    return payload


class Resolved:
    """The objects behind the ids in an interaction's data."""

    def __init__(self, world: World, channel: Channel, user: User) -> None:
        self._world = world
        self._channel = channel
        self._user = user
        self._found: dict[str, Payload] = {}

    def payload(self) -> Payload:
        """Return `{"resolved": …}`, or nothing where there are no objects."""
        return {"resolved": self._found} if self._found else {}

    def user(self, user: User) -> None:
        """Add a user and, on the server, the member without the user."""
        self._put("users", user.id, payloads.user(user))
        if self._channel.guild_id is not None:
            permissions = str(int(self._world.permissions(user, self._channel)))
            member = payloads.member(self._world.member(user.id)) | {"permissions": permissions}
            self._put("members", user.id, member)

    def role(self, role: Role) -> None:
        """Add a role."""
        self._put("roles", role.id, payloads.role(role))

    def channel(self, channel: Channel) -> None:
        """Add a channel, with what the person and the application may do there."""
        payload = payloads.channel(self._world, channel, self._user)
        payload.pop("permission_overwrites", None)
        payload |= {
            "permissions": str(int(self._world.permissions(self._user, channel))),
            "app_permissions": str(int(self._world.permissions(self._world.application.bot, channel))),
        }
        self._put("channels", channel.id, payload)

    def message(self, message: Message) -> None:
        """Add a message."""
        payload = message_payloads.message(self._world, message, self._world.application.bot)
        self._put("messages", message.id, payload)

    def attachment(self, attachment: Attachment) -> None:
        """Add an uploaded file."""
        payload = message_payloads.attachment(self._world, attachment) | {"ephemeral": True}
        self._put("attachments", attachment.id, payload)

    def _put(self, kind: str, number: int, payload: Payload) -> None:
        self._found.setdefault(kind, {})[str(number)] = payload
