"""Texts in a few of their sentences."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from texts.abridgement import MOST, abridged, edited, ranks, written
from texts.errors import TextError
from texts.sentences import LONGEST, sentences

EXAMPLES = Path(__file__).with_name("examples")
TAKEN = {
    "alice": ["once or twice", "when suddenly a White Rabbit", "Alice started", "so suddenly", "for she had plenty"],
    "ishmael": [
        "Some years ago",
        "Whenever I find",
        "With a philosophical",
        "There is nothing",
        "Its extreme downtown",
    ],
    "time-traveller": ["The Time Traveller", "Our chairs", "as we sat", "“Is not that", "“That is all right"],
}


@pytest.mark.parametrize("name", TAKEN)
def test_five_sentences_of_a_book(name: str) -> None:
    text = (EXAMPLES / f"{name}.txt").read_text("utf-8")
    found = abridged(text, 5)
    assert [each[: len(begin)] for each, begin in zip(found, TAKEN[name], strict=True)] == TAKEN[name]
    order = [sentences(text).index(each) for each in found]
    assert order == sorted(order)


def test_a_short_text_stays_whole() -> None:
    assert abridged("A fox. A hen.", 5) == ["A fox.", "A hen."]


def test_what_is_connected_counts_more_than_what_is_not() -> None:
    rest = [f"Word{number} other{number} thing{number}." for number in range(12)]
    lines = ["The fox saw a lantern.", "A lantern hung over the river.", "The fox swam the river.", *rest]
    found = ranks(lines)
    assert min(found[:3]) > max(found[3:])


def test_languages_without_blanks() -> None:
    text = "".join(f"第{number}天，狐狸看见了河上的灯笼。" for number in range(30))
    assert len(abridged(text, 4)) == 4


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=600), st.integers(1, MOST))
def test_any_text_is_abridged_or_refused(text: str, count: int) -> None:
    try:
        found = abridged(text, count)
    except TextError:
        return
    assert 1 <= len(found) <= count
    assert all(0 < len(each) <= LONGEST and "\n" not in each for each in found)
    assert edited(written(found))


def test_what_was_edited() -> None:
    assert edited(" A fox. \r\n\n\tA  hen.") == ["A fox.", "A hen."]
    with pytest.raises(TextError, match="no sentence left"):
        edited("\n \n")
    with pytest.raises(TextError, match="17 lines"):
        edited("a\n" * 17)
