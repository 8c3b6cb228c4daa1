"""Everything that the sandbox remembers, and the questions that every route asks of it."""

import base64
import hashlib
from collections import deque
from datetime import UTC, datetime

from sandbox.errors import form_refusal, refusal
from sandbox.files import Cdn
from sandbox.model import (
    Application,
    Attachment,
    Channel,
    ChannelType,
    Guild,
    Member,
    Message,
    Overwrite,
    Role,
    Thread,
    User,
)
from sandbox.permissions import DIRECT_MESSAGE, EVERYTHING, TIMED_OUT, USUAL, Permission, channel_permissions
from sandbox.snowflake import Clock, Snowflakes, snowflake_at

FOUNDED = datetime(2026, 1, 5, 9, 30, tzinfo=UTC).timestamp()
"""When the server and its people came to be; their ids say so."""

DISCARDED_FILES = 32
"""How many files outlive their message."""


class World:
    """One application, one server with its people and channels, and direct conversations."""

    def __init__(self, base_url: str, clock: Clock, bot_name: str, shards: int = 1) -> None:
        self.base_url = base_url
        self.shards = shards
        self.clock = clock
        self.snowflakes = Snowflakes(clock)
        self.cdn = Cdn(base_url, clock)
        self.guild, self.application = _found(bot_name)
        self.direct: dict[int, Channel] = {}
        self.files: dict[int, Attachment] = {}
        self._discarded: deque[int] = deque()

    @property
    def users(self) -> dict[int, User]:
        """Everybody, by id."""
        return {user_id: member.user for user_id, member in self.guild.members.items()}

    def user_by_token(self, token: str) -> User | None:
        """Return whose token this is."""
        return next((user for user in self.users.values() if user.token == token), None)

    def user(self, user_id: int) -> User:
        """Return a user; raises 10013."""
        member = self.guild.members.get(user_id)
        if member is None:
            raise refusal(10013)
        return member.user

    def member(self, user_id: int) -> Member:
        """Return a member of the server; raises 10007."""
        member = self.guild.members.get(user_id)
        if member is None:
            raise refusal(10007)
        return member

    def role_of(self, user: User) -> str:
        """Return `owner`, `moderator` or `member`: the sandbox's own word for what a person is."""
        if user.id == self.guild.owner_id:
            return "owner"
        roles = (self.guild.roles[role_id] for role_id in self.guild.members[user.id].roles)
        return "moderator" if any(role.permissions & Permission.MANAGE_MESSAGES for role in roles) else "member"

    def permissions(self, user: User, channel: Channel) -> int:
        """Return what `user` may do in `channel`; 0 where it is not theirs to see."""
        if channel.type is ChannelType.DIRECT:
            return DIRECT_MESSAGE if user in channel.recipients else 0
        member = self.guild.members[user.id]
        if channel.thread is None:
            granted = channel_permissions(self.guild, member, channel)
        else:
            granted = self._thread_permissions(member, channel, channel.thread)
        silenced = member.timeout_until is not None and member.timeout_until > self.clock()
        return granted & TIMED_OUT if silenced and granted != EVERYTHING else granted

    def _thread_permissions(self, member: Member, channel: Channel, thread: Thread) -> int:
        """Return what a member may do in a thread: what in its parent, and nothing in a private one of others."""
        parent = self.guild.channels[channel.parent_id or 0]
        granted = channel_permissions(self.guild, member, parent, Permission.SEND_MESSAGES_IN_THREADS)
        private = channel.type is ChannelType.PRIVATE_THREAD
        if private and member.user.id not in thread.members and not granted & Permission.MANAGE_THREADS:
            return 0
        return granted

    def seen_threads(self, user: User, *, archived: bool = False) -> list[Channel]:
        """Return the threads that `user` sees, newest first."""
        threads = [each for each in self.guild.threads.values() if each.thread and each.thread.archived is archived]
        seen = [each for each in threads if self.permissions(user, each) & Permission.VIEW_CHANNEL]
        return sorted(seen, key=lambda each: -each.id)

    @property
    def places(self) -> dict[int, Channel]:
        """All channels, threads and conversations, by id."""
        return self.guild.channels | self.guild.threads | self.direct

    def place(self, channel_id: int) -> Channel:
        """Return a channel, thread or conversation; raises 10003."""
        channel = self.places.get(channel_id)
        if channel is None:
            raise refusal(10003)
        return channel

    def channel(self, channel_id: int, user: User, needed: int = 0) -> Channel:
        """Return a channel that `user` sees and may do `needed` in; raises 10003, 50001 or 50013."""
        channel = self.place(channel_id)
        granted = self.permissions(user, channel)
        if not granted & Permission.VIEW_CHANNEL:
            raise refusal(50001)
        if needed & ~granted:
            raise refusal(50013)
        return channel

    def message(self, channel: Channel, message_id: int) -> Message:
        """Return a message of `channel`; raises 10008."""
        message = channel.messages.get(message_id)
        if message is None:
            raise refusal(10008)
        return message

    def keep(self, attachments: list[Attachment]) -> None:
        """Make files available at their addresses."""
        self.files.update((each.id, each) for each in attachments)

    def discard(self, attachments: list[Attachment]) -> None:
        """Let go of files, the last few later, since somebody may be about to fetch them."""
        self._discarded.extend(each.id for each in attachments)
        while len(self._discarded) > DISCARDED_FILES:
            self.files.pop(self._discarded.popleft(), None)

    def direct_channel(self, user: User, other: User) -> Channel:
        """Return the conversation of two users, opening it the first time."""
        if user is other:
            raise form_refusal(("recipient_id",), "CANNOT_DM_SELF", "Cannot send messages to yourself.")
        for channel in self.direct.values():
            if user in channel.recipients and other in channel.recipients:
                return channel
        channel = Channel(self.snowflakes.next(), ChannelType.DIRECT, recipients=[user, other])
        self.direct[channel.id] = channel
        return channel


def _token(user_id: int) -> str:
    name = base64.urlsafe_b64encode(str(user_id).encode()).decode().rstrip("=")
    return f"{name}.sandbox.{hashlib.sha256(name.encode()).hexdigest()[:24]}"


def _found(bot_name: str) -> tuple[Guild, Application]:
    """Found the server; its ids and tokens are the same every time, so that addresses keep working."""
    numbers = iter(range(100))

    def fresh() -> int:
        return snowflake_at(FOUNDED + (number := next(numbers)), number)

    def person(username: str, name: str, *, bot: bool = False) -> User:
        user_id = fresh()
        return User(user_id, username, name, _token(user_id), bot)

    guild_id = fresh()
    owner, moderator = person("ada", "Ada"), person("moritz", "Moritz")
    mia, noor = person("mia", "Mia"), person("noor", "Noor")
    bot = person(bot_name.lower(), bot_name, bot=True)

    moderating = Permission.MANAGE_MESSAGES | Permission.KICK_MEMBERS | Permission.MODERATE_MEMBERS
    managing = (
        Permission.MANAGE_GUILD | Permission.MANAGE_CHANNELS | Permission.MANAGE_ROLES | Permission.MANAGE_THREADS
    )
    everyone = Role(guild_id, "@everyone", USUAL, 0)
    painters = Role(fresh(), "Painters", USUAL, 1, color=0xE58FB1)
    bots = Role(fresh(), bot_name, USUAL, 2, color=0x7289DA, bot_id=bot.id)
    moderators = Role(fresh(), "Moderators", USUAL | moderating | managing, 3, color=0x3BA55D, hoist=True)
    owners = Role(fresh(), "Owner", Permission.ADMINISTRATOR, 4, color=0xF0B232, hoist=True)

    silent = Overwrite(deny=Permission.SEND_MESSAGES)
    loud = Overwrite(allow=Permission.SEND_MESSAGES)
    filed = Overwrite(deny=Permission.ATTACH_FILES)
    hidden = Overwrite(deny=Permission.VIEW_CHANNEL)
    shown = Overwrite(allow=Permission.VIEW_CHANNEL)

    channels: list[Channel] = []

    def category(name: str) -> None:
        channels.append(Channel(fresh(), ChannelType.CATEGORY, name, position=len(channels), guild_id=guild_id))

    def text(
        name: str,
        topic: str,
        overwrites: dict[int, Overwrite] | None = None,
        kind: ChannelType = ChannelType.TEXT,
    ) -> None:
        parent = next(each.id for each in reversed(channels) if each.type is ChannelType.CATEGORY)
        channels.append(Channel(fresh(), kind, name, topic, len(channels), parent, guild_id, overwrites or {}))

    category("Studio")
    text("art", "Type .imagine and what you would like to see.")
    text("general", "Talk about anything.")
    category("Corners")
    text("no-files", "Words only: the bot may not attach files here.", {bots.id: filed})
    text("announcements", "Read only: moderators write here.", {guild_id: silent, moderators.id: loud})
    text("staff", "For moderators; the bot cannot see it.", {guild_id: hidden, moderators.id: shown})

    category("More")
    text("gallery", "Every post is a thread.", kind=ChannelType.FORUM)
    text("news", "What is new; anybody may follow.", {guild_id: silent, moderators.id: loud}, ChannelType.ANNOUNCEMENT)
    text("after-dark", "For adults only.")
    channels[-1].nsfw = True
    text("Lounge", "", kind=ChannelType.VOICE)

    ranks = ((owner, owners), (moderator, moderators), (mia, painters), (noor, painters), (bot, bots))
    members = {user.id: Member(user, FOUNDED + 60 * place, [role.id]) for place, (user, role) in enumerate(ranks)}
    roles = {role.id: role for role in (everyone, painters, bots, moderators, owners)}
    guild = Guild(guild_id, "The Studio", owner.id, roles, members, {each.id: each for each in channels})
    return guild, Application(bot.id, bot_name, bot, owner)
