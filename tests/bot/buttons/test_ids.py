from hypothesis import given
from hypothesis import strategies as st

from bot.buttons.ids import ButtonId

WORD = st.text("abcdefghijklmnopqrstuvwxyz-", min_size=1, max_size=20)
OF = st.text("0123456789abcdefXYZ_-", min_size=1, max_size=40)
MEMBER = st.none() | st.integers(1, 10**19 - 1)


@given(WORD, OF, MEMBER)
def test_what_is_written_is_read(action: str, of: str, member: int | None) -> None:
    id = ButtonId(action, of, member)
    assert ButtonId.parse(str(id)) == id
    assert len(str(id)) <= 100


@given(st.text() | st.from_regex(r"easel:1:[a-z]+:[^:]*(:.*)?"))
def test_whatever_is_read_is_what_was_written(text: str) -> None:
    id = ButtonId.parse(text)
    assert id is None or str(id) == text


def test_what_is_none() -> None:
    for text in (
        "",
        "easel:2:again:ab",
        "easel:1:again",
        "easel:1:again:",
        "easel:1:again:ab:",
        "easel:1:again:ab:007",
    ):
        assert ButtonId.parse(text) is None
    for text in (
        "easel:1:Again:ab",
        "easel:1:again:ab\n",
        "easel:1:again:ab:٣",
        "easel:1:again:a b",
        " easel:1:again:ab",
    ):
        assert ButtonId.parse(text) is None
