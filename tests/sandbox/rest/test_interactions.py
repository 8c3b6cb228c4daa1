"""Interactions on the wire: what people send, what the bot and they are told, and until when it may answer."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from sandbox import Sandbox
from sandbox.api import Observer
from sandbox.model import Interaction, User
from tests.people import Person
from tests.sandbox.conftest import Clock, Dial, Wire, png

OPTIONS: list[dict[str, Any]] = [
    {"type": 3, "name": "prompt", "description": "d", "required": True, "min_length": 2, "max_length": 9},
    {"type": 4, "name": "size", "description": "d", "min_value": 1, "max_value": 9},
    {"type": 10, "name": "weight", "description": "d"},
    {"type": 5, "name": "raw", "description": "d"},
    {"type": 3, "name": "style", "description": "d", "choices": [{"name": "Oil", "value": "oil"}]},
    {"type": 3, "name": "model", "description": "d", "autocomplete": True},
    {"type": 6, "name": "who", "description": "d"},
    {"type": 7, "name": "where", "description": "d", "channel_types": [0]},
    {"type": 8, "name": "role", "description": "d"},
    {"type": 9, "name": "anybody", "description": "d"},
    {"type": 11, "name": "file", "description": "d"},
]
COMMANDS: list[dict[str, Any]] = [
    {"name": "paint", "description": "Paint", "options": OPTIONS},
    {"name": "admin", "description": "a", "default_member_permissions": 0},
    {"name": "kick", "description": "a", "default_member_permissions": 1 << 1},
    {"name": "here", "description": "a", "contexts": [0]},
    {"name": "adult", "description": "a", "nsfw": True},
    {"name": "Look at", "type": 3},
    {"name": "Greet", "type": 2},
]


@pytest.fixture
async def sandbox(observe: Observer, clock: Clock) -> AsyncIterator[Sandbox]:
    """Run a sandbox whose clock is turned by hand."""
    async with Sandbox(observe=observe, clock=clock) as sandbox:
        yield sandbox


@pytest.fixture
async def mia(sandbox: Sandbox, bot: Person) -> AsyncIterator[Person]:
    path = f"/applications/{sandbox.world.application.id}/commands"
    assert (await bot.call("PUT", path, COMMANDS))[0] == 200
    async with aiohttp.ClientSession() as http:
        yield Person(http, sandbox, sandbox.person("Mia").token)


@pytest.fixture
async def bot(sandbox: Sandbox) -> AsyncIterator[Person]:
    async with aiohttp.ClientSession() as http:
        yield Person(http, sandbox, f"Bot {sandbox.bot.token}")


class Application:
    """Answers interactions as the bot does, without a login: the token in the path is enough."""

    def __init__(self, http: aiohttp.ClientSession, sandbox: Sandbox) -> None:
        self._person = Person(http, sandbox, "")
        self._person._headers = {}
        self._webhook = f"/webhooks/{sandbox.world.application.id}"

    async def respond(self, to: Interaction, kind: int, data: object = None, *, told: bool = False) -> tuple[int, Any]:
        """Send the first response; `told` asks for what became of it."""
        path = f"/interactions/{to.id}/{to.token}/callback" + ("?with_response=true" if told else "")
        return await self._person.call("POST", path, {"type": kind} | ({} if data is None else {"data": data}))

    async def webhook(self, method: str, to: Interaction, more: str = "", body: object = None) -> tuple[int, Any]:
        """Use the webhook of an interaction."""
        return await self._person.call(method, f"{self._webhook}/{to.token}{more}", body)


@pytest.fixture
async def app(sandbox: Sandbox) -> AsyncIterator[Application]:
    async with aiohttp.ClientSession() as http:
        yield Application(http, sandbox)


async def test_what_the_bot_is_told(sandbox: Sandbox, mia: Person, dial: Dial) -> None:
    wire = await (await dial()).login(sandbox.bot.token, intents=0)
    role = next(iter(sandbox.world.guild.roles))
    given = {"prompt": "a cat", "who": mia.user.id, "where": sandbox.channel("general").id, "role": role}
    await mia.run_command("art", "paint", given | {"anybody": role, "file": ("a.png", png())})
    told = await wire.event("INTERACTION_CREATE")
    assert (told["type"], told["version"], told["context"], told["data"]["name"]) == (2, 1, 0, "paint")
    assert told["member"]["user"]["id"] == str(mia.user.id)
    assert told["channel"]["name"] == "art"
    assert int(told["app_permissions"]) & int(told["member"]["permissions"])
    assert told["authorizing_integration_owners"] == {"0": str(sandbox.world.guild.id)}
    assert {kind: len(found) for kind, found in told["data"]["resolved"].items()} == {
        "users": 1,
        "members": 1,
        "channels": 1,
        "roles": 1,
        "attachments": 1,
    }
    values = {each["name"]: each["value"] for each in told["data"]["options"]}
    assert told["data"]["resolved"]["attachments"][values["file"]]["width"] == 128
    await mia.run_command(await mia.direct(), "paint", {"prompt": "a cat"})
    told = await wire.event("INTERACTION_CREATE")
    assert (told["user"]["id"], told["context"], "member" in told) == (str(mia.user.id), 1, False)


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({}, "BASE_TYPE_REQUIRED"),
        ({"prompt": 5}, "STRING_TYPE_CONVERT"),
        ({"prompt": "x"}, "BASE_TYPE_MIN_LENGTH"),
        ({"prompt": "x" * 10}, "BASE_TYPE_MAX_LENGTH"),
        ({"prompt": "xx", "size": 0}, "NUMBER_TYPE_MIN"),
        ({"prompt": "xx", "size": 10}, "NUMBER_TYPE_MAX"),
        ({"prompt": "xx", "size": "5"}, "NUMBER_TYPE_COERCE"),
        ({"prompt": "xx", "size": 1.5}, "NUMBER_TYPE_COERCE"),
        ({"prompt": "xx", "weight": True}, "NUMBER_TYPE_COERCE"),
        ({"prompt": "xx", "raw": "yes"}, "BOOLEAN_TYPE_CONVERT"),
        ({"prompt": "xx", "style": "ink"}, "BASE_TYPE_CHOICES"),
        ({"prompt": "xx", "who": "x"}, "NUMBER_TYPE_COERCE"),
        ({"prompt": "xx", "who": 1}, "APPLICATION_COMMAND_OPTIONS_VALUE_INVALID"),
        ({"prompt": "xx", "file": 0}, "BASE_TYPE_REQUIRED"),
        ({"prompt": "xx", "unknown": "x"}, "APPLICATION_COMMAND_OPTIONS_INVALID"),
    ],
)
async def test_options_that_are_refused(mia: Person, sandbox: Sandbox, options: dict[str, Any], code: str) -> None:
    status, answer = await mia.try_command("art", "paint", options)
    assert (status, answer["code"]) == (400, 50035)
    assert f"'code': '{code}'" in str(answer["errors"]["data"]["options"])
    assert list(sandbox.interactions) == []


async def test_commands_that_are_not_to_be_called_here(sandbox: Sandbox, mia: Person) -> None:
    async def code(channel: Any, name: str, target: User | None = None) -> int:
        return int((await mia.try_command(channel, name, target=target))[1]["code"])

    assert await code("art", "admin") == 50013
    assert await code("art", "kick") == 50013
    assert await code("art", "adult") == 10063
    assert await code(await mia.direct(), "here") == 10063
    assert await code("staff", "here") == 50001
    sandbox.overwrite("art", sandbox.world.guild.id, deny=1 << 31)
    assert await code("art", "here") == 50013


async def test_a_command_that_has_changed_since(sandbox: Sandbox, mia: Person, bot: Person) -> None:
    old = dict(sandbox.world.application.commands[3])
    path = f"/applications/{sandbox.world.application.id}/commands"
    await bot.call("PUT", path, [*COMMANDS[:3], COMMANDS[3] | {"description": "other"}, *COMMANDS[4:]])
    new = sandbox.world.application.commands[3]
    assert (new["id"], new["version"] == old["version"]) == (old["id"], False)
    body = {
        "type": 2,
        "application_id": str(sandbox.world.application.id),
        "guild_id": str(sandbox.world.guild.id),
        "channel_id": str(sandbox.channel("art").id),
        "session_id": "x",
        "data": {"id": new["id"], "name": "here", "type": 1, "version": old["version"]},
    }
    _, answer = await mia.call("POST", "/interactions", body)
    assert answer["errors"]["data"]["_errors"][0]["code"] == "INTERACTION_APPLICATION_COMMAND_INVALID_VERSION"
    assert (await mia.call("POST", "/interactions", body | {"data": {"id": "5", "name": "x"}}))[1]["code"] == 10063
    assert (await bot.call("POST", "/interactions", body))[1]["code"] == 20001
    assert (await mia.call("POST", "/interactions", body | {"application_id": "5"}))[1]["code"] == 10002


async def test_what_the_person_is_told(
    sandbox: Sandbox, mia: Person, app: Application, dial: Dial, clock: Clock
) -> None:
    wire: Wire = await (await dial()).login(sandbox.person("Mia").token)
    interaction = await mia.run_command("art", "paint", {"prompt": "a cat"})
    number = str(interaction.id)
    assert await wire.event("INTERACTION_CREATE") == {"id": number, "nonce": "1"}
    assert await app.respond(interaction, 4, {"content": "hello"}) == (204, None)
    assert await wire.event("INTERACTION_SUCCESS") == {"id": number, "nonce": "1"}
    assert (await wire.event("MESSAGE_CREATE"))["interaction"]["id"] == number

    interaction = await mia.run_command("art", "paint", {"prompt": "a cat"})
    form = {"custom_id": "f", "title": "t", "components": [_field("x")]}
    await app.respond(interaction, 9, form)
    shown = await wire.event("INTERACTION_MODAL_CREATE")
    assert (shown["id"], shown["custom_id"], shown["title"]) == (str(interaction.id), "f", "t")
    assert shown["components"][0]["components"][0]["custom_id"] == "x"

    await mia.try_command("art", "paint", {"model": "v"}, focused="model")
    await app.respond(list(sandbox.interactions)[-1], 8, {"choices": [{"name": "N", "value": "n"}]})
    shown = await wire.event("APPLICATION_COMMAND_AUTOCOMPLETE_RESPONSE")
    assert shown["choices"] == [{"name": "N", "value": "n"}]

    interaction = await mia.run_command("art", "paint", {"prompt": "a cat"})
    clock.now += 3
    sandbox.interactions.expire()
    assert (await wire.event("INTERACTION_FAILURE"))["id"] == str(interaction.id)


def _field(name: str, **more: object) -> dict[str, Any]:
    return {"type": 1, "components": [{"type": 4, "custom_id": name, "style": 1, "label": "l", **more}]}


async def test_the_deadlines(sandbox: Sandbox, mia: Person, app: Application, clock: Clock) -> None:
    late = await mia.run_command("art", "paint", {"prompt": "a cat"})
    assert (await app.webhook("POST", late, body={"content": "x"}))[1]["code"] == 10015
    clock.now += 3.1
    assert (await app.respond(late, 4, {"content": "x"}))[1]["code"] == 10062
    assert late.failed
    in_time = await mia.run_command("art", "paint", {"prompt": "a cat"})
    clock.now += 2.9
    status, told = await app.respond(in_time, 5, told=True)
    assert (status, told["interaction"]["response_message_loading"]) == (200, True)
    assert (await app.respond(in_time, 4, {"content": "x"}))[1]["code"] == 40060
    clock.now += 890
    assert (await app.webhook("PATCH", in_time, "/messages/@original", {"content": "done"}))[0] == 200
    clock.now += 10
    for method, more in (("POST", ""), ("PATCH", "/messages/@original"), ("GET", "/messages/@original")):
        body = None if method == "GET" else {"content": "x"}
        status, answer = await app.webhook(method, in_time, more, body)
        assert (status, answer["code"]) == (401, 50027)
    assert [each.content for each in sandbox.messages("art")] == ["done"]
    in_time.token = "wrong"
    assert (await app.respond(in_time, 4, {"content": "x"}))[1]["code"] == 10062


async def test_the_first_message_after_a_deferral_is_the_response(
    sandbox: Sandbox, mia: Person, app: Application
) -> None:
    interaction = await mia.run_command("art", "paint", {"prompt": "a cat"})
    await app.respond(interaction, 5, {"flags": 64})
    assert [each.flags for each in mia.ephemerals("art")] == [64 | 128]
    _, first = await app.webhook("POST", interaction, body={"content": "first"})
    assert (first["id"], first["flags"]) == (str(interaction.original and interaction.original.id), 64)
    _, second = await app.webhook("POST", interaction, body={"content": "<@&1> @everyone second"})
    assert (second["flags"], second["mention_everyone"]) == (0, False)
    assert [each.content for each in sandbox.messages("art")] == ["<@&1> @everyone second"]
    path = f"/messages/{second['id']}"
    assert (await app.webhook("PATCH", interaction, path, {"content": "third"}))[1]["content"] == "third"
    assert (await app.webhook("DELETE", interaction, path))[0] == 204
    assert (await app.webhook("GET", interaction, path))[1]["code"] == 10008
    assert (await app.webhook("DELETE", interaction, "/messages/@original"))[0] == 204
    assert (await app.webhook("GET", interaction, "/messages/@original"))[1]["code"] == 10008
    assert mia.ephemerals("art") == []


@pytest.mark.parametrize(
    ("kind", "data", "place", "code"),
    [
        (1, None, "type", "BASE_TYPE_CHOICES"),
        (6, None, "type", "BASE_TYPE_CHOICES"),
        (8, {"choices": []}, "type", "BASE_TYPE_CHOICES"),
        (4, None, "data", "BASE_TYPE_REQUIRED"),
        (4, {"content": "x" * 2001}, "data.content", "BASE_TYPE_MAX_LENGTH"),
        (4, {"content": "x", "embeds": [{"color": 1}]}, "data.embeds.0.description", "BASE_TYPE_REQUIRED"),
        (9, {"custom_id": "f", "title": "t", "components": []}, "data.components", "BASE_TYPE_BAD_LENGTH"),
        (
            9,
            {"custom_id": "f", "title": "t" * 46, "components": [_field("x")]},
            "data.title",
            "BASE_TYPE_BAD_LENGTH",
        ),
        (
            9,
            {"custom_id": "f", "title": "t", "components": [_field("x", max_length=4001)]},
            "data.components.0.components.0.max_length",
            "NUMBER_TYPE_MAX",
        ),
        (
            9,
            {"custom_id": "f", "title": "t", "components": [_field("x"), _field("x")]},
            "data.components.1.components.0.custom_id",
            "COMPONENT_CUSTOM_ID_DUPLICATED",
        ),
    ],
)
async def test_responses_that_are_refused(
    mia: Person, app: Application, kind: int, data: object, place: str, code: str
) -> None:
    interaction = await mia.run_command("art", "paint", {"prompt": "a cat"})
    status, answer = await app.respond(interaction, kind, data)
    assert (status, answer["code"]) == (400, 50035)
    problems = answer["errors"]
    for key in place.split("."):
        problems = problems[key]
    assert [each["code"] for each in problems["_errors"]] == [code]
    assert not interaction.acknowledged
    assert (await app.respond(interaction, 4, {"content": "after all"}))[0] == 204


async def test_an_empty_response(mia: Person, app: Application) -> None:
    interaction = await mia.run_command("art", "paint", {"prompt": "a cat"})
    assert (await app.respond(interaction, 4, {"content": ""}))[1]["code"] == 50006


async def test_components_answer_to_their_message(sandbox: Sandbox, mia: Person, bot: Person, app: Application) -> None:
    row = {"type": 1, "components": [{"type": 2, "style": 1, "label": "a", "custom_id": "a"}]}
    await bot.say("art", "choose", components=[row])
    (message,) = sandbox.messages("art")
    pressed = await mia.press(message, "a")
    status, told = await app.respond(pressed, 7, {"content": "chosen", "components": []}, told=True)
    assert (status, told["resource"]["message"]["content"], message.components) == (200, "chosen", [])
    await bot.call("PATCH", f"{bot.messages_of('art')}/{message.id}", {"components": [row]})
    pressed = await mia.press(message, "a")
    assert (await app.respond(pressed, 4, {"content": "fresh"}))[0] == 204
    fresh = sandbox.messages("art")[-1]
    assert (fresh.reference, int(fresh.type)) == (message.id, 19)
    pressed = await mia.press(message, "a")
    assert (await app.respond(pressed, 6))[0] == 204
    _, original = await app.webhook("GET", pressed, "/messages/@original")
    assert original["id"] == str(message.id)
    fresh.components = message.components
    sandbox.world.guild.channels[fresh.channel_id].messages.pop(fresh.id)
    assert (await mia.try_component(fresh, "a"))[1]["code"] == 10008


async def test_a_form_is_checked(mia: Person, app: Application) -> None:
    opened = await mia.run_command("art", "paint", {"prompt": "a cat"})
    await app.respond(
        opened, 9, {"custom_id": "f", "title": "t", "components": [_field("x", min_length=2, max_length=3)]}
    )
    for value in ("", "x", "xxxx"):
        status, answer = await mia.try_submit(opened, {"x": value})
        assert (status, answer["code"]) == (400, 50035), value
    sent = await mia.submit(opened, {"x": "xx"})
    assert sent.data["components"][0]["components"][0]["value"] == "xx"
    assert (await app.respond(sent, 9, {"custom_id": "f", "title": "t", "components": [_field("x")]}))[0] == 400
    assert (await app.respond(sent, 4, {"content": "thanks"}))[0] == 204
    opened.form = {"custom_id": "g", "components": []}
    assert (await mia.try_submit(opened, {}))[0] == 204
