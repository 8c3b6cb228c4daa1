"""Short answers to those who typed a command."""

import asyncio
import secrets
from dataclasses import dataclass, field
from typing import Any

import structlog

from bot.buttons.row import view_of
from bot.characters import MAX_CONTENT, units
from bot.discord_api import CALL_ERRORS, is_gone, is_transient, reason
from bot.origin import Origin
from bot.outbox import Outboxes
from bot.patience import Patience
from bot.permissions import granted, may_write
from bot.receipt import Reply

MOST_JOINED = 20
"""Answers in one message."""

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Answer:
    origin: Origin
    texts: list[str]
    """What there is to say, all different, newest last."""
    more: Reply | None = None
    asked: int = 1
    """How often it was asked for while it waited."""
    nonce: str = field(default_factory=lambda: secrets.token_hex(8))
    """With the same one Discord sends a message once, though it is asked to again."""
    left_out: int = 0
    """Texts for which there was no room."""

    def content(self, room: int = MAX_CONTENT) -> str:
        """Return as much of it as there is room for, in UTF-16 code units, the newest in any case."""
        for first in range(len(self.texts)):
            content = "\n".join(self.texts[first:]) + self._note(self.left_out + first)
            if units(content) <= room:
                return content
        return self.texts[-1]

    def _note(self, left_out: int) -> str:
        if self.asked == 1:
            return ""
        earlier = f" {left_out} earlier {'answer is' if left_out == 1 else 'answers are'} left out." * bool(left_out)
        return f"\n-# To {self.asked} messages of yours.{earlier}"


class Answers:
    """Answers what members type, without pinging anybody, each once, however Discord fares meanwhile.

    Where the bot may not write the answer goes to the author in private. Where that is not possible either, or the
    message is gone, nothing is sent, and the log says so. While an answer waits for its turn others of its kind to the
    same member are said in the same message.

    Args:
        outboxes: of the channels.
        patience: how long to try.
    """

    def __init__(self, outboxes: Outboxes, patience: Patience) -> None:
        self._outboxes = outboxes
        self._patience = patience
        self._waiting: dict[tuple[int, int, str], _Answer] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def give(self, origin: Origin, text: str, kind: str, more: Reply | None = None, *, says_all: bool = False) -> None:
        """Answer as soon as it may be.

        Args:
            origin: of the command.
            text: markdown, at most 2000 characters.
            kind: of answer, the command's name for example.
            more: a file that goes along, where it may, and buttons.
            says_all: it takes the place of those that wait, as they would say the same by now.
        """
        key = origin.channel.id, origin.author.id, kind
        waiting = self._waiting.get(key)
        if waiting is not None:
            texts = [text] if says_all else [*(each for each in waiting.texts if each != text), text]
            waiting.origin, waiting.texts, waiting.more = origin, texts[-MOST_JOINED:], more
            waiting.left_out += len(texts[:-MOST_JOINED])
            waiting.asked += 1
            return
        self._waiting[key] = _Answer(origin, [text], more)
        task = asyncio.create_task(self._send(key))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self, seconds: float) -> None:
        """Wait so long for what is still to be said."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)

    def give_up(self) -> None:
        """Give up what is not said by now."""
        for task in list(self._tasks):
            task.cancel()

    async def _send(self, key: tuple[int, int, str]) -> None:
        channel_id, member_id, _ = key
        await self._outboxes.of(self._waiting[key].origin).wait_for_turn(member_id)
        answer = self._waiting.pop(key)
        try:
            async with asyncio.timeout(self._patience.answer):
                await self._deliver(answer)
        except Exception as error:
            fault = None if isinstance(error, CALL_ERRORS) else error
            _log.warning(
                "could not answer", channel=channel_id, text=answer.texts[-1], error=reason(error), exc_info=fault
            )

    async def _deliver(self, answer: _Answer) -> None:
        """Send it; raises what is the matter where it cannot be."""
        private = not may_write(answer.origin)
        reference = answer.origin.reply_to is not None and granted(answer.origin).read_message_history
        for pause in self._patience.pauses():
            try:
                await _send(answer, reference=reference, private=private)
                return
            except CALL_ERRORS as error:
                if is_transient(error):
                    await asyncio.sleep(pause)
                elif private or is_gone(error):
                    raise
                else:  # Without the reference, then in private.
                    private, reference = not reference, False


async def _send(answer: _Answer, *, reference: bool, private: bool) -> None:
    origin, nonce = answer.origin, answer.nonce
    reply = answer.more or Reply("")
    view: Any = view_of(reply.rows)
    if private:
        words = origin.in_private(answer.content(MAX_CONTENT - units(origin.in_private(""))))
        await origin.author.send(words, files=reply.files, view=view, suppress_embeds=True, nonce=f"{nonce}p")
    else:
        to: Any = origin.reply_to if reference else None
        room = MAX_CONTENT - units(origin.addressed(""))
        text = answer.content() if reference else origin.addressed(answer.content(room))
        files = reply.files if granted(origin).attach_files else []
        await origin.channel.send(text, reference=to, files=files, view=view, suppress_embeds=True, nonce=nonce)
