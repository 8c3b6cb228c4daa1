"""The one message about a request, edited in place from the place in line to the finished picture."""

import asyncio
import contextlib
import io
from dataclasses import dataclass
from datetime import timedelta

import aiohttp
import discord
import structlog
from discord.utils import utcnow

from bot.caption import Caption, Ended, Painted, Painting, State, Waiting
from bot.turns import Turns

EDITABLE = timedelta(minutes=50)
"""Discord allows few edits of messages older than an hour."""
PREVIEWS_PER_PLACE = 5
"""How many times more rarely a new place in line is shown than a new preview."""
NOTEWORTHY = 30.0
"""Seconds by which an estimate has to change to be shown anew."""
LONGEST_PAUSE = 60.0
"""Seconds between attempts while Discord is in trouble."""

UNEDITABLE = {30046, 50083}
"""Discord's codes for a message that was edited too often for its age, and for a thread that is archived."""
TROUBLE = (discord.DiscordServerError, aiohttp.ClientError, OSError)

_log = structlog.get_logger(__name__)


class PostGoneError(Exception):
    """There is nowhere to post to: the message or the channel was deleted, or the permission taken away."""


@dataclass(frozen=True, slots=True)
class Picture:
    """An encoded picture and its file name."""

    name: str
    data: bytes


class Post:
    """Shows the latest state of a request, and nothing in between when states come faster than edits may.

    Args:
        source: the message that asked; the post is a reply to it.
        caption: what to say.
        turns: of the channel.
        pause: least seconds between two edits.
    """

    def __init__(self, source: discord.Message, caption: Caption, turns: Turns, pause: float) -> None:
        self.source = source
        self.caption = caption
        self.message: discord.Message | None = None
        self._turns = turns
        self._pause = pause
        self._changed = asyncio.Event()
        self._first: State | None = None
        self._state: State | None = None
        self._picture: Picture | None = None
        self._shown_state: State | None = None
        self._shown_picture: Picture | None = None
        self._earliest = 0.0
        self._setbacks = 0

    def show(self, state: State, picture: Picture | None = None) -> None:
        """Show this as soon as it may be; without ``picture`` the last one stays, until the request has ended."""
        if _is_news(self._state, state):
            self._first = self._first or state
            self._state = state
            self._picture = None if isinstance(state, Ended) else picture or self._picture
            self._changed.set()

    async def run(self) -> None:
        """Send and edit until a final state is shown; raises ``PostGoneError``."""
        while not _is_final(self._shown_state):
            await self._until_due()
            if self.message is None:
                await self._attempt()
            else:
                async with self._turns.take(self._urgency):
                    await self._attempt()

    async def _until_due(self) -> None:
        """Wait until there is something to show and it may be shown."""
        await self._changed.wait()
        while (wait := self._wait()) > 0:
            self._changed.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._changed.wait()

    def _wait(self) -> float:
        rarely = self.message is not None and isinstance(self._state, Waiting)
        extra = (PREVIEWS_PER_PLACE - 1) * self._pause if rarely else 0.0
        return self._earliest + extra - asyncio.get_running_loop().time()

    def _urgency(self) -> int:
        return 2 if _is_final(self._state) else 1 if isinstance(self._state, Painting) else 0

    async def _attempt(self) -> None:
        """Show the latest state; where Discord is in trouble, leave it for later.

        The message begins with the first state, so that everybody sees their place in line.
        """
        self._changed.clear()
        state, picture = (self._first, None) if self.message is None else (self._state, self._picture)
        assert state is not None
        try:
            await self._deliver(state, picture)
        except TROUBLE as error:
            self._put_off(error)
        except discord.HTTPException as error:
            if error.status in {401, 403, 404}:
                raise PostGoneError(error.text) from error
            if error.status != 429:
                raise
            self._put_off(error)
        else:
            self._setbacks = 0
            self._shown_state, self._shown_picture = state, picture
            self._earliest = asyncio.get_running_loop().time() + self._pause
            if state is not self._state:
                self._changed.set()

    def _put_off(self, error: Exception) -> None:
        if not self._setbacks:
            _log.warning("Discord is in trouble; a post waits", request=self.caption.request.id, error=str(error))
        self._setbacks += 1
        pause = min(self._pause * 2**self._setbacks, LONGEST_PAUSE)
        self._earliest = asyncio.get_running_loop().time() + pause
        self._changed.set()

    async def _deliver(self, state: State, picture: Picture | None) -> None:
        if self.message is None:
            await self._send(state, picture)
        elif utcnow() - self.message.created_at > EDITABLE:
            await self._replace(self.message, state, picture)
        else:
            try:
                await self._edit(self.message, state, picture)
            except discord.HTTPException as error:
                if error.code not in UNEDITABLE:
                    raise
                await self._replace(self.message, state, picture)

    async def _send(self, state: State, picture: Picture | None) -> None:
        self.message = await self.source.channel.send(
            self.caption.text(state),
            files=self._files(picture),
            reference=self.source.to_reference(fail_if_not_exists=False),
            allowed_mentions=discord.AllowedMentions(replied_user=True),
            suppress_embeds=True,
            nonce=f"{self.caption.request.id}-{type(state).__name__.lower()}",
        )

    async def _edit(self, message: discord.Message, state: State, picture: Picture | None) -> None:
        content = self.caption.text(state)
        if picture is self._shown_picture:
            await message.edit(content=content)
        else:
            await message.edit(content=content, attachments=self._files(picture))

    async def _replace(self, message: discord.Message, state: State, picture: Picture | None) -> None:
        await self._send(state, picture)
        with contextlib.suppress(discord.HTTPException):
            await message.delete()

    def _files(self, picture: Picture | None) -> list[discord.File]:
        if picture is None:
            return []
        return [discord.File(io.BytesIO(picture.data), picture.name, description=self.caption.alt_text)]


def _is_final(state: State | None) -> bool:
    return isinstance(state, Painted | Ended)


def _is_news(old: State | None, new: State) -> bool:
    if _is_final(old):
        return False
    if isinstance(old, Waiting) and isinstance(new, Waiting):
        return old.place != new.place or abs(old.starts - new.starts) >= NOTEWORTHY
    return True
