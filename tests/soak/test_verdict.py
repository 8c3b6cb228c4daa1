"""Nothing that went wrong is passed over."""

from dataclasses import replace

import pytest

from bot.caption import PAUSED
from generation.dispatch.dispatcher import GIVEN_UP
from tests.soak.record import Row, Said, Shown, is_final
from tests.soak.verdict import Verdict, judged

SAID = Said(id=10, channel=1, author=5, at=100.0, prompts=["a fox q1"], done=[])
ROW = Row("x", "a fox q1", "done", None, 10, 1, 5, 11, 100.0, 103.0)
SHOWN = Shown(id=11, channel=1, content="**a fox q1**\n-# seed 1 · 2 s", files=["fox.png"], reference=10, at=104.0)


def verdict_of(rows: list[Row], said: list[Said], shown: list[Shown], deaths: int = 0) -> Verdict:
    return judged(rows, said, shown, deaths, lambda _: False)


def test_a_picture_that_was_posted() -> None:
    assert verdict_of([ROW], [SAID], [SHOWN]) == Verdict(accepted=1, finished=1, longest_delay=4.0)


@pytest.mark.parametrize(
    ("row", "said", "shown"),
    [
        (replace(ROW, ended=None, state="running"), SAID, [SHOWN]),
        (ROW, SAID, []),
        (ROW, replace(SAID, done=["delete"]), []),
        (ROW, SAID, [replace(SHOWN, files=[])]),
        (ROW, SAID, [replace(SHOWN, content="**a fox q1**\n▰▱▱▱▱▱▱▱▱▱ 10% · ready in a minute")]),
        (ROW, SAID, [replace(SHOWN, content="**a fox q1**\nNext in line · starts in a minute")]),
        (ROW, SAID, [replace(SHOWN, content=f"**a fox q1**\n{PAUSED}")]),
        (replace(ROW, state="failed", sentence="It broke."), SAID, [replace(SHOWN, content="**a fox q1**\nIt broke.")]),
        (replace(ROW, state="failed", sentence=GIVEN_UP), SAID, [SHOWN]),
        (replace(ROW, state="cancelled"), SAID, [replace(SHOWN, content="**a fox q1**\nCancelled.")]),
        (replace(ROW, state="cancelled"), replace(SAID, done=["cancel"]), [SHOWN]),
        (replace(ROW, state="cancelled"), replace(SAID, done=["delete"]), [SHOWN]),
    ],
)
def test_a_request_that_did_not_end_as_it_should_is_lost(row: Row, said: Said, shown: list[Shown]) -> None:
    verdict = verdict_of([row], [said], shown, deaths=2)
    assert (verdict.finished, len(verdict.lost), verdict.doubled) == (0, 1, [])


@pytest.mark.parametrize(
    ("row", "done", "content"),
    [
        (replace(ROW, state="failed", sentence=GIVEN_UP), [], f"**a fox q1**\n{GIVEN_UP}"),
        (replace(ROW, state="cancelled"), ["cancel"], "**a fox q1**\nCancelled."),
        (replace(ROW, state="cancelled"), ["delete"], None),
        (replace(ROW, state="cancelled"), ["remove"], None),
        (ROW, ["remove"], None),
        (ROW, ["delete"], SHOWN.content),
    ],
)
def test_other_ends_that_are_right(row: Row, done: list[str], content: str | None) -> None:
    shown = [] if content is None else [replace(SHOWN, content=content)]
    verdict = verdict_of([row], [replace(SAID, done=done)], shown, deaths=2)
    assert (verdict.finished, verdict.lost, verdict.doubled) == (1, [], [])


def test_two_posts_and_two_rows_are_seen() -> None:
    verdict = verdict_of([ROW, replace(ROW, id="y")], [SAID], [SHOWN])
    assert verdict.doubled == ["a fox q1: 2 rows"]
    verdict = verdict_of([ROW], [SAID], [SHOWN, replace(SHOWN, id=12, reference=None)])
    assert verdict.doubled == ["a fox q1: 2 posts"]


@pytest.mark.parametrize(
    ("content", "reference", "lost"),
    [
        ("You already have 3 pictures.", 10, False),
        ("You already have 3 pictures.", 12, False),
        ("<@5> You already have 3 pictures.", None, False),
        ("About your message https://discord.com/channels/1/1/10: no.", None, False),
        ("You already have 3 pictures.", 9, True),
        ("**a fox q0**\n-# seed 0", 12, True),
    ],
)
def test_a_message_that_was_not_answered_is_lost(content: str, reference: int | None, lost: bool) -> None:
    """An answer may stand for several messages, the last of which it refers to."""
    answer = Shown(id=13, channel=1, content=content, files=[], reference=reference, at=105.0)
    verdict = verdict_of([], [SAID, replace(SAID, id=12, prompts=["a fox q2"], done=["delete"])], [answer])
    assert (verdict.accepted, verdict.refused, verdict.lost) == (0, 1, ["a fox q1: never heard"] * lost)


def test_a_message_that_was_deleted_needs_no_answer() -> None:
    assert verdict_of([], [replace(SAID, done=["delete"])], []) == Verdict()


def test_what_a_post_says_in_between_is_not_final() -> None:
    assert is_final("**Number 3 in line**\n-# seed 1")
    assert not is_final("**a fox**\nNumber 3 in line · starts in 2 minutes")
