"""Coming up, failing to come up, and stopping."""

import asyncio
import contextlib
import os
import signal
import sqlite3
from typing import Any, Self

import pytest

from bot.app import run
from bot.errors import SetupError
from bot.posts import Posts
from config.settings.models import ModelsSettings
from generation.dispatch.dispatcher import Dispatcher
from generation.dispatch.record import Record
from generation.errors import CheckpointError
from generation.executor.local import LocalExecutor
from generation.worker.images import read_request
from sandbox import Sandbox
from tests.bot.conftest import MakeSettings, MakeStage, ScriptedExecutor, Stage, picture, started
from tests.sandbox_fixtures import Cast


async def test_sigterm_tells_everybody_that_it_goes_on(stage: Stage) -> None:
    painted = await stage.reply(await stage.say(".imagine one --seed 1"))
    request = await stage.executor.next("one")
    stage.executor.advance(request, 50, picture(kind="JPEG"))
    waiting = await stage.reply(await stage.say(".imagine two --seed 2"))
    await stage.shows(painted, "50%")
    async with asyncio.timeout(60):
        await stage.stop()
    why = "Easel is being restarted; this picture goes on by itself."
    assert painted.content == f"**one**\n{why}\n-# seed 1 · 128×128 · 100 steps"
    assert waiting.content == f"**two**\n{why}\n-# seed 2 · 128×128 · 100 steps"
    assert not stage.executor.entered
    assert stage.sandbox.drop_gateway() == 0


async def test_a_picture_that_is_finished_is_shown_before_the_end(stage: Stage) -> None:
    post = await stage.reply(await stage.say(".imagine one"))
    stage.executor.finish(await stage.executor.next("one"))
    await stage.finished.get()
    await stage.stop()
    assert "Again:" in post.content
    assert post.attachments


async def test_while_it_stops_nothing_is_accepted_and_a_second_signal_does_not_wait(make_stage: MakeStage) -> None:
    stage = await make_stage(executor__grace_seconds=3600.0)
    post = await stage.reply(await stage.say(".imagine one"))
    os.kill(os.getpid(), signal.SIGINT)
    await asyncio.sleep(0)
    answer = await stage.ask(".imagine two")
    assert answer == "Easel is being stopped and takes no more requests. Ask again in a few minutes."
    assert (await stage.ask(".queue")).startswith("**Being painted**")
    assert not stage.bot.done()
    os.kill(os.getpid(), signal.SIGINT)
    async with asyncio.timeout(60):
        await stage.bot
    assert "restarted" not in post.content


async def test_the_first_signal_lets_what_is_painted_be_finished(make_stage: MakeStage) -> None:
    stage = await make_stage(executor__grace_seconds=3600.0)
    painted = await stage.reply(await stage.say(".imagine one"))
    request = await stage.executor.next("one")
    waiting = await stage.reply(await stage.say(".imagine two"))
    stopping = asyncio.create_task(stage.stop())
    await stage.shows(waiting, "Easel is being restarted; this picture goes on by itself.")
    stage.executor.advance(request, 50, picture(kind="JPEG"))
    await stage.shows(painted, "50%")
    stage.executor.finish(request)
    async with asyncio.timeout(60):
        await stopping
    assert "Again:" in painted.content
    assert "goes on by itself" in waiting.content
    assert not stage.executor.requests


async def test_what_is_taken_in_just_before_the_signal_says_that_it_goes_on(
    make_stage: MakeStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = await make_stage(executor__grace_seconds=3600.0)
    await stage.reply(await stage.say(".imagine one"))
    request = await stage.executor.next("one")
    submit, drain, drained = Dispatcher.submit_all, Posts.drain, asyncio.Event()

    async def late(*arguments: Any) -> list[Record]:
        records = await submit(*arguments)
        os.kill(os.getpid(), signal.SIGTERM)
        await drained.wait()
        return records

    def noted(self: Posts, *, for_long: bool) -> None:
        drain(self, for_long=for_long)
        drained.set()

    monkeypatch.setattr(Dispatcher, "submit_all", late)
    monkeypatch.setattr(Posts, "drain", noted)
    post = await stage.reply(await stage.say(".imagine two"))
    await stage.shows(post, "Easel is being restarted; this picture goes on by itself.")
    stage.executor.finish(request)
    async with asyncio.timeout(60):
        await stage.bot


async def test_what_waits_can_be_cancelled_while_it_stops(make_stage: MakeStage) -> None:
    stage = await make_stage(executor__grace_seconds=3600.0, queue__per_member=2)
    await stage.reply(await stage.say(".imagine one"))
    request = await stage.executor.next("one")
    waiting = await stage.reply(await stage.say(".imagine two"))
    stopping = asyncio.create_task(stage.stop())
    await stage.shows(waiting, "goes on by itself")
    assert await stage.ask(".cancel 1") == "Cancelled: two"
    stage.executor.finish(request)
    async with asyncio.timeout(60):
        await stopping
    with contextlib.closing(sqlite3.connect(stage.settings.data_dir / "easel.db")) as connection:
        assert connection.execute("SELECT state FROM requests").fetchall() == [("done",), ("cancelled",)]


async def test_a_wrong_token(sandbox: Sandbox, make_settings: MakeSettings) -> None:
    settings = make_settings(sandbox, discord__token="wrong")
    with pytest.raises(SetupError, match=r"^Discord refuses the token: copy the bot's from https://.*\.$"):
        await run(settings, ScriptedExecutor())


async def test_no_token(sandbox: Sandbox, make_settings: MakeSettings) -> None:
    settings = make_settings(sandbox, discord__token="null")
    with pytest.raises(SetupError, match=r"^There is no bot token: put .* into EASEL_DISCORD__TOKEN, or .*\.$"):
        await run(settings, ScriptedExecutor())


async def test_without_the_intent_mentions_are_answered(
    sandbox: Sandbox, make_stage: MakeStage, capsys: pytest.CaptureFixture[str]
) -> None:
    sandbox.set_message_content(enabled=False)
    stage = await make_stage()
    assert capsys.readouterr().out.count("switch on Message Content Intent at https://") == 1
    before = len(sandbox.messages("art"))
    await stage.say(".imagine a dog")
    await stage.reply(await stage.say(f"<@{sandbox.bot.id}> imagine a cat"))
    assert (await stage.executor.next("a cat")).prompt == "a cat"
    assert len(stage.executor.requests) == 1
    assert len(sandbox.messages("art")) == before + 3


async def test_a_picture_that_could_not_be_saved_is_not_said_to_be(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    post = await stage.reply(await stage.say(".imagine a cat"))
    pictures = stage.settings.data_dir / "pictures"
    pictures.touch()
    stage.executor.finish(await stage.executor.next("a cat"))
    await stage.shows(post, "Again:")
    log = capsys.readouterr().out
    assert "cannot save pictures" in log
    assert "finished " not in log


class DamagedExecutor(ScriptedExecutor):
    async def __aenter__(self) -> "DamagedExecutor":
        raise CheckpointError("The weights are damaged.")


async def test_the_executor_does_not_start(sandbox: Sandbox, make_settings: MakeSettings) -> None:
    with pytest.raises(CheckpointError, match="damaged"):
        await run(make_settings(sandbox), DamagedExecutor())


class SlowExecutor(ScriptedExecutor):
    """Loads its models until it is told that it has."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded = asyncio.Event()

    async def __aenter__(self) -> Self:
        await self.loaded.wait()
        return await super().__aenter__()


async def test_what_is_asked_while_models_load_waits_in_line(
    sandbox: Sandbox, people: Cast, make_settings: MakeSettings
) -> None:
    executor = SlowExecutor()
    bot = asyncio.create_task(run(make_settings(sandbox), executor))
    stage = Stage(sandbox, executor, make_settings(sandbox), people, bot, asyncio.Queue())
    await sandbox.until(lambda: sandbox.sessions.online(sandbox.bot))
    post = await stage.reply(await stage.say(".imagine a cat"))
    assert "Next in line" in post.content
    executor.loaded.set()
    executor.finish(await executor.next("a cat"))
    await stage.shows(post, "Again:")
    await stage.stop()


async def test_a_fault_of_ours_is_logged_and_not_shown(
    make_stage: MakeStage, capsys: pytest.CaptureFixture[str]
) -> None:
    stage = await make_stage(multiple=0)  # no device has that; sizes are divided by it
    answer = await stage.ask(".imagine a cat")
    assert answer == "Something went wrong on Easel's side. It has been noted; asking again may help."
    log = capsys.readouterr().out
    assert log.count("a command failed") == 1
    assert "ZeroDivisionError" in log
    assert stage.sandbox.bot.token not in log


async def test_real_workers_paint(
    sandbox: Sandbox, people: Cast, make_settings: MakeSettings, tiny_models: ModelsSettings
) -> None:
    settings = make_settings(sandbox, models__vqgan=tiny_models.vqgan, models__clip=tiny_models.clip)
    executor = LocalExecutor(settings.models, ["cpu"], settings.painting.preview_seconds)
    running: list[asyncio.Task[None]] = []
    bot = await started(running, settings, executor, asyncio.Queue())
    stage = Stage(sandbox, ScriptedExecutor(), settings, people, bot, asyncio.Queue())

    post = await stage.reply(await stage.say(".imagine a red apple --seed 7 --steps 5 --size 64x80"))
    long = await stage.reply(await stage.say(f".imagine {'a red apple and ' * 30} --steps 2 --size 64x64 --long cut"))
    await stage.shows(post, "Again:")
    (final,) = post.attachments
    request = read_request(final.data)
    assert (request.prompt, request.seed, request.shape, request.steps) == ("a red apple", 7, (64, 80), 5)
    await stage.shows(long, "Again:", "left out: “")
    endless = await stage.reply(await stage.say(".imagine the sea --steps 500"))
    await sandbox.until(lambda: endless.attachments)
    await stage.say(".cancel")
    await stage.shows(endless, "Cancelled.")
    (worker,) = executor.pids
    await stage.stop()
    with pytest.raises(ProcessLookupError):
        os.kill(worker, 0)
