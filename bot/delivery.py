"""How what a post shows gets to Discord: as an edit, as a new message, or in private."""

import asyncio
import contextlib
import io
from dataclasses import dataclass

import discord
from discord.utils import DEFAULT_FILE_SIZE_LIMIT_BYTES

from bot.caption import MAX_CONTENT
from bot.discord_api import is_gone, is_trouble
from bot.outbox import Outbox

LOOKED_THROUGH = 100
"""Messages after the one that asked, to find one whose sending was not confirmed."""
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
        self._private_messages = 0
        self._sent = 0.0
        self._tried: list[tuple[str, Picture | None]] = []
        """What the calls asked for that should have sent the next message; one of them may have sent it."""
        self._replaced: list[discord.Message] = []
        """Messages that are to be deleted."""

    @property
    def age(self) -> float:
        """Seconds since the message in the channel was sent."""
        return _now() - self._sent

    @property
    def upload_limit(self) -> int:
        """The most bytes that a file may have there."""
        guild = self._source.guild
        return DEFAULT_FILE_SIZE_LIMIT_BYTES if guild is None else guild.filesize_limit

    async def turn(self) -> None:
        """Wait until there may be one more message in the channel."""
        await self._outbox.turn(self._source.author.id)

    async def begin(self, text: str, *, reference: bool) -> None:
        """Send the first message: a reply, or, where that is refused, a message to the member."""
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
        await self._send(text, picture, reference=True, ping=False)
        await self.clear()

    async def clear(self) -> bool:
        """Delete what was replaced; return whether nothing of it is left. Raises nothing of Discord's."""
        left = []
        for old in self._replaced:
            try:
                await old.delete()
            except Exception as error:
                if not (is_trouble(error) or isinstance(error, discord.DiscordException)):
                    raise
                if not is_gone(error):
                    left.append(old)
        self._replaced = left
        return not left

    async def delete(self) -> None:
        """Delete the message, also one that was sent and whose answer was lost."""
        if self.message is None and self._tried:
            self.message = await self._found()
        if self.message is not None:
            with contextlib.suppress(discord.NotFound):
                await self.message.delete()

    async def _found(self) -> discord.Message | None:
        """Look for the bot's reply in the channel."""
        channel, guild = self._source.channel, self._source.guild
        me = channel.me if isinstance(channel, discord.DMChannel) else guild and guild.me
        async for message in channel.history(limit=LOOKED_THROUGH, after=self._source):
            if message.author == me and message.reference and message.reference.message_id == self._source.id:
                return message
        return None

    async def tell_in_private(self, text: str, picture: Picture | None) -> None:
        """Send it to the member alone."""
        content = f"About your message {self._source.jump_url}: {text}"[:MAX_CONTENT]
        nonce = f"{self._request_id}-p{self._private_messages}{'' if picture is None else 'p'}"
        await self._source.author.send(content, files=_files(picture), suppress_embeds=True, nonce=nonce)
        self._private_messages += 1

    async def _send(self, text: str, picture: Picture | None, *, reference: bool, ping: bool) -> None:
        # With the same nonce Discord sends one message, the first that it takes, and answers with that.
        nonce = f"{self._request_id}-{self._messages}"
        allowed = discord.AllowedMentions(replied_user=ping, users=[self._source.author] if ping else False)
        files = _files(picture)
        others = [tried for tried in self._tried if tried != (text, picture)]
        self._tried.append((text, picture))
        if reference:
            to = self._source.to_reference(fail_if_not_exists=False)
            message = await self._source.channel.send(
                text, files=files, reference=to, allowed_mentions=allowed, suppress_embeds=True, nonce=nonce
            )
        else:
            message = await self._source.channel.send(
                text, files=files, allowed_mentions=allowed, suppress_embeds=True, nonce=nonce
            )
        if self.message is not None:
            self._replaced.append(self.message)
        self.message, self._sent = message, _now()
        self._shown = next((other for _, other in others if other is not picture), picture)
        self._messages += 1
        self._tried.clear()
        if others:
            await self.edit(text, picture)


def _files(picture: Picture | None) -> list[discord.File]:
    if picture is None:
        return []
    return [discord.File(io.BytesIO(picture.data), picture.name, description=picture.description)]


def _now() -> float:
    return asyncio.get_running_loop().time()
