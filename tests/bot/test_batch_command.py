"""Files of requests that members attach, by the real bot in the sandbox."""

import asyncio
import threading
from typing import Any

import pytest

from bot import batch
from bot.batch_command import ALL_BAD, FEWER, MOST_BYTES, NO_FILE, ONE_FILE, RESTARTED, TOO_LARGE
from sandbox import Fault
from sandbox.model import Message
from tests.bot.conftest import MakeStage, Stage
from tests.bot.test_uploads import RED, Gate, gate, posted, say

__all__ = ["gate"]

MESSAGE = "/channels/{channel_id}/messages/{message_id}"
FILE = b"a cat --seed 1\na dog --seed 2 --sead\na cow --seed 3 --repeat 2\n"


def said(stage: Stage) -> list[Message]:
    return [each for each in stage.sandbox.messages("art") if each.author is stage.sandbox.bot]


async def overview(stage: Stage, asked: int) -> Message:
    """Wait for the message about all of it."""
    return await stage.reply(asked)


async def test_one_message_tells_of_all_and_pictures_come_when_they_are_finished(make_stage: MakeStage) -> None:
    stage = await make_stage()
    asked = await say(stage, ".batch", ("animals.txt", FILE))
    shown = await overview(stage, asked)
    await stage.shows(shown, "**animals.txt**", "0 of 3 painted · 1 being painted · 2 waiting")
    await stage.shows(shown, "-# line 2: There is no flag `--sead`; did you mean `--seed`?")
    cat = await stage.executor.next("a cat")
    stage.executor.start(cat)
    stage.executor.advance(cat, 50)
    await stage.shows(shown, "16%")
    assert said(stage) == [shown], "nothing else is posted before a picture is finished"
    stage.executor.finish(cat)
    await stage.shows(shown, "1 of 3 painted")
    await stage.sandbox.until(lambda: any(each.content.startswith("**a cat**") for each in said(stage)))
    for seed in (3, 4):
        cow = await stage.executor.next("a cow")
        assert cow.seed == seed
        if seed == 3:
            stage.executor.finish(cow)
        else:
            stage.executor.fail(cow, "It does not work.")
    await stage.shows(shown, "2 of 3 painted · 1 failed")
    await stage.sandbox.until(lambda: len(said(stage)) == 4)
    assert any("It does not work." in each.content for each in said(stage))
    await stage.sandbox.until(lambda: sorted(len(each.attachments) for each in said(stage)) == [0, 0, 1, 1])


async def test_by_slash(stage: Stage) -> None:
    await stage.registered()
    person = stage.people("member")
    await person.run_command("art", "batch", {"file": ("animals.csv", b"prompt,seed\na cat,7\n")})
    request = await stage.executor.next("a cat")
    assert request.seed == 7
    await stage.shows(await stage.addressed("member"), "**animals.csv**")


async def test_lines_are_read_as_imagine_reads_its_words(make_stage: MakeStage) -> None:
    stage = await make_stage(room=5, queue__per_member=9)
    red, no_picture = await posted(stage, RED), await posted(stage, b"no picture")
    art = stage.sandbox.channel("art").id
    lines = f"{red}::2 a {{hat, coat}} in <#{art}>\n{no_picture} a dog\n{{a cat, a cow --sead}}\n"
    shown = await overview(stage, await say(stage, ".batch", ("animals.txt", lines.encode())))
    await stage.shows(shown, "0 of 2 painted", "-# line 2: ", "-# line 3: There is no flag `--sead`")
    for prompt in ("a hat in art", "a coat in art"):
        words, picture = (await stage.executor.next(prompt)).targets
        assert (words.text, picture.weight, bool(picture.picture)) == (prompt, 2.0, True)
    assert len(stage.executor.requests) == 2


async def test_a_file_becomes_no_picture_by_an_edit(make_stage: MakeStage) -> None:
    stage = await make_stage()
    asked = await say(stage, ".batch", ("animals.txt", b"a cat\na dog\n"))
    await overview(stage, asked)
    await stage.edit(asked, ".imagine a horse")
    await stage.says("What that message asked for stays as it was asked for; `.cancel` it")
    stage.executor.finish(await stage.executor.next("a cat"))
    await stage.executor.next("a dog")


async def test_what_is_no_file_is_said_in_a_sentence(stage: Stage) -> None:
    assert await stage.ask(".batch") == NO_FILE
    for files, sentence in (
        ([("a.txt", FILE), ("b.txt", FILE)], ONE_FILE),
        ([("a.txt", b"a" * (MOST_BYTES + 1))], TOO_LARGE),
        ([("a.txt", b"")], "There is nothing to paint in the file"),
        ([("a.png", RED)], "The file is no text"),
        ([("a.csv", b"a cat,7\n")], "The first line should name the columns"),
        ([("a.txt", b"--sead 7\n--seed 7\n" * 4)], f"{ALL_BAD}\n-# line 1: There is no flag `--sead`"),
        ([("a.txt", b"--sead 7\n--seed 7\n" * 4)], "-# and 3 more lines are left out"),
        ([("a.txt", b"a cat\n" * 4)], f"so nothing is painted yet. {FEWER}"),
        ([("a.txt", b"a cat --as target\n")], "`--as` is about a picture"),
    ):
        answer = await stage.reply(await say(stage, ".batch", *files))
        assert sentence in answer.content
        assert len(answer.content) <= 2000
    assert not stage.executor.requests


async def test_the_rules_of_a_server_hold_for_each_line(make_stage: MakeStage) -> None:
    stage = await make_stage(limits__forbidden_words="[teapot]", room=3)
    shown = await overview(stage, await say(stage, ".batch", ("a.txt", b"a cat\na teapot\n")))
    await stage.shows(shown, "0 of 1 painted", "-# line 2: `teapot` may not stand in a prompt here")


async def test_what_cannot_be_painted_is_refused_in_its_line(make_stage: MakeStage) -> None:
    stage = await make_stage(classes=("owl", "frog"), multiple=32, room=3)
    lines = b"a cat\na bird --class zzz\na dog --size 65x65\na cow --strength 0.5\n"
    shown = await overview(stage, await say(stage, ".batch", ("a.txt", lines)))
    await stage.shows(shown, "0 of 1 painted", "-# line 2: There is no class 'zzz'", "-# line 3: ", "-# line 4: ")


async def test_it_can_be_taken_back(stage: Stage) -> None:
    shown = await overview(stage, await say(stage, ".batch", ("a.txt", b"a cat\na dog\n")))
    await stage.executor.next("a cat")
    await stage.say(".cancel")
    await stage.say(".cancel")
    await stage.shows(shown, "0 of 2 painted · 2 cancelled")


async def test_before_a_restart_it_says_that_the_pictures_come(stage: Stage) -> None:
    shown = await overview(stage, await say(stage, ".batch", ("a.txt", b"a cat\na dog\n")))
    await stage.executor.next("a cat")
    await stage.stop()
    assert RESTARTED in shown.content
    assert said(stage) == [shown]


async def test_after_a_restart_it_goes_on(make_stage: MakeStage) -> None:
    before = await make_stage()
    asked = await say(before, ".batch", ("animals.txt", FILE))
    shown = await overview(before, asked)
    before.executor.finish(await before.executor.next("a cat"))
    await before.shows(shown, "1 of 3 painted")
    cow = await before.executor.next("a cow")
    await before.stop()
    stage = await make_stage()
    shown = next(each for each in said(stage) if each.id == shown.id)
    await stage.shows(shown, "1 of 3 painted", "1 being painted", "-# line 2: There is no flag `--sead`")
    assert RESTARTED not in shown.content
    stage.executor.finish(await stage.executor.next("a cow"))
    stage.executor.fail(await stage.executor.next("a cow"), "It does not work.")
    await stage.shows(shown, "2 of 3 painted · 1 failed")
    assert cow.prompt == "a cow"
    await stage.stop()
    last = await make_stage()
    await last.nothing_happens()
    assert sum("animals.txt" in each.content for each in said(last)) == 1


async def test_what_has_ended_by_a_restart_is_told_after_it(make_stage: MakeStage) -> None:
    before = await make_stage()
    asked = await say(before, ".batch", ("animals.txt", b"a cat\n"))
    shown = await overview(before, asked)
    before.sandbox.fail_next(Fault("PATCH", MESSAGE, 403, times=100, code=50001))  # the picture comes as a new message
    before.executor.finish(await before.executor.next("a cat"))
    await before.sandbox.until(lambda: any(each.attachments for each in said(before)))
    await before.stop()
    before.sandbox.faults.clear()
    assert "1 of 1 painted" not in shown.content
    stage = await make_stage()
    await stage.shows(shown, "**animals.txt**", "1 of 1 painted")


async def test_what_is_cancelled_while_pictures_of_its_lines_come_is_the_newest(
    make_stage: MakeStage, gate: Gate
) -> None:
    stage = await make_stage(room=5, queue__per_member=9)
    reds = [await posted(stage, RED) for _ in range(3)]
    await say(stage, ".imagine a boat")
    boat = await stage.executor.next("a boat")
    lines = "".join(f"{red} a hat {number}\n" for number, red in enumerate(reds))
    await say(stage, ".batch", ("hats.txt", lines.encode()))
    await gate.until(1)
    cancelled = await say(stage, ".cancel")
    await stage.nothing_happens()
    gate.open.set()
    assert (await stage.reply(cancelled)).content == "Cancelled: a hat 2"
    stage.executor.finish(boat)
    await stage.executor.next("a hat 0")


async def test_what_is_deleted_while_its_file_is_read_is_not_painted(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading, may_read, read = threading.Event(), threading.Event(), batch.read

    def held(*arguments: Any, **named: Any) -> batch.Batch:
        reading.set()
        may_read.wait(60)
        return read(*arguments, **named)

    monkeypatch.setattr(batch, "read", held)
    asked = await say(stage, ".batch", ("animals.txt", b"a cat\n"))
    assert await asyncio.to_thread(reading.wait, 60)
    await stage.people("member").call("DELETE", f"{stage.people('member').messages_of('art')}/{asked}")
    await stage.nothing_happens()
    may_read.set()
    await say(stage, ".imagine a boat")
    await stage.executor.next("a boat")
    assert len(stage.executor.requests) == 1
