"""The command that posts an earlier picture again."""

import asyncio
import io
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, cast

import discord
import structlog
from discord.utils import DEFAULT_FILE_SIZE_LIMIT_BYTES

from bot.admission import Admission
from bot.buttons.row import Rows, rows_of, view_of
from bot.caption import Caption, Painted
from bot.command import Call, Command, Option
from bot.discord_api import CALL_ERRORS, answered, reason
from bot.errors import UserError
from bot.origin import Origin
from bot.outbox import Outboxes
from bot.patience import Patience
from bot.pictures import shape_of, smaller
from bot.posts import Posts
from bot.rules.gate import texts
from store.archive import Archive, Archived

NONE = "There is no such picture, or it is not one that you can see here. The small print under a picture has its id."
UNFINISHED = "That picture is not finished."
NOT_KEPT = "That picture is not kept any more."
RESTRICTED = "That picture is from an age-restricted channel, and is shown in such channels only."
NOT_POSTED = "Discord did not let me post it here; try again."
SHOWN = "Here it is."

_log = structlog.get_logger(__name__)


class ShowCommand:
    """Posts a picture again, with its buttons.

    Args:
        client: that knows the channels.
        posts: about the requests.
        admission: that says who may have something posted where.
        archive: what is kept.
        outboxes: of the channels.
        patience: how long to try.
    """

    def __init__(
        self,
        client: discord.Client,
        posts: Posts,
        admission: Admission,
        archive: Archive,
        outboxes: Outboxes,
        patience: Patience,
    ) -> None:
        self._client = client
        self._posts = posts
        self._admission = admission
        self._archive = archive
        self._outboxes = outboxes
        self._patience = patience

    def commands(self) -> Sequence[Command]:
        """Return the command."""
        option = Option("id", "Of the picture, as its small print has it", needed="always")
        return [Command("show", "Post an earlier picture again, by its id", self._show, (option,))]

    async def _show(self, call: Call) -> str | None:
        """Post a picture of the member's own again, or of another's that they could see."""
        origin = call.origin
        self._admission.enter(origin)
        archived = await self._archive.of_id(call.options["id"].strip("`#").casefold())
        if archived is None:
            raise UserError(NONE)
        self._check_place(archived, origin)
        self._admission.gate.check_text(origin, *texts(archived.request))
        if not archived.is_painted:
            raise UserError(UNFINISHED)
        png = await self._archive.picture(archived.request)
        if png is None:
            raise UserError(NOT_KEPT)
        await self._post(archived, png, origin)
        return None if origin.reply_to is not None else SHOWN

    def _check_place(self, archived: Archived, origin: Origin) -> None:
        """Raise ``UserError`` where whoever asks could not see a picture at its own place, or may not show it here."""
        own, here = archived.asked.author == origin.author.id, archived.asked.channel == origin.channel.id
        place = self._client.get_channel(archived.asked.channel)
        if not (own or here or _sees(origin, place)):
            raise UserError(NONE)
        if not here and is_restricted(place) and not is_restricted(origin.channel):
            raise UserError(RESTRICTED)

    async def _post(self, archived: Archived, png: bytes, origin: Origin) -> None:
        request, data, name = archived.request, png, f"{archived.request.slug}.png"
        limit = origin.guild.filesize_limit if origin.guild else DEFAULT_FILE_SIZE_LIMIT_BYTES
        while len(data) > limit:
            made = await asyncio.to_thread(smaller, data)
            if made is None:
                raise UserError(NOT_POSTED)
            suffix, data = made
            name = f"{request.slug}.{suffix}"
        settings = self._admission.gate.settings(origin)
        caption = Caption(request, settings.discord.prefix, settings.painting, self._posts.available)
        shape = shape_of(png)
        painted = Painted(
            archived.seconds or 0.0, archived.left_out, shape if shape not in (None, request.shape) else None
        )
        text = caption.text(painted)
        shown = replace(request, member=str(origin.author.id))  # who has it shown can delete what was posted
        await self._outboxes.of(origin).wait_for_turn(origin.author.id)
        try:
            async with asyncio.timeout(self._patience.answer):
                is_hidden = self._admission.gate.hides(origin, request)
                file = partial(discord.File, filename=name, description=caption.alt_text, spoiler=is_hidden)
                send = partial(_send, origin, text, data, file, rows_of(shown, painted))
                await answered(send, self._patience.pauses())
        except (*CALL_ERRORS, TimeoutError) as error:
            _log.warning("could not show a picture", request=request.id, error=reason(error))
            raise UserError(NOT_POSTED) from None


async def _send(origin: Origin, text: str, data: bytes, file: Callable[..., discord.File], rows: Rows) -> None:
    to: Any = origin.reply_to
    content = text if origin.reply_to is not None else origin.addressed(text)
    sent, view = file(io.BytesIO(data)), cast("Any", view_of(rows))
    await origin.channel.send(content, file=sent, reference=to, view=view, suppress_embeds=True, nonce=str(origin.id))


def _sees(origin: Origin, place: object) -> bool:
    """Return whether whoever asks sees a channel of the same server; not where only those see it who were added."""
    if not isinstance(place, discord.abc.GuildChannel | discord.Thread) or not isinstance(
        origin.author, discord.Member
    ):
        return False
    if place.guild != origin.guild or (isinstance(place, discord.Thread) and place.is_private()):
        return False
    permissions = place.permissions_for(origin.author)
    return permissions.view_channel and permissions.read_message_history


def is_restricted(place: object) -> bool:
    """Return whether a channel is age-restricted."""
    return hasattr(place, "is_nsfw") and bool(place.is_nsfw())
