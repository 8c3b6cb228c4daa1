"""Who is let in to the operator's page."""

import socket
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from structlog.testing import capture_logs

from bot.admin.sessions import MOST, WRONG, Sessions, TooManyError
from bot.admin.site import COOKIE, HEADERS, PROOF
from bot.app import run
from bot.errors import SetupError
from config.layers import ConfigError, load
from sandbox import Sandbox
from tests.bot.admin.conftest import TOKEN
from tests.bot.conftest import MakeSettings, ScriptedExecutor, Stage

pytestmark = pytest.mark.usefixtures("served")


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        yield session


@pytest.fixture
def url(port: int) -> str:
    return f"http://127.0.0.1:{port}"


async def status(http: aiohttp.ClientSession, method: str, url: str, body: object = None, **headers: str) -> int:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    async with http.request(method, url, headers=names, json=body) as answer:
        assert answer.headers.items() >= HEADERS.items()
        return answer.status


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "state"),
        ("GET", "pictures/r0"),
        ("GET", "nowhere"),
        ("POST", "drain"),
        ("POST", "block"),
        ("DELETE", "state"),
    ],
)
async def test_nobody_is_let_in_without_the_token(
    http: aiohttp.ClientSession, url: str, method: str, path: str
) -> None:
    for headers in (
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": f"Basic {TOKEN}"},
        {"Authorization": TOKEN},
        {"Cookie": f"{COOKIE}=forged"},
        {PROOF: ""},
    ):
        assert await status(http, method, f"{url}/api/{path}", {}, **headers) == 401


async def test_a_program_with_the_token(http: aiohttp.ClientSession, url: str) -> None:
    assert await status(http, "GET", f"{url}/api/state", Authorization=f"Bearer {TOKEN}") == 200
    assert await status(http, "GET", f"{url}/api/nowhere", Authorization=f"Bearer {TOKEN}") == 404
    assert await status(http, "PUT", f"{url}/api/state", Authorization=f"Bearer {TOKEN}") == 405


async def test_a_session_takes_the_cookie_and_the_proof(http: aiohttp.ClientSession, url: str) -> None:
    async with http.post(f"{url}/api/session", json={"token": f" {TOKEN}\n"}, headers={"Origin": url}) as answer:
        proof = (await answer.json())["proof"]
        cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert "Secure" not in cookie
    assert await status(http, "GET", f"{url}/api/state", X_Easel_Proof=proof) == 200
    assert await status(http, "GET", f"{url}/api/pictures/r0") == 404
    for path, method in (("state", "GET"), ("pictures", "GET"), ("resume", "POST")):
        assert await status(http, method, f"{url}/api/{path}", {"server": 0}) == 401
    async with aiohttp.ClientSession() as other:
        assert await status(other, "GET", f"{url}/api/state", X_Easel_Proof=proof) == 401
    assert await status(http, "DELETE", f"{url}/api/session", X_Easel_Proof=proof) == 200
    assert await status(http, "GET", f"{url}/api/state", X_Easel_Proof=proof) == 401


async def test_a_cookie_behind_https_is_for_https(http: aiohttp.ClientSession, url: str, port: int) -> None:
    origin = f"https://127.0.0.1:{port}"
    async with http.post(f"{url}/api/session", json={"token": TOKEN}, headers={"Origin": origin}) as answer:
        assert "Secure" in answer.headers["Set-Cookie"]


@pytest.mark.parametrize("path", ["", "page/app.js", "api/state", "api/session"])
async def test_names_that_point_here_are_none_of_ours(
    http: aiohttp.ClientSession, url: str, port: int, path: str
) -> None:
    for host in (f"evil.example:{port}", "127.0.0.1.evil.example", "", "user@127.0.0.1", "[::1", "localhost.", "x y"):
        assert await status(http, "GET", f"{url}/{path}", Host=host, Authorization=f"Bearer {TOKEN}") == 403


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "[::1]:80", "192.168.1.7:8100"])
async def test_our_own_names(http: aiohttp.ClientSession, url: str, host: str) -> None:
    assert await status(http, "GET", url, Host=host) == 200


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1", ""])
async def test_pages_of_others_are_refused(http: aiohttp.ClientSession, url: str, origin: str) -> None:
    for method, path in (("POST", "session"), ("POST", "drain"), ("GET", "state")):
        answer = await status(
            http, method, f"{url}/api/{path}", {"token": TOKEN}, Origin=origin, Authorization=f"Bearer {TOKEN}"
        )
        assert answer == 403


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"token": 1}', b'{"token": "x", "more": 1}', b"\xff\xfe", b'{"token":"\\ud800"}']
)
async def test_a_login_that_is_none(http: aiohttp.ClientSession, url: str, body: bytes) -> None:
    async with http.post(f"{url}/api/session", data=body) as answer:
        assert answer.status == 400
        assert (await answer.json())["error"] == "That was not understood."


async def test_a_body_without_end(http: aiohttp.ClientSession, url: str) -> None:
    async with http.post(f"{url}/api/session", data=b" " * 100_000) as answer:
        assert answer.status == 413


async def test_guessing(http: aiohttp.ClientSession, url: str) -> None:
    with capture_logs() as logs:
        for _ in range(WRONG):
            assert await status(http, "POST", f"{url}/api/session", {"token": "guess"}) == 401
        assert await status(http, "POST", f"{url}/api/session", {"token": TOKEN}) == 429
        assert await status(http, "GET", f"{url}/api/state", Authorization=f"Bearer {TOKEN}") == 429
    assert {line["event"] for line in logs} == {"a wrong token for the operator's page"}
    assert "guess" not in str(logs)


def test_guessing_from_elsewhere_locks_nobody_else_out() -> None:
    sessions = Sessions(TOKEN)
    for _ in range(WRONG):
        assert not sessions.is_token("guess", "10.0.0.1")
    with pytest.raises(TooManyError):
        sessions.is_token(TOKEN, "10.0.0.1")
    assert sessions.is_token(TOKEN, "10.0.0.2")


def test_the_oldest_session_goes() -> None:
    sessions = Sessions(TOKEN)
    begun = [sessions.begin() for _ in range(MOST + 1)]
    assert sessions.find(begun[0].key) is None
    assert sessions.find(begun[1].key) == begun[1]
    sessions.end(begun[1].key)
    assert sessions.find(begun[1].key) is None


@pytest.mark.parametrize("name", ["nowhere.js", "..%2fsite.py", "%2e%2e/site.py", ".."])
async def test_there_is_nothing_but_the_page(http: aiohttp.ClientSession, url: str, name: str) -> None:
    assert await status(http, "GET", f"{url}/page/{name}") in {200, 404}
    async with http.get(f"{url}/page/{name}") as answer:
        assert "def " not in await answer.text()


def test_nothing_is_served_unless_told() -> None:
    admin = load(environment={}).admin
    assert (admin.port, admin.host) == (None, "127.0.0.1")


async def test_a_port_without_a_token(sandbox: Sandbox, make_settings: MakeSettings, tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"^admin\.port is set, but nobody could be let in: .*admin\.token_file"):
        await run(make_settings(sandbox, admin__port=1, data_dir=tmp_path / "other"), ScriptedExecutor())


async def test_a_port_that_is_taken(sandbox: Sandbox, make_settings: MakeSettings, served: Stage) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        settings = make_settings(
            sandbox, admin__port=port, admin__token=TOKEN, data_dir=served.settings.data_dir.parent / "other"
        )
        with pytest.raises(SetupError, match=rf"^admin\.port: {port} cannot be had at 127\.0\.0\.1 .*; choose another"):
            await run(settings, ScriptedExecutor())


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("admin.token=short", "16 characters or more"),
        ("admin.token='a token with blanks in it'", "16 characters or more"),
        ("admin.names=https://x", "names in lower case"),
        ("admin.port=0", "greater than or equal to 1"),
    ],
)
def test_settings_that_are_wrong(setting: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words) as refused:
        load(arguments=[setting])
    assert "blanks in it" not in str(refused.value)
    assert "short" not in str(refused.value)
