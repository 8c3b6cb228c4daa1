"""The product in its own processes: `easel run` with a worker and the pocket models, in a sandbox that is checked."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from sandbox import Sandbox
from sandbox.model import Message
from tests.easel.processes import BARE, descendants
from tests.sandbox_fixtures import description, observe, people, sandbox

__all__ = ["description", "observe", "people", "sandbox"]

PATIENCE = 240.0
"""Seconds that anything may take on a busy machine."""


@dataclass
class Bot:
    """A bot process and what can be seen of it from outside."""

    process: asyncio.subprocess.Process
    sandbox: Sandbox
    data_dir: Path
    log: list[str]

    @property
    def worker(self) -> int:
        """The process id of its worker."""
        (pid,) = descendants(self.process.pid)
        return pid

    def reply_to(self, message_id: int) -> Message | None:
        """Return the bot's reply to a message."""
        replies = [message for message in self.sandbox.messages("art") if message.reference == message_id]
        return replies[0] if replies else None

    async def post_about(self, message_id: int, condition: Callable[[Message], object]) -> Message:
        """Wait until the bot's reply to a message is as wanted."""

        def fits() -> bool:
            reply = self.reply_to(message_id)
            return reply is not None and bool(condition(reply))

        await self.sandbox.until(fits, PATIENCE)
        reply = self.reply_to(message_id)
        assert reply is not None
        return reply

    async def finished(self, message_id: int) -> tuple[Message, bytes]:
        """Wait for the finished picture; returns the post and the PNG."""
        post = await self.post_about(message_id, is_finished)
        return post, post.attachments[0].data

    @property
    def has_ended(self) -> bool:
        """Whether it has ended, and its whole log is known."""
        assert self.process.stderr is not None
        return self.process.stderr.at_eof()

    async def says(self, words: str) -> None:
        """Wait until a line of the log holds these words."""
        async with asyncio.timeout(PATIENCE):
            while not any(words in line for line in self.log):
                assert not self.has_ended, self.log
                await asyncio.sleep(0.02)

    async def stop(self) -> int:
        """Send SIGTERM and return the exit code."""
        self.process.terminate()
        return await self.end()

    async def end(self) -> int:
        """Wait for the end and return the exit code."""
        async with asyncio.timeout(PATIENCE):
            return await self.process.wait()


def is_finished(post: Message) -> bool:
    """Say whether a post shows a finished picture."""
    return [attachment.filename[-4:] for attachment in post.attachments] == [".png"]


StartBot = Callable[..., Awaitable[Bot]]


@pytest.fixture
async def start_bot(sandbox: Sandbox, tmp_path: Path) -> AsyncIterator[StartBot]:
    """Start `easel run` in the sandbox and wait until it is ready to answer, or says something else in its log."""
    async with contextlib.AsyncExitStack() as stack:

        async def start(*settings: str, says: str = "] ready", **environment: str) -> Bot:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "easel", "run", "executor.devices=[cpu]", f"data_dir={tmp_path}"),
                *(f"discord.api_base={sandbox.api_base}", *settings),
                cwd=tmp_path,
                env=BARE | {"EASEL_DISCORD__TOKEN": sandbox.bot.token} | environment,
                stderr=asyncio.subprocess.PIPE,
            )
            bot = Bot(process, sandbox, tmp_path, [])
            stack.push_async_callback(_end, process, asyncio.create_task(_read(process, bot.log)))
            await bot.says(says)
            return bot

        yield start


async def _read(process: asyncio.subprocess.Process, log: list[str]) -> None:
    """Keep the log, and pass it on."""
    assert process.stderr is not None
    async for line in process.stderr:
        sys.stderr.write(line.decode())
        log.append(line.decode())


async def _end(process: asyncio.subprocess.Process, reading: asyncio.Task[None]) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    await process.wait()
    await reading
