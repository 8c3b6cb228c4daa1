"""What anybody on this machine may send to the sandbox: REST calls, and frames to the gateway."""

import asyncio
import contextlib
import gc
import io
import json
import logging
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from random import Random
from typing import Any

import aiohttp
import yarl
from hypothesis import strategies as st

from sandbox import Sandbox
from sandbox.api import PREFIX
from tests.fuzz.metadata import picture
from tests.fuzz.mutations import damaged, mutated
from tests.fuzz.target import Check, Target
from tests.sandbox.conftest import Wire
from tests.sandbox.test_hostile_input import (
    CLOSES,
    EVERY_ROUTE,
    FRAME_SEEDS,
    NOT_JSON,
    QUERIES,
    UNDOING,
    check_refusal,
    filler,
    some_body,
    some_path,
)
from tests.sandbox_fixtures import Person

Call = tuple[str, str, str, str, str, str, bytes]
"""Method, path, query, whose token, type, encoding and content; with names for ids as in test_hostile_input."""
Frames = list[tuple[bool, bytes]]
"""Whether a frame is binary, and its content."""
TOKENS = ("bot", "bot", "bot", "bot", "owner", "Mia", "odd", "long", "")


def some_call(random: Random) -> Call:
    """Return a call of any route, of which something is odd."""
    method, template = random.choice([each for each in EVERY_ROUTE if each != UNDOING])
    content_type, content = some_body(random, str)
    if random.random() < 0.1:
        part = b'--b\r\nContent-Disposition: form-data; name="files[0]"; filename="a.png"\r\n\r\n'
        content_type, content = "multipart/form-data; boundary=b", part + picture(random) + b"\r\n--b--\r\n"
    if random.random() < 0.1:
        content = damaged(random, content)
    encoding = random.choice(("",) * 9 + ("gzip", "deflate", "br", "x"))
    path = some_path(random, template)
    return method, path, random.choice(QUERIES), random.choice(TOKENS), content_type, encoding, content


def some_frames(random: Random) -> Frames:
    """Return a few frames, of which some are odd."""
    frames = [(False, json.dumps(FRAME_SEEDS[1]).encode())] if random.random() < 0.7 else []
    for _ in range(random.choice((1, 2, 5))):
        frame = random.choice(FRAME_SEEDS)
        text = json.dumps(mutated(random, frame) if random.random() < 0.6 else frame).encode()
        match random.randrange(8):
            case 0:
                text = random.choice(NOT_JSON)[:8000]
            case 1:
                text = damaged(random, text)
            case _:
                pass
        frames.append((random.random() < 0.2, text))
    return frames


class Errors(logging.Handler):
    """Keeps what is logged as an error."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a message."""
        self.messages.append(self.format(record))


@contextlib.contextmanager
def served(
    opened: Callable[[Sandbox, aiohttp.ClientSession], Coroutine[Any, Any, Callable[[Any], Any]]],
) -> Iterator[Check]:
    """Run a sandbox without limits of rates; fail where it logs an error."""
    errors = Errors()
    logging.getLogger().addHandler(errors)

    @contextlib.asynccontextmanager
    async def running() -> AsyncIterator[Callable[[Any], Any]]:
        async with Sandbox() as sandbox, aiohttp.ClientSession() as http:
            sandbox.limits.enabled = False
            yield await opened(sandbox, http)

    with asyncio.Runner() as runner:
        entered = running()
        check = runner.run(entered.__aenter__())

        def checked(value: Any) -> str:
            outcome: str = runner.run(check(value))
            assert not errors.messages, errors.messages.pop()
            return outcome

        yield checked
        gc.collect()
        runner.run(entered.__aexit__(None, None, None))
    assert not errors.messages, errors.messages


async def rest(sandbox: Sandbox, http: aiohttp.ClientSession) -> Callable[[Call], Coroutine[Any, Any, str]]:
    """Return what sends a call and checks how it is answered."""
    bot = f"Bot {sandbox.bot.token}"
    fill = await filler(
        sandbox, lambda name: Person(http, sandbox, bot if name == "bot" else sandbox.person(name).token)
    )
    tokens = {"bot": bot, "odd": "Bot é", "long": "x " * 100, "": ""}
    tokens |= {name: sandbox.person(name).token for name in ("owner", "Mia")}

    async def check(call: Call) -> str:
        method, path, query, whose, content_type, encoding, content = call
        url = yarl.URL(f"{sandbox.url}{fill(path)}?{query}", encoded=True)
        headers = {"Authorization": tokens[whose], "Content-Type": content_type}
        if encoding:
            headers["Content-Encoding"] = encoding
        body = io.BytesIO(fill(content.decode("latin-1")).encode("latin-1"))
        async with http.request(method, url, data=body, headers=headers) as answer:
            text = await answer.text("latin-1")
        assert answer.status < 500, text[:300]
        if answer.status >= 400 and path.startswith(PREFIX) and len(url.raw_path_qs) < 8000:
            check_refusal(json.loads(text), text[:300])
        return "done" if answer.status < 300 else f"{answer.status}"

    return check


async def gateway(sandbox: Sandbox, http: aiohttp.ClientSession) -> Callable[[Frames], Coroutine[Any, Any, str]]:
    """Return what sends frames to a new connection and checks how they are answered."""

    async def check(frames: Frames) -> str:
        async with http.ws_connect(f"{sandbox.url}/gateway?v=10&encoding=json") as socket:
            wire = Wire(socket)
            await wire.receive()
            for is_binary, content in frames:
                filled = content.replace(b"{bot}", sandbox.bot.token.encode()).replace(
                    b"{session}", wire.session_id.encode()
                )
                await socket.send_frame(filled, aiohttp.WSMsgType.BINARY if is_binary else aiohttp.WSMsgType.TEXT)
                await socket.send_frame(b'{"op": 1}', aiohttp.WSMsgType.TEXT)
                while (message := await socket.receive(timeout=60)).type is aiohttp.WSMsgType.TEXT:
                    told = json.loads(message.data)
                    if told["t"] == "READY":
                        wire.session_id = told["d"]["session_id"]
                    if told["op"] == 11:
                        break
                else:
                    assert socket.close_code in CLOSES, socket.close_code
                    return "closed"
        return "answered"

    return check


RANDOM: Any = st.randoms(use_true_random=False)
REST = Target(
    RANDOM.map(some_call),
    lambda: served(rest),
    frozenset({"done", "400", "401", "404"}),
    examples=400,
    loads=("PIL", "defusedxml"),
)
GATEWAY = Target(RANDOM.map(some_frames), lambda: served(gateway), frozenset({"answered", "closed"}), examples=300)
