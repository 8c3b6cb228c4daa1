"""What the operator sees and does, in a bot that works."""

import re
import sqlite3
import time

import pytest

from bot.admin.state import State
from generation.events import Heartbeat
from tests.bot.admin.conftest import Operator
from tests.bot.conftest import picture
from tests.bot.rules.test_commands import slash

EVIL = "<img src=x onerror=alert(1)> \u202egnp"


async def test_the_queue_and_the_devices(operator: Operator) -> None:
    stage = operator.stage
    for number, who in enumerate(("Mia", "Noor", "Mia")):
        await stage.reply(await stage.say(f".imagine cat {number} --size 64x128", who))
    first = await stage.executor.next("cat 0")
    number = stage.executor.device_of(first)
    stage.executor.start(first)
    stage.executor.say(Heartbeat((64, 128), batch=1, steps=10, seconds=9.0, taken=2.0), number)
    stage.executor.advance(first, 40)
    while (state := State.model_validate(await operator.get("state"))).requests[0].step != 40:
        pass
    assert (state.running, state.waiting, state.total, state.servers) == (2, 1, 100, 1)
    assert (state.is_paused, state.is_stopping, state.bot) == (False, False, stage.sandbox.bot.name)
    assert [(each.status, each.prompt, each.member.name) for each in state.requests] == [
        ("running", "cat 0", "Mia"),
        ("running", "cat 1", "Noor"),
        ("waiting", "cat 2", "Mia"),
    ]
    running, _, waiting = state.requests
    assert (running.place, running.steps, running.width, running.height) == (0, 100, 64, 128)
    assert running.device == number
    assert running.finishes is not None
    assert 0 < running.finishes - time.time() < 60
    assert (waiting.place, waiting.device) == (1, None)
    assert waiting.starts is not None
    assert running.server is not None
    assert running.server.name == stage.sandbox.world.guild.name
    assert running.link.startswith(f"https://discord.com/channels/{running.server.id}/")
    device = next(each for each in state.devices if each.number == number)
    assert (device.name, device.state, device.pictures, device.slots) == (f"cuda:{number}", "up", 1, 1)
    assert device.steps_per_second == pytest.approx(5.0)
    assert (device.batches, device.models) == ({"64×128": 1}, ("pocket", "pocket"))
    stage.executor.change(number, "parked")
    while State.model_validate(await operator.get("state")).devices[number].state != "parked":
        pass


async def test_what_people_write_is_cleaned(operator: Operator) -> None:
    await operator.stage.reply(await operator.stage.say(f".imagine {EVIL}"))
    (request,) = (await operator.get("state"))["requests"]
    assert request["prompt"] == EVIL.replace("\u202e", "")
    assert isinstance(request["member"]["id"], str)


async def test_failures_say_why(operator: Operator) -> None:
    stage = operator.stage
    post = await stage.reply(await stage.say(".imagine a cat"))
    request = await stage.executor.next("a cat")
    stage.executor.fail(request, "It is too hard.")
    await stage.shows(post, "It is too hard.")
    (failure,) = (await operator.get("failures"))["failures"]
    assert (failure["id"], failure["prompt"], failure["sentence"]) == (request.id, "a cat", "It is too hard.")
    assert failure["link"].endswith(f"/{post.id}")


async def painted(operator: Operator, prompt: str, who: str = "member") -> str:
    stage = operator.stage
    post = await stage.reply(await stage.say(f".imagine {prompt}", who))
    request = await stage.executor.next(prompt)
    stage.executor.finish(request, picture("blue"))
    await stage.shows(post, "Again:")
    return request.id


async def test_the_gallery(operator: Operator) -> None:
    apple = await painted(operator, "a red Äpfel tree", "Mia")
    boat = await painted(operator, "a boat", "Noor")

    async def found(**query: object) -> list[str]:
        pictures = await operator.get("pictures", **{key: str(value) for key, value in query.items()})
        return [each["id"] for each in pictures["pictures"]]

    guild = operator.stage.sandbox.world.guild
    noor = operator.stage.people("Noor").user.id
    assert await found() == [boat, apple]
    assert await found(words="TREE äpfel") == [apple]
    assert await found(words="prompt") == []
    assert await found(words="%") == []
    assert await found(member="noo") == [boat]
    assert await found(member=noor) == [boat]
    assert await found(server=guild.name[:4].upper()) == [boat, apple]
    assert await found(server=guild.id) == [boat, apple]
    assert await found(server="another") == []
    assert await found(since=time.time() + 60) == []
    assert await found(until=time.time() + 60, since=time.time() - 600) == [boat, apple]
    async with operator.http.get(f"{operator.url}/api/pictures/{apple}") as answer:
        assert (answer.content_type, await answer.read()) == ("image/png", picture("blue"))
    for unknown in ("r0", "..%2f..%2feasel.db", "%00", "a" * 500):
        async with operator.http.get(f"{operator.url}/api/pictures/{unknown}") as answer:
            assert answer.status == 404


@pytest.mark.parametrize(
    "query",
    [
        {"since": "yesterday"},
        {"before": "-1"},
        {"words": "x" * 300},
        {"before": "9" * 30},
        {"since": "nan"},
        {"x": "1"},
    ],
)
async def test_a_search_that_is_none(operator: Operator, query: dict[str, str]) -> None:
    async with operator.http.get(f"{operator.url}/api/pictures", params=query) as answer:
        assert answer.status == 400


async def test_a_search_goes_on(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = [await painted(operator, f"cat {number}", ("Mia", "Noor")[number % 2]) for number in range(3)]
    monkeypatch.setattr("bot.admin.view.PAGE", 2)
    first = await operator.get("pictures")
    assert [each["id"] for each in first["pictures"]] == [ids[2], ids[1]]
    second = await operator.get("pictures", before=str(first["before"]))
    assert ([each["id"] for each in second["pictures"]], second["before"]) == ([ids[0]], None)


async def test_a_server_is_paused_and_resumed(operator: Operator) -> None:
    stage = operator.stage
    guild = str(stage.sandbox.world.guild.id)
    assert await operator.does("pause", server=guild) == "paused the painting"
    assert await operator.post("pause", server=guild) == (409, "Painting is paused there already.")
    assert "Painting is paused in this server." in await stage.ask(".imagine a cat")
    assert (await operator.get("servers"))["servers"][0]["is_paused"]
    assert "The operator paused the painting" in await stage.ask(".log", "moderator")
    assert await operator.does("resume", server=guild) == "resumed the painting"
    assert await operator.post("resume", server=guild) == (409, "Painting is not paused there.")
    assert "Next in line" in await stage.ask(".imagine a cat")
    assert await operator.post("pause", server="77") == (409, "The bot is in no such server.")


async def test_everything_is_paused_and_resumed(operator: Operator) -> None:
    stage = operator.stage
    waiting = await stage.reply(await stage.say(".imagine a dog"))
    await operator.does("pause", server=0)
    assert (await operator.get("state"))["is_paused"]
    assert "has paused the painting everywhere" in await stage.ask(".imagine a cat")
    assert "has paused the painting everywhere" in await slash(stage, "member", "imagine", {"prompt": "a cat"})
    assert "not paused here" in await stage.ask(".resume", "moderator")
    stage.executor.finish(await stage.executor.next("a dog"))
    await stage.shows(waiting, "Again:")
    await operator.does("resume", server=0)
    assert "Next in line" in await stage.ask(".imagine a cat")


async def test_a_request_is_cancelled_and_its_member_told(operator: Operator) -> None:
    stage = operator.stage
    channel = next(each for each in stage.sandbox.world.guild.channels.values() if each.name == "general")
    await stage.ask(f".log <#{channel.id}>", "moderator")
    post = await stage.reply(await stage.say(".imagine a cat"))
    request = await stage.executor.next("a cat")
    done = await operator.does("cancel", request=request.id)
    assert done == f"took back the picture `{request.id}` of <@{stage.people('member').user.id}>"
    await stage.shows(post, "Cancelled by whoever runs Easel.")
    await stage.executor.until(lambda: stage.executor.aborted)
    assert await operator.post("cancel", request=request.id) == (409, "That request has ended, or is not known.")
    line = f"The operator {done}"
    await stage.sandbox.until(lambda: any(line in each.content for each in stage.sandbox.messages("general")))
    assert (await operator.get("history"))["deeds"][0]["what"] == done


async def test_a_member_is_blocked_and_unblocked(operator: Operator) -> None:
    stage = operator.stage
    mia, guild = str(stage.people("Mia").user.id), str(stage.sandbox.world.guild.id)
    await stage.reply(await stage.say(".imagine a dog", "Mia"))
    done = await operator.does("block", member=mia, server=guild, seconds=3600, reason="  spam, <@everyone>\n ")
    assert re.fullmatch(rf"blocked <@{mia}> until <t:\d+:f>: spam, .*", done)
    assert "A moderator has blocked you" in await stage.ask(".imagine a cat", "Mia")
    assert "by The operator: spam" in await stage.ask(".blocks", "moderator")
    await operator.does("block", member=mia, server=0, reason="")
    assert "Whoever runs Easel has blocked you from asking for pictures." in await stage.ask(".imagine a cat", "Mia")
    blocked = (await operator.get("blocked"))["blocked"]
    assert [(each["member"]["name"], each["server"] is None, each["by_operator"]) for each in blocked] == [
        ("Mia", True, True),
        ("Mia", False, True),
    ]
    assert "is not blocked" not in await stage.ask(f".unblock <@{mia}>", "moderator")
    assert "Whoever runs Easel has blocked you" in await stage.ask(".imagine a cat", "Mia")
    await operator.does("unblock", member=mia, server=0)
    assert await operator.post("unblock", member=mia, server=0) == (409, "They are not blocked there.")
    assert "in line" in await stage.ask(".imagine a cat", "Mia")
    assert [deed["what"].split()[0] for deed in (await operator.get("history"))["deeds"]] == [
        "unblocked",
        "blocked",
        "blocked",
    ]


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("block", {"member": "1", "server": "0", "seconds": 0}, 409),
        ("block", {"member": "1", "server": "0", "seconds": 1e12}, 409),
        ("block", {"member": "0", "server": "0"}, 400),
        ("block", {"member": "x", "server": "0"}, 400),
        ("block", {"member": "1", "server": "0", "reason": "x" * 2000}, 400),
        ("block", {"member": str(2**63), "server": "0"}, 400),
        ("block", {"member": "1"}, 400),
        ("pause", {}, 400),
        ("pause", {"server": None}, 400),
        ("drain", {"now": True}, 400),
        ("cancel", {"request": ["x"]}, 400),
    ],
)
async def test_actions_that_are_none(operator: Operator, path: str, body: dict[str, object], status: int) -> None:
    assert (await operator.post(path, **body))[0] == status
    assert (await operator.get("history"))["deeds"] == []


async def test_the_bot_is_stopped(operator: Operator) -> None:
    stage = operator.stage
    post = await stage.reply(await stage.say(".imagine a cat"))
    assert await operator.does("drain") == "stopped the bot"
    await stage.bot
    assert "goes on by itself" in post.content
    with sqlite3.connect(stage.settings.data_dir / "easel.db") as database:
        assert database.execute("SELECT what FROM audit WHERE guild = 0").fetchall() == [("stopped the bot",)]


async def test_what_the_operator_did_outlasts_a_restart(operator: Operator) -> None:
    await operator.does("pause", server=0)
    await operator.stage.stop()
    with sqlite3.connect(operator.stage.settings.data_dir / "easel.db") as database:
        assert database.execute("SELECT guild, key, value FROM rules").fetchall() == [(0, "paused", "true")]
