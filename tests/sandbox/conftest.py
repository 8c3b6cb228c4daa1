"""A clock to turn, pictures to send, and a raw gateway client."""

import asyncio
import io
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from PIL import Image

from sandbox import Sandbox
from tests.page_fixtures import browser, page
from tests.sandbox.page_bot import page_bot
from tests.sandbox_fixtures import description, observe, people, sandbox

__all__ = ["browser", "description", "observe", "page", "page_bot", "people", "sandbox"]


class Clock:
    """A clock that goes only when it is turned."""

    def __init__(self) -> None:
        self.now = 1_790_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    """Return a clock at a standstill."""
    return Clock()


def png(color: str = "red", size: tuple[int, int] = (128, 96)) -> bytes:
    """Return a picture of one colour."""
    out = io.BytesIO()
    Image.new("RGB", size, color).save(out, "PNG")
    return out.getvalue()


async def raw(sandbox: Sandbox, request: bytes) -> int:
    """Send the bytes of one request, which need not be HTTP; returns the status of the answer."""
    reader, writer = await asyncio.open_connection(*sandbox.url.removeprefix("http://").split(":"))
    writer.write(request)
    try:
        async with asyncio.timeout(60):
            answer = await reader.readuntil(b"\r\n")
    finally:
        writer.close()
    return int(answer.split()[1])


class Wire:
    """A gateway client that sees every frame."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.session_id = ""
        self.sequence = 0

    async def send(self, op: int, d: object = None) -> None:
        """Send one frame."""
        await self.socket.send_json({"op": op, "d": d})

    async def receive(self) -> dict[str, Any]:
        """Return the next frame; fails where the socket closes instead."""
        message = await self.socket.receive(timeout=60)
        assert message.type is aiohttp.WSMsgType.TEXT, (message, self.socket.close_code)
        frame: dict[str, Any] = json.loads(message.data)
        self.sequence = frame["s"] or self.sequence
        return frame

    async def event(self, name: str) -> Any:
        """Return the data of the next event called `name`, dropping others."""
        while (frame := await self.receive())["t"] != name:
            pass
        return frame["d"]

    async def close_code(self) -> int | None:
        """Wait for the other side to close; returns its code."""
        while (await self.socket.receive(timeout=60)).type is aiohttp.WSMsgType.TEXT:
            pass
        return self.socket.close_code

    async def login(self, token: str, **more: object) -> "Wire":
        """Identify, and wait for READY."""
        await self.send(2, {"token": token, "properties": {}, **more})
        self.session_id = (await self.event("READY"))["session_id"]
        return self


Dial = Callable[[], Awaitable[Wire]]


@pytest.fixture
async def dial(sandbox: Sandbox) -> AsyncIterator[Dial]:
    """Open connections to the gateway, past HELLO."""
    async with aiohttp.ClientSession() as http:

        async def connect() -> Wire:
            wire = Wire(await http.ws_connect(f"{sandbox.url}/gateway?v=10&encoding=json"))
            assert (await wire.receive())["op"] == 10
            return wire

        yield connect
