"""Asking for pictures, seeing the queue, taking back."""

from collections.abc import Sequence

import discord
import structlog

from bot import permutations, prompt, uploads
from bot.admission import BEGUN, CHOOSE, CHOOSE_OR_LOWER, LOWER, OF_ANOTHER_KIND, Admission, new_requests
from bot.block import block
from bot.client import Client
from bot.command import Call, Command, Option
from bot.entry import Entry
from bot.errors import NoWordsError, UserError
from bot.flags.flag import Available, Flag
from bot.flags.table import FLAGS
from bot.listing import help_text, queue_text
from bot.markdown import escape, shorten
from bot.mentions import with_names
from bot.origin import BATCH, Origin
from bot.permissions import manages_messages
from bot.posts import CANCELLED, Posts
from bot.preferences import Preferences
from bot.receipt import Reply
from bot.recent import Recent
from bot.suggest_command import FIRST_DICE
from bot.suggestions import suggesting
from bot.uploads import Uploads
from store.errors import KnownMessageError

SLASH_FLAGS = (
    *("style", "size", "quality", "model", "no", "repeat", "seed", "steps", "stop", "chaos", "video", "as", "iw"),
    *("init", "init-weight", "fit"),
)
"""What has an option of its own in ``/imagine``; Discord allows 25, and all flags can stand in the prompt."""

_log = structlog.get_logger(__name__)


class PictureCommands:
    """The commands about pictures that wait or are being painted, and the one that asks for them.

    Args:
        client: that hears of commands.
        posts: about the requests.
        admission: that lets requests in.
        taken: pictures that come with messages.
        preferences: of members.
        recent: prompts of members.
    """

    def __init__(
        self,
        client: Client,
        posts: Posts,
        admission: Admission,
        taken: Uploads,
        preferences: Preferences,
        recent: Recent,
    ) -> None:
        self._client = client
        self._posts = posts
        self._admission = admission
        self._uploads = taken
        self._preferences = preferences
        self._recent = recent

    def commands(self) -> Sequence[Command]:
        """Return the commands."""
        prompt_option = Option("prompt", "What to paint", needed="slash", suggest=self._recent.suggest, takes_rest=True)
        pictures = (
            Option("start", "A picture to begin from", "picture"),
            Option("target", "A picture to come near to", "picture"),
            Option("mask", "White where the picture to begin from is painted on", "picture"),
        )
        place = Option("which", "Its place in line; without it your newest", takes_rest=True)
        options = (prompt_option, *flag_options(self._posts.available), *pictures)
        return (
            Command("imagine", "Paint what you describe", self.imagine, options, asks=True),
            Command("queue", "What is being painted and what waits", self._queue, answers="latest"),
            Command("cancel", "Take back a picture that waits or is being painted", self._cancel, (place,)),
            Command("help", "How to ask for a picture", self._help, answers="latest"),
        )

    async def imagine(self, call: Call) -> str | Reply | None:
        """Paint what the text describes; where a message was edited, instead of what it asked for before."""
        try:
            return await self._imagine(call)
        except NoWordsError as error:
            kept = f"\n{block([error.flags])}" if error.flags else ""
            return Reply(f"{error}{kept}", rows=((FIRST_DICE,),))

    async def _imagine(self, call: Call) -> str | None:
        origin, message = call.origin, call.message
        self._admission.enter(origin)
        before = self._posts.asked_by(origin.id)
        if any(entry.request.waypoints or entry.origin.how == BATCH for entry in before):
            raise UserError(OF_ANOTHER_KIND.format(self._prefix(origin)))
        typed = prompt.without_command(call.options.get("prompt", ""), self._prefix(origin))
        addresses, words = uploads.split(typed)
        choices = permutations.read(words)
        self._admission.check_number(origin, choices.count, CHOOSE)
        files = await uploads.pictures_of(message) if message else []
        named = {name: each for name, each in call.options.items() if isinstance(each, discord.Attachment)}
        instead = prompt.LIKENESS if addresses or files or named else ""
        own = self._preferences.of(origin, self._posts.available)
        painting = self._admission.gate.settings(origin).painting
        texts = (with_names(text, origin, call.mentioned) for text in choices.texts())
        parsed = [prompt.parse(text, painting, self._posts.available, instead, own.values) for text in texts]
        number = sum(each.fields["repeat"] for each in parsed)
        self._admission.check_number(origin, number, LOWER if choices.count == 1 else CHOOSE_OR_LOWER)
        given = [(each, uploads.sorted_out(addresses, files, each, named)) for each in parsed]
        for each, pictures in given:
            self._admission.check(origin, each, has_pictures=bool(pictures.addresses))
        if any(pictures.addresses for _, pictures in given) and not self._posts.asked_by(origin.id):
            self._admission.check_room(origin, number)
        arguments = await self._uploads.take(origin, given)
        if arguments is None:
            return None
        try:
            if self._posts.asked_by(origin.id):
                return await self._admission.change(origin, arguments)
            await self._admission.admit(origin, *new_requests(arguments, origin))
        except KnownMessageError as error:
            _log.info("heard again", reason=str(error))
            if message is not None and message.edited_at is not None:
                raise UserError(BEGUN.format(self._prefix(origin))) from None
            return None
        self._recent.add(origin.author.id, parsed)
        return own.ignored

    async def _queue(self, call: Call) -> str:
        """Show what is being painted and what waits."""
        await self._posts.settle()
        return queue_text(self._posts.running, self._posts.waiting, call.origin)

    async def _cancel(self, call: Call) -> str:
        """Take back the member's newest picture, the one at a place in line, or what is replied to.

        A message that was edited into this takes back what it asked for.
        """
        origin, which = call.origin, call.options.get("which", "")
        await self._client.hearing.save(settled=origin.id)  # heard again, it would take back another one
        await self._uploads.settle(origin.author.id)
        await self._posts.settle()
        # From here to the end of the request nothing is waited for: of several commands each takes back another one.
        reference = call.message.reference if call.message else None
        if reference is not None and not which:
            entries = self._replied_to(reference)
        elif which:
            entries = [self._named(which, origin)]
        else:
            entries = self._posts.asked_by(origin.id) or [self._newest(origin)]
        return await cancelled(self._posts, entries, origin.author, origin.channel)

    async def _help(self, call: Call) -> str:
        """Tell how to ask for a picture."""
        me, settings = call.origin.me, self._admission.gate.settings(call.origin)
        return help_text(me.display_name if me else "Easel", settings, self._posts.available)

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

    def _replied_to(self, reference: discord.MessageReference) -> list[Entry]:
        """Return what a message asked for, or what it shows."""
        entries = [] if reference.message_id is None else self._posts.about(reference.message_id)
        if not entries:
            raise UserError("That message is not about a picture that waits or is being painted.")
        return entries


def flag_options(available: Available, names: Sequence[str] = SLASH_FLAGS) -> list[Option]:
    """Return flags as options of a slash command; that of models only where there is a choice."""
    return [_flag_option(name, FLAGS[name], available) for name in names if name != "model" or available.models]


def _flag_option(name: str, flag: Flag, available: Available) -> Option:
    least, most = flag.whole or (None, None)
    return Option(
        name,
        flag.help[:1].upper() + flag.help[1:100],
        "integer" if flag.whole else "text",
        choices=flag.choices,
        least=least,
        most=most,
        suggest=suggesting(flag.suggested(available)) if flag.suggested else None,
        is_flag=True,
    )


async def cancelled(
    posts: Posts, entries: Sequence[Entry], who: discord.abc.Snowflake, channel: discord.abc.Snowflake
) -> str:
    """Take back what waits or is being painted, and say so.

    Args:
        posts: about the requests.
        entries: that are taken back, all of one member.
        who: does so.
        channel: where they do so.

    Raises:
        UserError: it is another's, and they are no moderator there.
    """
    origin = entries[0].origin
    own = origin.author.id == who.id
    if not own and not (channel.id == origin.channel.id and manages_messages(who, channel)):
        raise UserError("That picture is not yours; only who asked for it and moderators can cancel it.")
    await posts.cancel(entries, CANCELLED if own else "Cancelled by a moderator.")
    if own and channel.id != origin.channel.id:
        return "Cancelled: your picture from elsewhere"  # its words may not be for all who read here
    more = f" and {len(entries) - 1} more of that message" if len(entries) > 1 else ""
    return f"Cancelled: {escape(shorten(entries[0].request.prompt, 100))}{more}"
