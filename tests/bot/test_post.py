"""Posts, when Discord is slow, strict or in trouble."""

import asyncio
import io
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from PIL import Image

from generation.metadata import Metadata
from generation.worker.video import Pace, encode
from sandbox import Fault, Sandbox
from sandbox.api import Observer
from sandbox.model import Message
from sandbox.permissions import Permission
from sandbox.rate_limits import Rule
from tests.bot.conftest import PATIENCE, PAUSE, MakeStage, RestCall, Stage, picture

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
    gaps = [later - earlier for earlier, later in zip([first, *edits], edits[:-1], strict=False)]
    assert min(gaps) >= 0.3


async def test_a_final_picture_goes_before_previews_when_edits_are_scarce(
    make_stage: MakeStage, calls: list[RestCall]
) -> None:
    stage = await make_stage(room=10, queue__per_member=10)
    stage.sandbox.limits.rules["PATCH", MESSAGE] = Rule(1, 0.3)
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
    "fault",
    [
        Fault("PATCH", MESSAGE, 502),  # discord.py itself tries once more, after a second
        Fault("PATCH", MESSAGE, 503, times=7),
        Fault("PATCH", MESSAGE, 429, times=2, via=False),
    ],
)
async def test_an_edit_is_tried_again(stage: Stage, fault: Fault) -> None:
    post = await stage.reply(await stage.say(".imagine a cat"))
    request = await stage.executor.next("a cat")
    await stage.shows(post, "0%")
    stage.sandbox.fail_next(replace(fault))
    stage.executor.finish(request)
    await stage.shows(post, "Again:")


@pytest.mark.parametrize(
    "fault", [Fault("POST", MESSAGES, 502, late=True), Fault("POST", MESSAGES, 503, times=6, late=True)]
)
async def test_a_post_whose_answer_is_lost_is_not_sent_twice(stage: Stage, fault: Fault) -> None:
    stage.sandbox.fail_next(replace(fault))
    await stage.say(".imagine a cat")
    stage.executor.finish(await stage.executor.next("a cat"))
    await stage.sandbox.until(lambda: any("Again:" in message.content for message in stage.sandbox.messages("art")))
    assert len([message for message in stage.sandbox.messages("art") if message.author.bot]) == 1


async def test_a_deleted_post_ends_its_request(stage: Stage) -> None:
    post = await stage.reply(await stage.say(".imagine a cat", "Mia"))
    request = await stage.executor.next("a cat")
    moderator = stage.people("moderator")
    await moderator.call("DELETE", f"{moderator.messages_of('art')}/{post.id}")
    stage.executor.advance(request, 10)
    async with asyncio.timeout(60):
        await stage.executor.until(lambda: stage.executor.aborted)
    await stage.say(".imagine a dog", "Mia")
    await stage.executor.next("a dog")


async def test_a_deleted_request_is_taken_back_while_it_is_painted(stage: Stage) -> None:
    said = await stage.say(".imagine a cat")
    post = await stage.reply(said)
    await stage.executor.next("a cat")
    await stage.shows(post, "0%")
    await _delete(stage, said)
    await stage.sandbox.until(lambda: post not in stage.sandbox.messages("art"))
    assert [request.prompt for request in stage.executor.aborted] == ["a cat"]


async def test_a_deleted_request_is_taken_back_while_it_waits(stage: Stage) -> None:
    await stage.say(".imagine a cat", "Mia")
    cat = await stage.executor.next("a cat")
    said = await stage.say(".imagine a dog")
    post = await stage.reply(said)
    await _delete(stage, said)
    await stage.sandbox.until(lambda: post not in stage.sandbox.messages("art"))
    stage.executor.finish(cat)
    await stage.finished.get()
    assert (await stage.ask(".queue")).startswith("Nothing is being painted")


REFUSALS = [
    Fault("PATCH", MESSAGE, 400, code=50035),
    Fault("PATCH", MESSAGE, 401),
    Fault("PATCH", MESSAGE, 403, code=50013),
    Fault("PATCH", MESSAGE, 404),
    Fault("PATCH", MESSAGE, 408),
    Fault("PATCH", MESSAGE, 429, retry_after=None),
    Fault("PATCH", MESSAGE, 200, text="<h1>Hello</h1>"),
    Fault("PATCH", MESSAGE, 200, way="reset"),
    Fault("PATCH", MESSAGE, 503),
]


@pytest.mark.parametrize("fault", REFUSALS, ids=lambda fault: f"{fault.status}-{fault.code}-{fault.way}")
@pytest.mark.parametrize("when", ["preview", "final"])
async def test_one_refused_edit_loses_nothing(
    stage: Stage, fault: Fault, when: str, capsys: pytest.CaptureFixture[str]
) -> None:
    post = await stage.reply(await stage.say(".imagine a cat"))
    request = await stage.executor.next("a cat")
    await stage.shows(post, "0%")
    stage.sandbox.fail_next(replace(fault))
    if when == "preview":
        stage.executor.advance(request, 50, picture(kind="JPEG"))
        await stage.shows(post, "50%")
    stage.executor.finish(request)
    await stage.shows(post, "Again:")
    assert [attachment.filename[-4:] for attachment in post.attachments] == [".png"]
    log = capsys.readouterr().out
    assert log.count("Discord did not take a post") == 1
    assert "Traceback" not in log
    assert stage.sandbox.bot.token not in log


async def test_a_picture_that_discord_finds_too_large_is_sent_with_fewer_bytes(stage: Stage) -> None:
    post = await _to_be_finished(stage)
    stage.sandbox.fail_next(Fault("PATCH", MESSAGE, 413, code=40005))
    stage.executor.finish(await stage.executor.next("a cat"), _noise(128))
    await stage.shows(post, "Again:")
    (attachment,) = post.attachments
    assert attachment.filename.endswith(".webp")
    assert Image.open(io.BytesIO(attachment.data)).size == (128, 128)


async def test_a_picture_of_which_no_size_is_taken_ends_in_a_sentence(stage: Stage) -> None:
    post = await _to_be_finished(stage)
    stage.sandbox.fail_next(Fault("PATCH", MESSAGE, 413, code=40005, times=4))
    stage.executor.finish(await stage.executor.next("a cat"), _noise(128))
    await stage.shows(post, "The picture is larger than the 10 MB allowed here.", "Again:")
    await stage.finished.get()


async def test_a_picture_above_the_limit_is_made_smaller_before_it_is_sent(stage: Stage, calls: list[RestCall]) -> None:
    post = await _to_be_finished(stage)
    png = _noise(2048)
    assert len(png) > 10 * 2**20
    stage.executor.finish(await stage.executor.next("a cat"), png)
    await stage.shows(post, "Again:")
    assert [attachment.filename[-4:] for attachment in post.attachments] == [".jpg"]
    assert not [call for call in calls if call.status == 413]


async def test_a_video_is_posted_beside_its_picture(stage: Stage) -> None:
    post = await stage.reply(await stage.say(".imagine a cat --video --seed 7"))
    request = await stage.executor.next("a cat")
    assert request.outputs == ("png", "mp4")
    stage.executor.advance(request, 10, picture())
    await stage.shows(post, "%", "with a video")
    stage.executor.finish(request, mp4=b"a film")
    await stage.shows(post, "with a video", "Again: `.imagine a cat --seed 7 --video mp4`")
    assert [each.filename for each in post.attachments] == ["a-cat-7.png", "a-cat-7.mp4"]
    assert post.attachments[1].data == b"a film"
    assert all(each.description == "a cat" for each in post.attachments)


TOO_LARGE = "-# The video is larger than the 10 MB allowed here; fewer steps or a smaller size make it smaller."


@pytest.mark.parametrize("bytes_", [11 << 20, 9 << 20], ids=["above the limit", "refused"])
async def test_a_video_that_is_too_large_is_left_out_and_that_is_said(stage: Stage, bytes_: int) -> None:
    post = await stage.reply(await stage.say(".imagine a cat --video gif"))
    request = await stage.executor.next("a cat")
    await stage.shows(post, "0%")
    if bytes_ < 10 << 20:
        stage.sandbox.fail_next(Fault("PATCH", MESSAGE, 413, code=40005))
    stage.executor.finish(request, gif=bytes(bytes_))
    await stage.shows(post, TOO_LARGE, "Again:")
    assert [each.filename[-4:] for each in post.attachments] == [".png"]


async def test_a_video_that_is_too_large_is_made_smaller(stage: Stage) -> None:
    post = await stage.reply(await stage.say(".imagine a cat --video gif"))
    request = await stage.executor.next("a cat")
    frames = [np.random.default_rng(seed).integers(0, 256, (128, 128, 3), np.uint8) for seed in range(3)]
    film = encode("gif", iter(frames), Pace(1, Fraction(10), 0), Metadata(request))
    await stage.shows(post, "0%")
    stage.sandbox.fail_next(Fault("PATCH", MESSAGE, 413, code=40005))
    stage.executor.finish(request, gif=film)
    await stage.shows(post, "Again:")
    assert [each.filename[-4:] for each in post.attachments] == [".png", ".mp4"]
    assert len(post.attachments[1].data) < len(film)


async def test_a_video_that_could_not_be_made_is_missed(stage: Stage) -> None:
    post = await stage.reply(await stage.say(".imagine a cat --video"))
    stage.executor.finish(await stage.executor.next("a cat"))
    await stage.shows(post, "-# The video could not be made; whoever runs Easel can see why.", "Again:")
    assert len(post.attachments) == 1


async def test_a_permission_that_is_taken_away_for_a_while(make_stage: MakeStage) -> None:
    stage = await make_stage(patience=replace(PATIENCE, final=600.0))
    prompts = ["one", "two", "three"]
    posts = [await stage.reply(await stage.say(f".imagine {prompt}", "Mia")) for prompt in prompts]
    everybody = stage.sandbox.world.guild.id
    request = await stage.executor.next("one")
    stage.sandbox.overwrite("art", everybody, deny=Permission.ATTACH_FILES)
    stage.executor.advance(request, 10, picture(kind="JPEG"))
    await stage.shows(posts[0], "10%")
    stage.executor.finish(request)
    await stage.shows(posts[0], "The picture is finished", "**Attach Files**")
    second = await stage.executor.next("two")
    stage.executor.advance(second, 20, picture(kind="JPEG"))
    await stage.shows(posts[1], "20%")
    stage.sandbox.overwrite("art", everybody)
    stage.executor.finish(second)
    stage.executor.finish(await stage.executor.next("three"))
    for post in posts:
        await stage.shows(post, "Again:")
        assert [attachment.filename[-4:] for attachment in post.attachments] == [".png"]


async def test_a_picture_that_may_not_be_edited_in_comes_in_a_new_message(stage: Stage) -> None:
    post = await _to_be_finished(stage)
    stage.sandbox.fail_next(Fault("PATCH", MESSAGE, 403, code=50013, times=1000))
    stage.executor.finish(await stage.executor.next("a cat"))
    messages = stage.sandbox.messages
    await stage.sandbox.until(lambda: any(each.attachments for each in messages("art")))
    assert post not in messages("art")
    assert [each.mentions for each in messages("art") if each.attachments] == [[]]


async def test_a_picture_that_may_not_be_posted_in_the_channel_comes_in_private(stage: Stage) -> None:
    await _to_be_finished(stage)
    stage.sandbox.overwrite("art", stage.sandbox.world.guild.id, deny=Permission.VIEW_CHANNEL)
    stage.executor.finish(await stage.executor.next("a cat"))
    await stage.sandbox.until(lambda: any(each.attachments for each in _private(stage)))


async def test_when_nothing_is_taken_any_more_the_log_says_so(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    await _to_be_finished(stage)
    for method, path in (("PATCH", MESSAGE), ("POST", MESSAGES)):
        stage.sandbox.fail_next(Fault(method, path, 403, code=50013, times=1000))
    stage.executor.finish(await stage.executor.next("a cat"))
    log = ""
    async with asyncio.timeout(60):
        while "a post is given up" not in log:
            await asyncio.sleep(PAUSE)
            log += capsys.readouterr().out
    assert "finished" in log


async def test_a_first_message_that_is_refused_is_sent_without_a_reference(stage: Stage) -> None:
    member = stage.sandbox.person("member")
    stage.sandbox.fail_next(Fault("POST", MESSAGES, 400, code=50035))
    await stage.say(".imagine a cat")
    await stage.executor.next("a cat")
    await stage.sandbox.until(lambda: any(each.author.bot for each in stage.sandbox.messages("art")))
    (post,) = [each for each in stage.sandbox.messages("art") if each.author.bot]
    assert post.reference is None
    assert post.mentions == [member]
    assert post.content.startswith(f"<@{member.id}> **a cat**")


async def test_a_request_that_cannot_be_acknowledged_is_withdrawn(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    stage.sandbox.fail_next(Fault("POST", MESSAGES, 400, code=50035, times=2))
    await stage.say(".imagine a cat")
    async with asyncio.timeout(60):
        await stage.executor.until(lambda: stage.executor.aborted)
    await stage.sandbox.until(lambda: _private(stage))
    assert "I cannot write there" in _private(stage)[0].content
    assert "a post is given up" in capsys.readouterr().out


async def test_an_old_post_is_replaced_without_another_ping(make_stage: MakeStage, calls: list[RestCall]) -> None:
    stage = await make_stage(patience=replace(PATIENCE, editable=0.0))
    said = await stage.say(".imagine a cat")
    request = await stage.executor.next("a cat")
    messages = stage.sandbox.messages
    for percent in (10, 20, 30):
        stage.executor.advance(request, percent)
        await _newest_shows(stage, f"{percent}%")
    stage.executor.finish(request)
    await stage.sandbox.until(lambda: messages("art")[-1].attachments)
    await stage.sandbox.until(lambda: len([each for each in messages("art") if each.author.bot]) == 1)
    assert messages("art")[-1].reference == said
    sent = [call.json for call in calls if call.method == "POST" and "nonce" in (call.json or {})]
    assert len({body["nonce"] for body in sent}) == len(sent) >= 4
    assert [body["allowed_mentions"].get("replied_user", False) for body in sent] == [True] + [False] * (len(sent) - 1)


@pytest.fixture
async def skewed(observe: Observer) -> AsyncIterator[Sandbox]:
    """Run a Discord whose clock is two hours behind."""
    async with Sandbox(observe=observe, clock=lambda: time.time() - 7200) as sandbox:
        yield sandbox


class TestClockOfDiscord:
    @pytest.fixture
    def sandbox(self, skewed: Sandbox) -> Sandbox:
        return skewed

    async def test_does_not_matter(self, make_stage: MakeStage, calls: list[RestCall]) -> None:
        stage = await make_stage()
        post = await stage.reply(await stage.say(".imagine a cat"))
        request = await stage.executor.next("a cat")
        for percent in (10, 20, 30):
            stage.executor.advance(request, percent, picture(kind="JPEG"))
            await stage.shows(post, f"{percent}%")
        stage.executor.finish(request)
        await stage.shows(post, "Again:")
        assert not [call for call in calls if call.method == "DELETE"]
        assert len([call for call in calls if call.method == "POST"]) == 2


async def test_an_edit_that_is_never_answered_lets_others_pass(make_stage: MakeStage) -> None:
    stage = await make_stage(room=2, patience=replace(PATIENCE, turn=PAUSE))
    posts = [await stage.reply(await stage.say(f".imagine {prompt}")) for prompt in ("one", "two")]
    requests = [await stage.executor.next(prompt) for prompt in ("one", "two")]
    stalled = Fault("PATCH", MESSAGE, 200, way="stalled")
    stage.sandbox.fail_next(stalled)
    stage.executor.advance(requests[0], 10)
    await stage.sandbox.until(lambda: not stalled.times)
    stage.executor.finish(requests[1])
    await stage.shows(posts[1], "Again:")
    stage.executor.finish(requests[0])
    await stage.shows(posts[0], "Again:")


async def test_edits_leave_embeds_suppressed(stage: Stage) -> None:
    post = await stage.reply(await stage.say(".imagine see https://example.com"))
    stage.executor.finish(await stage.executor.next("see https://example.com"))
    await stage.shows(post, "Again:")
    assert post.flags & 1 << 2


async def _to_be_finished(stage: Stage) -> Message:
    post = await stage.reply(await stage.say(".imagine a cat"))
    await stage.executor.next("a cat")
    await stage.shows(post, "0%")
    return post


async def _newest_shows(stage: Stage, words: str) -> None:
    await stage.sandbox.until(lambda: words in stage.sandbox.messages("art")[-1].content)


async def _delete(stage: Stage, message_id: int) -> None:
    member = stage.people("member")
    await member.call("DELETE", f"{member.messages_of('art')}/{message_id}")


def _private(stage: Stage) -> list[Message]:
    return [each for channel in stage.sandbox.world.direct.values() for each in channel.messages.values()]


def _noise(side: int) -> bytes:
    file = io.BytesIO()
    Image.merge("RGB", [Image.effect_noise((side, side), 100) for _ in "RGB"]).save(file, "PNG")
    return file.getvalue()


async def test_what_was_edited_is_shown_soon_however_rarely_places_are(
    make_stage: MakeStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.post.place_pause", lambda _: 3600.0)
    stage = await make_stage()
    await stage.reply(await stage.say(".imagine one"))
    asked = await stage.say(".imagine two")
    post = await stage.reply(asked)
    await stage.edit(asked, ".imagine three")
    await stage.shows(post, "three")
