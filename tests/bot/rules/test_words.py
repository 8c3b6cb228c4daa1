"""Which words stand in a text."""

import contextlib
import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import UserError
from bot.rules.words import LONGEST, Pattern, fold, found

TEXT = st.text(max_size=60)
WORD = st.text("abcdeéøñßя09", min_size=1, max_size=12)
HIDDEN = ["\u200b", "\u200d", "\u2060", "\ufe0f", "\u00ad", "\u202e"]


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("cock", "a COCK!"),
        ("cock", "c\u200do\u200bck"),
        ("cock", "ｃｏｃｋ"),
        ("cock", "с\u043eck"),
        ("cock", "𝓬𝓸𝓬𝓴 of the walk"),
        ("cock", "_cock_"),
        ("cock", "c\u0336o\u0336c\u0336k\u0336"),
        ("red fog", "the RED,\nfog"),
        ("straße", "STRASSE"),
        ("裸体", "一个裸体画"),
        ("🍆", "nice🍆!"),
        ("/na+ked/", "NAAAKED"),
        ("/b(a|e)d/", "imbedded"),
        (r"/\bfog\b/", "red fog, moon"),
    ],
)
def test_it_is_found(pattern: str, text: str) -> None:
    assert found(["other", pattern], text) == pattern


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("cock", "a peacock and a cocktail"),
        ("cock", "coc k"),
        ("ano", "un año"),
        ("red fog", "red and fog"),
        ("red fog", "fog red"),
        ("сон", "con"),
        (r"/\bfog\b/", "foggy"),
        ("x", ""),
    ],
)
def test_innocent_texts_are_not_hit(pattern: str, text: str) -> None:
    assert found([pattern], text) is None


@pytest.mark.parametrize(
    ("pattern", "sentence"),
    [
        ("", "There is no word in ` `."),
        ("!?", "There is no word in `!?`."),
        ("//", "There is no word in `//`."),
        ("x" * (LONGEST + 1), f"A word or an expression has at most {LONGEST} characters."),
        ("/(/", "`(` is no expression that can be searched for: `missing ): (`."),
        ("/(?<=a)b/", "is no expression that can be searched for"),
        (r"/(a)\1/", "is no expression that can be searched for"),
        ("/(a{1,1000}){1,1000}/", "is no expression that can be searched for"),
        ("/\ud800/", "is no expression that can be searched for"),
        ("/a*/", "`a*` stands in every text, so nothing would be allowed."),
        ("/^/", "stands in every text"),
    ],
)
def test_what_is_no_pattern_is_refused(pattern: str, sentence: str) -> None:
    with pytest.raises(UserError) as raised:
        Pattern(pattern)
    assert sentence in str(raised.value)
    assert "\n" not in str(raised.value)


@given(TEXT)
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(TEXT)
def test_case_counts_for_nothing(text: str) -> None:
    assert fold(fold(text).upper()) == fold(fold(text).upper().lower())


@given(WORD, st.lists(st.sampled_from(HIDDEN), max_size=5), st.randoms(use_true_random=False))
def test_what_cannot_be_seen_hides_nothing(word: str, hidden: list[str], chance: random.Random) -> None:
    text = [*word]
    for each in hidden:
        text.insert(chance.randrange(len(text) + 1), each)
    assert found([word], f"a {''.join(text)}, painted") == word


@given(WORD, WORD, WORD)
def test_a_word_within_another_is_not_found(before: str, word: str, after: str) -> None:
    assert found([word], before + word + after) in (None, word if fold(before + word + after) == fold(word) else None)


@given(st.text(max_size=LONGEST), TEXT)
def test_no_pattern_and_no_text_breaks_it(pattern: str, text: str) -> None:
    with contextlib.suppress(UserError):
        found([pattern, f"/{pattern}/"], text)


@pytest.mark.parametrize(
    "pattern",
    ["/(a+)+$/", "/(a|aa)+$/", "/(a?){80}a{80}$/", "/(.*)(.*)(.*)(.*)(.*)x$/", "/(x+x+)+y/", "/([a-z]+)*[0-9]/"],
)
def test_no_expression_takes_long(pattern: str) -> None:
    began = time.process_time()
    found([pattern], "a" * 10_000)
    found([pattern], "x" * 10_000)
    assert time.process_time() - began < 2.0
