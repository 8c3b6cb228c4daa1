"""What there is in the sandbox: plain records, with no behaviour of their own."""

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any


class ChannelType(IntEnum):
    """The kinds of channel that the sandbox has."""

    TEXT = 0
    DIRECT = 1
    VOICE = 2
    CATEGORY = 4
    ANNOUNCEMENT = 5
    ANNOUNCEMENT_THREAD = 10
    PUBLIC_THREAD = 11
    PRIVATE_THREAD = 12
    FORUM = 15


THREADS = (ChannelType.ANNOUNCEMENT_THREAD, ChannelType.PUBLIC_THREAD, ChannelType.PRIVATE_THREAD)


class MessageType(IntEnum):
    """The kinds of message that the sandbox has."""

    DEFAULT = 0
    THREAD_CREATED = 18
    REPLY = 19
    COMMAND = 20
    THREAD_STARTER = 21
    MENU_COMMAND = 23


class InteractionKind(IntEnum):
    """What a person did."""

    COMMAND = 2
    COMPONENT = 3
    AUTOCOMPLETE = 4
    FORM = 5


@dataclass(slots=True, eq=False)
class User:
    """An account: a person, or the bot. `token` is what it logs in with; a `closed` one takes no private messages."""

    id: int
    username: str
    name: str
    token: str
    bot: bool = False
    closed: bool = False


@dataclass(slots=True)
class Role:
    """A role of the server; the one whose id is the server's is @everyone."""

    id: int
    name: str
    permissions: int
    position: int
    color: int = 0
    hoist: bool = False
    bot_id: int | None = None


@dataclass(slots=True)
class Member:
    """A user on the server; before `timeout_until` there is nothing to say."""

    user: User
    joined_at: float
    roles: list[int] = field(default_factory=list)
    timeout_until: float | None = None


@dataclass(slots=True)
class Overwrite:
    """What a channel allows and denies to one role or one member, beyond the server's rule."""

    allow: int = 0
    deny: int = 0


@dataclass(slots=True, eq=False)
class Attachment:
    """An uploaded file. `width` and `height` are of pictures only, in pixels."""

    id: int
    channel_id: int
    filename: str
    title: str | None
    data: bytes
    content_type: str
    width: int | None = None
    height: int | None = None
    description: str | None = None
    spoiler: bool = False


@dataclass(slots=True)
class Message:
    """A message. `mentions` are the users that it pings, `reactions` go from emoji to user ids.

    An ephemeral one has an `audience`, who alone sees it; `interaction` is the one that it answers. What a message
    refers to, `reference`, is in its own channel where there is no `reference_channel`.
    """

    id: int
    channel_id: int
    author: User
    content: str
    embeds: list[dict[str, Any]] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    mentions: list[User] = field(default_factory=list)
    mention_roles: list[int] = field(default_factory=list)
    mention_everyone: bool = False
    reference: int | None = None
    nonce: str | int | None = None
    flags: int = 0
    tts: bool = False
    edited_at: float | None = None
    reactions: dict[str, list[int]] = field(default_factory=dict)
    type: MessageType = MessageType.DEFAULT
    components: list[dict[str, Any]] = field(default_factory=list)
    audience: User | None = None
    reference_channel: int | None = None
    interaction: "Interaction | None" = None


@dataclass(slots=True)
class Thread:
    """What a thread has that other channels have not; `members` go from user id to when they joined."""

    owner_id: int
    archived_at: float
    archive_minutes: int = 1440
    archived: bool = False
    locked: bool = False
    invitable: bool = True
    members: dict[int, float] = field(default_factory=dict)
    total_messages: int = 0


@dataclass(slots=True)
class Channel:
    """A channel, a category or a direct conversation (`recipients`, no server). `ephemeral` messages are kept apart."""

    id: int
    type: ChannelType
    name: str = ""
    topic: str | None = None
    position: int = 0
    parent_id: int | None = None
    guild_id: int | None = None
    overwrites: dict[int, Overwrite] = field(default_factory=dict)
    recipients: list[User] = field(default_factory=list)
    messages: dict[int, Message] = field(default_factory=dict)
    ephemeral: dict[int, Message] = field(default_factory=dict)
    nsfw: bool = False
    thread: Thread | None = None


@dataclass(slots=True, eq=False)
class Interaction:
    """What a person did with the application, and how it was answered.

    `name` is of the command, `target` what a context menu was opened on, `message` that of the component or of the
    form's button, `parent` the interaction that a form was opened in. `data` is what the bot is told. `original` is the
    first response, `messages` are all of them; `form` and `choices` are what a person is shown instead of one.
    """

    id: int
    type: InteractionKind
    token: str
    user: User
    channel: Channel
    created_at: float
    data: dict[str, Any]
    session_id: str = ""
    nonce: str | int | None = None
    name: str = ""
    target: "User | Message | None" = None
    message: Message | None = None
    parent: "Interaction | None" = None
    attachments: list[Attachment] = field(default_factory=list)
    acknowledged: bool = False
    failed: bool = False
    original: Message | None = None
    messages: dict[int, Message] = field(default_factory=dict)
    form: dict[str, Any] | None = None
    choices: list[dict[str, Any]] | None = None


@dataclass(slots=True)
class Guild:
    """The server."""

    id: int
    name: str
    owner_id: int
    roles: dict[int, Role]
    members: dict[int, Member]
    channels: dict[int, Channel]
    threads: dict[int, Channel] = field(default_factory=dict)


@dataclass(slots=True)
class Application:
    """The application behind the bot. The three switches are the portal's privileged intents."""

    id: int
    name: str
    bot: User
    owner: User
    message_content: bool = True
    guild_members: bool = False
    guild_presences: bool = False
    commands: list[dict[str, Any]] = field(default_factory=list)
    guild_commands: list[dict[str, Any]] = field(default_factory=list)
