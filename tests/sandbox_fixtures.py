"""Fixtures for every test that needs Discord: a sandbox, people who write in it, and a client of discord.py.

Every REST call that goes through the `sandbox` fixture is checked against Discord's OpenAPI description.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import discord
import pytest

from bot.discord_api import point_at
from sandbox import Sandbox
from sandbox.api import Observer
from tests.openapi import Description, description_path
from tests.people import Files, Person

__all__ = ["Files", "Person"]

Cast = Callable[[str], Person]
"""Returns a person by name or role, or the bot by `bot`."""


@pytest.fixture(scope="session")
def description() -> Description | None:
    """Discord's OpenAPI description, None where it is not at hand."""
    path = description_path()
    return Description(path) if path else None


@pytest.fixture
def observe(description: Description | None) -> Iterator[Observer]:
    """Give an observer for a sandbox; the test fails in the end where a call was not as Discord describes it."""
    problems: list[str] = []

    def check(method: str, path: str, request: Any, status: int, answer: Any) -> None:
        if description is not None:
            problems.extend(description.problems(method, path, request, status, answer))

    yield check
    assert not problems, "\n".join(problems[:20])


@pytest.fixture
async def sandbox(observe: Observer) -> AsyncIterator[Sandbox]:
    """Run a sandbox."""
    async with Sandbox(observe=observe) as sandbox:
        yield sandbox


@pytest.fixture
async def people(sandbox: Sandbox) -> AsyncIterator[Cast]:
    """Cast the people of the sandbox, and its bot, as REST clients."""
    async with aiohttp.ClientSession() as http:

        def cast(name: str) -> Person:
            token = f"Bot {sandbox.bot.token}" if name == "bot" else sandbox.person(name).token
            return Person(http, sandbox, token)

        yield cast


class Client(discord.Client):
    """A client that keeps what happens to it."""

    def __init__(self) -> None:
        intents = discord.Intents.default()
        intents.message_content = True
        super().__init__(intents=intents, guild_ready_timeout=0.05)
        self.happened: asyncio.Queue[tuple[str, Any]] = asyncio.Queue()

    def dispatch(self, event: str, /, *args: Any, **kwargs: Any) -> None:
        self.happened.put_nowait((event, args[0] if args else None))
        super().dispatch(event, *args, **kwargs)

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Do not wait five seconds between logins."""

    async def until(self, event: str, matches: Callable[[Any], object] = lambda _: True) -> Any:
        """Wait for an event that `matches`; returns its first argument."""
        async with asyncio.timeout(60):
            while True:
                name, first = await self.happened.get()
                if name == event and matches(first):
                    return first


@asynccontextmanager
async def logged_in(sandbox: Sandbox) -> AsyncIterator[Client]:
    """Let the sandbox's bot be online, as a client of discord.py and nothing more."""
    await point_at(sandbox.api_base)
    async with Client() as client:
        running = asyncio.create_task(client.start(sandbox.bot.token))
        await client.until("ready")
        yield client
        await client.close()
        await running
