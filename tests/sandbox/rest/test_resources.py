"""Users, servers, channels and the application: what a client asks before it does anything."""

from typing import Any

import pytest

from sandbox import Sandbox
from tests.sandbox_fixtures import Cast, Person


@pytest.fixture
def mia(people: Cast) -> Person:
    return people("Mia")


@pytest.fixture
def bot(people: Cast) -> Person:
    return people("bot")


@pytest.mark.parametrize("header", ["", "Bot wrong", "wrong", "Bearer wrong"])
async def test_a_wrong_token(sandbox: Sandbox, mia: Person, header: str) -> None:
    mia._headers = {"Authorization": header}
    for path in ("/users/@me", f"/channels/{sandbox.channel('art').id}"):
        assert await mia.call("GET", path) == (401, {"message": "401: Unauthorized", "code": 0})


async def test_tokens_are_not_interchangeable(sandbox: Sandbox, mia: Person) -> None:
    for header in (sandbox.bot.token, f"Bot {sandbox.person('Mia').token}"):
        mia._headers = {"Authorization": header}
        assert (await mia.call("GET", "/users/@me"))[0] == 401


async def test_users(bot: Person, mia: Person, sandbox: Sandbox) -> None:
    _, me = await bot.call("GET", "/users/@me")
    assert (me["bot"], me["username"], me["id"]) == (True, "Easel", str(sandbox.bot.id))
    _, seen = await mia.call("GET", f"/users/{sandbox.bot.id}")
    assert seen["username"] == "Easel"
    assert (await mia.call("GET", "/users/1"))[1]["code"] == 10013


async def test_the_application_tells_its_intents(bot: Person, mia: Person, sandbox: Sandbox) -> None:
    _, application = await bot.call("GET", "/oauth2/applications/@me")
    assert application["flags"] == 1 << 19
    sandbox.set_message_content(enabled=False)
    _, application = await bot.call("GET", "/oauth2/applications/@me")
    assert application["flags"] == 0
    assert (await mia.call("GET", "/oauth2/applications/@me"))[0] == 403


async def test_where_the_gateway_is(bot: Person, sandbox: Sandbox) -> None:
    url = sandbox.url.replace("http", "ws") + "/gateway"
    assert (await bot.call("GET", "/gateway"))[1] == {"url": url}
    assert (await bot.call("GET", "/gateway/bot"))[1]["url"] == url


async def test_commands_are_kept(bot: Person, sandbox: Sandbox) -> None:
    path = f"/applications/{sandbox.world.application.id}/commands"
    assert await bot.call("GET", path) == (200, [])
    _, kept = await bot.call("PUT", path, [{"name": "imagine", "description": "Paint"}])
    assert kept[0]["name"] == "imagine"
    assert (await bot.call("GET", path))[1] == kept
    assert await bot.call("PUT", path, []) == (200, [])


OPTION = {"type": 3, "name": "prompt", "description": "What"}


def _command(**more: object) -> dict[str, object]:
    return {"name": "imagine", "description": "Paint"} | more


@pytest.mark.parametrize(
    ("commands", "place", "code"),
    [
        ({}, "", "LIST_TYPE_CONVERT"),
        ([1], "0", "DICT_TYPE_CONVERT"),
        ([{}], "0.name", "BASE_TYPE_REQUIRED"),
        ([{"name": "imagine"}], "0.description", "BASE_TYPE_REQUIRED"),
        ([_command(name="Imagine")], "0.name", "APPLICATION_COMMAND_INVALID_NAME"),
        ([_command(name="two words")], "0.name", "APPLICATION_COMMAND_INVALID_NAME"),
        ([_command(name="x" * 33)], "0.name", "BASE_TYPE_BAD_LENGTH"),
        ([_command(description="x" * 101)], "0.description", "BASE_TYPE_MAX_LENGTH"),
        ([_command(type=True)], "0.type", "NUMBER_TYPE_COERCE"),
        ([_command(type=9)], "0.type", "BASE_TYPE_CHOICES"),
        ([_command(default_member_permissions="x")], "0.default_member_permissions", "NUMBER_TYPE_COERCE"),
        ([_command(contexts=[])], "0.contexts", "BASE_TYPE_MIN_LENGTH"),
        ([_command(), _command()], "1.name", "APPLICATION_COMMANDS_DUPLICATE_NAME"),
        ([_command(options={})], "0.options", "LIST_TYPE_CONVERT"),
        ([_command(options=[OPTION] * 26)], "0.options", "BASE_TYPE_MAX_LENGTH"),
        ([_command(options=[OPTION | {"name": "A"}])], "0.options.0.name", "APPLICATION_COMMAND_INVALID_NAME"),
        ([_command(options=[OPTION | {"type": 12}])], "0.options.0.type", "BASE_TYPE_CHOICES"),
        ([_command(options=[OPTION, OPTION])], "0.options.1.name", "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS"),
        (
            [_command(options=[OPTION, OPTION | {"name": "b", "required": True}])],
            "0.options.1",
            "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID",
        ),
        (
            [_command(options=[OPTION, {"type": 1, "name": "sub", "description": "s"}])],
            "0.options",
            "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID",
        ),
        (
            [_command(options=[OPTION | {"type": 4, "choices": [{"name": "a", "value": "b"}]}])],
            "0.options.0.choices.0.value",
            "NUMBER_TYPE_COERCE",
        ),
        ([_command(options=[OPTION | {"type": 10, "min_value": True}])], "0.options.0.min_value", "NUMBER_TYPE_COERCE"),
        (
            [
                _command(
                    options=[
                        OPTION | {"name": f"o{number}", "choices": [{"name": "n" * 90, "value": "v"}] * 10}
                        for number in range(10)
                    ]
                )
            ],
            "0",
            "APPLICATION_COMMAND_TOO_LARGE",
        ),
    ],
)
async def test_commands_that_are_refused(bot: Person, sandbox: Sandbox, commands: Any, place: str, code: str) -> None:
    status, answer = await bot.call("PUT", f"/applications/{sandbox.world.application.id}/commands", commands)
    assert (status, answer["code"]) == (400, 50035)
    problems = answer["errors"]
    for key in filter(None, place.split(".")):
        problems = problems[key]
    assert [each["code"] for each in problems["_errors"]] == [code]
    assert sandbox.world.application.commands == []


async def test_as_many_commands_as_there_may_be(bot: Person, sandbox: Sandbox) -> None:
    path = f"/applications/{sandbox.world.application.id}/commands"
    chat = [_command(name=f"c{number}") for number in range(101)]
    assert (await bot.call("PUT", path, chat[:100]))[0] == 200
    assert (await bot.call("PUT", path, chat))[1]["code"] == 30032
    shown = [{"name": "Show As Text", "type": kind} for kind in (2, 3)]
    status, kept = await bot.call("PUT", path, [_command(name="malen-für_日本", options=[OPTION]), *shown])
    assert (status, [each["type"] for each in kept]) == (200, [1, 2, 3])
    assert kept[0]["options"] == [OPTION]


async def test_the_server(mia: Person, bot: Person, sandbox: Sandbox) -> None:
    path = f"/guilds/{sandbox.world.guild.id}"
    _, guild = await mia.call("GET", f"{path}?with_counts=true")
    assert (guild["name"], guild["approximate_member_count"]) == ("The Studio", 5)
    assert len((await mia.call("GET", f"{path}/roles"))[1]) == 5
    _, seen = await mia.call("GET", f"{path}/channels")
    assert "staff" not in {each["name"] for each in seen}
    _, seen = await bot.call("GET", f"{path}/channels")
    assert "staff" in {each["name"] for each in seen}
    assert (await mia.call("GET", "/guilds/5"))[1]["code"] == 10004
    assert (await mia.call("GET", "/users/@me/guilds"))[1][0]["owner"] is False


async def test_members(mia: Person, bot: Person, sandbox: Sandbox) -> None:
    path = f"/guilds/{sandbox.world.guild.id}/members"
    _, member = await bot.call("GET", f"{path}/{sandbox.person('Mia').id}")
    assert member["user"]["global_name"] == "Mia"
    assert (await bot.call("GET", f"{path}/1"))[1]["code"] == 10007
    assert (await bot.call("GET", path))[1]["code"] == 50001
    sandbox.world.application.guild_members = True
    assert len((await bot.call("GET", f"{path}?limit=3"))[1]) == 3
    assert len((await mia.call("GET", f"{path}?limit=1000"))[1]) == 5


async def test_direct_conversations(mia: Person, bot: Person, people: Cast, sandbox: Sandbox) -> None:
    _, channel = await mia.call("POST", "/users/@me/channels", {"recipient_id": str(sandbox.bot.id)})
    assert channel["recipients"][0]["username"] == "Easel"
    _, same = await bot.call("POST", "/users/@me/channels", {"recipient_id": str(sandbox.person("Mia").id)})
    assert same["id"] == channel["id"]
    path = f"/channels/{channel['id']}/messages"
    assert (await bot.call("POST", path, {"content": "hello"}))[0] == 200
    assert (await people("Noor").call("GET", path))[1]["code"] == 50001
    _, answer = await mia.call("POST", "/users/@me/channels", {"recipient_id": str(sandbox.person("Mia").id)})
    assert answer["code"] == 50035


async def test_paths_and_methods_that_are_none(bot: Person, sandbox: Sandbox) -> None:
    assert await bot.call("GET", "/nowhere") == (404, {"message": "404: Not Found", "code": 0})
    status, answer = await bot.call("DELETE", f"/channels/{sandbox.channel('art').id}/messages")
    assert (status, answer) == (405, {"message": "405: Method Not Allowed", "code": 0})
