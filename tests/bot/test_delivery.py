"""How a post fares when Discord fails in the midst of sending, replacing or deleting it."""

import asyncio
from dataclasses import replace

import pytest

from generation.request import ImagineRequest
from sandbox import Fault
from sandbox.model import Message
from sandbox.permissions import Permission
from sandbox.rest import messages
from tests.bot.conftest import PATIENCE, PAUSE, MakeStage, RestCall, Stage, picture

MESSAGES = "/channels/{channel_id}/messages"
MESSAGE = f"{MESSAGES}/{{message_id}}"
LOST = Fault("POST", MESSAGES, 503, late=True)
"""The message is sent, and the answer is lost."""
OLD = replace(PATIENCE, editable=0.0)


def _posts(stage: Stage) -> list[Message]:
    return [message for message in stage.sandbox.messages("art") if message.author.bot]


def _public(stage: Stage) -> list[Message]:
    return [message for message in _posts(stage) if message.audience is None]


async def _delete(stage: Stage, message_id: int) -> None:
    member = stage.people("member")
    await member.call("DELETE", f"{member.messages_of('art')}/{message_id}")


@pytest.mark.parametrize(
    "then", [[], [Fault("POST", MESSAGES, 503)], [Fault("POST", MESSAGES, 403, code=50013)]], ids=["", "503", "403"]
)
async def test_a_first_message_whose_answer_is_lost_says_the_end(stage: Stage, then: list[Fault]) -> None:
    for fault in [replace(LOST), *map(replace, then)]:
        stage.sandbox.fail_next(fault)
    await stage.say(".imagine a cat")
    stage.executor.fail(await stage.executor.next("a cat"), "It broke.")
    await stage.sandbox.until(lambda: _posts(stage) and "It broke." in _posts(stage)[-1].content)
    await stage.nothing_happens()
    assert len(_posts(stage)) == 1


async def test_a_first_message_whose_answer_is_lost_goes_when_the_request_is_taken_back(make_stage: MakeStage) -> None:
    stage = await make_stage(patience=replace(PATIENCE, pause=0.5, longest_pause=0.5))
    stage.sandbox.fail_next(replace(LOST))
    said = await stage.say(".imagine a cat")
    await stage.sandbox.until(lambda: _posts(stage))
    await _delete(stage, said)
    await stage.sandbox.until(lambda: not _posts(stage))


async def test_what_is_taken_back_does_not_take_a_post_of_the_same_words_with_it(
    make_stage: MakeStage, calls: list[RestCall]
) -> None:
    patience = replace(PATIENCE, pause=0.5, longest_pause=0.5)
    stage = await make_stage(room=2, patience=patience, painting__preview_seconds=2.0)
    stage.sandbox.fail_next(Fault("POST", MESSAGES, 503))
    said = [await stage.say(".imagine a cat --seed 7", who) for who in ("member", "Noor")]
    post = await stage.reply(said[1])
    await _delete(stage, said[0])
    while not any(call.method == "GET" and call.path.endswith("/messages") for call in calls):
        await stage.nothing_happens()
    await stage.nothing_happens()
    assert _posts(stage) == [post]
    assert len(stage.executor.requests) == 1


async def test_a_request_that_is_taken_back_before_its_turn_is_not_acknowledged(
    make_stage: MakeStage, calls: list[RestCall]
) -> None:
    stage = await make_stage(patience=replace(PATIENCE, window=3.0), queue__per_member=20)
    for number in range(4):
        said = await stage.say(f".imagine cat {number}")
    await stage.sandbox.until(lambda: len(_posts(stage)) == 3)
    await _delete(stage, said)
    await stage.reply(await stage.say(".imagine the last"))
    assert not [call for call in calls if call.method == "POST" and "**cat 3**" in (call.json or {}).get("content", "")]


@pytest.mark.parametrize(
    "fault",
    [
        Fault("DELETE", MESSAGE, 503),
        Fault("DELETE", MESSAGE, 403, code=50013),
        Fault("DELETE", MESSAGE, 429, retry_after=None),
        Fault("DELETE", MESSAGE, 200, text="<h1>Hello</h1>"),
        Fault("DELETE", MESSAGE, 503, late=True),
    ],
    ids=["down", "refused", "limited", "rubbish", "late"],
)
@pytest.mark.parametrize("when", ["replaced", "taken back"])
async def test_a_deletion_that_fails_is_tried_again(make_stage: MakeStage, fault: Fault, when: str) -> None:
    stage = await make_stage(patience=OLD if when == "replaced" else PATIENCE)
    said = await stage.say(".imagine a cat")
    await stage.reply(said)
    request = await stage.executor.next("a cat")
    await stage.sandbox.until(lambda: "0%" in _posts(stage)[-1].content)
    fault = replace(fault)
    stage.sandbox.fail_next(fault)
    if when == "taken back":
        await _delete(stage, said)
        await stage.sandbox.until(lambda: not _posts(stage))
        return
    stage.executor.finish(request)
    await stage.sandbox.until(lambda: "Again:" in _posts(stage)[-1].content and len(_posts(stage)) == 1)


async def test_a_replacement_whose_answer_is_lost_shows_the_picture(make_stage: MakeStage) -> None:
    stage = await make_stage(patience=replace(OLD, pause=0.5, longest_pause=0.5))
    await stage.say(".imagine a cat")
    request = await stage.executor.next("a cat")
    await stage.sandbox.until(lambda: _posts(stage) and "0%" in _posts(stage)[-1].content)
    stage.sandbox.fail_next(replace(LOST))
    stage.executor.advance(request, 30, picture(kind="JPEG"))
    await stage.sandbox.until(lambda: "30%" in _posts(stage)[-1].content)
    stage.executor.finish(request)
    await stage.sandbox.until(lambda: "Again:" in _posts(stage)[-1].content and len(_posts(stage)) == 1)
    assert [attachment.filename[-4:] for attachment in _posts(stage)[0].attachments] == [".png"]


@pytest.mark.parametrize("then", ["finished", "refused", "taken back"])
async def test_a_replacement_whose_answer_is_lost_does_not_stay_beside_the_post(
    make_stage: MakeStage, then: str
) -> None:
    """Also where the post may be edited again, once that was tried."""
    stage = await make_stage(patience=replace(PATIENCE, pause=0.5, longest_pause=0.5))
    said = await stage.say(".imagine a cat")
    request = await stage.executor.next("a cat")
    await stage.sandbox.until(lambda: _posts(stage) and "0%" in _posts(stage)[-1].content)
    for fault in (Fault("PATCH", MESSAGE, 400, code=30046), replace(LOST)):
        stage.sandbox.fail_next(fault)
    if then == "refused":
        stage.sandbox.fail_next(Fault("POST", MESSAGES, 403, code=50013, times=1000))
    if then != "taken back":
        stage.executor.finish(request)
        await stage.sandbox.until(lambda: len(_posts(stage)) == 2)
        await stage.sandbox.until(lambda: len(_posts(stage)) == 1 and "Again:" in _posts(stage)[0].content)
        assert [attachment.filename[-4:] for attachment in _posts(stage)[0].attachments] == [".png"]
    else:
        stage.executor.advance(request, 30, picture(kind="JPEG"))
        await stage.sandbox.until(lambda: len(_posts(stage)) == 2)
        await _delete(stage, said)
        await stage.sandbox.until(lambda: not _posts(stage))


async def test_a_replacement_that_is_looked_for_is_no_post_of_another_request_of_the_same_words(
    make_stage: MakeStage,
) -> None:
    stage = await make_stage(patience=replace(PATIENCE, pause=0.5, longest_pause=0.5))
    for _ in range(2):
        await stage.slash("imagine", options={"prompt": "a cat"})
    request = await stage.executor.next("a cat")
    await stage.sandbox.until(lambda: len(_public(stage)) == 2)
    for fault in (Fault("PATCH", MESSAGE, 400, code=30046), replace(LOST)):
        stage.sandbox.fail_next(fault)
    stage.executor.advance(request, 30, picture(kind="JPEG"))
    await stage.sandbox.until(lambda: len(_public(stage)) == 3)
    moderator = stage.people("moderator")
    await moderator.call("DELETE", f"{moderator.messages_of('art')}/{_public(stage)[0].id}")
    await stage.sandbox.until(lambda: len(_public(stage)) == 1)

    def others() -> list[ImagineRequest]:
        return [each for each in stage.executor.requests.values() if each.id != request.id]

    await stage.executor.until(others)
    stage.executor.finish(others()[0])
    await stage.sandbox.until(lambda: _public(stage)[0].attachments)


async def test_a_replacement_is_found_also_after_its_nonce_is_forgotten(
    make_stage: MakeStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(messages, "NONCE_SECONDS", -1)
    stage = await make_stage(patience=replace(PATIENCE, pause=0.5, longest_pause=0.5))
    await stage.say(".imagine a cat")
    request = await stage.executor.next("a cat")
    await stage.sandbox.until(lambda: _posts(stage) and "0%" in _posts(stage)[-1].content)
    for fault in (Fault("PATCH", MESSAGE, 400, code=30046), replace(LOST)):
        stage.sandbox.fail_next(fault)
    stage.executor.finish(request)
    await stage.sandbox.until(lambda: len(_posts(stage)) == 2)
    await stage.sandbox.until(lambda: len(_posts(stage)) == 1 and bool(_posts(stage)[0].attachments))


async def test_a_picture_for_an_old_post_that_may_not_be_replaced_is_edited_in(make_stage: MakeStage) -> None:
    stage = await make_stage(patience=OLD)
    await stage.say(".imagine a cat")
    request = await stage.executor.next("a cat")
    await stage.sandbox.until(lambda: _posts(stage) and "0%" in _posts(stage)[-1].content)
    stage.sandbox.fail_next(Fault("POST", MESSAGES, 403, code=50013, times=1000))
    stage.executor.finish(request)
    await stage.sandbox.until(lambda: _posts(stage)[-1].attachments)


async def test_where_a_picture_came_in_private_the_post_says_so(make_stage: MakeStage) -> None:
    stage = await make_stage(patience=replace(PATIENCE, final=4 * PAUSE))
    post = await stage.reply(await stage.say(".imagine a cat"))
    request = await stage.executor.next("a cat")
    await stage.shows(post, "0%")
    everybody = stage.sandbox.world.guild.id
    stage.sandbox.overwrite("art", everybody, deny=Permission.SEND_MESSAGES | Permission.ATTACH_FILES)
    stage.executor.finish(request)
    await stage.shows(post, "it came to you in private.")
    private = [each for channel in stage.sandbox.world.direct.values() for each in channel.messages.values()]
    assert private[-1].attachments


async def test_the_first_message_is_given_up_however_fast_the_painting_goes(stage: Stage) -> None:
    stage.sandbox.fail_next(Fault("POST", MESSAGES, 403, code=50013, times=1000))
    await stage.say(".imagine a cat")
    request = await stage.executor.next("a cat")
    step = 0
    async with asyncio.timeout(60):
        while not stage.executor.aborted:
            step = (step + 1) % 100
            stage.executor.advance(request, step, picture(kind="JPEG"))
            await asyncio.sleep(PAUSE / 2)
