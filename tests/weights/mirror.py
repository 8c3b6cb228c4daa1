"""A mirror on this machine, with trouble on demand."""

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from aiohttp import web

from weights.catalogue import File

Answer = Callable[["Mirror", web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Mirror:
    """Serves one content under every path.

    Args:
        content: what it has.
        answers: to the first requests; those after them are answered as they should be.
        etag: its version.
    """

    content: bytes
    answers: list[Answer] = field(default_factory=list)
    etag: str = '"1"'
    heard: list[Mapping[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    url: str = ""
    sent: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when an answer has sent all that it will for the time being."""

    @property
    def ranges(self) -> list[str | None]:
        """The header ``Range`` of every request."""
        return [headers.get("Range") for headers in self.heard]

    def file(self, **changes: object) -> File:
        """Return what a catalogue would say of it."""
        known = {
            "name": "model.ckpt",
            "size": len(self.content),
            "sha256": hashlib.sha256(self.content).hexdigest(),
            "mirrors": (f"{self.url}/file",),
        }
        return File(**(known | changes))  # type: ignore[arg-type]

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        self.heard.append(request.headers)
        self.paths.append(request.path)
        answer = self.answers.pop(0) if self.answers else properly
        return await answer(self, request)


@contextlib.asynccontextmanager
async def serving(*mirrors: Mirror) -> AsyncIterator[None]:
    """Serve mirrors, each on a port of its own."""
    async with contextlib.AsyncExitStack() as stack:
        for mirror in mirrors:
            app = web.Application()
            app.router.add_get("/{path:.*}", mirror._handle)
            runner = web.AppRunner(app, shutdown_timeout=0, handler_cancellation=True)
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            host, port = runner.addresses[0][:2]
            mirror.url = f"http://{host}:{port}"
        yield


def _start(mirror: Mirror, request: web.Request) -> int:
    """Return where the answer to a request begins."""
    wanted, version = request.headers.get("Range"), request.headers.get("If-Range", mirror.etag)
    return int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted and version == mirror.etag else 0


def _headers(mirror: Mirror, start: int, *, etag: str | None = None) -> dict[str, str]:
    size = len(mirror.content)
    headers = {"ETag": etag or mirror.etag, "Content-Type": "application/octet-stream"}
    return headers | ({"Content-Range": f"bytes {start}-{size - 1}/{size}"} if start else {})


async def properly(mirror: Mirror, request: web.Request) -> web.StreamResponse:
    """Answer as a good server does."""
    start = _start(mirror, request)
    if start >= len(mirror.content):
        return web.Response(status=416)
    return web.Response(body=mirror.content[start:], status=206 if start else 200, headers=_headers(mirror, start))


async def without_ranges(mirror: Mirror, _: web.Request) -> web.StreamResponse:
    """Send everything, whatever was asked for."""
    return web.Response(body=mirror.content, headers=_headers(mirror, 0))


def status(number: int) -> Answer:
    """Answer with a status alone."""

    async def answer(_: Mirror, __: web.Request) -> web.StreamResponse:
        return web.Response(status=number, text="no")

    return answer


def cut_off(after: int) -> Answer:
    """Break off after so many bytes of what was asked for."""
    return _partly(after, stay=False)


def stalling(after: int) -> Answer:
    """Send so many bytes of what was asked for, and then nothing for ever."""
    return _partly(after, stay=True)


def _partly(after: int, *, stay: bool) -> Answer:
    async def answer(mirror: Mirror, request: web.Request) -> web.StreamResponse:
        start = _start(mirror, request)
        response = web.StreamResponse(status=206 if start else 200, headers=_headers(mirror, start))
        response.content_length = len(mirror.content) - start
        await response.prepare(request)
        await response.write(mirror.content[start : start + after])
        mirror.sent.set()
        if stay:
            await asyncio.Event().wait()
        assert request.transport is not None
        request.transport.close()
        return response

    return answer


async def never(_: Mirror, __: web.Request) -> web.StreamResponse:
    """Do not answer."""
    await asyncio.Event().wait()
    raise AssertionError


async def in_drops(mirror: Mirror, request: web.Request) -> web.StreamResponse:
    """Send a few bytes at a time."""
    response = web.StreamResponse(headers=_headers(mirror, 0))
    response.content_length = len(mirror.content)
    await response.prepare(request)
    for start in range(0, len(mirror.content), 1000):
        await response.write(mirror.content[start : start + 1000])
        await asyncio.sleep(0)
    return response


def another_range(content_range: str, *, etag: str | None = None) -> Answer:
    """Answer 206, but say that it is this part, perhaps of another version."""

    async def answer(mirror: Mirror, request: web.Request) -> web.StreamResponse:
        start = _start(mirror, request)
        headers = _headers(mirror, start, etag=etag) | {"Content-Range": content_range}
        return web.Response(body=mirror.content[start:], status=206, headers=headers)

    return answer


async def without_an_end(mirror: Mirror, request: web.Request) -> web.StreamResponse:
    """Send more than there is, without saying how much."""
    response = web.StreamResponse(headers=_headers(mirror, 0))
    response.enable_chunked_encoding()
    await response.prepare(request)
    with contextlib.suppress(ConnectionError):
        while True:
            await response.write(bytes(100_000))
    return response


def announcing(size: int) -> Answer:
    """Say that the file has so many bytes, and send none of them."""

    async def answer(mirror: Mirror, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers=_headers(mirror, 0))
        response.content_length = size
        await response.prepare(request)
        await asyncio.Event().wait()
        raise AssertionError

    return answer


def saying(**headers: str) -> Answer:
    """Answer properly, with some headers more."""

    async def answer(mirror: Mirror, _: web.Request) -> web.StreamResponse:
        more = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.Response(body=mirror.content, headers=_headers(mirror, 0) | more)

    return answer


def leading_to(address: str) -> Answer:
    """Redirect."""

    async def answer(_: Mirror, __: web.Request) -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": address})

    return answer
