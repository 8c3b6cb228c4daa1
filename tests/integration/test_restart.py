"""Nothing that was acknowledged is lost or painted twice, whenever the bot is killed or stopped."""

import asyncio
import contextlib
import io
import signal
import sqlite3
from pathlib import Path

import pytest
from PIL import Image

from config.settings.models import ModelsSettings
from generation.worker.images import read_request
from sandbox import Fault, Sandbox
from sandbox.model import Message
from tests.easel.processes import settings_for
from tests.integration.conftest import PATIENCE, Bot, StartBot, is_finished
from tests.sandbox_fixtures import Cast

MESSAGES = "/channels/{channel_id}/messages"
MESSAGE = f"{MESSAGES}/{{message_id}}"
SMALL = "--size 64x64 --steps 5"
ENDLESS = "--size 256x256 --steps 500"


@pytest.fixture
def settings(tiny_models: ModelsSettings) -> list[str]:
    """Tiny models, and previews in quick succession."""
    return [*settings_for(tiny_models), "painting.preview_seconds=0.2"]


async def kill(bot: Bot) -> None:
    bot.process.send_signal(signal.SIGKILL)
    await bot.process.wait()


def states(bot: Bot) -> list[str]:
    """Return how the requests stand in the database, in the order of acceptance."""
    with contextlib.closing(sqlite3.connect(bot.data_dir / "easel.db")) as connection:
        return [state for (state,) in connection.execute("SELECT state FROM requests ORDER BY number")]


async def until_stands(bot: Bot, *wanted: str) -> None:
    """Look until the requests stand so in the database."""
    async with asyncio.timeout(PATIENCE):
        while states(bot) != [*wanted]:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


def posts(sandbox: Sandbox) -> list[Message]:
    return [message for message in sandbox.messages("art") if message.author is sandbox.bot]


def pixels(png: bytes) -> bytes:
    return Image.open(io.BytesIO(png)).tobytes()


async def say(people: Cast, text: str, who: str = "member") -> int:
    return int((await people(who).say("art", text))["id"])


async def assert_painted_once(bot: Bot, *asked: tuple[int, str]) -> None:
    """Wait until each message has its picture, in the only post about it."""
    for message_id, prompt in asked:
        _, png = await bot.finished(message_id)
        assert read_request(png).prompt == prompt
    assert sorted(post.reference or 0 for post in posts(bot.sandbox)) == sorted(message for message, _ in asked)
    await until_stands(bot, *["done"] * len(asked))


async def test_killed_while_one_is_painted_and_one_waits(
    start_bot: StartBot, sandbox: Sandbox, people: Cast, settings: list[str]
) -> None:
    bot = await start_bot(*settings)
    painted = await say(people, f".imagine a red apple {ENDLESS}")
    post = await bot.post_about(painted, lambda post: post.attachments)
    waiting = await say(people, f".imagine a blue boat {SMALL}", "Noor")
    await bot.post_about(waiting, lambda post: "Next in line" in post.content)
    await until_stands(bot, "running", "waiting")
    await kill(bot)
    before = [post.id for post in posts(sandbox)]

    bot = await start_bot(*settings)
    await bot.post_about(painted, lambda post: "%" in post.content)
    assert "Next in line" in (await bot.post_about(waiting, lambda _: True)).content
    await say(people, f".imagine a green hill {SMALL}", "Noor")
    await until_stands(bot, "running", "waiting", "waiting")
    await people("member").say("art", ".cancel")
    await bot.post_about(painted, lambda post: "Cancelled." in post.content)
    await bot.finished(waiting)
    assert [post.id for post in posts(sandbox)][:2] == before
    assert not post.attachments
    await until_stands(bot, "cancelled", "done", "done")
    assert await bot.stop() == 0


async def test_killed_while_it_is_painted_gives_the_same_picture(
    start_bot: StartBot, people: Cast, settings: list[str]
) -> None:
    bot = await start_bot(*settings)
    asked = await say(people, ".imagine a red apple --seed 7 --size 128x128 --steps 80")
    await bot.post_about(asked, lambda post: post.attachments)
    await kill(bot)
    bot = await start_bot(*settings)
    await assert_painted_once(bot, (asked, "a red apple"))


async def test_killed_before_the_finished_picture_is_shown(
    start_bot: StartBot, sandbox: Sandbox, people: Cast, settings: list[str]
) -> None:
    bot = await start_bot(*settings)
    held = Fault("PATCH", MESSAGE, 503, times=1000, way="stalled")
    sandbox.fail_next(held)
    asked = await say(people, f".imagine a red apple {SMALL}")
    await until_stands(bot, "posting")
    await kill(bot)
    (file,) = (bot.data_dir / "pictures").iterdir()
    saved = file.stat().st_mtime_ns
    sandbox.faults.clear()

    bot = await start_bot(*settings)
    await assert_painted_once(bot, (asked, "a red apple"))
    _, png = await bot.finished(asked)
    assert png == file.read_bytes()
    assert file.stat().st_mtime_ns == saved


async def test_killed_before_a_video_is_shown(
    start_bot: StartBot, sandbox: Sandbox, people: Cast, settings: list[str]
) -> None:
    bot = await start_bot(*settings)
    sandbox.fail_next(Fault("PATCH", MESSAGE, 503, times=1000, way="stalled"))
    asked = await say(people, f".imagine a red apple --video {SMALL}")
    await until_stands(bot, "posting")
    await kill(bot)
    film, _ = sorted((bot.data_dir / "pictures").iterdir())
    assert film.name.endswith(".mp4")
    sandbox.faults.clear()

    bot = await start_bot(*settings)
    post = await bot.post_about(asked, lambda post: len(post.attachments) == 2)
    assert post.attachments[1].data == film.read_bytes()
    await until_stands(bot, "done")


async def test_killed_before_a_message_is_read(start_bot: StartBot, people: Cast, settings: list[str]) -> None:
    """The first that there is, at that."""
    bot = await start_bot(*settings)
    bot.process.send_signal(signal.SIGSTOP)
    asked = await say(people, f".imagine a red apple {SMALL}")
    await kill(bot)
    assert states(bot) == []
    bot = await start_bot(*settings)
    await assert_painted_once(bot, (asked, "a red apple"))


async def test_killed_before_it_is_known_that_the_picture_was_posted(
    start_bot: StartBot, sandbox: Sandbox, people: Cast, settings: list[str]
) -> None:
    bot = await start_bot(*settings)
    sandbox.fail_next(Fault("PATCH", MESSAGE, 503, times=1000, late=True, way="stalled"))
    asked = await say(people, f".imagine a red apple {SMALL}")
    post, _ = await bot.finished(asked)
    assert states(bot) == ["posting"]
    await kill(bot)
    sandbox.faults.clear()
    bot = await start_bot(*settings)
    await assert_painted_once(bot, (asked, "a red apple"))
    assert [each.id for each in posts(sandbox)] == [post.id]


@pytest.mark.parametrize("late", [False, True], ids=["not sent", "sent"])
async def test_killed_before_it_is_known_whether_the_first_message_was_sent(
    start_bot: StartBot, sandbox: Sandbox, people: Cast, settings: list[str], late: bool
) -> None:
    bot = await start_bot(*settings)
    sandbox.fail_next(Fault("POST", MESSAGES, 503, times=1000, late=late, way="stalled"))
    asked = await say(people, f".imagine a red apple {SMALL}")
    await until_stands(bot, "posting")
    assert len(posts(sandbox)) == late
    await kill(bot)
    sandbox.faults.clear()
    bot = await start_bot(*settings)
    await assert_painted_once(bot, (asked, "a red apple"))


@pytest.mark.parametrize("method", ["POST", "DELETE"], ids=["not known to be sent", "the old one not deleted"])
async def test_killed_while_a_post_is_replaced(
    start_bot: StartBot, sandbox: Sandbox, people: Cast, settings: list[str], method: str
) -> None:
    bot = await start_bot(*settings)
    asked = await say(people, f".imagine a red apple {ENDLESS}")
    await bot.post_about(asked, lambda post: post.attachments)
    waiting = await say(people, f".imagine a blue boat {SMALL}", "Noor")
    await bot.post_about(waiting, lambda post: "Next in line" in post.content)
    path = MESSAGES if method == "POST" else MESSAGE
    sandbox.fail_next(Fault(method, path, 503, times=1000, late=method == "POST", way="stalled"))
    sandbox.fail_next(Fault("PATCH", MESSAGE, 400, code=30046))
    await sandbox.until(lambda: len(posts(sandbox)) == 3, PATIENCE)
    await kill(bot)
    sandbox.faults.clear()
    bot = await start_bot(*settings)
    await people("member").say("art", ".cancel")
    await bot.finished(waiting)
    await until_stands(bot, "cancelled", "done")

    def about() -> list[list[str]]:
        return sorted(post.content.split("\n")[:2] for post in posts(sandbox) if post.content.startswith("**"))

    await sandbox.until(lambda: len(about()) == 2, PATIENCE)
    assert about()[1] == ["**a red apple**", "Cancelled."]


async def test_what_failed_before_it_was_shown_is_shown(
    start_bot: StartBot, sandbox: Sandbox, people: Cast, settings: list[str], tmp_path: Path
) -> None:
    bot = await start_bot(*settings)
    asked = await say(people, f".imagine a red apple {ENDLESS}")
    await bot.post_about(asked, lambda post: post.attachments)
    await kill(bot)
    with contextlib.closing(sqlite3.connect(tmp_path / "easel.db")) as connection, connection:
        connection.execute("UPDATE requests SET state = 'posting', sentence = 'It broke.'")
    bot = await start_bot(*settings)
    post = await bot.post_about(asked, lambda post: "It broke." in post.content)
    await until_stands(bot, "failed")
    assert (len(posts(sandbox)), post.attachments) == (1, [])


async def test_stopped_and_started(start_bot: StartBot, people: Cast, settings: list[str]) -> None:
    bot = await start_bot(*settings)
    asked = await say(people, ".imagine a red apple --size 128x128 --steps 80")
    await bot.post_about(asked, lambda post: post.attachments)
    assert await bot.stop() == 0
    post = await bot.post_about(asked, lambda post: "this picture goes on by itself" in post.content)
    assert post.attachments
    assert states(bot) == ["running"]
    bot = await start_bot(*settings)
    await assert_painted_once(bot, (asked, "a red apple"))


async def test_killed_or_stopped_it_goes_on_from_its_last_checkpoint_to_the_same_picture(
    start_bot: StartBot, people: Cast, settings: list[str]
) -> None:
    command = ".imagine a red apple --seed 7 --size 128x128 --steps 80"
    bot = await start_bot(*settings)
    _, undisturbed = await bot.finished(await say(people, command))
    asked = await say(people, command)
    await bot.post_about(asked, lambda post: post.attachments)
    assert await bot.stop() == 0
    bot = await start_bot(*settings)
    post = await bot.post_about(asked, lambda post: "%" in post.content)
    assert "▱ 0%" not in post.content
    await kill(bot)
    bot = await start_bot(*settings)
    await bot.post_about(asked, lambda post: "%" in post.content and "▱ 0%" not in post.content)
    _, png = await bot.finished(asked)
    assert pixels(png) == pixels(undisturbed)
    assert await bot.stop() == 0


async def test_in_its_time_of_grace_the_bot_finishes_what_it_paints(
    start_bot: StartBot, people: Cast, settings: list[str]
) -> None:
    bot = await start_bot(*settings, "executor.grace_seconds=240.0")
    asked = await say(people, ".imagine a red apple --size 128x128 --steps 120")
    await bot.post_about(asked, lambda post: post.attachments)
    waiting = await say(people, f".imagine a blue boat {SMALL}", "Noor")
    await bot.post_about(waiting, lambda _: True)
    bot.process.terminate()
    await bot.post_about(waiting, lambda post: "goes on by itself" in post.content)
    refused = await say(people, ".imagine a green hill", "Noor")
    await bot.post_about(refused, lambda post: "is being stopped and takes no more requests" in post.content)
    await bot.finished(asked)
    async with asyncio.timeout(PATIENCE):
        assert await bot.process.wait() == 0
    assert states(bot) == ["done", "waiting"]


async def test_what_is_typed_while_the_bot_is_away_is_heard_once(
    start_bot: StartBot, sandbox: Sandbox, people: Cast, settings: list[str]
) -> None:
    await people("member").say("art", "Is nobody there?")
    bot = await start_bot(*settings)
    first = await say(people, f".imagine a red apple {SMALL}")
    await bot.finished(first)
    await until_stands(bot, "done")
    await kill(bot)
    refused = await people("member").say("general", ".imagine a cat --steps 0")
    await people("bot").say("general", "Too few.", message_reference={"message_id": refused["id"]})
    second = await say(people, f".imagine a blue boat {SMALL}")
    bot = await start_bot(*settings)
    await assert_painted_once(bot, (first, "a red apple"), (second, "a blue boat"))
    late = [("asked while I was away" in post.content) for post in posts(bot.sandbox)]
    assert late == [False, True]
    assert [post.content for post in sandbox.messages("general")] == [".imagine a cat --steps 0", "Too few."]


async def test_what_is_typed_in_private_while_the_bot_is_away_is_heard(
    start_bot: StartBot, sandbox: Sandbox, people: Cast, settings: list[str]
) -> None:
    settings = [*settings, "discord.direct_messages=true"]
    bot = await start_bot(*settings)
    member = people("member")
    _, conversation = await member.call("POST", "/users/@me/channels", {"recipient_id": str(sandbox.bot.id)})
    messages = sandbox.world.direct[int(conversation["id"])].messages

    async def say_in_private(text: str) -> int:
        _, message = await member.call("POST", f"/channels/{conversation['id']}/messages", {"content": text})
        return int(message["id"])

    async def until_painted(asked: int) -> None:
        await sandbox.until(
            lambda: any(is_finished(each) for each in messages.values() if each.reference == asked), PATIENCE
        )

    await until_painted(await say_in_private(f".imagine a red apple {SMALL}"))
    await until_stands(bot, "done")
    await kill(bot)
    asked = await say_in_private(f".imagine a blue boat {SMALL}")
    bot = await start_bot(*settings)
    await until_painted(asked)
    await until_stands(bot, "done", "done")


async def test_killed_before_the_post_about_what_was_deleted_goes(
    start_bot: StartBot, sandbox: Sandbox, people: Cast, settings: list[str]
) -> None:
    bot = await start_bot(*settings)
    asked = await say(people, f".imagine a red apple {ENDLESS}")
    await bot.post_about(asked, lambda post: post.attachments)
    sandbox.fail_next(Fault("DELETE", MESSAGE, 503, times=1000, way="stalled"))
    member = people("member")
    await member.call("DELETE", f"{member.messages_of('art')}/{asked}")
    await until_stands(bot, "cancelled")
    await kill(bot)
    assert len(posts(sandbox)) == 1
    sandbox.faults.clear()
    bot = await start_bot(*settings)
    await sandbox.until(lambda: not posts(sandbox), PATIENCE)


async def test_what_was_deleted_while_the_bot_was_away_is_not_painted(
    start_bot: StartBot, sandbox: Sandbox, people: Cast, settings: list[str]
) -> None:
    bot = await start_bot(*settings)
    asked = await say(people, f".imagine a red apple {ENDLESS}")
    await bot.post_about(asked, lambda post: post.attachments)
    await kill(bot)
    member = people("member")
    await member.call("DELETE", f"{member.messages_of('art')}/{asked}")
    bot = await start_bot(*settings)
    await until_stands(bot, "cancelled")
    await sandbox.until(lambda: not posts(sandbox))
