"""Roles, what channels allow, time-outs, and conversations that are closed."""

import pytest

from sandbox import Sandbox
from sandbox.snowflake import created_at
from tests.sandbox.conftest import Dial
from tests.sandbox_fixtures import Cast, Person

SEND = 1 << 11


@pytest.fixture
def moderator(people: Cast) -> Person:
    return people("moderator")


def role(sandbox: Sandbox, name: str) -> int:
    """Return the id of a role."""
    return next(each.id for each in sandbox.world.guild.roles.values() if each.name == name)


async def test_what_a_channel_allows(sandbox: Sandbox, people: Cast, moderator: Person, dial: Dial) -> None:
    wire = await (await dial()).login(sandbox.bot.token, intents=1)
    path = f"/channels/{sandbox.channel('art').id}/permissions/{sandbox.world.guild.id}"
    assert (await people("Mia").call("PUT", path, {"type": 0, "deny": SEND}))[1]["code"] == 50013
    assert await moderator.call("PUT", path, {"type": 0, "deny": SEND}) == (204, None)
    (told,) = (await wire.event("CHANNEL_UPDATE"))["permission_overwrites"]
    assert (told["id"], told["type"], told["deny"]) == (str(sandbox.world.guild.id), 0, str(SEND))
    bot = people("bot")
    assert (await bot.call("POST", bot.messages_of("art"), {"content": "x"}))[1]["code"] == 50013
    assert (await moderator.call("DELETE", path))[0] == 204
    await bot.say("art", "x")
    assert (await moderator.call("DELETE", path))[1]["code"] == 10009
    assert (await moderator.call("PUT", path, {"type": 0, "allow": 1 << 3}))[1]["code"] == 50013
    assert (await moderator.call("PUT", path.rpartition("/")[0] + "/5", {"type": 0, "allow": 0}))[1]["code"] == 10011
    own = f"/channels/{sandbox.channel('art').id}/permissions/{sandbox.person('Mia').id}"
    assert (await moderator.call("PUT", own, {"type": 1, "deny": SEND}))[0] == 204
    mia = people("Mia")
    assert (await mia.call("POST", mia.messages_of("art"), {"content": "x"}))[1]["code"] == 50013


async def test_giving_and_taking_roles(sandbox: Sandbox, people: Cast, moderator: Person, dial: Dial) -> None:
    wire = await (await dial()).login(sandbox.bot.token, intents=1)
    roles = f"/guilds/{sandbox.world.guild.id}/members/{{}}/roles/{{}}"
    painters, moderators, bots = (role(sandbox, name) for name in ("Painters", "Moderators", "Easel"))
    own = roles.format(sandbox.bot.id, painters)
    assert (await moderator.call("PUT", own))[0] == 204
    assert (await wire.event("GUILD_MEMBER_UPDATE"))["roles"] == [str(bots), str(painters)]
    assert (await moderator.call("DELETE", own))[0] == 204
    mia = sandbox.person("Mia").id
    assert (await people("Noor").call("PUT", roles.format(mia, painters)))[1]["code"] == 50013
    assert (await moderator.call("PUT", roles.format(mia, moderators)))[1]["code"] == 50013
    assert (await moderator.call("PUT", roles.format(mia, bots)))[1]["code"] == 50028
    assert (await moderator.call("PUT", roles.format(mia, 5)))[1]["code"] == 10011
    assert (await people("owner").call("PUT", roles.format(mia, moderators)))[0] == 204
    assert (await people("Mia").call("PUT", roles.format(sandbox.person("Noor").id, painters)))[0] == 204


async def test_changing_roles(sandbox: Sandbox, people: Cast, moderator: Person, dial: Dial) -> None:
    wire = await (await dial()).login(sandbox.bot.token, intents=1)
    path = f"/guilds/{sandbox.world.guild.id}/roles"
    _, made = await moderator.call("POST", path, {"name": "Guests", "permissions": SEND})
    assert (await wire.event("GUILD_ROLE_CREATE"))["role"]["name"] == "Guests"
    one = f"{path}/{made['id']}"
    _, changed = await moderator.call("PATCH", one, {"color": 5, "permissions": 0})
    assert (changed["color"], changed["permissions"]) == (5, "0")
    assert (await wire.event("GUILD_ROLE_UPDATE"))["role"] == changed
    assert (await people("Mia").call("PATCH", one, {"color": 6}))[1]["code"] == 50013
    assert (await moderator.call("PATCH", one, {"permissions": 1 << 3}))[1]["code"] == 50013
    assert (await moderator.call("DELETE", one))[0] == 204
    assert (await wire.event("GUILD_ROLE_DELETE"))["role_id"] == made["id"]
    assert (await people("owner").call("DELETE", f"{path}/{sandbox.world.guild.id}"))[1]["code"] == 50028


async def test_somebody_is_to_be_silent(sandbox: Sandbox, people: Cast, moderator: Person) -> None:
    mia = people("Mia")
    path = f"/guilds/{sandbox.world.guild.id}/members/{{}}"
    until = {"communication_disabled_until": "2999-01-01T00:00:00+00:00"}
    assert (await mia.call("PATCH", path.format(sandbox.bot.id), until))[1]["code"] == 50013
    assert (await moderator.call("PATCH", path.format(sandbox.person("owner").id), until))[1]["code"] == 50013
    _, member = await moderator.call("PATCH", path.format(mia.user.id), until)
    assert member["communication_disabled_until"].startswith("2999")
    assert (await mia.call("POST", mia.messages_of("art"), {"content": "x"}))[1]["code"] == 50013
    assert (await mia.call("GET", mia.messages_of("art")))[0] == 200
    await moderator.call("PATCH", path.format(mia.user.id), {"communication_disabled_until": None})
    said = await mia.say("art", "x")
    assert created_at(int(said["id"])) > 0
    roles = [str(role(sandbox, "Painters"))]
    _, member = await moderator.call("PATCH", path.format(sandbox.person("Noor").id), {"roles": []})
    assert member["roles"] == []
    _, member = await moderator.call("PATCH", path.format(sandbox.person("Noor").id), {"roles": roles})
    assert member["roles"] == roles


async def test_a_conversation_that_is_closed(sandbox: Sandbox, people: Cast) -> None:
    channel = await people("Mia").direct()
    await people("bot").say(channel, "hello")
    sandbox.close_conversations("Mia")
    bot = people("bot")
    status, answer = await bot.call("POST", bot.messages_of(channel), {"content": "x"})
    assert (status, answer["code"]) == (403, 50007)
    sandbox.close_conversations("Mia", closed=False)
    await bot.say(channel, "hello again")
