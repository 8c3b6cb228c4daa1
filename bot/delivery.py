"""How what a post shows gets to Discord: as an edit, as a new message, or in private."""

import contextlib
import io
from dataclasses import dataclass

import discord
from discord.utils import DEFAULT_FILE_SIZE_LIMIT_BYTES

from bot.caption import MAX_CONTENT
from bot.outbox import Outbox

UNEDITABLE = {30046, 50083}
"""Discord's codes for a message that was edited too often for its age, and for a thread that is archived."""


@dataclass(frozen=True, slots=True)
class Picture:
    """An encoded picture, its file name, and its description for those who cannot see it."""

    name: str
    data: bytes
    description: str


class Delivery:
    """The message about one request. Every method raises what discord.py raises, and then may be called again.

    The member is pinged by the first message, and never again.

    Args:
        request_id: of the request.
        source: the message that asked; the post is a reply to it.
        outbox: of the channel.
    """

    def __init__(self, request_id: str, source: discord.Message, outbox: Outbox) -> None:
        self.message: discord.Message | None = None
        """The one in the channel."""
        self._request_id = request_id
        self._source = source
        self._outbox = outbox
        self._shown: Picture | None = None
        self._messages = 0

    @property
    def upload_limit(self) -> int:
        """The most bytes that a file may have there."""
        guild = self._source.guild
        return DEFAULT_FILE_SIZE_LIMIT_BYTES if guild is None else guild.filesize_limit

    async def begin(self, text: str, *, reference: bool) -> None:
        """Send the first message: a reply, or, where that is refused, a message to the member."""
        await self._outbox.turn(self._source.author.id)
        content = text if reference else f"{self._source.author.mention} {text}"[:MAX_CONTENT]
        await self._send(content, None, reference=reference, ping=True)

    async def edit(self, text: str, picture: Picture | None) -> None:
        """Change the message; where Discord does not allow that any more, replace it."""
        assert self.message is not None
        try:
            if picture is self._shown:
                await self.message.edit(content=text, suppress=True)
            else:
                await self.message.edit(content=text, attachments=_files(picture), suppress=True)
                self._shown = picture
        except discord.HTTPException as error:
            if error.code not in UNEDITABLE:
                raise
            await self.replace(text, picture)

    async def replace(self, text: str, picture: Picture | None) -> None:
        """Send a new message instead of the old one."""
        old = self.message
        await self._send(text, picture, reference=True, ping=False)
        if old is not None:
            with contextlib.suppress(discord.HTTPException, OSError):
                await old.delete()

    async def delete(self) -> None:
        """Delete the message."""
        if self.message is not None:
            await self.message.delete()

    async def tell_in_private(self, text: str, picture: Picture | None) -> None:
        """Send it to the member alone."""
        content = f"About your message {self._source.jump_url}: {text}"[:MAX_CONTENT]
        nonce = f"{self._request_id}-p{'' if picture is None else 'p'}"
        await self._source.author.send(content, files=_files(picture), suppress_embeds=True, nonce=nonce)

    async def _send(self, text: str, picture: Picture | None, *, reference: bool, ping: bool) -> None:
        # With the same nonce Discord sends a message once, though it is asked to again.
        nonce = f"{self._request_id}-{self._messages}{'' if reference else 'm'}{'' if picture is None else 'p'}"
        allowed = discord.AllowedMentions(replied_user=ping, users=[self._source.author] if ping else False)
        files = _files(picture)
        if reference:
            to = self._source.to_reference(fail_if_not_exists=False)
            self.message = await self._source.channel.send(
                text, files=files, reference=to, allowed_mentions=allowed, suppress_embeds=True, nonce=nonce
            )
        else:
            self.message = await self._source.channel.send(
                text, files=files, allowed_mentions=allowed, suppress_embeds=True, nonce=nonce
            )
        self._shown = picture
        self._messages += 1


def _files(picture: Picture | None) -> list[discord.File]:
    if picture is None:
        return []
    return [discord.File(io.BytesIO(picture.data), picture.name, description=picture.description)]
