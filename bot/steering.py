"""Steering pictures while they wait or are painted, by replies, by a command, and by those who may."""

import asyncio
from collections.abc import Sequence
from functools import partial

import discord
import structlog

from bot.characters import clean
from bot.client import Client
from bot.command import Call, Command, Option
from bot.discord_api import CALL_ERRORS, answered, is_gone, reason
from bot.entry import Entry
from bot.errors import UserError
from bot.mentions import with_names
from bot.origin import Origin
from bot.permissions import granted
from bot.posts import Posts
from bot.rules.gate import Gate
from generation.dispatch import Dispatch
from generation.errors import AwayError, RequestError
from generation.request import ImagineRequest
from generation.steering import WORD, read
from generation.targets import Steering
from store.archive import Archive

COOLDOWN_SECONDS = 2.0
REMEMBERED = 1000
"""Members whose last steering is remembered before those are forgotten who may steer again."""
CHECK = "✅"
"""Put on what was understood."""

NO_STEERING = "Say what there should be more or less of, as in `more: a lighthouse`, `less: fog` or `sky::0.5`."
NOT_YOURS = (
    "Only who asked for that picture may steer it; they can press **Let others steer** under it, and moderators can "
    "allow it for all with `{0}limits set steer everyone`."
)
TOO_SOON = "You may steer every 2 seconds; say it again in a moment."
ENDED = "That picture is not being painted any more; reply to it with `{0}imagine …` to go on from it."
NONE_OF_YOURS = "You have no picture waiting or being painted that could be steered."
NO_PICTURE = "That message is not about a picture that waits or is being painted."

_log = structlog.get_logger(__name__)


class Steerings:
    """Has pictures steered as members say it, as far as they may.

    Args:
        dispatcher: that has requests painted.
        gate: that says who may ask for what.
    """

    def __init__(self, dispatcher: Dispatch, gate: Gate) -> None:
        self._dispatcher = dispatcher
        self._gate = gate
        self._last: dict[int, float] = {}
        """When members steered last, in Unix seconds."""

    def check(self, origin: Origin, *entries: Entry) -> None:
        """Raise ``UserError`` where somebody may not steer pictures."""
        self._gate.enter(origin)
        may_others = self._gate.rule(origin, "steer") == "everyone"
        if not all(may_others or entry.is_shared or entry.origin.author.id == origin.author.id for entry in entries):
            raise UserError(NOT_YOURS.format(self._gate.book.prefix(origin.guild)))

    def ended(self, origin: Origin) -> UserError:
        """Return what to say of a picture that has ended."""
        return UserError(ENDED.format(self._gate.book.prefix(origin.guild)))

    async def say(
        self,
        origin: Origin,
        entries: Sequence[Entry],
        text: str,
        mentioned: Sequence[discord.Member | discord.User] = (),
    ) -> str:
        """Have pictures steered as a text says, and return from when on they are.

        Args:
            origin: of the text.
            entries: that are meant, at least one.
            text: as it was typed.
            mentioned: whose ids may stand in it.

        Raises:
            UserError: they cannot be, or not by them.
        """
        self.check(origin, *entries)
        said = _understood(with_names(text, origin, mentioned), str(origin.author.id))
        if not said:
            raise UserError(NO_STEERING)
        return await self.steer(origin, entries, said)

    async def steer(self, origin: Origin, entries: Sequence[Entry], said: Sequence[Steering]) -> str:
        """Do what :meth:`say` does, for what was understood already."""
        self.check(origin, *entries)
        self._gate.check_text(origin, *(each.text for each in said))
        self._check_cooldown(origin)
        steps = []
        for entry in entries:
            try:
                request = await self._dispatcher.steer(entry.request.id, said)
            except (AwayError, RequestError) as error:
                raise UserError(str(error)) from None
            if request is not None:
                new = request.steering[-len(said) :]
                _log.info("steered", request=request.id, member=new[0].by, step=new[0].step, texts=len(new))
                steps.append(_step(request))
        if not steps:
            raise self.ended(origin)
        return f"It is steered so from step {steps[-1]} on." if steps[-1] else "It is steered so from the beginning."

    def _check_cooldown(self, origin: Origin) -> None:
        """Raise ``UserError`` where a member steered just before, by the time at which they said it."""
        now = discord.utils.snowflake_time(origin.id).timestamp()
        if now < self._last.get(origin.author.id, 0.0) + COOLDOWN_SECONDS:
            raise UserError(TOO_SOON)
        if len(self._last) >= REMEMBERED:
            self._last = {member: at for member, at in self._last.items() if now < at + COOLDOWN_SECONDS}
        self._last[origin.author.id] = now


class SteerCommand:
    """The command that steers, and the replies that do.

    Args:
        client: that hears of them.
        posts: about the requests.
        steerings: that has it done.
        archive: that knows what has ended.
    """

    def __init__(self, client: Client, posts: Posts, steerings: Steerings, archive: Archive) -> None:
        self._client = client
        self._posts = posts
        self._steerings = steerings
        self._archive = archive

    def commands(self) -> Sequence[Command]:
        """Return the command, and have replies heard."""
        option = Option("text", "As more: a lighthouse | less: fog | sky::0.5", needed="always", takes_rest=True)
        command = Command("steer", "Change a picture while it is painted, your newest one", self._steer, (option,))
        self._client.hear_replies(Command("steer", command.help, self._hear, (option,)), is_meant)
        return [command]

    async def _steer(self, call: Call) -> str | None:
        """Steer the picture that is replied to, or the member's newest."""
        await self._client.hearing.save(settled=call.origin.id)  # heard again, it would steer once more
        await self._posts.settle()
        message_id = _replied_to(call)
        entries = self._posts.about(message_id) if message_id else self._newest(call.origin)
        if not entries:
            if message_id and await self._is_known(message_id):
                raise self._steerings.ended(call.origin)
            raise UserError(NO_PICTURE if message_id else NONE_OF_YOURS)
        return await self._said(call, entries)

    async def _hear(self, call: Call) -> str | None:
        """Steer the picture that is replied to; a reply to anything else is none of ours."""
        message_id = _replied_to(call)
        await self._posts.settle()
        entries = self._posts.about(message_id)
        if entries:
            await self._client.hearing.save(settled=call.origin.id)
            return await self._said(call, entries)
        if await self._is_known(message_id):
            raise self._steerings.ended(call.origin)
        return None

    async def _said(self, call: Call, entries: Sequence[Entry]) -> str | None:
        answer = await self._steerings.say(call.origin, entries, call.options["text"], call.mentioned)
        if call.message is None:
            return answer
        await self._check_off(call.origin, call.message)
        return None

    async def _check_off(self, origin: Origin, message: discord.Message) -> None:
        """Show on a message that it was understood; so does the post about the picture."""
        if not granted(origin).add_reactions:
            return
        patience = self._client.patience
        try:
            async with asyncio.timeout(patience.answer):
                await answered(partial(message.add_reaction, CHECK), patience.pauses())
        except (*CALL_ERRORS, TimeoutError) as error:
            if not is_gone(error):
                _log.warning("could not put a reaction on a message", message=message.id, error=reason(error))

    def _newest(self, origin: Origin) -> Sequence[Entry]:
        return [entry for entry in self._posts.entries if entry.origin.author.id == origin.author.id][-1:]

    async def _is_known(self, message_id: int) -> bool:
        """Return whether a message asked for a picture or is about one, whose painting has ended."""
        found = await self._archive.of_post(message_id) or await self._archive.of_asking(message_id)
        return found is not None


def is_meant(text: str) -> bool:
    """Return whether a reply with this text is meant to steer, understood or not, and is not only talk.

    One colon before a number is not enough, since there are faces such as ``:3``.
    """
    if WORD.match(text) is None and "::" not in text.replace("：", ":"):
        return False
    try:
        return bool(_read(text, ""))
    except RequestError:
        return True


def _understood(text: str, by: str) -> tuple[Steering, ...]:
    try:
        return _read(text, by)
    except RequestError as error:
        raise UserError(str(error)) from None


def _read(text: str, by: str) -> tuple[Steering, ...]:
    return read(" ".join(clean(text).split()), by)


def _replied_to(call: Call) -> int:
    """Return the message that a message is a reply to, 0 for none."""
    reference = call.message.reference if call.message else None
    return reference.message_id or 0 if reference else 0


def _step(request: ImagineRequest) -> int:
    """Return from which step on the last counts that was said."""
    return request.steering[-1].step
