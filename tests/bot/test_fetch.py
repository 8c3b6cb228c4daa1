"""Which addresses are asked for pictures, by a real client and a real server."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohappyeyeballs
import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from bot import fetch
from bot.errors import UserError
from bot.fetch import ELSEWHERE, NOT_THERE, TOO_LARGE, TOO_SLOW, UNREACHABLE, Fetcher, Sources, is_public
from config.settings.discord import DiscordSettings

DISCORDS = DiscordSettings()
PUBLIC, LOOPBACK = "8.8.8.8", "127.0.0.1"


def own(port: int) -> DiscordSettings:
    return DiscordSettings(api_base=f"http://127.0.0.1:{port}/api/v10")


class Resolver(AbstractResolver):
    """Gives one answer after the other, the last for ever."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = [*answers]
        self.asked = 0

    async def resolve(self, host: str, port: int = 0, *_: Any) -> list[ResolveResult]:
        self.asked += 1
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [
            ResolveResult(
                hostname=host, host=address, port=port, family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0, flags=0,
            )
            for address in answer
        ]  # fmt: skip

    async def close(self) -> None: ...


@pytest.fixture
def reached(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let no connection be made, and note to which addresses it would have been."""
    addresses: list[str] = []

    async def note(addr_infos: list[Any], **_: Any) -> socket.socket:
        addresses.extend(info[4][0] for info in addr_infos)
        raise OSError("no network")

    monkeypatch.setattr(aiohappyeyeballs, "start_connection", note)
    return addresses


@pytest.mark.parametrize(
    "address",
    [
        "https://cdn.discordapp.com/attachments/1/2/cat.png?ex=1&is=2&hm=3",
        "https://media.discordapp.net/attachments/1/2/cat.png",
        "https://images-ext-1.discordapp.net/external/x/https/example.org/cat.png",
        "https://CDN.discordapp.com:443/attachments/1/2/cat.png",
        "https://cdn.discordapp。com/attachments/1/2/cat.png",
    ],
)
async def test_discord_is_asked(address: str, reached: list[str]) -> None:
    with pytest.raises(UserError, match=UNREACHABLE):
        await Fetcher(Sources(DISCORDS), Resolver([PUBLIC])).fetch(address)
    assert reached == [PUBLIC]


@pytest.mark.parametrize(
    "address",
    [
        "",
        "cat.png",
        "file:///etc/passwd",
        "ftp://cdn.discordapp.com/a.png",
        "data:image/png;base64,AAAA",
        "http://cdn.discordapp.com/attachments/1/2/cat.png",
        "https://cdn.discordapp.com:8443/cat.png",
        "https://cdn.discordapp.com:0/cat.png",
        "https://cdn.discordapp.com:99999/cat.png",
        "https://member:secret@cdn.discordapp.com/cat.png",
        "https://cdn.discordapp.com@example.org/cat.png",
        "https://cdn.discordapp.com.example.org/cat.png",
        "https://cdn.discordapp.com./cat.png",
        "https://example.org/cdn.discordapp.com/cat.png",
        "https://images-ext-1.discordapp.net.example.org/",
        "https://xcdn.discordapp.com/cat.png",
        "https://cdn.discordapp.com\\@example.org/cat.png",
        "https://discord.com/api/v10/users/@me",
        "https://127.0.0.1/cat.png",
        "http://169.254.169.254/latest/meta-data/",
        "https://[::1]/cat.png",
        "https://[::ffff:127.0.0.1]/cat.png",
        "https://0x7f.1/cat.png",
        "https://2130706433/cat.png",
        "http://localhost:8000/sandbox/state",
        "https://[/cat.png",
        "https://pictures.example.org/cat.png",
    ],
)
async def test_nobody_else_is_asked(address: str, reached: list[str]) -> None:
    resolver = Resolver([PUBLIC])
    with pytest.raises(UserError, match=ELSEWHERE):
        await Fetcher(Sources(DISCORDS), resolver).fetch(address)
    assert (reached, resolver.asked) == ([], 0)


@pytest.mark.parametrize(
    ("address", "is_asked"),
    [
        ("https://pictures.example.org/cat.png", True),
        ("https://pictures.example.org:8443/cat.png", False),
        ("http://pictures.example.org/cat.png", False),
        ("https://other.example.org/cat.png", False),
        ("https://files.example.org:8443/cat.png", True),
        ("https://files.example.org/cat.png", False),
    ],
)
async def test_the_operator_can_list_more(address: str, is_asked: bool, reached: list[str]) -> None:
    settings = DiscordSettings(picture_hosts=("pictures.example.org", "files.example.org:8443"))
    with pytest.raises(UserError, match=UNREACHABLE if is_asked else ELSEWHERE):
        await Fetcher(Sources(settings), Resolver([PUBLIC])).fetch(address)
    assert reached == [PUBLIC] * is_asked


INNER = [
    "127.0.0.1",
    "127.1.2.3",
    "0.0.0.0",  # noqa: S104, not bound to
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "198.18.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "64:ff9b::7f00:1",
    "64:ff9b:1::a9fe:a9fe",
    "2002:7f00:1::",
    "2001:0:7f00:1::",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "fd00:ec2::254",
    "ff02::1",
    "no address",
]


@pytest.mark.parametrize("address", INNER)
async def test_a_name_that_leads_inside_is_not_followed(address: str, reached: list[str]) -> None:
    assert not is_public(address)
    for answers in ([address], [PUBLIC, address]):
        with pytest.raises(UserError, match=UNREACHABLE):
            await Fetcher(Sources(DISCORDS), Resolver(answers)).fetch("https://cdn.discordapp.com/cat.png")
    assert reached == []


@pytest.mark.parametrize("address", [PUBLIC, "162.159.133.233", "2606:4700::1"])
def test_addresses_of_the_internet_at_large_are_public(address: str) -> None:
    assert is_public(address)


async def test_a_name_that_changes_its_mind_is_asked_once_and_then_refused(reached: list[str]) -> None:
    resolver = Resolver([PUBLIC], [LOOPBACK])
    fetcher = Fetcher(Sources(DISCORDS), resolver)
    for _ in range(2):
        with pytest.raises(UserError, match=UNREACHABLE):
            await fetcher.fetch("https://cdn.discordapp.com/cat.png")
    assert resolver.asked == 2, "once for each connection, and what was looked at is what is connected to"
    assert reached == [PUBLIC]


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@contextlib.asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[tuple[int, list[str]]]:
    """Serve on this machine; gives the port and the paths that were asked for."""
    paths: list[str] = []

    async def noting(request: web.Request) -> web.StreamResponse:
        paths.append(request.path)
        return await handler(request)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", noting)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, LOOPBACK, 0)
        await site.start()
        yield runner.addresses[0][1], paths
    finally:
        await runner.cleanup()


async def cat(_: web.Request) -> web.Response:
    return web.Response(body=b"a cat", content_type="text/html")


async def test_where_the_api_is_elsewhere_that_server_is_asked_too_and_no_other_port_of_it() -> None:
    async with serving(cat) as (port, _), serving(cat) as (other, paths):
        fetcher = Fetcher(Sources(own(port)))
        assert await fetcher.fetch(f"http://127.0.0.1:{port}/cdn/cat.png") == b"a cat"
        assert await fetcher.fetch(f"http://localhost:{port}/cdn/cat.png") == b"a cat"
        for address in (f"http://127.0.0.1:{other}/", f"https://127.0.0.1:{port}/", "http://127.0.0.1/"):
            with pytest.raises(UserError, match=ELSEWHERE):
                await fetcher.fetch(address)
        with pytest.raises(UserError, match=ELSEWHERE):
            await Fetcher(Sources(DISCORDS)).fetch(f"http://127.0.0.1:{port}/cdn/cat.png")
    assert paths == []


@pytest.mark.parametrize(
    ("target", "sentence"),
    [
        ("http://127.0.0.1:{other}/", ELSEWHERE),
        ("http://169.254.169.254/latest/meta-data/", ELSEWHERE),
        ("//127.0.0.1:{other}/", ELSEWHERE),
        ("file:///etc/passwd", ELSEWHERE),
        ("http://[", UNREACHABLE),
        ("/again", NOT_THERE),
    ],
)
async def test_a_redirect_is_followed_only_where_one_may_ask(target: str, sentence: str) -> None:
    async with serving(cat) as (other, paths):

        async def away(_: web.Request) -> web.Response:
            return web.Response(status=302, headers={"Location": target.format(other=other)})

        async with serving(away) as (port, asked):
            with pytest.raises(UserError, match=sentence):
                await Fetcher(Sources(own(port))).fetch(f"http://127.0.0.1:{port}/cat.png")
            assert len(asked) == (4 if target == "/again" else 1)
    assert paths == []


async def test_a_redirect_to_the_same_server_is_followed() -> None:
    async def handle(request: web.Request) -> web.Response:
        if request.path == "/cat":
            return await cat(request)
        return web.Response(status=301, headers={"Location": "/cat"})

    async with serving(handle) as (port, paths):
        assert await Fetcher(Sources(own(port))).fetch(f"http://127.0.0.1:{port}/a") == b"a cat"
    assert paths == ["/a", "/cat"]


async def endless(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    with contextlib.suppress(ConnectionError):
        while True:
            await response.write(bytes(1 << 20))
    return response


async def too_long(_: web.Request) -> web.Response:
    return web.Response(body=bytes(fetch.MAX_BYTES + 1))


@pytest.mark.parametrize("handler", [endless, too_long])
async def test_no_more_is_read_than_may_be(handler: Handler) -> None:
    async with serving(handler) as (port, _):
        with pytest.raises(UserError, match=TOO_LARGE):
            await Fetcher(Sources(own(port))).fetch(f"http://127.0.0.1:{port}/a")


async def test_what_is_compressed_is_not_unpacked() -> None:
    async def packed(_: web.Request) -> web.Response:
        return web.Response(body=b"not gzip at all", headers={"Content-Encoding": "gzip"})

    async with serving(packed) as (port, _):
        assert await Fetcher(Sources(own(port))).fetch(f"http://127.0.0.1:{port}/a") == b"not gzip at all"


async def never(_: web.Request) -> web.Response:
    await asyncio.Event().wait()
    raise AssertionError


async def drop_by_drop(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    with contextlib.suppress(ConnectionError):
        while True:
            await response.write(b"x")
            await asyncio.sleep(0.02)
    return response


@pytest.mark.parametrize("handler", [never, drop_by_drop])
async def test_nobody_is_waited_for_longer_than_may_be(handler: Handler) -> None:
    async with serving(handler) as (port, _):
        with pytest.raises(UserError, match=TOO_SLOW):
            await Fetcher(Sources(own(port)), seconds=0.3).fetch(f"http://127.0.0.1:{port}/a")


async def refused(_: web.Request) -> web.Response:
    return web.Response(status=404)


async def test_what_is_not_there_is_said() -> None:
    async with serving(refused) as (port, _):
        with pytest.raises(UserError, match=NOT_THERE):
            await Fetcher(Sources(own(port))).fetch(f"http://127.0.0.1:{port}/a")
    with pytest.raises(UserError, match=UNREACHABLE):
        await Fetcher(Sources(own(port))).fetch(f"http://127.0.0.1:{port}/a")
