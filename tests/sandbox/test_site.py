from collections.abc import AsyncIterator

import aiohttp
import pytest

from sandbox import Sandbox
from tests.sandbox.conftest import Dial


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
        assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
    assert "https://" not in page
    for name, kind in (("app.js", "text/javascript"), ("layout.css", "text/css"), ("icon.svg", "image/svg+xml")):
        async with http.get(f"{sandbox.url}/page/{name}") as answer:
            assert (answer.status, answer.content_type) == (200, kind)


@pytest.mark.parametrize(
    "path", ["/page/nothing.js", "/page/..%2Fserver.py", "/page/%2e%2e/world.py", "/sandbox", "/x"]
)
async def test_nothing_else_is_served(http: aiohttp.ClientSession, sandbox: Sandbox, path: str) -> None:
    async with http.get(f"{sandbox.url}{path}") as answer:
        assert answer.status == 404


@pytest.mark.parametrize("headers", [{"Host": "evil.example"}, {"Origin": "https://evil.example"}])
async def test_foreign_pages_are_kept_out(
    http: aiohttp.ClientSession, sandbox: Sandbox, headers: dict[str, str]
) -> None:
    for path in ("/sandbox/state", "/gateway", "/"):
        async with http.get(f"{sandbox.url}{path}", headers=headers) as answer:
            assert answer.status == 403


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
