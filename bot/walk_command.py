"""The command that asks for walks between pictures: `.walk`."""

import secrets
from collections.abc import Sequence
from dataclasses import replace

import discord
import structlog

from bot import uploads
from bot.admission import OF_ANOTHER_KIND, Admission
from bot.command import Call, Command, Option
from bot.commands import flag_options
from bot.errors import UserError
from bot.mentions import with_names
from bot.posts import Posts
from bot.preferences import Preferences
from bot.prompt import LIKENESS, Arguments, parse
from bot.rules.gate import NO_WALK
from bot.uploads import Given, Uploads
from bot.walk import walk, waypoints
from store.errors import KnownMessageError

SLASH_FLAGS = ("frames", "hold", "loop", "video", "size", "quality", "style", "no", "repeat", "seed", "steps")
"""What has an option of its own in ``/walk``; all flags can stand in the prompt."""
BOTH = "A walk passes what it paints or the pictures that you give, not both; leave out one of them."
STAYS = "A walk stays as it was asked for; `{0}cancel` it, or ask anew."
SHORTER = "Let the walk pass fewer of them."
FEWER = "A walk goes from one picture to another: give 2 to {0} of them, or put `|` between what to paint."

_log = structlog.get_logger(__name__)


class WalkCommand:
    """Asks for a walk between pictures that are painted for it, or that a message brings.

    Args:
        posts: about the requests.
        admission: that lets requests in.
        taken: pictures that come with messages.
        preferences: of members.
    """

    def __init__(self, posts: Posts, admission: Admission, taken: Uploads, preferences: Preferences) -> None:
        self._posts = posts
        self._admission = admission
        self._uploads = taken
        self._preferences = preferences

    def commands(self) -> Sequence[Command]:
        """Return the command."""
        prompt = Option("prompt", "What to paint and pass, with | between: a red apple | a pear", takes_rest=True)
        pictures = (
            Option("first", "A picture to begin from, instead of words", "picture"),
            Option("second", "A picture to go to", "picture"),
        )
        options = (prompt, *flag_options(self._posts.available, SLASH_FLAGS), *pictures)
        return [Command("walk", "Film a walk between pictures", self._walk, options, asks=True)]

    async def _walk(self, call: Call) -> str | None:
        """Film a walk past what the text describes, or past the pictures that come with it."""
        origin = call.origin
        self._admission.enter(origin)
        if before := self._posts.asked_by(origin.id):
            stays = STAYS if all(entry.request.waypoints for entry in before) else OF_ANOTHER_KIND
            raise UserError(stays.format(self._admission.gate.book.prefix(origin.guild)))
        files = await _pictures(call)
        own = self._preferences.of(origin, self._posts.available)
        painting = self._admission.gate.settings(origin).painting
        text = with_names(call.options.get("prompt", ""), origin, call.mentioned)
        instead = LIKENESS if files else ""
        arguments = parse(text, painting, self._posts.available, instead, own.values, of_walk=True)
        if files and (arguments.prompt != LIKENESS or arguments.targets):
            raise UserError(BOTH)
        if files and not 2 <= len(files) <= uploads.MOST:
            raise UserError(FEWER.format(uploads.MOST))
        uploads.sorted_out([], [], arguments if not files else replace(arguments, prompt=""))
        passed = () if files else waypoints(arguments, 0)
        self._admission.check_number(origin, max(1, len(passed)), SHORTER)
        self._admission.check(origin, arguments, has_pictures=bool(files))
        self._admission.gate.check_film(origin, NO_WALK)
        given = Given(tuple((each.url, None) for each in files))
        taken = await self._uploads.take(origin, [(arguments, given)])
        if taken is None:
            return None
        try:
            await self._admit(call, taken[0])
        except KnownMessageError as error:
            _log.info("heard again", reason=str(error))
            return None
        return own.ignored

    async def _admit(self, call: Call, arguments: Arguments) -> None:
        """Let the walk wait."""
        origin = call.origin
        pictures = [target for target in arguments.targets if target.picture]
        if pictures:
            arguments = replace(arguments, prompt=f"a walk between {len(pictures)} pictures")
        guild = str(origin.guild.id) if origin.guild else ""
        request = arguments.request(secrets.token_hex(6), str(origin.author.id), guild)
        await self._admission.admit(origin, walk(request, waypoints(arguments, request.seed)))


async def _pictures(call: Call) -> list[discord.Attachment]:
    """Return the pictures that come with a command, or all of the message to which it replies; raises ``UserError``."""
    named = [call.options[name] for name in ("first", "second") if name in call.options]
    if call.message is None or named:
        return named
    return await uploads.pictures_of(call.message, most=uploads.MOST)
