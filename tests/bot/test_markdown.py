import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.characters import units
from bot.markdown import escape, inline_code, shorten


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("a cat, 24:00 - #1 (big)", "a cat, 24:00 - #1 (big)"),
        ("**bold** _x_ ~~y~~ ||z||", r"\*\*bold\*\* \_x\_ \~\~y\~\~ \|\|z\|\|"),
        ("@everyone <@1> <t:0>", r"\@everyone \<\@1> \<t:0>"),
        ("https://example.com", r"https:\/\/example.com"),
        ("[a](b)", r"\[a](b)"),
        ("\\*", r"\\\*"),
        ("a\u202e*b\n# c", r"a\*b # c"),
        ("*قطة*\u2069", "\u2068\\*قطة\\*\u2069"),
    ],
)
def test_escaped(text: str, escaped: str) -> None:
    assert escape(text) == escaped


def test_nothing_ends_inline_code() -> None:
    assert inline_code("`a`\n``b``") == "`a b`"
    assert inline_code("``") == "` `"
    assert inline_code("x" * 41) == f"`{'x' * 39}…`"
    assert inline_code("\u202eקטן`") == "\u2068`קטן`\u2069"


@pytest.mark.parametrize(
    ("text", "length", "shortened"),
    [
        ("abc", 3, "abc"),
        ("ab cd", 4, "ab…"),
        ("a red fox in snow", 12, "a red fox…"),
        ("a red fox", 6, "a red…"),
        ("a redredred", 8, "a redre…"),
        ("🦊🦊🦊", 6, "🦊🦊🦊"),
        ("🦊🦊🦊", 5, "🦊🦊…"),
        ("ab👩\u200d👩\u200d👧c", 8, "ab…"),
        ("🇩🇪🇫🇷", 7, "🇩🇪…"),
        ("abe\u0301\u0301c", 4, "ab…"),
        ("👩\u200d" * 9, 6, "👩\u200d👩…"),
    ],
)
def test_shortened_between_words_and_characters(text: str, length: int, shortened: str) -> None:
    assert shorten(text, length) == shortened


@given(st.text() | st.text("a 👩\u200d🇩\u0301"), st.integers(1, 30))
def test_shortened_fits(text: str, length: int) -> None:
    assert units(shorten(text, length)) <= length
    assert units(escape(shorten(text, length))) <= 2 * length + 2
