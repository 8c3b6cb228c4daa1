"""Logging in and staying connected, when Discord is in trouble and when it wants no more of us."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from aiohttp import web

from bot.app import run
from bot.discord_api import reason
from bot.errors import SetupError
from sandbox import Fault, Sandbox
from tests.bot.conftest import PATIENCE, MakeSettings, ScriptedExecutor, Stage


async def test_nobody_answers(sandbox: Sandbox, make_settings: MakeSettings, unused_tcp_port: int) -> None:
    base = f"http://127.0.0.1:{unused_tcp_port}/api/v10"
    settings = make_settings(sandbox, discord__api_base=base)
    with pytest.raises(SetupError, match=f"^Nothing answers at {base}: start that server or check discord.api_base"):
        await run(settings, ScriptedExecutor(), patience=PATIENCE)


@pytest.fixture
async def website() -> AsyncIterator[str]:
    """Serve something that is not Discord."""
    answers = {"page": "<h1>Hello</h1>", "other": '{"hello": "world"}', "list": "[1]", "number": '{"url": 5}'}
    answers |= {"text": '{"url": "hello"}', "http": '{"url": "http://127.0.0.1/"}', "broken": "{"}

    async def gateway(request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if name not in answers:
            raise web.HTTPNotFound
        return web.Response(text=answers[name], content_type="text/html" if name == "page" else "application/json")

    app = web.Application()
    app.add_routes([web.get("/{name}/gateway", gateway)])
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@pytest.mark.parametrize("path", ["page", "other", "list", "number", "text", "http", "broken", "nothing"])
async def test_something_else_answers(website: str, path: str, sandbox: Sandbox, make_settings: MakeSettings) -> None:
    settings = make_settings(sandbox, discord__api_base=f"{website}/{path}")
    with pytest.raises(SetupError, match=f"^No Discord API answers at {website}/{path}: check discord.api_base"):
        await run(settings, ScriptedExecutor(), patience=PATIENCE)


@pytest.mark.parametrize("path", ["/gateway", "/users/@me", "/oauth2/applications/@me"])
@pytest.mark.parametrize(
    "fault",
    [
        Fault("GET", "", 503),
        Fault("GET", "", 429, via=False),
        Fault("GET", "", 429, retry_after=None),
        Fault("GET", "", 200, times=2, way="reset"),  # aiohttp itself tries once more
    ],
    ids=["down", "banned", "limited", "reset"],
)
async def test_a_login_is_tried_again(
    sandbox: Sandbox, make_settings: MakeSettings, path: str, fault: Fault, capsys: pytest.CaptureFixture[str]
) -> None:
    sandbox.fail_next(replace(fault, path=path))
    ready = asyncio.Event()
    patience = replace(PATIENCE, unreachable=60.0)
    bot = asyncio.create_task(run(make_settings(sandbox), ScriptedExecutor(), on_ready=ready.set, patience=patience))
    async with asyncio.timeout(60):
        await ready.wait()
    bot.cancel()
    await asyncio.gather(bot, return_exceptions=True)
    log = capsys.readouterr()
    assert log.out.count("cannot log in yet; trying again") == 1
    assert "Traceback" not in log.out + log.err
    assert sandbox.bot.token not in log.out + log.err


async def test_a_login_that_is_refused_is_not(sandbox: Sandbox, make_settings: MakeSettings) -> None:
    sandbox.fail_next(Fault("GET", "/users/@me", 403, code=40002))
    with pytest.raises(SetupError, match="does not let the bot log in: 403"):
        await run(make_settings(sandbox), ScriptedExecutor(), patience=PATIENCE)


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        (4004, "Discord refuses the token"),
        (4010, "invalid shard"),
        (4011, "sharding required"),
        (4012, "invalid API version"),
        (4013, "invalid intents"),
    ],
)
async def test_a_connection_that_is_closed_for_good(
    stage: Stage, code: int, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    post = await stage.reply(await stage.say(".imagine a cat"))
    await stage.executor.next("a cat")
    await stage.shows(post, "0%")
    stage.sandbox.drop_gateway(code)
    with pytest.raises(SetupError, match=sentence) as raised:
        await stage.bot
    assert "\n" not in str(raised.value)
    log = capsys.readouterr()
    assert "Traceback" not in log.out + log.err
    assert stage.sandbox.bot.token not in log.out + log.err
    assert "this picture goes on by itself" in post.content


async def test_the_intent_is_switched_off_while_it_runs(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    stage.sandbox.set_message_content(enabled=False)
    stage.sandbox.drop_gateway(4014)
    bot = stage.sandbox.bot.id
    await stage.reply(await stage.say(f"<@{bot}> imagine a cat"))
    await stage.executor.next("a cat")
    stage.sandbox.drop_gateway(4014)
    with pytest.raises(SetupError, match="disallowed intents"):
        await stage.bot
    assert capsys.readouterr().out.count("Message Content Intent") == 1


@pytest.mark.parametrize(
    "frame",
    [
        '{"op": 0, "s": 5, "t": "MESSAGE_CREATE", "d": {"id": "x"}}',
        '{"op": 0, "s": 5, "t": "MESSAGE_UPDATE", "d": []}',
        '{"op": 0, "s": 5, "t": "GUILD_CREATE", "d": {}}',
        '{"op": 0, "s": 5, "t": "CHANNEL_UPDATE", "d": null}',
        '{"op": 0, "s": 5, "t": "READY", "d": {}}',
        '{"op": 10, "d": {}}',
        "[]",
        "[" * 100000,
        "{",
        "",
    ],
)
async def test_what_the_gateway_says_wrongly_is_survived(
    stage: Stage, frame: str, capsys: pytest.CaptureFixture[str]
) -> None:
    stage.sandbox.send_frame(frame)
    post = await stage.reply(await stage.say(".imagine a cat"))
    stage.executor.finish(await stage.executor.next("a cat"))
    await stage.shows(post, "Again:")
    log = capsys.readouterr()
    assert "Traceback" not in log.out + log.err


async def test_what_was_deleted_or_edited_while_a_session_was_lost_is_noticed(stage: Stage) -> None:
    member = stage.people("member")
    said = [await stage.say(f".imagine a {animal}") for animal in ("cat", "dog", "cow")]
    posts = [await stage.reply(each) for each in said]
    cat = await stage.executor.next("a cat")
    await stage.shows(posts[0], "0%")
    paths = [f"{member.messages_of('art')}/{each}" for each in said]
    stage.sandbox.fail_next(Fault("GET", "/channels/{channel_id}/messages/{message_id}", 429, times=3, via=False))
    stage.sandbox.drop_gateway(forget=True)
    await member.call("DELETE", paths[1])
    await member.call("PATCH", paths[2], {"content": ".imagine a fox"})
    await stage.shows(posts[2], "a fox")
    await stage.sandbox.until(lambda: posts[1] not in stage.sandbox.messages("art"))
    stage.executor.finish(cat)
    await stage.executor.next("a fox")


@pytest.mark.parametrize("end", [".", "?!", "...", ""])
def test_what_others_say_ends_without_a_mark(end: str) -> None:
    assert reason(OSError(f"who\nare you{end}")) == "OSError who are you"
    assert reason(OSError()) == "OSError"
