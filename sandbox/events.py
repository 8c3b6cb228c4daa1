"""Gateway events: what happened, told to every session that sees the place and asked for the kind."""

from collections.abc import Callable, Iterator

from sandbox import intents, message_payloads, payloads
from sandbox.gateway_forms import MembersRequest
from sandbox.intents import Intent
from sandbox.model import Channel, ChannelType, Member, Message, Role, User
from sandbox.payloads import Payload
from sandbox.permissions import Permission
from sandbox.sessions import Session, Sessions
from sandbox.world import World


class Events:
    """Tells the sessions what happens; `on_event` are callables that hear of everything."""

    def __init__(self, world: World, sessions: Sessions) -> None:
        self._world = world
        self._sessions = sessions
        self.on_event: list[Callable[[], None]] = []

    def message_created(self, channel: Channel, message: Message) -> None:
        """MESSAGE_CREATE; a first direct message also shows the conversation to the other side."""
        if channel.type is ChannelType.DIRECT and len(channel.messages) == 1:
            for session in self._sessions:
                if session.user in channel.recipients and not session.user.bot:
                    session.dispatch("CHANNEL_CREATE", payloads.channel(self._world, channel, session.user))
        self._message("MESSAGE_CREATE", channel, message)

    def message_updated(self, channel: Channel, message: Message) -> None:
        """MESSAGE_UPDATE."""
        self._message("MESSAGE_UPDATE", channel, message)

    def message_deleted(self, channel: Channel, message: Message) -> None:
        """MESSAGE_DELETE."""
        self._tell(channel, intents.MESSAGES, "MESSAGE_DELETE", {"id": str(message.id)}, message.audience)

    def to_user(self, user: User, event: str, data: Payload, session_id: str = "") -> None:
        """Tell one user something, in the session with this id where there is one."""
        sessions = [each for each in self._sessions if each.user is user]
        for session in [each for each in sessions if each.id == session_id] or sessions:
            session.dispatch(event, data)
        self.heard()

    def reaction(self, kind: str, channel: Channel, message: Message, user: User, emoji: str) -> None:
        """MESSAGE_REACTION_ADD or MESSAGE_REACTION_REMOVE, by `kind`."""
        data: Payload = {
            "user_id": str(user.id),
            "message_id": str(message.id),
            "emoji": {"id": None, "name": emoji},
            "burst": False,
            "type": 0,
        }
        if kind == "MESSAGE_REACTION_ADD":
            data["message_author_id"] = str(message.author.id)
            if channel.guild_id is not None:
                data["member"] = payloads.full_member(self._world.member(user.id))
        self._tell(channel, intents.REACTIONS, kind, data)

    def reactions_cleared(self, channel: Channel, message: Message, emoji: str | None) -> None:
        """MESSAGE_REACTION_REMOVE_ALL, or MESSAGE_REACTION_REMOVE_EMOJI for one of them."""
        data: Payload = {"message_id": str(message.id)}
        kind = "MESSAGE_REACTION_REMOVE_ALL"
        if emoji is not None:
            kind, data["emoji"] = "MESSAGE_REACTION_REMOVE_EMOJI", {"id": None, "name": emoji}
        self._tell(channel, intents.REACTIONS, kind, data)

    def typing(self, channel: Channel, user: User) -> None:
        """TYPING_START."""
        data: Payload = {"user_id": str(user.id), "timestamp": int(self._world.clock())}
        if channel.guild_id is not None:
            data["member"] = payloads.full_member(self._world.member(user.id))
        self._tell(channel, intents.TYPING, "TYPING_START", data)

    def channel(self, kind: str, channel: Channel) -> None:
        """CHANNEL_UPDATE or CHANNEL_DELETE, by `kind`."""
        for session in self._sessions:
            if session.listens(Intent.GUILDS):
                session.dispatch(kind, payloads.channel(self._world, channel, session.user))
        self.heard()

    def thread(self, kind: str, channel: Channel, *, new: bool = False) -> None:
        """THREAD_CREATE, THREAD_UPDATE or THREAD_DELETE, by `kind`."""
        for session in self._seeing(channel):
            data = payloads.channel(self._world, channel, session.user)
            if kind == "THREAD_DELETE":
                data = {key: data[key] for key in ("id", "guild_id", "parent_id", "type")}
            session.dispatch(kind, data | ({"newly_created": True} if new else {}))
        self.heard()

    def thread_members(self, channel: Channel, joined: list[User], left: list[int]) -> None:
        """THREAD_MEMBERS_UPDATE: to those who hear of members, and to whom it is about."""
        if channel.thread is None:
            return
        thread, members = channel.thread, self._world.guild.members
        added = [
            payloads.thread_member(channel, thread, user.id)
            | {"member": payloads.full_member(members[user.id]), "presence": None}
            for user in joined
        ]
        data = {
            "id": str(channel.id),
            "guild_id": str(channel.guild_id),
            "member_count": len(thread.members),
            "added_members": added,
            "removed_member_ids": [str(each) for each in left],
        }
        for session in self._seeing(channel):
            if session.user in joined or session.user.id in left or session.listens(Intent.GUILD_MEMBERS):
                session.dispatch("THREAD_MEMBERS_UPDATE", data)
        self.heard()

    def role(self, kind: str, role: Role) -> None:
        """GUILD_ROLE_CREATE, GUILD_ROLE_UPDATE or GUILD_ROLE_DELETE, by `kind`."""
        about = {"role_id": str(role.id)} if kind == "GUILD_ROLE_DELETE" else {"role": payloads.role(role)}
        for session in self._sessions:
            if session.listens(Intent.GUILDS):
                session.dispatch(kind, {"guild_id": str(self._world.guild.id)} | about)
        self.heard()

    def member_updated(self, member: Member) -> None:
        """GUILD_MEMBER_UPDATE: to those who hear of members, and to whom it is about."""
        data = payloads.full_member(member) | {"guild_id": str(self._world.guild.id)}
        for session in self._sessions:
            if session.user is member.user or session.listens(Intent.GUILD_MEMBERS):
                session.dispatch("GUILD_MEMBER_UPDATE", data)
        self.heard()

    def _seeing(self, channel: Channel) -> Iterator[Session]:
        for session in self._sessions:
            seen = self._world.permissions(session.user, channel) & Permission.VIEW_CHANNEL
            if seen and session.listens(Intent.GUILDS):
                yield session

    def presence(self, user: User) -> None:
        """PRESENCE_UPDATE."""
        data = self.presence_payload(user) | {"guild_id": str(self._world.guild.id)}
        for session in self._sessions:
            if session.listens(Intent.GUILD_PRESENCES):
                session.dispatch("PRESENCE_UPDATE", data)
        self.heard()

    def presence_payload(self, user: User) -> Payload:
        """Return how `user` is seen; people are always there, the bot while it is connected."""
        shown = self._sessions.presence(user) or {"status": "offline" if user.bot else "online"}
        status = shown.get("status") or "online"
        status = "offline" if status == "invisible" else status
        return {
            "user": {"id": str(user.id)},
            "status": status,
            "activities": shown.get("activities") or [],
            "client_status": {} if status == "offline" else {"web": status},
        }

    def guild_created(self, session: Session) -> None:
        """GUILD_CREATE, for one session: without the presences intent it names no other members."""
        world, user = self._world, session.user
        members = list(world.guild.members.values())
        everybody = not user.bot or session.listens(Intent.GUILD_PRESENCES)
        session.dispatch(
            "GUILD_CREATE",
            payloads.guild(world)
            | {
                "joined_at": payloads.timestamp(world.guild.members[user.id].joined_at),
                "large": False,
                "unavailable": False,
                "member_count": len(members),
                "members": [payloads.full_member(each) for each in members if everybody or each.user is user],
                "presences": [self.presence_payload(each.user) for each in members] if everybody else [],
                "channels": [
                    payloads.channel(world, each, user)
                    for each in world.guild.channels.values()
                    if user.bot or world.permissions(user, each) & Permission.VIEW_CHANNEL
                ],
                "threads": [payloads.channel(world, each, user) for each in world.seen_threads(user)],
                "voice_states": [],
                "stage_instances": [],
                "guild_scheduled_events": [],
                "soundboard_sounds": [],
                "embedded_activities": [],
                "application_command_counts": {},
            },
        )

    def _message(self, event: str, channel: Channel, message: Message) -> None:
        for session in self._listeners(channel, intents.MESSAGES, message.audience):
            payload = self.message_payload(channel, message, session.user)
            if not self._sessions.readers(session):
                payload = intents.withhold(payload, message, channel, session.user)
            session.dispatch(event, payload)
        self.heard()

    def message_payload(self, channel: Channel, message: Message, viewer: User) -> Payload:
        """Return a message as the gateway sends it: with its server and its author's membership."""
        payload = message_payloads.message(self._world, message, viewer)
        if channel.guild_id is None:
            return payload
        members = self._world.guild.members
        return payload | {
            "guild_id": str(channel.guild_id),
            "member": payloads.member(members[message.author.id]),
            "mentions": [
                payloads.user(each) | {"member": payloads.member(members[each.id])} for each in message.mentions
            ],
        }

    def _tell(
        self,
        channel: Channel,
        kinds: tuple[Intent, Intent],
        event: str,
        data: Payload,
        audience: User | None = None,
    ) -> None:
        data["channel_id"] = str(channel.id)
        if channel.guild_id is not None:
            data["guild_id"] = str(channel.guild_id)
        for session in self._listeners(channel, kinds, audience):
            session.dispatch(event, data)
        self.heard()

    def _listeners(
        self, channel: Channel, kinds: tuple[Intent, Intent], audience: User | None = None
    ) -> Iterator[Session]:
        needed = kinds[0] if channel.guild_id is not None else kinds[1]
        for session in self._sessions:
            visible = self._world.permissions(session.user, channel) & Permission.VIEW_CHANNEL
            if visible and session.listens(needed) and audience in (None, session.user):
                yield session

    def heard(self) -> None:
        """Say that something happened."""
        for callback in self.on_event:
            callback()


def chunk(world: World, request: MembersRequest, *, everybody: bool) -> Payload:
    """Return GUILD_MEMBERS_CHUNK, the answer to a request for members (op 8).

    Without the members intent (`everybody` false) a request for the whole list finds nobody.
    """
    members = list(world.guild.members.values())
    not_found: list[str] = []
    if request.user_ids is not None:
        found = [each for each in members if each.user.id in request.user_ids]
        not_found = sorted(str(each) for each in set(request.user_ids) - {each.user.id for each in found})
    else:
        found = [each for each in members if each.user.username.startswith((request.query or "").lower())]
        found = found[: request.limit] if request.limit else found if everybody else []
    payload: Payload = {
        "guild_id": str(world.guild.id),
        "members": [payloads.full_member(each) for each in found],
        "chunk_index": 0,
        "chunk_count": 1,
        "not_found": not_found,
    }
    return payload | ({"nonce": request.nonce} if request.nonce is not None else {})
