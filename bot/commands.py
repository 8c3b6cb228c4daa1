"""Asking for pictures, seeing the queue, taking back."""

from collections.abc import Sequence

import discord
import structlog

from bot import prompt, uploads
from bot.admission import Admission, new_request
from bot.client import Client
from bot.command import Call, Command, Option
from bot.errors import UserError
from bot.flags import FLAGS
from bot.listing import help_text, queue_text
from bot.markdown import escape, shorten
from bot.mentions import with_names
from bot.origin import Origin
from bot.permissions import manages_messages
from bot.posts import BEGUN, CANCELLED, Entry, Posts
from bot.uploads import Uploads
from store.errors import KnownMessageError

SLASH_FLAGS = ("size", "quality", "no", "seed", "steps", "video", "init", "init-weight", "fit", "iw")
"""What has an option of its own in ``/imagine``; Discord allows 25, and all flags can stand in the prompt."""

_log = structlog.get_logger(__name__)


class PictureCommands:
    """The commands about pictures that wait or are being painted, and the one that asks for them.

    Args:
        client: that hears of commands.
        posts: about the requests.
        admission: that lets requests in.
        taken: pictures that come with messages.
    """

    def __init__(self, client: Client, posts: Posts, admission: Admission, taken: Uploads) -> None:
        self._client = client
        self._posts = posts
        self._admission = admission
        self._uploads = taken

    def commands(self) -> Sequence[Command]:
        """Return the commands."""
        prompt_option = Option("prompt", "What to paint", needed="slash", takes_rest=True)
        pictures = (
            Option("start", "A picture to begin from", "picture"),
            Option("target", "A picture to come near to", "picture"),
            Option("mask", "White where the picture to begin from is painted on", "picture"),
        )
        place = Option("which", "Its place in line; without it your newest", takes_rest=True)
        options = (prompt_option, *flag_options(), *pictures)
        return (
            Command("imagine", "Paint what you describe", self.imagine, options),
            Command("queue", "What is being painted and what waits", self._queue),
            Command(
                "cancel", "Take back a picture that waits or is being painted", self._cancel, (place,), answers="each"
            ),
            Command("help", "How to ask for a picture", self._help),
        )

    async def imagine(self, call: Call) -> str | None:
        """Paint what the text describes; where a message was edited, instead of what it asked for before."""
        origin, message = call.origin, call.message
        self._admission.enter(origin)
        addresses, words = uploads.split(call.options.get("prompt", ""))
        files = await uploads.pictures_of(message) if message else []
        named = {name: each for name, each in call.options.items() if isinstance(each, discord.Attachment)}
        typed = with_names(words, origin, call.mentioned)
        instead = prompt.LIKENESS if addresses or files or named else ""
        parsed = prompt.parse(typed, self._admission.gate.settings(origin).painting, self._posts.inits, instead)
        given = uploads.sorted_out(addresses, files, parsed, named)
        self._admission.check(origin, parsed, has_pictures=bool(given.addresses))
        if given.addresses and self._posts.asked_by(origin.id) is None:
            self._posts.check_room(origin)
        arguments = await self._uploads.take(origin, given, parsed)
        if arguments is None:
            return None
        asked = self._posts.asked_by(origin.id)
        if asked is not None:
            await self._admission.change(origin, asked, arguments)
            return None
        try:
            await self._admission.admit(origin, new_request(arguments, origin))
        except KnownMessageError as error:
            _log.info("heard again", reason=str(error))
            if message is not None and message.edited_at is not None:
                raise UserError(BEGUN.format(self._prefix(origin))) from None
        return None

    async def _queue(self, call: Call) -> str:
        """Show what is being painted and what waits."""
        await self._posts.settle()
        return queue_text(self._posts.running, self._posts.waiting, call.origin)

    async def _cancel(self, call: Call) -> str:
        """Take back the member's newest picture, the one at a place in line, or the one replied to."""
        origin, which = call.origin, call.options.get("which", "")
        await self._client.save_heard(settled=origin.id)  # heard again, it would take back another one
        await self._uploads.settle(origin.author.id)
        await self._posts.settle()
        # From here to the end of the request nothing is waited for: of several commands each takes back another one.
        reference = call.message.reference if call.message else None
        if reference is not None and not which:
            entry = self._replied_to(reference)
        elif which:
            entry = self._named(which, origin)
        else:
            entry = self._newest(origin)
        return await cancelled(self._posts, entry, origin.author, origin.channel)

    async def _help(self, call: Call) -> str:
        """Tell how to ask for a picture."""
        me, settings = call.origin.me, self._admission.gate.settings(call.origin)
        return help_text(me.display_name if me else "Easel", settings, self._posts.inits)

    def _newest(self, origin: Origin) -> Entry:
        mine = [entry for entry in self._posts.entries if entry.origin.author.id == origin.author.id]
        if not mine:
            raise UserError("You have no picture waiting or being painted.")
        return mine[-1]

    def _prefix(self, origin: Origin) -> str:
        return self._admission.gate.book.prefix(origin.guild)

    def _named(self, which: str, origin: Origin) -> Entry:
        waiting = self._posts.waiting
        if which.isdecimal() and 0 < int(which) <= len(waiting):
            return waiting[int(which) - 1]
        line = f"`{self._prefix(origin)}queue` shows what waits and at which place."
        raise UserError(f"There is no such picture in line. {line}")

    def _replied_to(self, reference: discord.MessageReference) -> Entry:
        for entry in self._posts.entries:
            post = entry.post.message
            if reference.message_id in {entry.origin.id, post.id if post else None}:
                return entry
        raise UserError("That message is not about a picture that waits or is being painted.")


def flag_options() -> list[Option]:
    """Return the flags that are options of ``/imagine``."""
    flags = ((name, FLAGS[name]) for name in SLASH_FLAGS)
    return [
        Option(name, flag.help[:1].upper() + flag.help[1:100], choices=flag.choices, is_flag=True)
        for name, flag in flags
    ]


async def cancelled(posts: Posts, entry: Entry, who: discord.abc.Snowflake, channel: discord.abc.Snowflake) -> str:
    """Take back what waits or is being painted, and say so.

    Args:
        posts: about the requests.
        entry: that is taken back.
        who: does so.
        channel: where they do so.

    Raises:
        UserError: it is another's, and they are no moderator there.
    """
    own = entry.origin.author.id == who.id
    if not own and not (channel.id == entry.origin.channel.id and manages_messages(who, channel)):
        raise UserError("That picture is not yours; only who asked for it and moderators can cancel it.")
    await posts.cancel(entry, CANCELLED if own else "Cancelled by a moderator.")
    return f"Cancelled: {escape(shorten(entry.request.prompt, 100))}"
