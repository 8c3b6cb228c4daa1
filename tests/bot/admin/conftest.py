"""A bot that serves the operator's page, and who has the token."""

import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest

from tests.bot.conftest import MakeStage, Stage

TOKEN = "an-operators-token-0123456789"


@dataclass(frozen=True)
class Operator:
    """A program with the token."""

    http: aiohttp.ClientSession
    url: str
    stage: Stage

    async def get(self, path: str, **query: str) -> Any:
        async with self.http.get(f"{self.url}/api/{path}", params=query) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def post(self, path: str, **body: object) -> tuple[int, str]:
        """Have something done; returns the status and what was done, or why not."""
        async with self.http.post(f"{self.url}/api/{path}", json=body) as answer:
            said = await answer.json()
            return answer.status, said.get("done") or said["error"]

    async def does(self, path: str, **body: object) -> str:
        status, done = await self.post(path, **body)
        assert status == 200, done
        return done


@pytest.fixture
def port() -> int:
    """Return a port that was free just now."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@pytest.fixture
async def served(make_stage: MakeStage, port: int) -> Stage:
    """Start a bot with two devices that serves the page."""
    return await make_stage(devices=2, admin__port=port, admin__token=TOKEN)


@pytest.fixture
async def operator(served: Stage, port: int) -> AsyncIterator[Operator]:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with aiohttp.ClientSession(headers=headers) as http:
        yield Operator(http, f"http://127.0.0.1:{port}", served)
