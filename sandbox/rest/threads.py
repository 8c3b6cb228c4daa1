"""Threads: beginning them from a message, from nothing or as a post in a forum; and being in them.

https://docs.discord.com/developers/topics/threads
"""

from sandbox import mentions, message_payloads, payloads
from sandbox.errors import refusal, under
from sandbox.guild_forms import PostCreate, ThreadCreate, ThreadEdit
from sandbox.model import THREADS, Channel, ChannelType, Message, MessageType, Thread, User
from sandbox.payloads import Payload
from sandbox.permissions import Permission
from sandbox.rest import writing
from sandbox.rest.call import Call, Created, Route


def writable(call: Call) -> Channel:
    """Return the channel in the path, where the caller may write; raises 50001, 50013, 160005."""
    channel = call.channel()
    if channel.thread is None:
        return call.channel(Permission.SEND_MESSAGES)
    call.channel(Permission.SEND_MESSAGES_IN_THREADS)
    if channel.thread.locked and not call.world.permissions(call.user, channel) & Permission.MANAGE_THREADS:
        raise refusal(160005)
    return channel


def enter(call: Call, channel: Channel) -> None:
    """Let the caller, who writes in a thread, be a member of it, and the thread be open again."""
    thread = channel.thread
    if thread is None:
        return
    if thread.archived:
        _set_archived(call, thread, archived=False)
        call.events.thread("THREAD_UPDATE", channel)
    _join(call, channel, thread, call.user)


def check_not_archived(channel: Channel) -> None:
    """Raise 50083 where nothing is to be changed any more."""
    if channel.thread is not None and channel.thread.archived:
        raise refusal(50083)


async def from_message(call: Call) -> Created:
    """POST /channels/{channel_id}/messages/{message_id}/threads: the thread gets the message's id."""
    channel = call.channel(Permission.CREATE_PUBLIC_THREADS)
    _check_parent(channel, ChannelType.TEXT, ChannelType.ANNOUNCEMENT)
    message = call.message(channel)
    form = call.form(ThreadCreate)
    if message.id in call.world.guild.threads:
        raise refusal(160004)
    kind = ChannelType.ANNOUNCEMENT_THREAD if channel.type is ChannelType.ANNOUNCEMENT else ChannelType.PUBLIC_THREAD
    thread = _begin(call, channel, message.id, kind, form)
    starter = Message(call.world.snowflakes.next(), thread.id, message.author, "", type=MessageType.THREAD_STARTER)
    starter.reference, starter.reference_channel = message.id, channel.id
    thread.messages[starter.id] = starter
    call.events.message_updated(channel, message)
    return Created(payloads.channel(call.world, thread, call.user))


async def create(call: Call) -> Created:
    """POST /channels/{channel_id}/threads: a thread without a message, or a post in a forum."""
    channel = call.channel()
    if channel.type is ChannelType.FORUM:
        return _post(call, channel)
    _check_parent(channel, ChannelType.TEXT, ChannelType.ANNOUNCEMENT)
    form = call.form(ThreadCreate)
    kind = ChannelType(form.type or ChannelType.PRIVATE_THREAD)
    if (kind is ChannelType.ANNOUNCEMENT_THREAD) is not (channel.type is ChannelType.ANNOUNCEMENT):
        raise refusal(50024)
    private = kind is ChannelType.PRIVATE_THREAD
    call.channel(Permission.CREATE_PRIVATE_THREADS if private else Permission.CREATE_PUBLIC_THREADS)
    number = call.world.snowflakes.next()
    if not private:
        said = Message(number, channel.id, call.user, form.name, type=MessageType.THREAD_CREATED)
        said.reference_channel = number = call.world.snowflakes.next()
        channel.messages[said.id] = said
    thread = _begin(call, channel, number, kind, form)
    if not private:
        call.events.message_created(channel, said)
    return Created(payloads.channel(call.world, thread, call.user))


def _post(call: Call, forum: Channel) -> Created:
    call.channel(Permission.SEND_MESSAGES)
    form = call.form(PostCreate)
    mentions.check(form.message.allowed_mentions)
    if call.body.files:
        call.channel(Permission.ATTACH_FILES)
    number = call.world.snowflakes.next()
    draft = Channel(number, ChannelType.PUBLIC_THREAD, guild_id=forum.guild_id)
    with under("message"):
        message = writing.compose(call, draft, form.message, call.user)
    message.id = number
    thread = _begin(call, forum, number, ChannelType.PUBLIC_THREAD, form)
    writing.mention(call, thread, message, form.message.allowed_mentions, None)
    writing.keep(call, thread, message)
    shown = message_payloads.message(call.world, message, call.user)
    return Created(payloads.channel(call.world, thread, call.user) | {"message": shown})


def _begin(call: Call, parent: Channel, number: int, kind: ChannelType, form: ThreadCreate) -> Channel:
    now = call.world.clock()
    thread = Thread(call.user.id, now, form.auto_archive_duration or 1440, invitable=form.invitable is not False)
    thread.members[call.user.id] = now
    channel = Channel(number, kind, form.name, parent_id=parent.id, guild_id=parent.guild_id, thread=thread)
    call.world.guild.threads[number] = channel
    call.events.thread("THREAD_CREATE", channel, new=True)
    return channel


def _check_parent(channel: Channel, *kinds: ChannelType) -> None:
    if channel.type not in kinds:
        raise refusal(50024)


def edit(call: Call, channel: Channel, thread: Thread) -> Payload:
    """Do PATCH /channels/{channel_id} where the channel is a thread."""
    form = call.form(ThreadEdit)
    granted = call.world.permissions(call.user, channel)
    manages = bool(granted & Permission.MANAGE_THREADS)
    opens = form.archived is False
    if thread.archived and not opens and form.model_fields_set - {"archived", "locked"}:
        raise refusal(50083)
    if form.locked is not None and form.locked is not thread.locked and not manages:
        raise refusal(50013)
    own = thread.owner_id == call.user.id and not thread.locked
    only_opened = opens and form.model_fields_set == {"archived"} and granted & Permission.SEND_MESSAGES_IN_THREADS
    if not (manages or own or (only_opened and not thread.locked)):
        raise refusal(50013)
    channel.name = form.name or channel.name
    thread.archive_minutes = form.auto_archive_duration or thread.archive_minutes
    thread.locked = thread.locked if form.locked is None else form.locked
    if form.archived is not None and form.archived is not thread.archived:
        _set_archived(call, thread, archived=form.archived)
    call.events.thread("THREAD_UPDATE", channel)
    return payloads.channel(call.world, channel, call.user)


def delete(call: Call, channel: Channel) -> Payload:
    """Do DELETE /channels/{channel_id} where the channel is a thread."""
    call.channel(Permission.MANAGE_THREADS)
    call.events.thread("THREAD_DELETE", channel)
    payload = payloads.channel(call.world, channel, call.user)
    del call.world.guild.threads[channel.id]
    return payload


def _set_archived(call: Call, thread: Thread, *, archived: bool) -> None:
    thread.archived, thread.archived_at = archived, call.world.clock()


async def join(call: Call) -> None:
    """PUT /channels/{channel_id}/thread-members/@me."""
    channel, thread = _thread(call)
    check_not_archived(channel)
    _join(call, channel, thread, call.user)


async def add(call: Call) -> None:
    """PUT /channels/{channel_id}/thread-members/{user_id}."""
    channel, thread = _thread(call)
    check_not_archived(channel)
    call.channel(Permission.SEND_MESSAGES_IN_THREADS)
    _join(call, channel, thread, call.world.member(call.id("user_id")).user)


async def leave(call: Call) -> None:
    """DELETE /channels/{channel_id}/thread-members/@me."""
    channel, thread = _thread(call)
    check_not_archived(channel)
    _part(call, channel, thread, call.user.id)


async def remove(call: Call) -> None:
    """DELETE /channels/{channel_id}/thread-members/{user_id}."""
    channel, thread = _thread(call)
    check_not_archived(channel)
    call.channel(Permission.MANAGE_THREADS)
    _part(call, channel, thread, call.id("user_id"))


async def members(call: Call) -> list[Payload]:
    """GET /channels/{channel_id}/thread-members."""
    channel, thread = _thread(call)
    return [payloads.thread_member(channel, thread, each) for each in thread.members]


async def member(call: Call) -> Payload:
    """GET /channels/{channel_id}/thread-members/{user_id}."""
    channel, thread = _thread(call)
    user_id = call.id("user_id")
    if user_id not in thread.members:
        raise refusal(10007)
    return payloads.thread_member(channel, thread, user_id)


def _thread(call: Call) -> tuple[Channel, Thread]:
    channel = call.channel()
    if channel.thread is None or channel.type not in THREADS:
        raise refusal(50024)
    return channel, channel.thread


def _join(call: Call, channel: Channel, thread: Thread, user: User) -> None:
    if user.id not in thread.members:
        thread.members[user.id] = call.world.clock()
        call.events.thread_members(channel, [user], [])


def _part(call: Call, channel: Channel, thread: Thread, user_id: int) -> None:
    if thread.members.pop(user_id, None) is not None:
        call.events.thread_members(channel, [], [user_id])


async def active(call: Call) -> Payload:
    """GET /guilds/{guild_id}/threads/active."""
    call.in_guild()
    return _listed(call, call.world.seen_threads(call.user))


async def archived(call: Call) -> Payload:
    """GET /channels/{channel_id}/threads/archived/public."""
    parent = call.channel(Permission.READ_MESSAGE_HISTORY)
    found = call.world.seen_threads(call.user, archived=True)
    private = ChannelType.PRIVATE_THREAD
    return _listed(call, [each for each in found if each.parent_id == parent.id and each.type is not private])


def _listed(call: Call, threads: list[Channel]) -> Payload:
    shown = [payloads.channel(call.world, each, call.user) for each in threads]
    own = [each["member"] for each in shown if "member" in each]
    return {"threads": shown, "members": own, "has_more": False}


_MEMBERS = "/channels/{channel_id}/thread-members"

ROUTES = [
    Route("POST", "/channels/{channel_id}/messages/{message_id}/threads", from_message),
    Route("POST", "/channels/{channel_id}/threads", create),
    Route("GET", "/channels/{channel_id}/threads/archived/public", archived),
    Route("GET", "/guilds/{guild_id}/threads/active", active),
    Route("GET", _MEMBERS, members),
    Route("PUT", f"{_MEMBERS}/@me", join),
    Route("DELETE", f"{_MEMBERS}/@me", leave),
    Route("GET", f"{_MEMBERS}/{{user_id}}", member),
    Route("PUT", f"{_MEMBERS}/{{user_id}}", add),
    Route("DELETE", f"{_MEMBERS}/{{user_id}}", remove),
]
