"""What the buttons under the posts about requests do."""

import asyncio
import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

import discord
import structlog
from discord.utils import DEFAULT_FILE_SIZE_LIMIT_BYTES

from bot.admission import Admission
from bot.buttons.edited import edited
from bot.buttons.forms import LONGEST, form
from bot.buttons.lookup import Found, Lookup
from bot.buttons.parameters import line, parameters
from bot.buttons.press import Action, Press
from bot.buttons.row import goes_on
from bot.command import Call, Run
from bot.commands import cancelled
from bot.discord_api import CALL_ERRORS, is_gone, reason
from bot.errors import UserError
from bot.markdown import inline_code
from bot.permissions import manages_messages
from bot.posts import Posts
from bot.prompt import without_command
from bot.receipt import Reply
from bot.story_page import story_page
from bot.uploads import Uploads
from generation import derived
from generation.errors import MetadataError, RequestError
from generation.fields import SEED_LIMIT
from generation.metadata import read
from generation.request import FILMS, PNG, ImagineRequest
from store.errors import KnownMessageError, StoreError
from store.uploads import UploadFolder

NOT_WAITING = "That picture does not wait and is not being painted any more."
NOT_YOURS = "That picture is not yours; only who asked for it and moderators can delete it."
PAGE = "The story on a page, with its pictures in it; a browser opens it."
UNDELETABLE = "Discord did not let me delete it; try again."
LOST_PICTURE = "It was painted from a picture that is not kept any more; ask for it anew, with that picture attached."
TOO_LARGE = "It is larger than can be asked for by now: up to {0} pixels a side."
NO_BEGINNING = "{0} cannot begin from a picture, so it paints no further one of this; **Again** and **Edit** ask anew."
TOO_LONG = f"What to type for it is longer than the {LONGEST} characters that a form takes."

_log = structlog.get_logger(__name__)

Change = Callable[[ImagineRequest, str, int], ImagineRequest]
"""Makes the next request from the last, the SHA-256 of its picture and a new seed; raises ``RequestError``."""


class ResultButtons:
    """The buttons under the posts about requests.

    Args:
        posts: about the requests.
        admission: that lets requests in.
        lookup: that finds them again.
        taken: that keeps pictures to begin from.
        kept: where those are.
        imagine: paints what is typed.
    """

    def __init__(
        self,
        posts: Posts,
        admission: Admission,
        lookup: Lookup,
        taken: Uploads,
        kept: UploadFolder,
        imagine: Run,
    ) -> None:
        self._posts = posts
        self._admission = admission
        self._lookup = lookup
        self._uploads = taken
        self._kept = kept
        self._imagine = imagine

    def actions(self) -> Mapping[str, Action]:
        """Return what they do, by their names."""
        return {
            "again": Action(self._again),
            "subtle": Action(partial(self._go_on, partial(_varied, strong=False))),
            "strong": Action(partial(self._go_on, partial(_varied, strong=True))),
            "more": Action(partial(self._go_on, _continued)),
            "larger": Action(self._larger),
            "edit": Action(self._edited, self._edit),
            "video": Action(self._filmed),
            "page": Action(self._page, is_once=False),
            "parameters": Action(self._parameters, is_once=False),
            "cancel": Action(self._cancel, is_once=False),
            "delete": Action(self._delete, is_once=False),
        }

    async def _again(self, press: Press) -> None:
        """Paint the same once more, with another seed."""
        found = await self._entered(press)
        await self._admit(press, found, derived.again(found.request, secrets.randbelow(SEED_LIMIT)))

    async def _filmed(self, press: Press) -> None:
        """Paint the same once more, with the same seed, and film it."""
        found = await self._entered(press)
        await self._admit(press, found, replace(found.request, outputs=(PNG, FILMS[0])))

    async def _page(self, press: Press) -> Reply:
        """Give a story as a page with its sentences and pictures."""
        found = await self._lookup.request(press.id.of, _message(press))
        film = await self._lookup.film(found)
        last = await self._lookup.file(found, _message(press))
        guild = press.origin.guild
        most = DEFAULT_FILE_SIZE_LIMIT_BYTES if guild is None else guild.filesize_limit
        data = await asyncio.to_thread(story_page, film, last, most)
        return Reply(PAGE, f"{found.request.slug}.html", data)

    async def _go_on(self, change: Change, press: Press) -> None:
        """Paint what comes from the finished picture."""
        found = await self._entered(press)
        if not goes_on(found.request):
            raise UserError(NO_BEGINNING.format(inline_code(f"--painter {found.request.painter}")))
        digest = await self._uploads.keep(await self._lookup.file(found, _message(press)))
        try:
            request = change(found.request, digest, secrets.randbelow(SEED_LIMIT))
        except RequestError as error:
            raise UserError(str(error)) from None
        await self._admit(press, found, request)

    async def _larger(self, press: Press) -> None:
        """Paint it with larger sides."""
        most = self._admission.gate.settings(press.origin).painting.max_side
        await self._go_on(lambda request, picture, _: derived.larger(request, picture, most), press)

    async def _edit(self, press: Press) -> discord.ui.Modal:
        """Open a form with what was typed, or could have been."""
        self._admission.enter(press.origin)
        found = await self._lookup.request(press.id.of, _message(press))
        text = line(found.request, self._admission.gate.settings(press.origin))
        if len(text) > LONGEST:
            raise UserError(TOO_LONG)
        return form(press.id, "Edit and paint", "Prompt and flags; without a seed any", text)

    async def _edited(self, press: Press) -> str | Reply | None:
        """Paint what was filled in, with the pictures that it was painted from before."""
        found = await self._entered(press)
        old = found.request
        if not old.pictures:
            return await self._imagine(Call(press.origin, {"prompt": press.text}))
        settings = self._admission.gate.settings(press.origin)
        text, painting = without_command(press.text, settings.discord.prefix), settings.painting
        request, number = edited(text, old, painting, self._posts.available)
        self._admission.check_number(press.origin, number)
        seeds = [(request.seed + each) % SEED_LIMIT for each in range(number)]
        await self._admit(press, found, *(replace(request, seed=seed) for seed in seeds))
        return None

    async def _parameters(self, press: Press) -> str | Reply:
        """Say what to type for it."""
        found = await self._lookup.request(press.id.of, _message(press))
        return parameters(found.request, self._admission.gate.settings(press.origin), self._posts.available)

    async def _cancel(self, press: Press) -> str:
        """Take back what waits or is being painted."""
        await self._posts.settle()
        entry = self._posts.entry(press.id.of)
        if entry is None:
            raise UserError(NOT_WAITING)
        return await cancelled(self._posts, [entry], press.origin.author, press.origin.channel)

    async def _delete(self, press: Press) -> str:
        """Delete the post."""
        origin = press.origin
        if press.id.member != origin.author.id and not manages_messages(origin.author, origin.channel):
            raise UserError(NOT_YOURS)
        try:
            await _message(press).delete()
        except CALL_ERRORS as error:
            if not is_gone(error):
                _log.warning("could not delete a post", request=press.id.of, error=reason(error))
                raise UserError(UNDELETABLE) from None
        _log.info("deleted", request=press.id.of, member=origin.author.id)
        return "Deleted."

    async def _entered(self, press: Press) -> Found:
        """Return the request that a button is about, where whoever presses it may ask for pictures."""
        self._admission.enter(press.origin)
        self._admission.check_room(press.origin)
        return await self._lookup.request(press.id.of, _message(press))

    async def _admit(self, press: Press, found: Found, *requests: ImagineRequest) -> None:
        """Let the next requests wait, of one shape and pictures, as those of whoever pressed the button."""
        request, most = requests[0], self._admission.gate.settings(press.origin).painting.max_side
        if max(request.shape) > most:
            raise UserError(TOO_LARGE.format(most))
        await self._fetch_missing(press, found, request)
        guild = str(press.origin.guild.id) if press.origin.guild else ""
        member = str(press.origin.author.id)
        mine = [replace(each, id=secrets.token_hex(6), member=member, guild=guild) for each in requests]
        try:
            await self._admission.admit(press.origin, *mine)
        except KnownMessageError as error:
            _log.info("heard again", reason=str(error))

    async def _fetch_missing(self, press: Press, found: Found, request: ImagineRequest) -> None:
        """Keep what a request is painted from and is not kept any more, out of the file of its picture."""
        missing = await asyncio.to_thread(self._missing, request)
        if not missing:
            return
        try:
            held = read(await self._lookup.file(found, _message(press))).pictures
            for digest in missing:
                await self._kept.keep(held[digest])
        except (UserError, MetadataError, KeyError, StoreError):
            raise UserError(LOST_PICTURE) from None

    def _missing(self, request: ImagineRequest) -> list[str]:
        return [digest for digest in sorted(request.pictures) if self._kept.read(digest) is None]


def _varied(request: ImagineRequest, picture: str, seed: int, *, strong: bool) -> ImagineRequest:
    return derived.vary(request, picture, strong, seed)


def _continued(request: ImagineRequest, picture: str, _: int) -> ImagineRequest:
    return derived.continued(request, picture)


def _message(press: Press) -> discord.Message:
    assert press.message is not None
    return press.message
