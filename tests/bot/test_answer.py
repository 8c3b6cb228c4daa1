"""Short answers, when many are asked for and when Discord is in trouble."""

import asyncio
import re
from dataclasses import replace
from unittest.mock import MagicMock

import pytest

from bot.answer import _Answer
from sandbox import Fault
from sandbox.permissions import Permission
from sandbox.rate_limits import Rule
from tests.bot.conftest import PATIENCE, PAUSE, MakeStage, Stage

MESSAGES = "/channels/{channel_id}/messages"
WINDOW = 5.25


@pytest.mark.parametrize("text", [".queue", ".help", ".imagine", ".cancel"])
@pytest.mark.parametrize(
    "fault",
    [
        Fault("POST", MESSAGES, 200, way="reset"),
        Fault("POST", MESSAGES, 200, way="reset", late=True),
        Fault("POST", MESSAGES, 200, text="<h1>Hello</h1>", late=True),
        Fault("POST", MESSAGES, 429, via=False),
        Fault("POST", MESSAGES, 429, retry_after=None),
        Fault("POST", MESSAGES, 503),
        Fault("POST", MESSAGES, 400, code=50035),
    ],
    ids=["reset", "lost", "rubbish", "banned", "limited", "down", "refused"],
)
async def test_an_answer_comes_once_whatever_happens(
    stage: Stage, text: str, fault: Fault, capsys: pytest.CaptureFixture[str]
) -> None:
    stage.sandbox.fail_next(replace(fault))
    await stage.say(text)
    await stage.sandbox.until(lambda: _answers(stage))
    await stage.nothing_happens()
    assert len(_answers(stage)) == 1
    assert "Something went wrong" not in _answers(stage)[0]
    assert stage.sandbox.bot.token not in capsys.readouterr().out


async def test_where_nothing_can_be_said_the_log_says_so(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    stage.sandbox.fail_next(Fault("POST", MESSAGES, 400, code=50035, times=3))
    await stage.say(".help")
    log = ""
    async with asyncio.timeout(60):
        while "could not answer" not in log:
            await asyncio.sleep(0.01)
            log += capsys.readouterr().out
    assert "Traceback" not in log


async def test_a_refused_answer_goes_to_the_member_in_private(stage: Stage) -> None:
    stage.sandbox.overwrite("art", stage.sandbox.world.guild.id, deny=Permission.READ_MESSAGE_HISTORY)
    await stage.nothing_happens()
    stage.sandbox.fail_next(Fault("POST", MESSAGES, 403, code=50013))
    await stage.say(".queue")
    await stage.sandbox.until(lambda: any(each.messages for each in stage.sandbox.world.direct.values()))
    assert not _answers(stage)


async def test_an_answer_that_is_lost_and_then_refused_is_given_once(stage: Stage) -> None:
    stage.sandbox.fail_next(Fault("POST", MESSAGES, 503, late=True))
    refusal = Fault("POST", MESSAGES, 403, code=50013)
    stage.sandbox.fail_next(refusal)
    await stage.say(".help")
    for _ in range(200):
        await asyncio.sleep(PAUSE if refusal.times else 0)
    await stage.nothing_happens()
    assert len(_answers(stage)) == 1


@pytest.mark.parametrize(
    ("who", "texts"),
    [
        (["Mia"], [".help"] * 100),
        (["Mia"], [".imagine a cat"] * 100),
        (["Mia", "Noor", "moderator"], [".queue"] * 60),
        (["Mia"], [".help", ".queue", ".cancel", ".imagine --x"] * 25),
        (["Mia"], [f".imagine --seed {number}" for number in range(100)]),
        (["Mia"], [f".story A fox number {number} ran. It slept." for number in range(100)]),
    ],
    ids=["help", "imagine", "queue", "all", "flags", "stories"],
)
async def test_a_flood_keeps_nobody_else_waiting(make_stage: MakeStage, who: list[str], texts: list[str]) -> None:
    stage = await make_stage(patience=replace(PATIENCE, window=WINDOW))
    stage.sandbox.limits.rules["POST", MESSAGES] = Rule(5, 5)
    stage.sandbox.limits.person_factor = 1000
    for text in texts:
        for name in who:
            await stage.say(text, name)
    said = await stage.say(".imagine a boat", "owner")
    await stage.reply(said)
    post = await stage.reply(said)
    between = [each for each in stage.sandbox.messages("art") if each.author.bot and said < each.id < post.id]
    assert len(between) <= 3


async def test_one_answer_says_it_for_all(make_stage: MakeStage) -> None:
    stage = await make_stage(patience=replace(PATIENCE, window=1.0))
    for _ in range(10):
        await stage.say(".help", "Mia")
    await stage.sandbox.until(lambda: sum(map(_answered, _answers(stage))) == 10)
    assert len(_answers(stage)) < 10


async def test_a_flood_is_answered_by_few_messages(make_stage: MakeStage) -> None:
    stage = await make_stage(patience=replace(PATIENCE, window=1.0))
    for number in range(20):
        await stage.say(f".imagine --seed {number}", "Mia")
        await stage.say(f".story A fox number {number} ran. It slept.", "Mia")
    await stage.sandbox.until(lambda: sum(map(_answered, _answers(stage))) == 40)
    assert len(_answers(stage)) < 15


async def test_every_refusal_and_every_change_is_said(make_stage: MakeStage) -> None:
    stage = await make_stage(patience=replace(PATIENCE, window=1.0))
    for number in range(6):
        await stage.say(f".imagine a cat --steps {1000 + number}", "moderator")
        await stage.say(f".limits set steps {10 + number}", "moderator")
        await stage.say(f".limits set nope{number} 7", "moderator")
    await stage.sandbox.until(lambda: sum(map(_answered, _answers(stage))) == 18)
    said = "\n".join(_answers(stage))
    assert len(_answers(stage)) < 18
    for number in range(6):
        assert f"not `{1000 + number}`" in said
        assert f"`steps` to `{10 + number}`" in said
        assert f"nope{number}" in said


def test_as_many_answers_as_there_is_room_for_are_in_one() -> None:
    answer = _Answer(MagicMock(), [f"{number} " + "x" * 600 for number in range(5)], asked=7)
    assert [line[:2] for line in answer.content().splitlines()] == ["2 ", "3 ", "4 ", "-#"]
    assert answer.content().endswith("\n-# To 7 messages of yours. 2 earlier answers are left out.")
    assert [line[:2] for line in answer.content(1300).splitlines()] == ["3 ", "4 ", "-#"]
    assert _Answer(MagicMock(), ["x" * 2000], asked=2).content() == "x" * 2000


def _answered(answer: str) -> int:
    """Return how many messages an answer answers."""
    note = re.search(r"\n-# To (\d+) messages of yours\.", answer)
    return int(note[1]) if note else 1


def _answers(stage: Stage) -> list[str]:
    return [message.content for message in stage.sandbox.messages("art") if message.author is stage.sandbox.bot]
