"""Every route, the site and the gateway under inputs that are no good: refused in Discord's words, never a failure."""

import asyncio
import contextlib
import gc
import gzip
import io
import json
import logging
import random
import re
import struct
import zlib
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import aiohttp
import pytest
import yarl

from sandbox import Sandbox
from sandbox.api import PREFIX
from sandbox.model import ChannelType
from sandbox.rest import ROUTES
from tests.fuzz.mutations import mutated, walk
from tests.openapi import Description
from tests.sandbox.conftest import Dial, png, raw
from tests.sandbox_fixtures import Cast

REQUESTS_PER_ROUTE = 60
FRAMES = 400


@pytest.fixture
async def sandbox(description: Description | None) -> AsyncIterator[Sandbox]:
    """Run a sandbox; the test fails where it takes a body that Discord's description does not have."""
    problems: list[str] = []

    def check(method: str, path: str, request: Any, status: int, answer: Any) -> None:
        if description is not None and status < 300 and answer is not None and "%" not in path:
            body = request if method in ("POST", "PUT", "PATCH") else None
            problems.extend(description.problems(method, path, body, status, answer))

    async with Sandbox(observe=check) as sandbox:
        sandbox.limits.enabled = False
        yield sandbox
    assert not problems, "\n".join(problems[:20])


@pytest.fixture(autouse=True)
def no_errors(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Fail where anything is logged as an error, be it a task that nobody waited for."""
    yield
    gc.collect()
    records = [*caplog.get_records("call"), *caplog.get_records("teardown")]
    assert [each.getMessage() for each in records if each.levelno >= logging.ERROR] == []


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


MESSAGE = {
    "content": "hello <@1> @everyone",
    "embeds": [
        {
            "title": "t",
            "url": "https://example.org",
            "color": 1,
            "timestamp": "2026-01-01T00:00:00+00:00",
            "author": {"name": "a", "url": "https://example.org"},
            "footer": {"text": "f", "icon_url": "https://example.org"},
            "image": {"url": "attachment://a.png"},
            "fields": [{"name": "n", "value": "v", "inline": True}],
        }
    ],
    "allowed_mentions": {"parse": ["everyone"], "users": ["1"], "roles": [], "replied_user": False},
    "message_reference": {"message_id": "{message}", "channel_id": "{art}", "fail_if_not_exists": False, "type": 0},
    "attachments": [{"id": "0", "filename": "a.png", "description": "d", "is_spoiler": False}],
    "nonce": "n",
    "enforce_nonce": False,
    "tts": False,
    "flags": 4,
    "components": [],
}
COMMANDS = [
    {
        "name": "imagine",
        "description": "Paint",
        "type": 1,
        "default_member_permissions": 8,
        "contexts": [0, 1],
        "integration_types": [0],
        "nsfw": False,
        "name_localizations": {"de": "malen"},
        "options": [
            {"type": 3, "name": "prompt", "description": "What", "required": True, "min_length": 1},
            {"type": 4, "name": "size", "description": "How large", "choices": [{"name": "small", "value": 1}]},
            {"type": 10, "name": "weight", "description": "How much", "min_value": 0, "max_value": 1.5},
            {"type": 7, "name": "where", "description": "Where", "channel_types": [0]},
        ],
    },
    {
        "name": "settings",
        "description": "Change",
        "options": [
            {
                "type": 2,
                "name": "group",
                "description": "g",
                "options": [
                    {
                        "type": 1,
                        "name": "sub",
                        "description": "s",
                        "options": [{"type": 5, "name": "on", "description": "o"}],
                    }
                ],
            }
        ],
    },
    {"name": "Show As Text", "type": 3},
]
ROWS = [
    {
        "type": 1,
        "components": [
            {"type": 2, "style": 1, "label": "a", "custom_id": "a", "emoji": {"name": "🎨"}},
            {"type": 2, "style": 5, "label": "b", "url": "https://example.org"},
        ],
    },
    {
        "type": 1,
        "components": [
            {
                "type": 3,
                "custom_id": "s",
                "placeholder": "p",
                "min_values": 0,
                "max_values": 1,
                "options": [{"label": "l", "value": "v", "description": "d", "default": True}],
            }
        ],
    },
    {"type": 1, "components": [{"type": 8, "custom_id": "c", "channel_types": [0]}]},
]
FORM = {
    "custom_id": "f",
    "title": "t",
    "components": [
        {"type": 1, "components": [{"type": 4, "custom_id": "x", "style": 1, "label": "l", "max_length": 9}]},
        {"type": 18, "label": "l", "component": {"type": 4, "custom_id": "y", "style": 2, "required": False}},
    ],
}
_DEED = {"application_id": "{application_id}", "guild_id": "{guild_id}", "channel_id": "{art}", "session_id": "s"}
_CALL = {
    "id": "{command_id}",
    "name": "paint",
    "version": "{command_id}",
    "type": 1,
    "options": [
        {"type": 3, "name": "prompt", "value": "x"},
        {"type": 4, "name": "size", "value": 1},
        {"type": 6, "name": "who", "value": "{mia}"},
    ],
    "attachments": [],
}
_FIELDS = [{"type": 1, "components": [{"type": 4, "custom_id": "x", "value": "v"}]}]
DEEDS: list[Any] = [
    _DEED | {"type": 2, "nonce": "1", "data": _CALL},
    _DEED | {"type": 4, "data": _CALL | {"options": [{"type": 3, "name": "prompt", "value": "x", "focused": True}]}},
    _DEED | {"type": 3, "message_id": "{message}", "data": {"component_type": 2, "custom_id": "a"}},
    _DEED
    | {"type": 3, "message_id": "{message}", "data": {"component_type": 8, "custom_id": "c", "values": ["{art}"]}},
    _DEED | {"type": 5, "data": {"id": "{interaction_id}", "custom_id": "f", "components": _FIELDS}},
]
CALLBACKS: list[Any] = [
    {"type": 4, "data": {"content": "x", "components": ROWS, "flags": 64, "tts": False}},
    {"type": 5, "data": {"flags": 64}},
    {"type": 9, "data": FORM},
    {"type": 8, "data": {"choices": [{"name": "n", "value": "v"}]}},
]
BODIES: list[Any] = [
    *(MESSAGE, MESSAGE | {"components": ROWS}, COMMANDS, COMMANDS[0], {"recipient_id": "{mia}"}),
    *({"message_content": True}, *DEEDS, *CALLBACKS),
    *({"name": "t", "type": 11, "auto_archive_duration": 60}, {"name": "t", "message": MESSAGE}),
    *({"archived": True, "locked": False, "topic": "x", "nsfw": False}, {"type": 0, "allow": "1024", "deny": "0"}),
    *({"permissions": "1024", "color": 1}, {"roles": ["{role_id}"], "communication_disabled_until": None}),
]
NOT_JSON = [
    *(b"", b"{", b"[", b'"', b"\xff\xfe", b"\0", b"[" * 100_000, b'{"a":' * 5000, b"NaN", b"-Infinity", b"1e400"),
    *(
        b"9" * 5000,
        b'{"content": "\\ud800"}',
        b'{"content": 1, "content": 2}',
        "{}".encode("utf-16"),
        b"\xef\xbb\xbf{}",
    ),
    *(gzip.compress(b"{}"), b"content=x", b"null", b"5", b'"x"', b"[[1]]", b"<xml/>"),
]
PARAMETERS = [
    *(
        "0",
        "1",
        "-1",
        "1.5",
        "x",
        "9" * 19,
        "9" * 20,
        "1" * 30,
        "7" * 5000,
        "%00",
        "%FF",
        "%ED%A0%80",
        "%D9%A3",
        "%F0%9F%8E%A8",
    ),
    *("%2F", "..%2F..%2Fx", "%25", "%", "%zz", "%0d%0a", "@me", "a" * 300, "%E2%84%B9", "1_0", "+1", "%201"),
]
QUERIES = [
    *(
        "",
        "limit=0",
        "limit=-1",
        "limit=1&limit=x",
        "limit=" + "9" * 5000,
        "limit=1.5",
        "limit=true",
        "limit=",
        "limit=%FF",
    ),
    *(
        "before=x",
        "before=-1&after=1",
        "after=" + "1" * 30,
        "around=%00",
        "around=1&limit=1",
        "with_counts=%ff",
        "&&==&",
    ),
    *("v=" + "1" * 1000, "ex=ff&hm=%FF", "ex=%D9%A3&hm=x", "after=999999999999999999", "before=1&limit=100"),
]
DISPOSITIONS = [
    *(
        "",
        "form-data",
        'form-data; name="payload_json"',
        'form-data; name="files[0]"; filename="a.png"',
        "form-data; name=",
    ),
    *(
        "form-data; name=\"files[1]\"; filename*=utf-8''%ff",
        'form-data; name="a"; name="b"',
        "form-data; name*0=a; name*9=b",
    ),
    *(
        'form-data; name="file1"; filename="\udcff"',
        'form-data; name="files[٣]"',
        "x" * 9000,
        'form-data; name="_charset_"',
    ),
]


def multipart(rng: random.Random, payload: bytes) -> tuple[str, bytes]:
    """Return content type and body of a form that is malformed in one way or another, or not at all."""
    parts = [
        (rng.choice(DISPOSITIONS), rng.choice([payload, png(size=(2, 2)), b"", b"\r\n--b"]))
        for _ in range(rng.randrange(4))
    ]
    parts.insert(0, (DISPOSITIONS[2], payload))
    parts *= rng.choice([1, 1, 1, 40])
    body = b"".join(
        b"--b\r\nContent-Disposition: %s\r\n%s\r\n%s\r\n"
        % (disposition.encode("utf-8", "surrogateescape"), rng.choice(_PART_HEADERS), content)
        for disposition, content in parts
    )
    body += rng.choice([b"--b--\r\n", b"--b--", b"--b", b""])
    if rng.random() < 0.3:
        start = rng.randrange(len(body))
        body = body[:start] + rng.randbytes(rng.randrange(9)) + body[start + rng.randrange(9) :]
    return "multipart/form-data" + rng.choice(["; boundary=b"] * 5 + _BOUNDARIES), body


_PART_HEADERS = [
    *(b"", b"", b"", b"Content-Type: multipart/mixed; boundary=b\r\n", b"Content-Transfer-Encoding: base64\r\n"),
    *(b"Content-Encoding: gzip\r\n", b"Content-Length: -1\r\n", b"no header\r\n", b"\0: \xff\r\n"),
]
_BOUNDARIES = [
    "",
    "; boundary=",
    "; boundary=wrong",
    '; boundary="b"',
    "; boundary=" + "b" * 71,
    "; boundary*=utf-8''b",
]


async def filler(sandbox: Sandbox, people: Cast) -> Callable[[str], str]:
    """Return what puts the ids of things that there are in the places of a template's names."""
    art = next(each for each in sandbox.world.guild.channels.values() if each.type is ChannelType.TEXT)
    message = await people("bot").say(art, "here", files=[("a.png", png())], components=ROWS)
    painters = next(each.id for each in sandbox.world.guild.roles.values() if each.position == 1)
    options = [
        {"type": 3, "name": "prompt", "description": "What", "required": True, "autocomplete": True},
        {"type": 4, "name": "size", "description": "How large", "max_value": 9},
        {"type": 6, "name": "who", "description": "For whom"},
    ]
    command = {"name": "paint", "description": "Paint", "options": options}
    commands = f"/applications/{sandbox.world.application.id}/commands"
    _, command = await people("bot").call("POST", commands, command)
    interaction = await people("owner").run_command(art, "paint", {"prompt": "x"})
    ids = {
        "channel_id": art.id,
        "art": art.id,
        "message_id": message["id"],
        "message": message["id"],
        "guild_id": sandbox.world.guild.id,
        "application_id": sandbox.world.application.id,
        "user_id": sandbox.person("Mia").id,
        "mia": sandbox.person("Mia").id,
        "attachment_id": message["attachments"][0]["id"],
        "role_id": painters,
        "overwrite_id": painters,
        "command_id": command["id"],
        "interaction_id": interaction.id,
        "interaction_token": interaction.token,
        "webhook_id": sandbox.world.application.id,
        "webhook_token": interaction.token,
        "emoji_name": "%F0%9F%8E%A8",
        "name": "a.png",
    }
    return lambda text: re.sub(r"\{(\w+)\}", lambda found: str(ids.get(found[1], found[0])), text)


SITE = [
    *(("GET", "/"), ("GET", "/page/{name}"), ("GET", "/favicon.ico"), ("GET", "/sandbox/state"), ("GET", "/gateway")),
    *(("PATCH", "/sandbox/application"), ("POST", "/sandbox/gateway/drop"), ("GET", "/gateway/"), ("PROPFIND", "/")),
    *(("GET", "/cdn/attachments/{channel_id}/{attachment_id}/{name}"), ("POST", "/api/v10/x/{name}")),
]
UNDOING = ("DELETE", f"{PREFIX}/channels/{{channel_id}}")
"""After this one the others have nowhere to go."""
EVERY_ROUTE = [*((each.method, PREFIX + each.path) for each in ROUTES), *SITE]
EVERY_ROUTE.sort(key=lambda each: each == UNDOING)


BY_PEOPLE = tuple(
    f"{PREFIX}/{each}" for each in ("interactions", "guilds/{guild_id}/roles", "channels/{channel_id}/perm")
)
"""Where the bot may do nothing."""


async def test_no_request_fails(sandbox: Sandbox, http: aiohttp.ClientSession, people: Cast) -> None:
    owner = sandbox.person("owner").token
    tokens = [f"Bot {sandbox.bot.token}"] * 6 + [owner, "Bot é", "x " * 100, ""]
    statuses = Counter[int]()
    for method, template in EVERY_ROUTE:
        rng = random.Random(f"{method} {template}")
        fill = await filler(sandbox, people)
        for _ in range(REQUESTS_PER_ROUTE):
            url = yarl.URL(f"{sandbox.url}{fill(some_path(rng, template))}?{rng.choice(QUERIES)}", encoded=True)
            content_type, content = some_body(rng, fill)
            by_person = template.startswith(BY_PEOPLE) and rng.random() < 0.8
            headers = {"Authorization": owner if by_person else rng.choice(tokens), "Content-Type": content_type}
            if rng.random() < 0.1:
                headers["Content-Encoding"] = rng.choice(["gzip", "deflate", "br", "x"])
            async with http.request(method, url, data=io.BytesIO(content), headers=headers) as answer:
                text = await answer.text("latin-1")
                told = (method, url.raw_path_qs[:200], content[:300], answer.status, text[:300])
                assert answer.status < 500, told
                if answer.status >= 400 and template.startswith(PREFIX) and len(url.raw_path_qs) < 8000:
                    check_refusal(json.loads(text), told)
                statuses[answer.status] += 1
        async with http.get(f"{sandbox.api_base}/users/@me", headers={"Authorization": tokens[0]}) as answer:
            assert answer.status == 200, (method, template)
    assert min(statuses[200], statuses[400], statuses[404]) > 100, "what is tried is too uniform"


def some_path(rng: random.Random, template: str) -> str:
    if "{" not in template or rng.random() < 0.6:
        return template
    return template.replace(rng.choice(re.findall(r"\{\w+\}", template)), rng.choice(PARAMETERS))


def some_body(rng: random.Random, fill: Callable[[str], str]) -> tuple[str, bytes]:
    content = fill(json.dumps(mutated(rng, rng.choice(BODIES)))).encode()
    content = content if rng.random() < 0.8 else rng.choice(NOT_JSON)
    if rng.random() < 0.3:
        return multipart(rng, content)
    return rng.choice(["application/json"] * 4 + ["text/plain", "application/json; charset=utf-7", "x"]), content


def check_refusal(answer: Any, told: object) -> None:
    """Check that a refusal has Discord's shape, and that no complaint is in pydantic's words."""
    assert isinstance(answer["message"], str), told
    assert isinstance(answer["code"], int), told
    assert (answer["code"] == 50035) == ("errors" in answer), told
    for each in walk(answer.get("errors", {})):
        for problem in each.get("_errors", ()) if isinstance(each, dict) else ():
            assert re.fullmatch(r"[A-Z_]+", problem["code"]), told
            assert not re.match("Input should|Unable to|Value error", problem["message"]), told


async def test_nothing_that_is_no_http_fails(sandbox: Sandbox) -> None:
    own = f"Host: {sandbox.url.removeprefix('http://')}\r\nAuthorization: Bot {sandbox.bot.token}\r\n".encode()
    post = f"POST {PREFIX}/channels/{sandbox.channel('art').id}/messages HTTP/1.1\r\n".encode() + own
    upgrade = b"GET /gateway HTTP/1.1\r\n" + own + b"Upgrade: websocket\r\nConnection: upgrade\r\n"
    for request in (
        b"\0\1\2\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\n" + own + b"\r\n",
        b"GET http://[::1 HTTP/1.1\r\n" + own + b"\r\n",
        b"GET /api/v10/channels/\xff\xfe HTTP/1.1\r\n" + own + b"\r\n",
        b"GET /api/v10/users/@me HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bot \xff\xfe\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + own + b"a\0: b\r\n\r\n",
        post + b"Content-Length: -5\r\n\r\n",
        post + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        post + b"Transfer-Encoding: chunked\r\n\r\nZZ\r\nhello\r\n",
        post + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhelloXX\r\n0\r\n\r\n",
        post + b"Content-Type: multipart/form-data; boundary=\xff\r\nContent-Length: 2\r\n\r\n{}",
        post + b'Content-Type: ;;="\x80\r\nContent-Length: 2\r\n\r\n{}',
        post + b"Expect: 200-maybe\r\nContent-Length: 2\r\n\r\n{}",
        upgrade + b"\r\n",
        upgrade + b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: \xff\xff\r\n\r\n",
    ):
        assert 400 <= await raw(sandbox, request) < 500, request[:200]


async def test_a_client_that_leaves_in_mid_request(sandbox: Sandbox, http: aiohttp.ClientSession) -> None:
    own = f"Host: {sandbox.url.removeprefix('http://')}\r\nAuthorization: Bot {sandbox.bot.token}\r\n"
    post = f"POST {PREFIX}/channels/{sandbox.channel('art').id}/messages HTTP/1.1\r\n{own}"
    for rest in ("Content-Length: 100\r\n\r\n{", "Transfer-Encoding: chunked\r\n\r\n5\r\nhe"):
        _, writer = await asyncio.open_connection(*sandbox.url.removeprefix("http://").split(":"))
        writer.write((post + rest).encode())
        await writer.drain()
        async with http.get(f"{sandbox.api_base}/gateway") as answer:
            assert answer.status == 200
        writer.close()


async def test_a_flood_of_parts_is_refused(sandbox: Sandbox, http: aiohttp.ClientSession) -> None:
    part = b'--b\r\nContent-Disposition: form-data; name="files[0]"; filename="a"\r\n\r\nx\r\n'
    headers = {"Authorization": f"Bot {sandbox.bot.token}", "Content-Type": "multipart/form-data; boundary=b"}
    url = f"{sandbox.api_base}/channels/{sandbox.channel('art').id}/messages"
    for count, status in ((60, 200), (65, 400), (20_000, 400)):
        async with http.post(url, data=io.BytesIO(part * count + b"--b--"), headers=headers) as answer:
            assert answer.status == status


FRAME_SEEDS: list[dict[str, Any]] = [
    {"op": 1, "d": 251},
    {"op": 2, "d": {"token": "{bot}", "intents": 1 << 9, "properties": {"os": "x"}, "shard": [0, 1]}},
    {"op": 2, "d": {"token": "{bot}", "intents": 1, "presence": {"status": "idle", "game": {"name": "x", "type": 0}}}},
    {"op": 3, "d": {"status": "idle", "activities": [{"name": "x", "type": 3}], "since": 0, "afk": False}},
    {"op": 4, "d": {"guild_id": "1", "channel_id": None}},
    {"op": 6, "d": {"token": "{bot}", "session_id": "{session}", "seq": 1}},
    {"op": 8, "d": {"guild_id": "1", "query": "", "limit": 0, "user_ids": ["1"], "nonce": "n"}},
]
CLOSES = {None, 1000, 1002, 1003, 1007, 1009, 4000, *range(4001, 4015)}


async def test_no_frame_fails(sandbox: Sandbox, dial: Dial, people: Cast) -> None:
    rng = random.Random(1)
    wire = None
    for _ in range(FRAMES):
        if wire is None:
            wire = await dial()
            if rng.random() < 0.7:
                await wire.login(sandbox.bot.token, intents=1 << 9)
        text = json.dumps(mutated(rng, rng.choice(FRAME_SEEDS)))
        text = text.replace("{bot}", sandbox.bot.token).replace("{session}", wire.session_id)
        content = text.encode() if rng.random() < 0.8 else rng.choice(NOT_JSON)[:8000]
        await wire.socket.send_frame(content, rng.choice([aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY]))
        await wire.socket.send_frame(b'{"op": 1}', aiohttp.WSMsgType.TEXT)
        while (message := await wire.socket.receive(timeout=60)).type is aiohttp.WSMsgType.TEXT:
            if json.loads(message.data, parse_constant=pytest.fail)["op"] == 11:
                break
        else:
            assert wire.socket.close_code in CLOSES, (wire.socket.close_code, content[:200])
            await wire.socket.close()
            wire = None
    await (await dial()).login(sandbox.bot.token, intents=1 << 9)
    await people("Mia").say("art", "still here")


def frame(opcode: int, content: bytes, *, reserved: int = 0, mask: bool = True, length: int | None = None) -> bytes:
    """Return the bytes of a WebSocket frame (RFC 6455), of which any field may be wrong."""
    size = len(content) if length is None else length
    return struct.pack(">BBQ", 0x80 | reserved << 4 | opcode, mask << 7 | 127, size) + b"\0\0\0\0" * mask + content


async def test_no_broken_frame_fails(sandbox: Sandbox) -> None:
    host = sandbox.url.removeprefix("http://")
    packer = zlib.compressobj(wbits=-15)
    bomb = packer.compress(bytes(50 << 20)) + packer.flush(zlib.Z_SYNC_FLUSH)
    frames = [
        *(frame(1, b"\xff\xfe"), frame(1, b"{}", reserved=4), frame(1, b"{}", reserved=2), frame(1, b"{}", mask=False)),
        *(
            frame(1, b"x", length=1 << 40),
            frame(1, b"x", length=(1 << 63) + 1),
            frame(1, bytes(1 << 21)),
            frame(5, b""),
        ),
        *(frame(8, b"\0"), frame(8, b"\0\5x"), frame(8, b"\3\xe8\xff"), frame(0, b"x"), frame(9, bytes(200))),
        *(frame(1, bomb[:-4], reserved=4), frame(1, b"\xff" * 50, reserved=4), frame(1, b"")),
    ]
    headers = f"Host: {host}\r\nUpgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Version: 13\r\n"
    upgrade = f"GET /gateway HTTP/1.1\r\n{headers}Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"

    async def send(extension: str, content: bytes) -> None:
        reader, writer = await asyncio.open_connection(*host.split(":"))
        writer.write(f"{upgrade}{extension}\r\n".encode() + content)
        async with asyncio.timeout(60):
            assert b" 101 " in await reader.readline()
            with contextlib.suppress(ConnectionResetError):
                await reader.read()
        writer.close()

    extensions = ["", "Sec-WebSocket-Extensions: permessage-deflate\r\n"]
    await asyncio.gather(*(send(extension, content) for extension in extensions for content in frames))
