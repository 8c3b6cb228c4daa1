from typing import Any

import aiohttp
import pytest

from sandbox import Fault, Sandbox
from sandbox.api import Observer
from sandbox.rate_limits import RateLimits, Rule
from tests.sandbox.conftest import Clock
from tests.sandbox_fixtures import Cast


@pytest.fixture
async def sandbox(observe: Observer, clock: Clock) -> Any:
    async with Sandbox(observe=observe, clock=clock) as sandbox:
        yield sandbox


async def test_the_sixth_message_waits(people: Cast, clock: Clock) -> None:
    bot = people("bot")
    for left in (4, 3, 2, 1, 0):
        await bot.say("art", "x")
        assert bot.headers["X-RateLimit-Limit"] == "5"
        assert bot.headers["X-RateLimit-Remaining"] == str(left)
        assert float(bot.headers["X-RateLimit-Reset"]) == clock.now + 5
        assert float(bot.headers["X-RateLimit-Reset-After"]) == 5
    bucket = bot.headers["X-RateLimit-Bucket"]
    clock.now += 1.5
    status, answer = await bot.call("POST", bot.messages_of("art"), {"content": "x"})
    assert status == 429
    assert answer == {"message": "You are being rate limited.", "retry_after": 3.5, "global": False}
    assert bot.headers["Retry-After"] == "4"
    assert bot.headers["X-RateLimit-Scope"] == "user"
    assert bot.headers["X-RateLimit-Bucket"] == bucket
    assert bot.headers["Via"]
    await bot.say("general", "another channel is another bucket")
    clock.now += 3.5
    await bot.say("art", "x")


async def test_people_have_more_room(people: Cast) -> None:
    mia = people("Mia")
    for _ in range(20):
        await mia.say("art", "x")
    assert (await mia.call("POST", mia.messages_of("art"), {"content": "x"}))[0] == 429


async def test_the_global_limit(people: Cast, sandbox: Sandbox, clock: Clock) -> None:
    bot = people("bot")
    for _ in range(50):
        sandbox.limits.take(sandbox.bot.id, "GET", "/users/{user_id}", str(_), bot=True)
    status, answer = await bot.call("GET", "/users/@me")
    assert (status, answer["global"]) == (429, True)
    assert bot.headers["X-RateLimit-Global"] == "true"
    assert bot.headers["X-RateLimit-Scope"] == "global"
    clock.now += 1
    assert (await bot.call("GET", "/users/@me"))[0] == 200


async def test_trouble_on_demand(people: Cast, sandbox: Sandbox) -> None:
    bot = people("bot")
    create = "/channels/{channel_id}/messages"
    sandbox.fail_next(Fault("POST", create, 429, retry_after=0.2, via=False))
    sandbox.fail_next(Fault("POST", create, 502, times=2))
    path = bot.messages_of("art")
    status, answer = await bot.call("POST", path, {"content": "x"})
    assert (status, answer["retry_after"], "Via" in bot.headers) == (429, 0.2, False)
    assert [(await bot.call("POST", path, {"content": "x"}))[0] for _ in range(3)] == [502, 502, 200]


@pytest.mark.parametrize("late", [False, True], ids=["refused", "taken"])
async def test_an_answer_that_is_cut(people: Cast, sandbox: Sandbox, late: bool) -> None:
    bot = people("bot")
    sandbox.fail_next(Fault("POST", "/channels/{channel_id}/messages", 200, late=late, way="cut"))
    with pytest.raises(aiohttp.ClientPayloadError):
        await bot.say("art", "first")
    await bot.say("art", "second")
    assert [message.content for message in sandbox.messages("art")] == ["first"] * late + ["second"]


def test_a_window_starts_with_its_first_request(clock: Clock) -> None:
    limits = RateLimits(clock)
    limits.take(1, "DELETE", "/channels/{channel_id}/messages/{message_id}", "7", bot=True)
    clock.now += 0.9
    standing = limits.take(1, "DELETE", "/channels/{channel_id}/messages/{message_id}", "7", bot=True)
    assert standing.headers["X-RateLimit-Reset-After"] == "0.100"
    assert standing.headers["X-RateLimit-Remaining"] == "3"


async def test_invalid_requests_end_in_a_ban(sandbox: Sandbox, people: Cast) -> None:
    sandbox.limits.invalid_rule = Rule(3, 600)
    bot, mia = people("bot"), people("Mia")
    await mia.call("GET", bot.messages_of("staff"))
    assert sandbox.limits.invalid_requests == 0
    await bot.call("GET", bot.messages_of("staff"))
    sandbox.fail_next(Fault("GET", "/users/@me", 429, scope="shared"))
    await bot.call("GET", "/users/@me")
    sandbox.fail_next(Fault("GET", "/users/@me", 429))
    await bot.call("GET", "/users/@me")
    assert (sandbox.limits.invalid_requests, sandbox.state()["invalid_requests"]) == (2, 2)
    bot._headers["Authorization"] = "Bot wrong"
    assert (await bot.call("GET", "/users/@me"))[0] == 401
    async with aiohttp.ClientSession() as http, http.get(f"{sandbox.api_base}/gateway") as answer:
        assert (answer.status, "Via" in answer.headers, await answer.text()) == (429, False, "error code: 1015")
    assert (await mia.call("GET", "/users/@me"))[0] == 200
