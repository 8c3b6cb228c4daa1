"""What comes with a message beside its words: pictures to begin from, to come near to, and to paint on in part.

::

    .imagine ADDRESS ADDRESS::WEIGHT a red fox      pictures to come near to, as many as are named first
    .imagine a red fox          with an attachment, or as a reply to a picture: it begins from that one
    .imagine a red fox --as target                  likewise, but it is to come near to
    .imagine a red fox          with a second attachment whose name begins with "mask": it is painted only where that
                                is white
"""

import asyncio
from collections import defaultdict
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, TypeVar

import discord
import structlog

from bot.discord_api import CALL_ERRORS, reason
from bot.errors import NoWordsError, PromptError, RoomError, UserError
from bot.fetch import Fetcher
from bot.flags.table import FLAGS
from bot.flags.usual import DEFAULTS
from bot.origin import Origin
from bot.prompt import ADDRESS, LIKENESS, NO_WORDS, Arguments
from generation.decoding import decode
from generation.errors import PictureError
from generation.request import AUTO, OF_START
from generation.targets import Target
from store.errors import StoreError
from store.uploads import UploadFolder

MOST = 4
"""Pictures of one request."""
AT_ONCE = 4
"""Pictures that are fetched and decoded at once, of all members together."""

TOO_MANY = f"Up to {MOST} pictures go into one request."
ONE_START = (
    "It can begin from one picture; with `--as target` several are what it comes near to, and one whose name begins "
    "with `mask` says where to paint."
)
TWO_STARTS = "It begins from your picture or by `--init {0}`, not from both; leave one out, or use `--as target`."
MASK_ALONE = "A mask says where a picture is painted on; give that picture too."
NO_TARGET = (
    "`--{0}` is about a picture to come near to, and there is none; attach one with `--as target`, or name its address."
)
NO_START = "`--{0}` is about a picture to begin from, and there is none; attach one, or reply to one."
UNMOVED = "`--move-every` is about how often it is moved, and nothing moves it; add `--zoom`, `--pan` or `--rotate`."
NOT_KEPT = "Your picture could not be kept; whoever runs Easel can see why. Try again later."
UNSEEN = "The message that you reply to could not be looked at; try again, or attach the picture."
BUSY = "{0} of your messages with files are being looked at already; wait for them."

NONE: Mapping[str, discord.Attachment] = MappingProxyType({})

T = TypeVar("T")

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Given:
    """The addresses of the pictures that come with a message.

    Args:
        targets: what it is to come near to, with their weights.
        start: what it begins from; ``""`` for none.
        mask: where it is painted on; ``""`` for everywhere.
    """

    targets: tuple[tuple[str, float | None], ...] = ()
    start: str = ""
    mask: str = ""

    @property
    def addresses(self) -> list[str]:
        """All of them."""
        return [address for address, _ in self.targets] + [each for each in (self.start, self.mask) if each]


def split(text: str) -> tuple[list[tuple[str, float | None]], str]:
    """Return the addresses with which a text begins, with their weights, and the rest."""
    found = []
    place = 0
    while match := ADDRESS.match(text, place):
        found.append((match["address"], float(match["weight"]) if match["weight"] else None))
        place = match.end()
    return found, text[place:]


async def pictures_of(message: discord.Message, most: int = 1) -> list[discord.Attachment]:
    """Return the files of a message, or else the pictures in the message to which it replies.

    Args:
        message: that they come with.
        most: of the other message.

    Raises:
        UserError: that message cannot be had.
    """
    if message.attachments:
        return message.attachments
    answered = await replied_to(message)
    if answered is None:
        return []
    return [each for each in answered.attachments if (each.content_type or "").startswith("image/")][:most]


async def replied_to(message: discord.Message) -> discord.Message | None:
    """Return the message to which one replies, None where there is none; raises ``UserError`` where it is not told."""
    reference = message.reference
    if reference is None or reference.message_id is None:
        return None
    answered = reference.resolved
    if answered is None:
        try:
            answered = await message.channel.fetch_message(reference.message_id)
        except discord.NotFound:
            return None
        except CALL_ERRORS as error:
            _log.warning("could not look at a message", message=reference.message_id, error=reason(error))
            raise UserError(UNSEEN) from None
    return answered if isinstance(answered, discord.Message) else None


def sorted_out(
    addresses: Sequence[tuple[str, float | None]],
    attachments: Sequence[discord.Attachment],
    arguments: Arguments,
    named: Mapping[str, discord.Attachment] = NONE,
) -> Given:
    """Return which picture is for what; raises ``UserError`` where that cannot be.

    Args:
        addresses: before the words, with their weights.
        attachments: of a message, for what their names and the flags say.
        arguments: that come with them.
        named: files by what they are for: ``start``, ``target`` or ``mask``.
    """
    targets = [*addresses, *((each.url, None) for name, each in named.items() if name == "target")]
    files = [*attachments, *(each for name, each in named.items() if name == "start")]
    masks = [each for each in files if each.filename.casefold().startswith("mask")][:1] if len(files) > 1 else []
    starts = [each.url for each in files if each not in masks]
    if arguments.fields["attached"] == "target":
        targets += [(each.url, None) for each in files]
        starts, masks = [], []
    mask = next((each.url for each in (named.get("mask"), *masks) if each), "")
    given = Given(tuple(targets), next(iter(starts), ""), mask)
    if len(starts) > 1:
        raise UserError(ONE_START)
    if len(given.addresses) > MOST:
        raise UserError(TOO_MANY)
    if given.start and arguments.fields["init"] != AUTO:
        raise UserError(TWO_STARTS.format(arguments.fields["init"]))
    if given.mask and not given.start:
        raise UserError(MASK_ALONE)
    check_beside(arguments, has_start=bool(given.start), has_targets=bool(targets))
    return given


def check_beside(arguments: Arguments, *, has_start: bool, has_targets: bool) -> None:
    """Raise ``PromptError`` where something is said about what there is not, or nothing about what to paint.

    That is about a picture that is not given, or about a movement by which nothing moves.

    Args:
        arguments: that say it.
        has_start: whether there is a picture to begin from.
        has_targets: whether there are pictures to come near to.
    """
    for flag in () if has_targets else ("as", "iw"):
        if _is_given(flag, arguments):
            raise PromptError(NO_TARGET.format(flag))
    for flag in () if has_start else OF_START:
        if _is_given(flag, arguments):
            raise PromptError(NO_START.format(flag))
    if "move_every" in arguments.request("").pointless:
        raise PromptError(UNMOVED)
    if arguments.prompt == LIKENESS and not has_targets:
        raise NoWordsError(NO_WORDS)


def _is_given(flag: str, arguments: Arguments) -> bool:
    (field,) = FLAGS[flag].fields
    return bool(arguments.fields[field] != DEFAULTS[field])


class Uploads:
    """Fetches, decodes and keeps the pictures that come with messages.

    Args:
        fetcher: that fetches them.
        folder: where they are kept.
        per_member: messages of one member that are worked on at once.
    """

    def __init__(self, fetcher: Fetcher, folder: UploadFolder, per_member: int) -> None:
        self._fetcher = fetcher
        self._folder = folder
        self._per_member = per_member
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._coming: defaultdict[int, dict[int, asyncio.Task[Any]]] = defaultdict(dict)
        """By member and message."""

    async def take(self, origin: Origin, asked: Sequence[tuple[Arguments, Given]]) -> list[Arguments] | None:
        """Return arguments with the pictures that a message or a slash command brings, which are kept then.

        None where a message asked anew meanwhile, or was deleted.

        Args:
            origin: of the message or the command.
            asked: several arguments, each with what is given for it.

        Raises:
            UserError: one cannot be had, is none or cannot be kept; the member has too many coming.
        """
        self.forget(origin.id)
        if not any(given.addresses for _, given in asked):
            return [self._with(arguments, given, {}) for arguments, given in asked]
        return await self.track(origin, self.with_pictures(asked))

    async def track(self, origin: Origin, work: Coroutine[Any, Any, T]) -> T | None:
        """Return what comes of work on what a message or a slash command brings, which can be taken back meanwhile.

        None where a message asked anew, or was deleted.

        Args:
            origin: of the message or the command.
            work: fetches and reads it.

        Raises:
            UserError: it cannot be had; the member has too much coming.
        """
        self.forget(origin.id)
        coming = self._coming[origin.author.id]
        if len(coming) >= self._per_member:
            work.close()
            raise RoomError(BUSY.format(len(coming)))
        task = coming[origin.id] = asyncio.create_task(work)
        try:
            await asyncio.wait([task])
        finally:
            task.cancel()
            if coming.get(origin.id) is task:
                del coming[origin.id]
            if not coming:
                self._coming.pop(origin.author.id, None)
        return None if task.cancelled() else task.result()

    def forget(self, message_id: int) -> None:
        """Take back what a message brings."""
        for coming in self._coming.values():
            task = coming.pop(message_id, None)
            if task is not None:
                task.cancel()

    async def settle(self, member: int) -> None:
        """Wait until all that a member's messages bring is there or refused."""
        tasks = [*self._coming.get(member, {}).values()]
        if tasks:
            await asyncio.wait(tasks)

    async def with_pictures(self, asked: Sequence[tuple[Arguments, Given]]) -> list[Arguments]:
        """Return arguments with the pictures that are given for them, which are kept then; raises ``UserError``."""
        addresses = dict.fromkeys(address for _, given in asked for address in given.addresses)
        digests = {address: await self._kept(address) for address in addresses}
        return [self._with(arguments, given, digests) for arguments, given in asked]

    async def keep(self, file: bytes) -> str:
        """Decode and keep the picture in a file, and return its SHA-256; raises ``UserError``."""
        async with self._turns:
            return await self._decoded(file)

    async def _kept(self, address: str) -> str:
        async with self._turns:
            return await self._decoded(await self._fetcher.fetch(address))

    async def _decoded(self, file: bytes) -> str:
        try:
            return await self._folder.keep(await decode(file))
        except PictureError as error:
            raise UserError(str(error)) from None
        except StoreError as error:
            _log.error("could not keep a picture", error=str(error))
            raise UserError(NOT_KEPT) from None

    def _with(self, arguments: Arguments, given: Given, digests: dict[str, str]) -> Arguments:
        usual = arguments.fields["image_weight"]
        pictures = [
            Target(picture=digests[address], weight=usual if weight is None else weight)
            for address, weight in given.targets
        ]
        words = arguments.targets
        if pictures and not words and arguments.prompt != LIKENESS:
            words = (Target(arguments.prompt),)
        pictured = {"init_picture": digests.get(given.start, ""), "mask": digests.get(given.mask, "")}
        if not digests:
            pictured["fit"] = "crop"  # as a member may usually want pictures to fit
        return replace(arguments, fields={**arguments.fields, **pictured}, targets=(*words, *pictures))
