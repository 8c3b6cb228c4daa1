"""Commands: registering, changing and listing them."""

import pytest

from sandbox import Sandbox
from sandbox.rate_limits import RateLimits
from tests.sandbox.conftest import Clock
from tests.sandbox_fixtures import Cast, Person

PAINT = {"name": "paint", "description": "Paint"}


@pytest.fixture
def bot(people: Cast) -> Person:
    return people("bot")


@pytest.fixture(params=["", "/guilds/{guild_id}"])
def path(request: pytest.FixtureRequest, sandbox: Sandbox) -> str:
    of = str(request.param).format(guild_id=sandbox.world.guild.id)
    return f"/applications/{sandbox.world.application.id}{of}/commands"


async def test_one_command_at_a_time(bot: Person, path: str, people: Cast) -> None:
    status, made = await bot.call("POST", path, PAINT)
    assert (status, made["name"], "guild_id" in made) == (201, "paint", "guilds" in path)
    status, again = await bot.call("POST", path, PAINT)
    assert (status, again) == (200, made)
    one = f"{path}/{made['id']}"
    _, changed = await bot.call("PATCH", one, {"description": "Draw"})
    assert (changed["id"], changed["description"], changed["version"] == made["version"]) == (made["id"], "Draw", False)
    assert await people("Mia").call("GET", path) == (200, [changed])
    assert await people("Mia").call("GET", one) == (200, changed)
    assert (await bot.call("PATCH", one, {"name": "Two Words"}))[1]["errors"]["name"]
    assert (await people("Mia").call("DELETE", one))[0] == 403
    assert await bot.call("DELETE", one) == (204, None)
    for method in ("GET", "DELETE"):
        status, answer = await bot.call(method, one)
        assert (status, answer["code"]) == (404, 10063)


async def test_what_stays_the_same_is_the_same(bot: Person, path: str) -> None:
    _, (first,) = await bot.call("PUT", path, [PAINT])
    _, (other, same) = await bot.call("PUT", path, [PAINT | {"name": "other"}, PAINT])
    assert (same, other["id"] == first["id"]) == (first, False)


async def test_the_two_lists_are_apart(bot: Person, sandbox: Sandbox) -> None:
    application = f"/applications/{sandbox.world.application.id}"
    await bot.call("PUT", f"{application}/commands", [PAINT])
    assert (await bot.call("GET", f"{application}/guilds/{sandbox.world.guild.id}/commands"))[1] == []
    assert (await bot.call("GET", f"{application}/guilds/5/commands"))[1]["code"] == 10004


async def test_two_hundred_new_ones_a_day(bot: Person, path: str, clock: Clock) -> None:
    for start in (0, 100):
        commands = [PAINT | {"name": f"c{start + number}"} for number in range(100)]
        assert (await bot.call("PUT", path, commands))[0] == 200
    status, answer = await bot.call("POST", path, PAINT)
    assert status == 400
    await bot.call("PUT", path, [])
    status, answer = await bot.call("POST", path, PAINT)
    assert (status, answer["code"], answer["retry_after"] > 86_000) == (429, 30034, True)
    limits = RateLimits(clock)
    assert limits.take_command_creates("", 200) is None
    assert limits.take_command_creates("", 1) == 86_400
    clock.now += 86_400
    assert limits.take_command_creates("", 1) is None
