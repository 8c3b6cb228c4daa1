"""The line to a dispatcher: here to a server that answers as a test wants it to."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from generation.dispatch.line import AWAY, Line, Times
from generation.dispatch.wire import Answer, Cancel, Devices, Follow, Gone, Up, pack_up, read_down
from generation.errors import AwayError

Serve = Callable[[web.WebSocketResponse], Awaitable[None]]


def asking(name: str) -> Callable[[int], Cancel]:
    return lambda call: Cancel(call, (name,))


class Talk:
    """A line, what was heard by it, and a server that each connection comes to, in turn."""

    def __init__(self, *serves: Serve, longest: float = 60.0) -> None:
        self.heard: list[Up] = []
        self.greeted = 0
        self.address = ""
        self._serves = iter(serves)
        self.line = Line(self._find, "key", self._greet, self.heard.append, Times(0.01, longest))

    async def _find(self) -> str:
        return self.address

    async def _greet(self) -> None:
        self.greeted += 1
        await self.line.say(Follow((str(self.greeted),)))

    async def serve(self, request: web.Request) -> web.StreamResponse:
        assert request.headers["Authorization"] == "Bearer key"
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        assert read_down(await socket.receive_str()) == Follow((str(self.greeted),)), "before anything else"
        await socket.send_str(pack_up(Devices()))
        await next(self._serves)(socket)
        return socket

    @contextlib.asynccontextmanager
    async def going_on(self) -> AsyncIterator[Line]:
        """Stay connected."""
        application = web.Application()
        application.router.add_get("/", self.serve)
        async with TestServer(application) as server, asyncio.timeout(60):
            self.address = str(server.make_url("/"))
            running = asyncio.create_task(self.line.run())
            yield self.line
            running.cancel()
            await asyncio.wait({running})


async def answering(socket: web.WebSocketResponse) -> None:
    """Tell of something and answer every question."""
    await socket.send_str(pack_up(Gone("cat")))
    async for frame in socket:
        message = read_down(frame.data)
        assert isinstance(message, Cancel)
        await socket.send_str(pack_up(Answer(message.call, sentence=message.request_ids[0])))


async def ending(socket: web.WebSocketResponse) -> None:
    """Take a question, and end."""
    await socket.receive_str()


async def talking_nonsense(socket: web.WebSocketResponse) -> None:
    """Take a question, and send what is no message."""
    await socket.receive_str()
    await socket.send_str("{}")
    await socket.receive()


async def test_each_question_gets_its_answer_and_all_else_is_heard() -> None:
    talk = Talk(answering)
    async with talk.going_on() as line:
        answers = await asyncio.gather(*(line.ask(asking(name)) for name in "abc"))
    assert [answer.sentence for answer in answers] == ["a", "b", "c"]
    assert talk.heard == [Devices(), Gone("cat")]


@pytest.mark.parametrize("lost", [ending, talking_nonsense])
async def test_a_question_is_asked_anew_where_the_connection_ends(lost: Serve) -> None:
    talk = Talk(lost, lost, answering)
    async with talk.going_on() as line:
        answer = await line.ask(asking("a"))
    assert (answer.sentence, talk.greeted) == ("a", 3)


async def test_where_no_answer_comes_that_is_said() -> None:
    talk = Talk(longest=0.05)
    with pytest.raises(AwayError, match=AWAY):
        await talk.line.ask(asking("a"))
    await talk.line.say(Follow(("a",)))
