"""Short answers to those who typed a command."""

import asyncio
import secrets
from dataclasses import dataclass, field

import discord
import structlog

from bot.caption import MAX_CONTENT
from bot.characters import units
from bot.discord_api import is_gone, is_trouble, reason
from bot.outbox import Outboxes
from bot.patience import Patience
from bot.permissions import granted, may_write

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Answer:
    message: discord.Message
    text: str
    asked: int = 1
    """How often it was asked for while it waited."""
    nonce: str = field(default_factory=lambda: secrets.token_hex(8))
    """With the same one Discord sends a message once, though it is asked to again."""

    @property
    def content(self) -> str:
        note = f"\n-# To {self.asked} messages of yours." if self.asked > 1 else ""
        return self.text + note if units(self.text + note) <= MAX_CONTENT else self.text


class Answers:
    """Replies to messages without pinging anybody, each once, however Discord fares meanwhile.

    Where the bot may not write the answer goes to the author in private. Where that is not possible either, or the
    message is gone, nothing is sent, and the log says so. While an answer waits for its turn the same kind of answer
    to the same member takes its place: one says it for all.

    Args:
        outboxes: of the channels.
        patience: how long to try.
    """

    def __init__(self, outboxes: Outboxes, patience: Patience) -> None:
        self._outboxes = outboxes
        self._patience = patience
        self._waiting: dict[tuple[int, int, str], _Answer] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def give(self, message: discord.Message, text: str, kind: str) -> None:
        """Answer ``message`` as soon as it may be.

        Args:
            message: with the command.
            text: markdown, at most 2000 characters.
            kind: of answer, the command's name for example.
        """
        key = message.channel.id, message.author.id, kind
        waiting = self._waiting.get(key)
        if waiting is not None:
            waiting.message, waiting.text, waiting.asked = message, text, waiting.asked + 1
            return
        self._waiting[key] = _Answer(message, text)
        task = asyncio.create_task(self._send(key))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self, seconds: float) -> None:
        """Wait so long for what is still to be said, then give it up."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)
        for task in list(self._tasks):
            task.cancel()

    async def _send(self, key: tuple[int, int, str]) -> None:
        channel_id, member_id, _ = key
        await self._outboxes.of(self._waiting[key].message).turn(member_id)
        answer = self._waiting.pop(key)
        try:
            async with asyncio.timeout(self._patience.answer):
                await self._deliver(answer)
        except Exception as error:
            fault = None if isinstance(error, OSError | discord.DiscordException) or is_trouble(error) else error
            _log.warning("could not answer", channel=channel_id, text=answer.text, error=reason(error), exc_info=fault)

    async def _deliver(self, answer: _Answer) -> None:
        """Send it; raises what is the matter where it cannot be."""
        private = not may_write(answer.message)
        reference = granted(answer.message).read_message_history
        for pause in self._patience.pauses():
            try:
                await _send(answer, reference=reference, private=private)
                return
            except discord.HTTPException as error:
                if not is_trouble(error):
                    if private or is_gone(error):
                        raise
                    # Without the reference, then in private.
                    private, reference = not reference, False
                    continue
            except Exception as error:
                if not is_trouble(error):
                    raise
            await asyncio.sleep(pause)


async def _send(answer: _Answer, *, reference: bool, private: bool) -> None:
    message, text, nonce = answer.message, answer.content, answer.nonce
    if private:
        about = f"About your message {message.jump_url}: "
        await message.author.send((about + text)[:MAX_CONTENT], suppress_embeds=True, nonce=f"{nonce}p")
    elif reference:
        to = message.to_reference(fail_if_not_exists=False)
        await message.channel.send(text, reference=to, suppress_embeds=True, nonce=nonce)
    else:
        addressed = f"{message.author.mention} {text}"[:MAX_CONTENT]
        await message.channel.send(addressed, suppress_embeds=True, nonce=nonce)
