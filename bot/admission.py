"""The one way in for requests, by whichever door they come: what somebody may have painted, and where."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

import structlog

from bot.errors import PermissionsError, RuleError, UserError
from bot.origin import Origin
from bot.permissions import missing
from bot.posts import UNWRITTEN, Posts
from bot.prompt import Arguments
from bot.rules.gate import Gate
from generation.request import SEED_LIMIT, ImagineRequest
from store.errors import StoreError

NOTHING: Mapping[int, ImagineRequest] = MappingProxyType({})
MANY = 1000
"""Pictures of which it is not told how many they are."""
TOO_MANY = "That makes {0} pictures, and one message may ask for {1} here, so nothing is painted yet. {2}"
FEWER = (
    "Take something out of the braces, lower `--repeat`, or ask in several messages; braces in code, between "
    "backticks, stay as they are."
)
STAYS = "What is painted already stays as it was asked for; the rest is as your message says now."

_log = structlog.get_logger(__name__)


class Admission:
    """Refuses in a sentence, or has a request wait.

    Args:
        posts: about the requests.
        gate: that says what may be asked for, by whom and where.
    """

    def __init__(self, posts: Posts, gate: Gate) -> None:
        self._posts = posts
        self.gate = gate

    def enter(self, origin: Origin) -> None:
        """Raise ``UserError`` where nothing is painted for whoever asks there, whatever it is.

        Called before anything is read or fetched for a request.
        """
        self.gate.enter(origin)
        lacking = missing(origin)
        if lacking:
            _log.warning("permissions are missing", channel=origin.channel.id, missing=lacking)
            names = " and ".join(f"**{name}**" for name in lacking)
            raise PermissionsError(f"To paint here I need the permission {names}; a moderator can grant it.")

    def check(self, origin: Origin, arguments: Arguments, *, has_pictures: bool) -> None:
        """Raise ``UserError`` where this may not be asked for, or no pictures given; called before they are fetched."""
        with self.gate.told(origin):
            self.gate.check_request(origin, arguments.request(""))
        if has_pictures:
            self.gate.check_pictures(origin)

    def check_number(self, origin: Origin, number: int, fewer: str = FEWER) -> None:
        """Raise ``UserError`` where somebody may not ask for so many pictures at once, however few they have.

        Args:
            origin: who asks, and where.
            number: of pictures.
            fewer: a sentence that says how to ask for fewer.
        """
        most = self.gate.most_at_once(origin)
        if number > most:
            told = f"{number}" if number < MANY else f"more than {MANY}"
            with self.gate.told(origin):
                raise RuleError(TOO_MANY.format(told, "1 picture" if most == 1 else f"{most} pictures", fewer))

    async def admit(self, origin: Origin, *requests: ImagineRequest) -> None:
        """Let new requests wait, all or none, and post the place in line of each.

        Raises:
            UserError: they cannot be taken.
            KnownMessageError: their message asked for something whose end is not yet shown.
        """
        await self._admit(origin, dict(enumerate(requests)))

    async def change(self, origin: Origin, asked: Sequence[Arguments]) -> str | None:
        """Let what a message has asked for, of which something waits or is being painted, be something else.

        What is new is admitted, what is too much is taken back, and what is painted stays.

        Args:
            origin: of the change.
            asked: what it is to be now.

        Returns:
            A sentence where something that is painted would be something else; else None.

        Raises:
            UserError: something of it that is being painted would be, or something may not be or cannot be taken.
        """
        entries = {entry.origin.part: entry for entry in self._posts.asked_by(origin.id)}
        painted = await self._posts.painted_of(origin.id)
        before = {**painted, **{part: entry.request for part, entry in entries.items()}}
        after = dict(enumerate(new_requests(asked, origin, before)))
        new = {part: request for part, request in after.items() if part not in before}
        if new:
            self._posts.check_room(origin, len(new))
        changes = [(entries[part], after[part]) for part in sorted(entries.keys() & after.keys())]
        try:
            for entry, request in changes:
                await self.gate.check_change(origin, entry.request, request)
        except StoreError:
            raise UserError(UNWRITTEN) from None
        await self._posts.change(*changes)
        await self._posts.withdraw([entry for part, entry in entries.items() if part not in after])
        if new:
            await self._admit(origin, new)
        return STAYS if any(request != after.get(part) for part, request in painted.items()) else None

    async def _admit(self, origin: Origin, requests: Mapping[int, ImagineRequest]) -> None:
        await self._posts.admit(*((replace(origin, part=part), request) for part, request in requests.items()))


def new_requests(
    asked: Sequence[Arguments], origin: Origin, before: Mapping[int, ImagineRequest] = NOTHING
) -> list[ImagineRequest]:
    """Return the requests for what somebody asks for, those that repeat a picture with the seeds that follow its own.

    Args:
        asked: for a picture each, or for several that differ in nothing but their seeds.
        origin: who asks, and where.
        before: what was asked for before, by place among the requests, whose ids and seeds stay.
    """
    guild = str(origin.guild.id) if origin.guild else ""
    requests: list[ImagineRequest] = []
    for arguments in asked:
        repeats = range(arguments.fields["repeat"])
        known = [before[len(requests) + number].seed - number for number in repeats if len(requests) + number in before]
        first = arguments.fields.get("seed", known[0] if known else secrets.randbelow(SEED_LIMIT))
        for number in repeats:
            old = before.get(len(requests))
            if old is None:
                request = arguments.request(secrets.token_hex(6), member=str(origin.author.id), guild=guild)
            else:
                request = arguments.change(old)
            requests.append(replace(request, seed=(first + number) % SEED_LIMIT))
    return requests
