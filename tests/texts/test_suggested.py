"""Prompts made up from a few words."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generation.styles import STYLES
from texts.errors import TextError
from texts.suggested import LIGHTS, LONGEST, MOST, PLACES, SUBJECTS, suggested

STYLE_ENDINGS = [style.ending for style in STYLES.values()]


def test_the_same_seed_gives_the_same_prompts() -> None:
    first = suggested("fox", 7, 4, STYLE_ENDINGS)
    assert first == suggested("fox", 7, 4, STYLE_ENDINGS) != suggested("fox", 8, 4, STYLE_ENDINGS)
    assert len(set(first)) == 4
    assert all(" fox " in prompt for prompt in first)
    assert all(any(prompt.endswith(f", {ending}") for ending in STYLE_ENDINGS) for prompt in first)


def test_without_words_there_is_a_subject() -> None:
    assert all(prompt.startswith(SUBJECTS) for prompt in suggested(" ", 7, MOST, STYLE_ENDINGS))


@pytest.mark.parametrize("words", ["an old clock at sunset", "my dog, sleeping", "狐狸", "лиса и курица"])
def test_words_stay_as_they_are(words: str) -> None:
    assert all(prompt.startswith(f"{words} ") for prompt in suggested(words, 7, MOST, STYLE_ENDINGS))


def test_what_is_said_is_not_said_again() -> None:
    assert suggested("a clock at sunset on a hill", 7, 2, ["ink"]) == ["a clock at sunset on a hill, ink"]


def test_a_bare_word_gets_its_article() -> None:
    prompts = suggested("owl", 7, MOST, STYLE_ENDINGS)
    assert all(prompt.split()[0] == ("an" if prompt.split()[1][0] in "aeiou" else "a") for prompt in prompts)


def test_all_of_the_lists_can_be_said_together() -> None:
    assert all(len(set(options)) == len(options) for options in (SUBJECTS, PLACES, LIGHTS))


@pytest.mark.parametrize(("words", "sentence"), [("?!", "no words"), ("a" * (LONGEST + 1), "301 characters; 300 are")])
def test_what_is_refused(words: str, sentence: str) -> None:
    with pytest.raises(TextError, match=sentence):
        suggested(words, 7, 1, STYLE_ENDINGS)


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=40))
def test_any_words_give_a_line_or_are_refused(words: str) -> None:
    try:
        (prompt,) = suggested(words, 7, 1, STYLE_ENDINGS)
    except TextError:
        return
    assert prompt.isprintable() or not words.isprintable()
    assert "\n" not in prompt
