import pytest

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
    ],
)
def test_escaped(text: str, escaped: str) -> None:
    assert escape(text) == escaped


def test_nothing_ends_inline_code() -> None:
    assert inline_code("`a`\n``b``") == "`a b`"
    assert inline_code("``") == "` `"
    assert inline_code("x" * 41) == f"`{'x' * 39}…`"


def test_shorten() -> None:
    assert shorten("abc", 3) == "abc"
    assert shorten("ab cd", 4) == "ab…"
