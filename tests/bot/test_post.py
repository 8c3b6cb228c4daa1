"""Posts, when Discord is slow, strict or in trouble."""

import asyncio

import pytest

from bot.post import EDITABLE
from sandbox import Fault, Sandbox
from sandbox.permissions import Permission
from sandbox.rate_limits import RULES, Rule
from tests.bot.conftest import PAUSE, MakeStage, RestCall, Stage, picture

MESSAGES = "/channels/{channel_id}/messages"
MESSAGE = f"{MESSAGES}/{{message_id}}"


async def test_edits_keep_their_distance_and_the_latest_wins(make_stage: MakeStage, calls: list[RestCall]) -> None:
    stage = await make_stage(painting__preview_seconds=0.3)
    post = await stage.reply(await stage.say(".imagine a cat --steps 100"))
    request = await stage.executor.next("a cat")
    for step in range(1, 100):
        stage.executor.advance(request, step, picture())
        await asyncio.sleep(0.01)
    stage.executor.finish(request)
    await stage.shows(post, "Again:")
    times = [call.time for call in calls if call.path.startswith(stage.people("bot").messages_of("art")) and call.json]
    first, *edits = times[1:]
    assert 2 <= len(edits) <= 6
    gaps = [later - earlier for earlier, later in zip([first, *edits], edits, strict=False)]
    assert min(gaps) >= 0.3


async def test_a_final_picture_goes_before_previews_when_edits_are_scarce(
    make_stage: MakeStage, calls: list[RestCall], monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = await make_stage(room=10, queue__per_member=10)
    monkeypatch.setitem(RULES, ("PATCH", MESSAGE), Rule(1, 0.3))
    prompts = [f"cat {number}" for number in range(5)]
    posts = [await stage.reply(await stage.say(f".imagine {prompt} --steps 100")) for prompt in prompts]
    requests = [await stage.executor.next(prompt) for prompt in prompts]
    for post, request in zip(posts, requests, strict=True):
        stage.executor.advance(request, 10)
        await stage.shows(post, "10%")
    before = len([call for call in calls if call.method == "PATCH"])
    for step in (20, 30, 40):
        for request in requests:
            stage.executor.advance(request, step)
    stage.executor.finish(requests[4])
    await stage.shows(posts[4], "Again:")
    assert len([call for call in calls if call.method == "PATCH"]) <= before + 2
    assert not [call for call in calls if call.status == 429]


@pytest.mark.parametrize(
    "fault", [Fault("PATCH", MESSAGE, 502, times=7), Fault("PATCH", MESSAGE, 429, times=2, via=False)]
)
async def test_an_edit_is_tried_again(stage: Stage, fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    # discord.py itself tries five times, seconds apart; it is told that it has no time for that.
    monkeypatch.setattr("discord.http.asyncio.sleep", _no_sleep)
    post = await stage.reply(await stage.say(".imagine a cat"))
    request = await stage.executor.next("a cat")
    await stage.shows(post, "0%")
    stage.sandbox.fail_next(fault)
    stage.executor.finish(request)
    await stage.shows(post, "Again:")


async def test_a_post_whose_answer_is_lost_is_not_sent_twice(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("discord.http.asyncio.sleep", _no_sleep)
    stage.sandbox.fail_next(Fault("POST", MESSAGES, 502, times=7, late=True))
    # The member's own message is the first to meet the fault.
    member = stage.people("member")
    await member.call("POST", member.messages_of("art"), {"content": ".imagine a cat"})
    stage.executor.finish(await stage.executor.next("a cat"))
    await stage.sandbox.until(lambda: any("Again:" in message.content for message in stage.sandbox.messages("art")))
    assert len([message for message in stage.sandbox.messages("art") if message.author.bot]) == 1


async def test_a_deleted_post_ends_its_request(stage: Stage) -> None:
    post = await stage.reply(await stage.say(".imagine a cat", "Mia"))
    request = await stage.executor.next("a cat")
    moderator = stage.people("moderator")
    await moderator.call("DELETE", f"{moderator.messages_of('art')}/{post.id}")
    stage.executor.advance(request, 10)
    async with asyncio.timeout(5):
        await stage.executor.until(lambda: stage.executor.aborted)
    await stage.say(".imagine a dog", "Mia")
    await stage.executor.next("a dog")


async def test_a_deleted_request_is_painted_nevertheless(stage: Stage) -> None:
    said = await stage.say(".imagine a cat")
    post = await stage.reply(said)
    member = stage.people("member")
    await member.call("DELETE", f"{member.messages_of('art')}/{said}")
    stage.executor.finish(await stage.executor.next("a cat"))
    await stage.shows(post, "Again:")


async def test_a_permission_that_is_taken_away_ends_the_request(stage: Stage) -> None:
    await stage.reply(await stage.say(".imagine a cat", "Mia"))
    request = await stage.executor.next("a cat")
    stage.sandbox.overwrite("art", stage.sandbox.world.guild.id, deny=Permission.ATTACH_FILES)
    stage.executor.advance(request, 10, picture())
    async with asyncio.timeout(5):
        await stage.executor.until(lambda: stage.executor.aborted)
    await stage.nothing_happens()


async def test_an_old_post_is_replaced_by_a_new_one(
    make_stage: MakeStage, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = await make_stage()
    said = await stage.say(".imagine a cat")
    old = await stage.reply(said)
    request = await stage.executor.next("a cat")
    await stage.shows(old, "0%")
    monkeypatch.setattr("bot.post.EDITABLE", EDITABLE * 0)
    stage.executor.finish(request)
    await sandbox.until(lambda: old not in stage.sandbox.messages("art"))
    new = await stage.reply(said)
    assert new.mentions == [sandbox.person("member")]
    assert new.attachments
    assert "Again:" in new.content


async def test_a_picture_that_is_too_large_is_said_to_be(stage: Stage) -> None:
    post = await stage.reply(await stage.say(".imagine a cat"))
    stage.executor.finish(await stage.executor.next("a cat"), png=b"\x89PNG" + bytes(10 * 2**20))
    await stage.shows(post, "The picture is larger than the 10 MB allowed here.")
    assert not stage.finished.empty()


_sleep = asyncio.sleep


async def _no_sleep(seconds: float) -> None:
    await _sleep(min(seconds, PAUSE / 10))
