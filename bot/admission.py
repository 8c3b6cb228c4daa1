"""The one way in for requests, by whichever door they come: what somebody may have painted, and where."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

import structlog

from bot.entry import Entry
from bot.errors import PermissionsError, RoomError, RuleError, UserError
from bot.markdown import escape
from bot.origin import Origin
from bot.permissions import missing
from bot.posts import Posts
from bot.prompt import Arguments
from bot.rules.gate import OWN_LIMIT, TOO_MANY_MORE, Gate
from bot.rules.quota import in_words
from generation.dispatch import Dispatch
from generation.dispatch.record import Record
from generation.errors import AwayError, QueueFullError, RequestError
from generation.fields import SEED_LIMIT
from generation.request import ImagineRequest
from store.errors import KnownMessageError, LostError, StoreError
from store.journal import StoreJournal

NOTHING: Mapping[int, ImagineRequest] = MappingProxyType({})
MANY = 1000
"""Pictures of which it is not told how many they are."""
TOO_MANY = "That makes {0} pictures, and one message may ask for {1} here, so nothing is painted yet. {2}"
LOWER = "Lower `--repeat`, or ask in several messages."
IN_CODE = "braces in code, between backticks, stay as they are."
CHOOSE = f"Take something out of the braces, or ask in several messages; {IN_CODE}"
CHOOSE_OR_LOWER = f"Take something out of the braces, lower `--repeat`, or ask in several messages; {IN_CODE}"
CLOSED = "Easel is being stopped and takes no more requests. Ask again in a few minutes."
PARKED = "No device is able to paint at the moment; whoever runs Easel has been told. Try again later."
UNWRITTEN = (
    "Easel cannot write down requests at the moment, and takes none that it could lose; whoever runs it has been told. "
    "Ask again in a few minutes."
)
BEGUN = "That picture is being painted already and stays as it was asked for: `{0}cancel` it, or ask anew."
OF_ANOTHER_KIND = (
    "What that message asked for stays as it was asked for; `{0}cancel` it, or ask for something else in a new message."
)
TOTAL_LIMIT = "The queue is full: {0} waiting or being painted. Try again in a few minutes."
NO_ROOM = (
    "The queue has no room for {0} pictures (limit {1}, of all members), so none of them is taken. Ask for fewer, or "
    "try again in a few minutes."
)
NO_MODEL = "There is no model {0} here any more; ask with {1}."
STAYS = "What is painted already stays as it was asked for; the rest is as your message says now."

_log = structlog.get_logger(__name__)


class Admission:
    """Refuses in a sentence, or has a request wait.

    Args:
        posts: about the requests.
        gate: that says what may be asked for, by whom and where.
        dispatcher: that has requests painted.
        journal: that the dispatcher writes in.
    """

    def __init__(self, posts: Posts, gate: Gate, dispatcher: Dispatch, journal: StoreJournal) -> None:
        self._posts = posts
        self.gate = gate
        self._dispatcher = dispatcher
        self._journal = journal

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
        """Raise ``UserError`` where this may not be asked for or cannot be painted, or where no pictures may be given.

        Called before they are fetched.
        """
        request = arguments.request("")
        with self.gate.told(origin):
            self.gate.check_request(origin, request)
        self._check_possible(request)
        if has_pictures:
            self.gate.check_pictures(origin)

    def check_number(self, origin: Origin, number: int, fewer: str = LOWER) -> None:
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
                raise RuleError(TOO_MANY.format(told, in_words(most), fewer))

    def check_room(self, origin: Origin, count: int = 1) -> None:
        """Raise ``UserError`` where so many more of a member cannot be taken in, before anything is fetched."""
        if self._posts.is_closed:
            raise UserError(CLOSED)
        try:
            self._dispatcher.check_room(str(origin.author.id), count)
        except QueueFullError as error:
            raise self._no_room(error, origin, count) from None

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
        painted = await self._journal.painted_of(origin.id)
        before = {**painted, **{part: entry.request for part, entry in entries.items()}}
        after = dict(enumerate(new_requests(asked, origin, before)))
        new = {part: request for part, request in after.items() if part not in before}
        if new:
            self.check_room(origin, len(new))
        changes = [(entries[part], after[part]) for part in sorted(entries.keys() & after.keys())]
        try:
            for entry, request in changes:
                await self.gate.check_change(origin, entry.request, request)
        except StoreError:
            raise UserError(UNWRITTEN) from None
        await self._replace(changes)
        await self._withdraw([entry for part, entry in entries.items() if part not in after])
        if new:
            await self._admit(origin, new)
        return STAYS if any(request != after.get(part) for part, request in painted.items()) else None

    async def _admit(self, origin: Origin, requests: Mapping[int, ImagineRequest]) -> None:
        """Take in the requests of a command, by their places in it."""
        if self._posts.is_closed:
            raise UserError(CLOSED)
        if self._dispatcher.pool.is_parked:
            raise UserError(PARKED)
        for request in requests.values():
            self._check_possible(request)
        origins = [replace(origin, part=part) for part in requests]
        async with self._posts.taking_in:
            records = await self._submitted(origins, [*requests.values()])
            if records:
                self._posts.add(zip(origins, records, strict=True))

    async def _submitted(self, origins: Sequence[Origin], requests: Sequence[ImagineRequest]) -> Sequence[Record]:
        """Have requests wait and return their records, none where they are no longer this bot's."""
        try:
            await self.gate.check(origins[0], requests, [entry.origin for entry in self._posts.entries])
            return await self._dispatcher.submit_all(requests, [origin.asked.to_json() for origin in origins])
        except QueueFullError as error:
            raise self._no_room(error, origins[0], len(requests)) from None
        except KnownMessageError:
            raise
        except AwayError as error:
            raise UserError(str(error)) from None
        except LostError:
            return ()  # it is for the bot that works with the database now
        except StoreError:
            # A connection that was lost may have written it down nonetheless; so it ends, with this as its answer.
            for request in requests:
                await self._journal.close(request.id)
            raise UserError(UNWRITTEN) from None

    async def _replace(self, changes: Sequence[tuple[Entry, ImagineRequest]]) -> None:
        """Let these take the place of requests that wait; raises ``UserError`` when one of them is being painted."""
        changes = [(entry, request) for entry, request in changes if request != entry.request]
        for entry, request in changes:
            self._check_waiting(entry)
            self._check_possible(request)
        for entry, request in changes:
            self._check_waiting(entry)
            try:
                await self._dispatcher.edit(request)
            except RequestError:
                raise self._begun(entry) from None
            except AwayError as error:
                raise UserError(str(error)) from None
            self._posts.change(entry, request)

    async def _withdraw(self, entries: Sequence[Entry]) -> None:
        """Take requests back that wait; raises ``UserError`` when one of them is being painted."""
        for entry in entries:
            self._check_waiting(entry)
        await self._posts.withdraw(entries)

    def _check_possible(self, request: ImagineRequest) -> None:
        names = self.gate.book.settings.models.names
        if request.model not in names:
            raise UserError(NO_MODEL.format(request.model, " or ".join(f"`--model {name}`" for name in names)))
        refusal = self._dispatcher.pool.refusal(request.load)
        if refusal is not None:
            raise UserError(refusal)
        refusal = self._dispatcher.pool.class_refusal(request)
        if refusal is not None:
            raise UserError(escape(refusal))

    def _check_waiting(self, entry: Entry) -> None:
        if entry.record.status != "waiting":
            raise self._begun(entry)

    def _begun(self, entry: Entry) -> UserError:
        return UserError(BEGUN.format(self.gate.book.prefix(entry.origin.guild)))

    def _no_room(self, error: QueueFullError, origin: Origin, count: int) -> UserError:
        prefix = self.gate.book.prefix(origin.guild)
        if count > 1:
            return RoomError((TOO_MANY_MORE if error.member else NO_ROOM).format(count, error.limit, prefix))
        words = OWN_LIMIT if error.member else TOTAL_LIMIT
        return RoomError(words.format(in_words(error.limit), error.limit, prefix))


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
