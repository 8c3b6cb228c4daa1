"""The request behind a post, and its picture: from the database and the folder, or from the post itself."""

from dataclasses import dataclass

import discord
import structlog

from bot.errors import UserError
from bot.fetch import Fetcher
from generation.errors import MetadataError
from generation.metadata import read
from generation.request import ImagineRequest
from store.archive import Archive

FORGOTTEN = "How that picture was asked for is not known any more, and the file here does not say it."
NO_FILM = "That film is not kept any more."
NO_PICTURE = "That picture is not kept any more, and not here either."

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Found:
    """A request that was found again.

    Args:
        request: what was asked for.
        file: its picture as it was posted, where that was looked at.
    """

    request: ImagineRequest
    file: bytes | None = None


class Lookup:
    """Finds requests and their pictures again.

    Args:
        archive: what is kept.
        fetcher: that fetches what is posted.
    """

    def __init__(self, archive: Archive, fetcher: Fetcher) -> None:
        self._archive = archive
        self._fetcher = fetcher

    async def request(self, request_id: str, post: discord.Message) -> Found:
        """Return the request of an id.

        Args:
            request_id: of the request.
            post: about it, by the bot.

        Raises:
            UserError: it cannot be known any more.
        """
        archived = await self._archive.of_id(request_id)
        if archived is not None:
            return Found(archived.request)
        for attachment in pictures_in(post):
            file = await self._fetched(attachment)
            try:
                request = read(file).request
            except MetadataError:
                continue
            if request.id == request_id:
                return Found(request, file)
        raise UserError(FORGOTTEN)

    async def file(self, found: Found, post: discord.Message) -> bytes:
        """Return the finished picture of a request as a file; raises ``UserError``."""
        file = found.file or await self._archive.picture(found.request)
        if file is not None:
            return file
        for attachment in pictures_in(post):
            return await self._fetched(attachment)
        raise UserError(NO_PICTURE)

    async def film(self, found: Found) -> bytes:
        """Return the film of a finished picture, an MP4 of our own; raises ``UserError``."""
        film = await self._archive.film(found.request)
        if film is None:
            raise UserError(NO_FILM)
        return film

    async def of_message(self, message: discord.Message) -> ImagineRequest:
        """Return how the picture in a message by anybody was asked for; raises ``UserError``."""
        archived = await self._archive.of_post(message.id)
        if archived is not None:
            return archived.request
        pictures = pictures_in(message)
        if not pictures:
            raise UserError("There is no picture in that message.")
        why = ""
        for attachment in pictures:
            try:
                return read(await self._fetched(attachment)).request
            except MetadataError as error:
                why = str(error)
        raise UserError(why)

    async def _fetched(self, attachment: discord.Attachment) -> bytes:
        return await self._fetcher.fetch(attachment.url)


def pictures_in(message: discord.Message) -> list[discord.Attachment]:
    """Return the pictures in a message."""
    return [each for each in message.attachments if (each.content_type or "").startswith("image/")]
