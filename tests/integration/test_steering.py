"""Pictures steered while real workers paint them with the pocket models."""

import asyncio
import os
import signal
import sys
from pathlib import Path

from bot.steering import CHECK
from generation.metadata import read
from sandbox.model import Message
from tests.easel.processes import BARE
from tests.integration.conftest import Bot, StartBot
from tests.integration.test_whole_way import pixels
from tests.people import Person
from tests.sandbox_fixtures import Cast


async def steered(bot: Bot, person: Person, post: Message, text: str) -> None:
    """Reply to a post, and wait until it shows what was said."""
    said = await person.say("art", text, message_reference={"message_id": str(post.id)})
    message = bot.sandbox.channel("art").messages[int(said["id"])]
    await bot.sandbox.until(lambda: CHECK in message.reactions and text in post.content, 240)


async def test_a_picture_that_was_steered_is_painted_again_to_the_same_pixels(
    start_bot: StartBot, people: Cast, tmp_path: Path
) -> None:
    """Also where a worker and then the bot were killed meanwhile, and another has steered."""
    settings = ("painting.preview_seconds=0.2", "executor.grace_seconds=0.0")
    bot = await start_bot(*settings)
    mia, noor = people("Mia"), people("Noor")
    asked = await mia.say("art", ".imagine the sea --init noise --size 64x64 --steps 400 --seed 7")
    post = await bot.post_about(int(asked["id"]), lambda post: "▰" in post.content)
    await steered(bot, mia, post, "more: a lighthouse")
    worker = bot.worker
    os.kill(worker, signal.SIGKILL)
    await bot.says("worker died")
    await mia.answer(await mia.press(post, "Let others steer"))
    await steered(bot, noor, post, "a red apple::0.5")
    bot.process.send_signal(signal.SIGKILL)
    await bot.process.wait()

    bot = await start_bot(*settings)
    await bot.post_about(int(asked["id"]), lambda post: "a red apple::0.5" in post.content)
    await steered(bot, noor, post, "less: fog")
    post, png = await bot.finished(int(asked["id"]))
    assert f"<@{mia.user.id}>: more: a lighthouse" in post.content
    assert f"<@{noor.user.id}>: a red apple::0.5" in post.content
    assert "less: fog" in post.content
    steering = read(png).request.steering
    assert [(each.text, each.weight, each.adds, each.by) for each in steering] == [
        ("a lighthouse", 1.0, True, ""),
        ("a red apple", 0.5, False, ""),
        ("fog", -0.5, True, ""),
    ]
    assert all(0 < each.step < 400 for each in steering)
    assert await bot.stop() == 0

    file, again = tmp_path / "sea.png", tmp_path / "again.png"
    file.write_bytes(png)
    command = (sys.executable, "-m", "easel", "imagine", "--from", str(file), "--out", str(again), "--device", "cpu")
    process = await asyncio.create_subprocess_exec(*command, cwd=tmp_path, env=BARE)
    assert await process.wait() == 0
    assert pixels(again.read_bytes()) == pixels(png)
