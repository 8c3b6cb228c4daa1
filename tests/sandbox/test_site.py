from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest
import yarl

from sandbox import Sandbox
from tests.sandbox.conftest import Dial, raw
from tests.sandbox_fixtures import Cast


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def test_the_state_names_everybody(http: aiohttp.ClientSession, sandbox: Sandbox) -> None:
    async with http.get(f"{sandbox.url}/sandbox/state") as answer:
        state = await answer.json()
        assert answer.headers["Content-Type"] == "application/json"
    assert [each["role"] for each in state["members"]] == ["owner", "moderator", "member", "member"]
    assert {"art", "general", "no-files"} <= {each["name"] for each in state["channels"]}
    assert state["bot"]["token"] == sandbox.bot.token
    assert state["guild"]["name"] == "The Studio"


async def test_the_page_is_served_whole_and_closed(http: aiohttp.ClientSession, sandbox: Sandbox) -> None:
    async with http.get(sandbox.url) as answer:
        page = await answer.text()
        assert "default-src 'none'; script-src" in answer.headers["Content-Security-Policy"]
    assert "https://" not in page
    for name, kind in (("app.js", "text/javascript"), ("layout.css", "text/css"), ("icon.svg", "image/svg+xml")):
        async with http.get(f"{sandbox.url}/page/{name}") as answer:
            assert (answer.status, answer.content_type) == (200, kind)


@pytest.mark.parametrize(
    "path",
    [
        "/page/nothing.js",
        "/page/",
        "/page/..%2Fserver.py",
        "/page/%2e%2e/world.py",
        "/page/..%2Fpage%2Fapp.js",
        "/page/.%2Fapp.js",
        "/page/..%5Capp.js",
        "/page/app.js%00",
        "/page/%252e%252e%252fapp.js",
        "/sandbox",
        "/x",
    ],
)
async def test_nothing_else_is_served(http: aiohttp.ClientSession, sandbox: Sandbox, path: str) -> None:
    async with http.get(yarl.URL(f"{sandbox.url}{path}", encoded=True)) as answer:
        assert answer.status == 404


async def test_no_script_of_the_machine_is_served(
    http: aiohttp.ClientSession, sandbox: Sandbox, tmp_path: Path
) -> None:
    for name in ("secret.js", "secret.html", "secret.css"):
        secret = tmp_path / name
        secret.write_text("secret")
        for path in (quote(str(secret), safe=""), "..%2F" * 20 + quote(str(secret)[1:], safe="")):
            async with http.get(yarl.URL(f"{sandbox.url}/page/{path}", encoded=True)) as answer:
                assert answer.status == 404


FOREIGN = [
    {"Host": "evil.example"},
    {"Host": ""},
    {"Host": "localhost.:{port}"},
    {"Host": "[::1]:{port}"},
    {"Host": "127.0.0.1@evil.example"},
    {"Host": "evil@127.0.0.1:{port}"},
    {"Host": "127.0.0.1:{port};script-src *"},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": ""},
    {"Origin": "http://127.0.0.1:1"},
    {"Origin": "https://127.0.0.1:{port}"},
    {"Origin": "http://localhost:{port}"},
]


@pytest.mark.parametrize("headers", FOREIGN)
async def test_foreign_pages_are_kept_out(
    http: aiohttp.ClientSession, sandbox: Sandbox, headers: dict[str, str]
) -> None:
    headers = {name: value.format(port=yarl.URL(sandbox.url).port) for name, value in headers.items()}
    for path in ("/sandbox/state", "/gateway", "/", "/page/app.js", "/api/v10/gateway", "/nothing"):
        async with http.get(f"{sandbox.url}{path}", headers=headers) as answer:
            assert answer.status == 403
    text = headers | {"Content-Type": "text/plain"}
    for method, path in (
        ("POST", "/sandbox/gateway/drop"),
        ("PATCH", "/sandbox/application"),
        ("POST", f"/api/v10/channels/{sandbox.channel('art').id}/messages"),
    ):
        async with http.request(method, f"{sandbox.url}{path}", data='{"content": "x"}', headers=text) as answer:
            assert answer.status == 403
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await http.ws_connect(f"{sandbox.url}/gateway?v=10", headers=headers)
    assert refused.value.status == 403


@pytest.mark.parametrize("lines", ["", "Host: {host}\r\nHost: {host}\r\n", "Host: {host}\r\nHost: evil.example\r\n"])
async def test_a_request_has_one_host(sandbox: Sandbox, lines: str) -> None:
    host = sandbox.url.removeprefix("http://")
    for version in ("1.0", "1.1"):
        status = await raw(sandbox, f"GET /sandbox/state HTTP/{version}\r\n{lines.format(host=host)}\r\n".encode())
        assert status in (400, 403)


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "LOCALHOST"])
async def test_own_names_are_let_in(http: aiohttp.ClientSession, sandbox: Sandbox, name: str) -> None:
    host = f"{name}:{yarl.URL(sandbox.url).port}"
    for headers in ({"Host": host}, {"Host": host, "Origin": f"http://{host}"}):
        async with http.get(f"{sandbox.url}/sandbox/state", headers=headers) as answer:
            assert answer.status == 200


async def test_no_answer_is_given_to_pages_of_other_origins(
    http: aiohttp.ClientSession, sandbox: Sandbox, people: Cast
) -> None:
    sent = await people("Mia").say("art", files=[("a.js", b"alert(1)")])
    file = sent["attachments"][0]["url"].removeprefix(sandbox.url)
    for path in (
        "/",
        "/page/app.js",
        "/sandbox/state",
        file,
        "/api/v10/gateway",
        "/api/nothing",
        "/nothing",
        "/gateway",
    ):
        async with http.get(f"{sandbox.url}{path}") as answer:
            assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin", path
            assert answer.headers["X-Content-Type-Options"] == "nosniff", path
            assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", 50035),
        (b"{", 50109),
        (b"[]", 50035),
        (b"{}", 50035),
        (b'{"message_content": 1}', 50035),
        (b"[" * 100_000, 50109),
        (b"\xff", 50109),
    ],
)
async def test_switches_of_no_such_shape(http: aiohttp.ClientSession, sandbox: Sandbox, body: Any, code: int) -> None:
    async with http.patch(f"{sandbox.url}/sandbox/application", data=body) as answer:
        assert (answer.status, (await answer.json())["code"]) == (400, code)
    assert sandbox.world.application.message_content


async def test_knobs_for_other_processes(http: aiohttp.ClientSession, sandbox: Sandbox, dial: Dial) -> None:
    wire = await (await dial()).login(sandbox.bot.token, intents=1 << 15)
    async with http.post(f"{sandbox.url}/sandbox/gateway/drop") as answer:
        assert await answer.json() == {"dropped": 1}
    assert await wire.close_code() == 4000
    async with http.patch(f"{sandbox.url}/sandbox/application", json={"message_content": False}) as answer:
        assert answer.status == 204
    wire = await dial()
    await wire.send(2, {"token": sandbox.bot.token, "intents": 1 << 15})
    assert await wire.close_code() == 4014
