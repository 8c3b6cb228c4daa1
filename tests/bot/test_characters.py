import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.characters import clean, is_visible, isolate, units

ACUTE = "\u0301"


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("\u202aa\u202bb\u202cc\u202dd\u202ee", "abcde"),
        ("\u2066a\u2067b\u2068c\u2069d\u200ee\u200ff\u061cg", "abcdefg"),
        (f"e{ACUTE * 30}x{ACUTE}", f"e{ACUTE * 4}x{ACUTE}"),
        (f"e{ACUTE * 3}\u20dd\u200d{ACUTE}\u200b{ACUTE}", f"e{ACUTE * 3}\u20dd"),
        (f"{ACUTE}a {ACUTE}\u200db", "a b"),
        ("a\u200bb\u00ad\u2060\ufeffc\ufffc\U000e0041", "abc"),
        ("a\u3164b\u2800c\u2028d\u2029e\x85f\vg", "a b c d e f g"),
        ("a\nb\tc", "a\nb\tc"),
        ("a\0\ud800b", "ab"),
    ],
)
def test_what_cannot_be_read_is_taken_out(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


@pytest.mark.parametrize(
    "text",
    [
        "منارة في عاصفة",
        "می\u200cخواهم",
        "שָׁלוֹם",
        "क्\u200dष",
        "Tiếng Việt",
        "❤️\u200d🔥 👩\u200d👩\u200d👧 1️⃣ 🏳️\u200d⚧️ 🇩🇪",
        "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
    ],
)
def test_what_languages_and_emoji_are_written_with_stays(text: str) -> None:
    assert clean(text) == text


@given(st.text() | st.text("a \u0301\u200d\u200b🏴\U000e0067\U000e007f\u202e"))
def test_what_is_clean_stays_so(text: str) -> None:
    assert clean(clean(text)) == clean(text)


@pytest.mark.parametrize(("text", "visible"), [("", False), (" \u200d\u0301", False), (".", True), ("🦊", True)])
def test_whether_there_is_anything_to_see(text: str, visible: bool) -> None:
    assert is_visible(text) is visible


@pytest.mark.parametrize(
    ("text", "isolated"),
    [("a cat", "a cat"), ("a שלום", "\u2068a שלום\u2069"), ("قطة", "\u2068قطة\u2069"), ("٧", "\u2068٧\u2069")],
)
def test_what_runs_from_right_to_left_is_isolated(text: str, isolated: str) -> None:
    assert isolate(text) == isolated


def test_units_are_those_of_utf_16() -> None:
    assert units("a🦊é") == 4
