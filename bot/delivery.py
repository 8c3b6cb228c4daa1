"""How what a post shows gets to Discord: as an edit, as a new message, or in private."""

import contextlib
import io
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import discord
from discord.utils import DEFAULT_FILE_SIZE_LIMIT_BYTES, MISSING

from bot.buttons.ids import ButtonId
from bot.buttons.row import Rows, view_of
from bot.discord_api import CALL_ERRORS, is_gone, is_transient
from bot.origin import Origin
from bot.outbox import Outbox
from bot.pictures import Picture
from store.journal import StoreJournal
from store.kept import Kept

LOOKED_THROUGH = 100
"""Messages after the one that asked, and newest ones, to find one whose sending was not confirmed."""
UNEDITABLE = {30046, 50083}
"""Discord's codes for a message that was edited too often for its age, and for a thread that is archived."""


@dataclass(frozen=True, slots=True)
class Words:
    """What a message says, and what can be pressed under it.

    Args:
        text: markdown, at most 2000 characters.
        rows: the buttons.
    """

    text: str
    rows: Rows = ()

    def to(self, origin: Origin) -> "Words":
        """Return the same for a message that refers to none: it mentions the member."""
        return replace(self, text=origin.addressed(self.text))


UNKNOWN = Picture("", b"", "")
"""Whatever an earlier run attached."""


class Delivery:
    """The message about one request. Every method raises what discord.py raises, and then may be called again.

    The member is pinged by the first message, and never again.

    Args:
        request_id: of the request.
        origin: of the request.
        outbox: of the channel.
        journal: where it is written down which message it is.
        title: what the messages begin with.
        kept: what an earlier run has left; None for a new request.
        is_hidden: whether pictures are spoilers.
    """

    def __init__(
        self,
        request_id: str,
        origin: Origin,
        outbox: Outbox,
        journal: StoreJournal,
        title: str,
        kept: Kept | None,
        is_hidden: Callable[[], bool] = lambda: False,
    ) -> None:
        self.message: discord.PartialMessage | None = None
        """The one in the channel."""
        self._request_id = request_id
        self._origin = origin
        self._outbox = outbox
        self._journal = journal
        self._is_hidden = is_hidden
        self._shown: Picture | None = None if kept is None else UNKNOWN
        self._private_messages = 0
        self._sent = 0.0
        self._tried: list[tuple[Words, Picture | None]] = []
        """What the calls asked for that should have sent the next message; one of them may have sent it."""
        self._replaced: list[discord.PartialMessage] = []
        """Messages that are to be deleted."""
        self._is_sought = False
        """Whether an earlier run may have sent the first message."""
        if kept is not None and kept.post is not None:
            self.message = discord.PartialMessage(channel=origin.channel, id=kept.post)
            self._sent = time.monotonic() - max(0.0, time.time() - (kept.posted or 0.0))
        elif kept is not None:
            self._is_sought = True
            self._tried = [(Words(title), UNKNOWN), (Words(title).to(origin), UNKNOWN)]

    @property
    def age(self) -> float:
        """Seconds since the message in the channel was sent."""
        return time.monotonic() - self._sent

    @property
    def upload_limit(self) -> int:
        """The most bytes that a file may have there."""
        guild = self._origin.guild
        return DEFAULT_FILE_SIZE_LIMIT_BYTES if guild is None else guild.filesize_limit

    async def wait_for_turn(self) -> None:
        """Wait until there may be one more message in the channel."""
        await self._outbox.wait_for_turn(self._origin.author.id)

    async def begin(self, words: Words, *, reference: bool) -> None:
        """Send the first message: a reply, or, without a reference, a message that mentions the member."""
        said = self._said(words, reference=reference)
        if self._is_sought:
            await self._find()
            self._is_sought = False
        if self.message is None:
            await self._send(said, None, reference=reference, ping=True)
        else:
            await self._edit(said, None)

    async def edit(self, words: Words, picture: Picture | None) -> None:
        """Change the message; where Discord does not allow that any more, replace it.

        A replacement that may have been sent, and of which nothing is known, takes its place first.
        """
        is_replaced = await self._finds_replacement()
        try:
            await self._edit(self._said(words, reference=True), picture)
        except discord.HTTPException as error:
            if error.code not in UNEDITABLE:
                raise
            await self.replace(words, picture)
        else:
            if is_replaced:
                await self.delete_replaced()

    async def replace(self, words: Words, picture: Picture | None) -> None:
        """Send a new message instead of the old one, unless one was sent already of which nothing is known."""
        said = self._said(words, reference=True)
        if await self._finds_replacement():
            await self._edit(said, picture)
        else:
            await self._journal.sent(self._request_id, None)  # until there is one only, the next start looks for it
            await self._send(said, picture, reference=True, ping=False)
        await self.delete_replaced()

    async def delete_replaced(self) -> bool:
        """Delete what was replaced; return whether nothing of it is left. Raises nothing of Discord's."""
        left = []
        for old in self._replaced:
            try:
                await old.delete()
            except CALL_ERRORS as error:
                if not is_gone(error):
                    left.append(old)
        if self._replaced and not left and self.message is not None:
            await self._journal.sent(self._request_id, self.message.id)
        self._replaced = left
        return not left

    async def delete(self) -> None:
        """Delete the message, also one that was sent and whose answer was lost."""
        if self._tried:
            await self._find()
        if self.message is not None:
            with contextlib.suppress(discord.NotFound):
                await self.message.delete()

    async def _finds_replacement(self) -> bool:
        """Return whether a replacement is there that may have been sent, which is the message from then on."""
        before = self.message
        if before is None or not self._tried:
            return False
        try:
            await self._find()
        except discord.Forbidden:
            self._tried.clear()
        return self.message != before

    async def _find(self) -> None:
        """Look in the channel for what may have been sent: what begins with the same line, and is no other's.

        It is another's where it is a reply to another message, or its buttons are about another request; where the
        message is known, and so has buttons, one without is not looked at. Of several the newest is the message, and it
        replaces the others.
        """
        origin, beginnings = self._origin, {words.text.partition("\n")[0] for words, _ in self._tried}
        channel, after = origin.channel, discord.Object(origin.id)
        messages = {each.id: each async for each in channel.history(limit=LOOKED_THROUGH, after=after)}
        if len(messages) == LOOKED_THROUGH:
            messages |= {each.id: each async for each in channel.history(limit=LOOKED_THROUGH)}
        found = set() if self.message is None else {self.message.id}
        for message in messages.values():
            is_answer = message.reference is None or message.reference.message_id == origin.id
            about = _about(message)
            is_ours = self._request_id in about if about or self.message is not None else True
            is_alike = message.content.partition("\n")[0] in beginnings
            if message.author == origin.me and is_answer and is_ours and is_alike:
                found.add(message.id)
        if found:
            *replaced, newest = sorted(found)
            if self.message is not None and newest != self.message.id:
                self._shown = UNKNOWN
            self._replaced += [discord.PartialMessage(channel=channel, id=each) for each in replaced]
            await self._note(newest)

    async def _note(self, message_id: int) -> None:
        """Take note of the message in the channel, and write it down once it is the only one."""
        self.message = discord.PartialMessage(channel=self._origin.channel, id=message_id)
        self._sent = time.monotonic()
        self._tried.clear()
        if not self._replaced:
            await self._journal.sent(self._request_id, message_id)

    async def _edit(self, said: Words, picture: Picture | None) -> None:
        assert self.message is not None
        attachments = MISSING if picture is self._shown else self._files(picture)
        await self.message.edit(content=said.text, attachments=attachments, view=view_of(said.rows))
        self._shown = picture

    async def tell_in_private(self, words: Words, picture: Picture | None) -> None:
        """Send it to the member alone."""
        nonce = f"{self._request_id}-p{self._private_messages}{'' if picture is None else 'p'}"
        content, files = self._origin.in_private(words.text), self._files(picture)
        await self._origin.author.send(content, files=files, suppress_embeds=True, nonce=nonce, **_buttons(words))
        self._private_messages += 1

    async def _send(self, said: Words, picture: Picture | None, *, reference: bool, ping: bool) -> None:
        # With the same nonce Discord sends one message, the first that it takes, and answers with that.
        nonce = f"{self._request_id}-0" if self.message is None else f"{self.message.id}-r"
        allowed = discord.AllowedMentions(replied_user=ping, users=[self._origin.author] if ping else False)
        to: Any = self._origin.reply_to if reference else None
        files = self._files(picture)
        others = [tried for tried in self._tried if tried != (said, picture)]
        self._tried.append((said, picture))
        try:
            message = await self._origin.channel.send(
                said.text,
                files=files,
                reference=to,
                allowed_mentions=allowed,
                suppress_embeds=True,
                nonce=nonce,
                **_buttons(said),
            )
        except discord.HTTPException as error:
            if not is_transient(error):
                self._tried.pop()  # it was refused, and not sent
            raise
        if self.message is not None:
            self._replaced.append(self.message)
        self._shown = next((other for _, other in others if other is not picture), picture)
        await self._note(message.id)
        if others:
            await self._edit(said, picture)

    def _said(self, words: Words, *, reference: bool) -> Words:
        """Return what a message says that refers to what was asked; where no message asked, it says whose it is."""
        return words if reference and self._origin.reply_to is not None else words.to(self._origin)

    def _files(self, picture: Picture | None) -> list[discord.File]:
        if picture is None:
            return []
        is_hidden, data = self._is_hidden(), io.BytesIO(picture.data)
        file = discord.File(data, picture.name, spoiler=is_hidden, description=picture.description)
        return [file, *self._files(picture.video)]


def _about(message: discord.Message) -> set[str]:
    """Return the ids of the requests that the buttons of a message are about."""
    rows = [row for row in message.components if isinstance(row, discord.ActionRow)]
    pressed = [each.custom_id for row in rows for each in row.children if isinstance(each, discord.Button)]
    ids = [ButtonId.parse(custom_id or "") for custom_id in pressed]
    return {each.of.partition("-")[0] for each in ids if each is not None}


def _buttons(words: Words) -> dict[str, Any]:
    view = view_of(words.rows)
    return {} if view is None else {"view": view}
