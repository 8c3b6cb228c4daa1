"""The real bot, logged in to a real sandbox, with an executor that does what the test says."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot.app import run
from bot.patience import Patience
from config.layers import load
from config.settings import Settings
from config.settings.store import KeepSettings
from generation.executor import Executor
from generation.request import ImagineRequest
from sandbox import Sandbox
from sandbox.api import Observer
from sandbox.model import Message
from sandbox.rate_limits import RULES, Rule
from store import database
from store.checkpoints import CheckpointFolder
from store.journal import StoreJournal
from store.pictures import PictureFolder
from tests.generation.scripted import ScriptedExecutor, picture
from tests.sandbox_fixtures import Cast, description, people, sandbox
from tests.sandbox_fixtures import observe as described

__all__ = ["ScriptedExecutor", "described", "description", "people", "picture", "sandbox"]

PAUSE = 0.05
"""Seconds between two edits of a message, and between two forecasts, so that no test waits for long."""


PATIENCE = Patience(
    pause=PAUSE, longest_pause=4 * PAUSE, unreachable=4 * PAUSE, final=20 * PAUSE, window=PAUSE, forecast=PAUSE
)

Pictures = asyncio.Queue[tuple[Path, ImagineRequest]]
"""What has been finished, as the bot tells it."""


@dataclass
class Stage:
    """A sandbox with the bot in it."""

    sandbox: Sandbox
    executor: ScriptedExecutor
    settings: Settings
    people: Cast
    bot: "asyncio.Task[None]"
    finished: Pictures

    async def say(self, text: str, who: str = "member", channel: str = "art", to: Message | None = None) -> int:
        """Write a message as a member and return its id."""
        more: dict[str, Any] = {"message_reference": {"message_id": str(to.id)}} if to else {}
        return int((await self.people(who).say(channel, text, **more))["id"])

    async def reply(self, message_id: int, channel: str = "art") -> Message:
        """Wait for the bot's reply to a message."""
        await self.sandbox.until(lambda: self._replies(message_id, channel))
        (reply,) = self._replies(message_id, channel)
        return reply

    async def shows(self, post: Message, *words: str) -> None:
        """Wait until the post contains all these words."""
        try:
            await self.sandbox.until(lambda: all(word in post.content for word in words))
        except TimeoutError:
            raise AssertionError(f"{words} not in {post.content!r}") from None

    async def ask(self, text: str, who: str = "member", channel: str = "art") -> str:
        """Write a message and return what the bot replies."""
        return (await self.reply(await self.say(text, who, channel), channel)).content

    async def registered(self) -> None:
        """Wait until Discord knows the slash commands."""
        await self.sandbox.until(lambda: self.sandbox.world.application.commands)

    async def slash(
        self, name: str, who: str = "member", channel: str = "art", options: Mapping[str, Any] | None = None
    ) -> Message:
        """Use a slash command and return the answer, which only its author sees."""
        await self.sandbox.until(lambda: self.sandbox.world.application.commands)
        person = self.people(who)
        answer = await person.answer(await person.run_command(channel, name, options))
        assert answer is not None
        assert answer.audience is person.user
        return answer

    async def addressed(self, who: str, channel: str = "art") -> Message:
        """Wait for the only message of the bot that mentions somebody first."""
        mention = f"<@{self.people(who).user.id}> "

        def found() -> list[Message]:
            sent = self.sandbox.messages(channel)
            return [each for each in sent if each.author.bot and each.content.startswith(mention)]

        await self.sandbox.until(found)
        (message,) = found()
        return message

    async def edit(self, message_id: int, text: str, who: str = "member") -> None:
        """Edit a message of a member's."""
        path = f"{self.people(who).messages_of('art')}/{message_id}"
        status, _ = await self.people(who).call("PATCH", path, {"content": text})
        assert status == 200

    async def says(self, *words: str) -> None:
        """Wait until all these words stand in a message."""
        await self.sandbox.until(
            lambda: any(all(word in each.content for word in words) for each in self.sandbox.messages("art"))
        )

    async def nothing_happens(self) -> None:
        """Wait until the bot has seen everything that was said so far: it answers in order."""
        await self.reply(await self.say(".help", "owner", "general"), "general")

    def _replies(self, message_id: int, channel: str) -> list[Message]:
        return [
            message
            for message in self.sandbox.messages(channel)
            if message.author is self.sandbox.bot and message.reference == message_id
        ]

    async def stop(self) -> None:
        """Send SIGTERM and wait for the end."""
        os.kill(os.getpid(), signal.SIGTERM)
        await self.bot


async def started(
    running: list["asyncio.Task[None]"],
    settings: Settings,
    executor: Executor,
    finished: Pictures,
    patience: Patience = PATIENCE,
) -> "asyncio.Task[None]":
    """Start the bot and wait until it is ready."""
    ready = asyncio.Event()
    bot = asyncio.create_task(
        run(
            settings,
            executor,
            on_ready=ready.set,
            on_finished=lambda path, request: finished.put_nowait((path, request)),
            patience=patience,
        )
    )
    running.append(bot)
    waiting = asyncio.ensure_future(ready.wait())
    await asyncio.wait({bot, waiting}, timeout=30, return_when=asyncio.FIRST_COMPLETED)
    assert ready.is_set()
    return bot


@dataclass(frozen=True)
class RestCall:
    """A call that the sandbox has answered."""

    time: float
    method: str
    path: str
    json: Any
    status: int


@pytest.fixture
def calls() -> list[RestCall]:
    """Every REST call so far."""
    return []


@pytest.fixture
def observe(described: Observer, calls: list[RestCall]) -> Observer:
    """Note every REST call besides checking it."""

    def note(method: str, path: str, json: Any, status: int, answer: Any) -> None:
        calls.append(RestCall(time.monotonic(), method, path, json, status))
        described(method, path, json, status, answer)

    return note


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[StoreJournal]:
    """Keep requests in memory, and pictures on disk."""
    async with database.opened("sqlite://") as opened:
        keep = KeepSettings()
        checkpoints = CheckpointFolder(tmp_path, keep.checkpoints)
        yield StoreJournal(opened, PictureFolder(tmp_path, keep.pictures), checkpoints, 30)


MakeSettings = Callable[..., Settings]
MakeStage = Callable[..., Awaitable[Stage]]


@pytest.fixture
def make_settings(tmp_path: Path) -> MakeSettings:
    """Make settings for a bot in a sandbox; a keyword ``queue__total=1`` overrides ``queue.total``."""

    def make(sandbox: Sandbox, **overrides: object) -> Settings:
        values: dict[str, object] = {
            "discord__api_base": sandbox.api_base,
            "discord__token": sandbox.bot.token,
            "data_dir": tmp_path / "data",
            "painting__preview_seconds": PAUSE,
            "painting__steps": 100,
            "executor__grace_seconds": 0.0,
            "discord__direct_messages": True,
        }
        pairs = (values | overrides).items()
        return load(arguments=[f"{key.replace('__', '.')}={value}" for key, value in pairs])

    return make


@pytest.fixture
async def make_stage(sandbox: Sandbox, people: Cast, make_settings: MakeSettings) -> AsyncIterator[MakeStage]:
    """Start the bot in the sandbox; it is ended after the test.

    The sandbox's limits on messages and edits, which would make tests wait, are lifted.
    """
    running: list[asyncio.Task[None]] = []
    sandbox.limits.rules = dict.fromkeys(RULES, Rule(1000, 1))

    async def make(
        room: int = 1,
        devices: int = 1,
        multiple: int = 1,
        patience: Patience = PATIENCE,
        classes: tuple[str, ...] = (),
        **overrides: object,
    ) -> Stage:
        settings = make_settings(sandbox, **overrides)
        executor = ScriptedExecutor(room, devices, multiple, classes)
        finished: Pictures = asyncio.Queue()
        bot = await started(running, settings, executor, finished, patience)
        return Stage(sandbox, executor, settings, people, bot, finished)

    yield make
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)


@pytest.fixture
async def stage(make_stage: MakeStage) -> Stage:
    """Start the bot in a sandbox, with one worker that paints one picture at a time."""
    return await make_stage()
