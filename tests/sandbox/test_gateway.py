import asyncio
from typing import Any

import aiohttp
import pytest

from sandbox import Sandbox
from sandbox.api import Observer
from sandbox.intents import Intent
from tests.sandbox.conftest import Clock, Dial, Wire
from tests.sandbox_fixtures import Cast

INTENTS = int(
    Intent.GUILDS
    | Intent.GUILD_MESSAGES
    | Intent.GUILD_MESSAGE_REACTIONS
    | Intent.GUILD_MESSAGE_TYPING
    | Intent.DIRECT_MESSAGES
)
CONTENT = int(Intent.MESSAGE_CONTENT)


async def bot_login(dial: Dial, sandbox: Sandbox, intents: int = INTENTS | CONTENT) -> Wire:
    return await (await dial()).login(sandbox.bot.token, intents=intents)


async def resume(dial: Dial, wire: Wire, token: str, *, after: int | None = None) -> Wire:
    again = await dial()
    sequence = wire.sequence if after is None else after
    await again.send(6, {"token": token, "session_id": wire.session_id, "seq": sequence})
    return again


@pytest.mark.parametrize(
    ("identify", "code"),
    [
        ({"token": "wrong", "intents": 1}, 4004),
        ({"token": "{bot}"}, 4013),
        ({"token": "{bot}", "intents": -1}, 4013),
        ({"token": "{bot}", "intents": INTENTS | int(Intent.GUILD_PRESENCES)}, 4014),
        ({"token": "{bot}", "intents": INTENTS | int(Intent.GUILD_MEMBERS)}, 4014),
        ("nothing", 4002),
        ({"token": "{bot}", "intents": True}, 4013),
        ({"token": "{bot}", "intents": "1"}, 4013),
        ({"token": "{bot}", "intents": 1 << 70}, 4013),
        ({"token": "{bot}", "intents": 1, "shard": [1, 1]}, 4010),
        ({"token": "{bot}", "intents": 1, "shard": [False, True]}, 4010),
        ({"token": "{bot}", "intents": 1, "presence": {"status": 1}}, 4002),
        ({"token": "{bot}", "intents": 1, "presence": {"activities": [1]}}, 4002),
    ],
)
async def test_logins_that_are_refused(dial: Dial, sandbox: Sandbox, identify: Any, code: int) -> None:
    if isinstance(identify, dict):
        identify = identify | {"token": identify["token"].format(bot=sandbox.bot.token)}
    wire = await dial()
    await wire.send(2, identify)
    assert await wire.close_code() == code


async def test_the_content_intent_must_be_switched_on(dial: Dial, sandbox: Sandbox) -> None:
    sandbox.set_message_content(enabled=False)
    wire = await dial()
    await wire.send(2, {"token": sandbox.bot.token, "intents": INTENTS | CONTENT})
    assert await wire.close_code() == 4014


async def test_frames_that_are_refused(dial: Dial, sandbox: Sandbox) -> None:
    wire = await dial()
    await wire.send(3, {"status": "online"})
    assert await wire.close_code() == 4003

    wire = await bot_login(dial, sandbox)
    await wire.send(2, {"token": sandbox.bot.token, "intents": INTENTS})
    assert await wire.close_code() == 4005

    wire = await dial()
    await wire.send(99)
    assert await wire.close_code() == 4001

    wire = await dial()
    await wire.socket.send_str("{")
    assert await wire.close_code() == 4002

    wire = await dial()
    await wire.send(1, "x" * 5000)
    assert await wire.close_code() == 4002


@pytest.mark.parametrize(
    "frame",
    [
        "[" * 4000,
        '{"op": NaN}',
        "[]",
        '{"op": true, "d": null}',
        '{"op": 3.0, "d": {}}',
        '{"op": 3, "d": {"status": {}}}',
        '{"op": 8, "d": {"guild_id": "1", "limit": []}}',
        '{"op": 8, "d": {"guild_id": "1", "limit": -1}}',
        '{"op": 8, "d": {"guild_id": "x", "query": ""}}',
        '{"op": 8, "d": {"guild_id": "1", "user_ids": [{}]}}',
    ],
)
async def test_payloads_of_no_such_shape(dial: Dial, sandbox: Sandbox, frame: str) -> None:
    wire = await bot_login(dial, sandbox)
    await wire.socket.send_bytes(frame.encode())
    assert await wire.close_code() == 4002


@pytest.mark.parametrize(("sequence", "code"), [(True, None), ("1", None), (-1, None), (1 << 70, 4007)])
async def test_sequences_of_no_such_session(dial: Dial, sandbox: Sandbox, sequence: Any, code: int | None) -> None:
    again = await resume(dial, await bot_login(dial, sandbox), sandbox.bot.token, after=sequence)
    if code is None:
        assert (await again.receive())["op"] == 9
    else:
        assert await again.close_code() == code


async def test_an_api_version_that_is_gone(sandbox: Sandbox) -> None:
    async with aiohttp.ClientSession() as http, http.ws_connect(f"{sandbox.url}/gateway?v=6") as socket:
        assert await Wire(socket).close_code() == 4012


async def test_ready_and_the_server(dial: Dial, sandbox: Sandbox) -> None:
    wire = await dial()
    await wire.send(2, {"token": sandbox.bot.token, "intents": INTENTS})
    ready = await wire.event("READY")
    assert ready["user"]["id"] == str(sandbox.bot.id)
    assert ready["guilds"] == [{"id": str(sandbox.world.guild.id), "unavailable": True}]
    assert ready["resume_gateway_url"].startswith("ws://127.0.0.1:")
    guild = await wire.event("GUILD_CREATE")
    assert [each["user"]["username"] for each in guild["members"]] == ["Easel"]
    assert {"art", "general", "no-files", "announcements", "staff"} <= {each["name"] for each in guild["channels"]}


async def test_people_see_each_other_and_only_their_channels(dial: Dial, sandbox: Sandbox) -> None:
    wire = await (await dial()).login(sandbox.person("Mia").token)
    guild = await wire.event("GUILD_CREATE")
    assert len(guild["members"]) == len(guild["presences"]) == 5
    assert "staff" not in {each["name"] for each in guild["channels"]}
    presence = next(each for each in guild["presences"] if each["user"]["id"] == str(sandbox.bot.id))
    assert presence["status"] == "offline"

    async def bots_presence() -> Any:
        while (update := await wire.event("PRESENCE_UPDATE"))["user"]["id"] != str(sandbox.bot.id):
            pass
        return update

    bot = await bot_login(dial, sandbox)
    assert (await bots_presence())["status"] == "online"
    await bot.send(3, {"status": "idle", "activities": [{"name": "colours", "type": 3}], "since": 0, "afk": False})
    update = await bots_presence()
    assert (update["status"], update["activities"][0]["name"]) == ("idle", "colours")
    await bot.socket.close()
    assert (await bots_presence())["status"] == "offline"


async def test_events_of_a_messages_life(dial: Dial, sandbox: Sandbox, people: Cast) -> None:
    wire, mia = await bot_login(dial, sandbox), people("Mia")
    await mia.call("POST", f"/channels/{sandbox.channel('art').id}/typing")
    assert (await wire.event("TYPING_START"))["member"]["user"]["username"] == "mia"

    sent = await mia.say("art", "one", nonce="5")
    created = await wire.event("MESSAGE_CREATE")
    assert (created["content"], created["guild_id"]) == ("one", str(sandbox.world.guild.id))
    assert created["member"]["roles"]
    assert "nonce" not in created

    path = f"{mia.messages_of('art')}/{sent['id']}"
    await mia.call("PATCH", path, {"content": "two"})
    assert (await wire.event("MESSAGE_UPDATE"))["content"] == "two"
    await mia.call("PUT", f"{path}/reactions/%F0%9F%91%8D/@me")
    reaction = await wire.event("MESSAGE_REACTION_ADD")
    assert (reaction["emoji"]["name"], reaction["message_id"]) == ("👍", sent["id"])
    await mia.call("DELETE", f"{path}/reactions/%F0%9F%91%8D/@me")
    assert (await wire.event("MESSAGE_REACTION_REMOVE"))["user_id"] == sent["author"]["id"]
    await mia.call("DELETE", path)
    assert (await wire.event("MESSAGE_DELETE"))["id"] == sent["id"]


async def test_content_is_withheld_without_the_intent(dial: Dial, sandbox: Sandbox, people: Cast) -> None:
    wire, mia = await bot_login(dial, sandbox, INTENTS), people("Mia")
    sent = await mia.say("art", "secret", files=[("a.txt", b"a")])
    created = await wire.event("MESSAGE_CREATE")
    assert (created["content"], created["attachments"], created["id"]) == ("", [], sent["id"])

    await mia.say("art", f"<@{sandbox.bot.id}> hello")
    assert (await wire.event("MESSAGE_CREATE"))["content"].endswith("hello")

    own = await people("bot").say("art", "mine", message_reference={"message_id": sent["id"]})
    created = await wire.event("MESSAGE_CREATE")
    assert (created["content"], created["id"]) == ("mine", own["id"])

    _, channel = await mia.call("POST", "/users/@me/channels", {"recipient_id": str(sandbox.bot.id)})
    await mia.call("POST", f"/channels/{channel['id']}/messages", {"content": "in private"})
    created = await wire.event("MESSAGE_CREATE")
    assert created["content"] == "in private"
    assert "guild_id" not in created


async def test_nobody_hears_of_places_that_they_do_not_see(dial: Dial, sandbox: Sandbox, people: Cast) -> None:
    wire = await bot_login(dial, sandbox)
    await people("moderator").say("staff", "hidden")
    await people("Mia").say("art", "shown")
    assert (await wire.event("MESSAGE_CREATE"))["content"] == "shown"


async def test_resuming_replays_what_was_missed(dial: Dial, sandbox: Sandbox, people: Cast) -> None:
    wire, mia = await bot_login(dial, sandbox), people("Mia")
    await wire.event("GUILD_CREATE")
    assert sandbox.drop_gateway() == 1
    assert await wire.close_code() == 4000
    await mia.say("art", "missed 1")
    await mia.say("art", "missed 2")

    again = await resume(dial, wire, sandbox.bot.token)
    frames = [await again.receive() for _ in range(3)]
    assert [frame["t"] for frame in frames] == ["MESSAGE_CREATE", "MESSAGE_CREATE", "RESUMED"]
    assert [frame["s"] for frame in frames] == [wire.sequence + 1, wire.sequence + 2, wire.sequence + 3]
    await mia.say("art", "live")
    assert (await again.event("MESSAGE_CREATE"))["content"] == "live"


async def test_a_new_connection_takes_over(dial: Dial, sandbox: Sandbox, people: Cast) -> None:
    wire = await bot_login(dial, sandbox)
    await wire.event("GUILD_CREATE")
    again = await resume(dial, wire, sandbox.bot.token)
    await again.event("RESUMED")
    assert await wire.close_code() == 4000
    await people("Mia").say("art", "x")
    assert (await again.event("MESSAGE_CREATE"))["content"] == "x"


async def test_sessions_that_cannot_be_resumed(observe: Observer, clock: Clock) -> None:
    async with Sandbox(observe=observe, clock=clock) as sandbox, aiohttp.ClientSession() as http:

        async def dial() -> Wire:
            wire = Wire(await http.ws_connect(f"{sandbox.url}/gateway?v=10"))
            await wire.receive()
            return wire

        async def answer(wire: Wire, token: str) -> Any:
            again = await resume(dial, wire, token)
            frame = await again.receive()
            return frame["op"], frame["d"]

        wire = await bot_login(dial, sandbox)
        ahead = await resume(dial, wire, sandbox.bot.token, after=99)
        assert await ahead.close_code() == 4007
        assert await answer(wire, sandbox.person("Mia").token) == (9, False)
        wrong = await resume(dial, wire, "wrong")
        assert await wrong.close_code() == 4004

        sandbox.drop_gateway()
        await wire.close_code()
        clock.now += 301
        assert await answer(wire, sandbox.bot.token) == (9, False)

        wire = await bot_login(dial, sandbox)
        sandbox.drop_gateway(forget=True)
        await wire.close_code()
        assert await answer(wire, sandbox.bot.token) == (9, False)

        wire = await bot_login(dial, sandbox)
        await wire.socket.close(code=1000)
        await sandbox.until(lambda: not sandbox.sessions.online(sandbox.bot))
        assert await answer(wire, sandbox.bot.token) == (9, False)


async def test_too_much_missed_is_lost(dial: Dial, sandbox: Sandbox) -> None:
    wire = await bot_login(dial, sandbox)
    await wire.event("GUILD_CREATE")
    sandbox.drop_gateway()
    await wire.close_code()
    for _ in range(1001):
        sandbox.events.typing(sandbox.channel("art"), sandbox.person("Mia"))
    again = await resume(dial, wire, sandbox.bot.token)
    assert (await again.receive())["op"] == 9


async def test_orders_from_the_server(dial: Dial, sandbox: Sandbox) -> None:
    wire = await bot_login(dial, sandbox)
    await wire.event("GUILD_CREATE")
    sandbox.gateway.order_reconnect(sandbox.bot.id)
    assert (await wire.receive())["op"] == 7
    sandbox.gateway.invalidate(sandbox.bot.id)
    frame = await wire.receive()
    assert (frame["op"], frame["d"]) == (9, False)


async def test_heartbeats_are_answered_and_missed(observe: Observer) -> None:
    async with (
        Sandbox(observe=observe, heartbeat_seconds=0.1) as sandbox,
        aiohttp.ClientSession() as http,
        http.ws_connect(f"{sandbox.url}/gateway?v=10") as socket,
    ):
        wire = Wire(socket)
        assert (await wire.receive())["d"]["heartbeat_interval"] == 100
        await wire.send(1, None)
        assert (await wire.receive())["op"] == 11
        assert await wire.close_code() == 4009


async def test_too_many_frames(dial: Dial) -> None:
    wire = await dial()
    for _ in range(121):
        await wire.send(1)
    assert await wire.close_code() == 4008


async def test_members_on_request(dial: Dial, sandbox: Sandbox) -> None:
    wire = await bot_login(dial, sandbox)
    guild = str(sandbox.world.guild.id)
    await wire.send(8, {"guild_id": guild, "query": "mi", "limit": 5, "nonce": "n"})
    chunk = await wire.event("GUILD_MEMBERS_CHUNK")
    assert ([each["user"]["username"] for each in chunk["members"]], chunk["nonce"]) == (["mia"], "n")
    await wire.send(8, {"guild_id": guild, "user_ids": [str(sandbox.person("Noor").id), "1"]})
    chunk = await wire.event("GUILD_MEMBERS_CHUNK")
    assert (len(chunk["members"]), chunk["not_found"]) == (1, ["1"])
    await wire.send(8, {"guild_id": guild, "query": "", "limit": 0})
    assert (await wire.event("GUILD_MEMBERS_CHUNK"))["members"] == []


async def test_everything_closes_at_once_in_the_end(observe: Observer) -> None:
    async with aiohttp.ClientSession() as http:
        async with Sandbox(observe=observe) as sandbox:
            wires = [Wire(await http.ws_connect(f"{sandbox.url}/gateway?v=10")) for _ in range(3)]
            async with asyncio.timeout(60), asyncio.TaskGroup() as group:
                codes = [group.create_task(wire.close_code()) for wire in wires]
                await sandbox.gateway.close()
        assert [code.result() for code in codes] == [1001, 1001, 1001]


async def test_each_shard_hears_of_its_own(dial: Dial, sandbox: Sandbox, people: Cast) -> None:
    """The server of the sandbox is of shard 6 of 7; what is private is of shard 0."""
    wires = [await dial() for _ in range(2)]
    for wire, number in zip(wires, (0, 6), strict=True):
        await wire.send(2, {"token": sandbox.bot.token, "intents": INTENTS | CONTENT, "shard": [number, 7]})
    private, public = wires
    assert (await private.event("READY"))["guilds"] == []
    ready = await public.event("READY")
    assert (ready["shard"], len(ready["guilds"])) == ([6, 7], 1)
    assert (await public.event("GUILD_CREATE"))["id"] == str(sandbox.world.guild.id)
    await people("member").say("art", "in public")
    await people("member").say(await people("member").direct(), "in private")
    assert (await private.event("MESSAGE_CREATE"))["content"] == "in private"
    assert (await public.event("MESSAGE_CREATE"))["content"] == "in public"
    assert sandbox.drop_gateway(shard=6) == 1
    assert await public.close_code() == 4000


async def test_how_many_shards_a_bot_is_to_have(observe: Observer) -> None:
    async with Sandbox(shards=3, observe=observe) as sandbox, aiohttp.ClientSession() as http:
        authorization = {"Authorization": f"Bot {sandbox.bot.token}"}
        async with http.get(f"{sandbox.api_base}/gateway/bot", headers=authorization) as response:
            assert (await response.json())["shards"] == 3
