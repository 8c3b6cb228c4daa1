import pytest
from hypothesis import given
from hypothesis import strategies as st

from generation.perceptor.pieces import pieces


def cut(text: str) -> tuple[str, str]:
    """Cut behind the last word that ends within ten characters, or within a word that is longer."""
    if len(text) <= 10:
        return text, ""
    end = max((place for place in range(1, 11) if text[place].isspace()), default=10)
    return text[:end], text[end:].lstrip()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", [""]),
        ("a red cat", ["a red cat"]),
        ("A red cat. A dog.", ["A red cat.", "A dog."]),
        ("One cat. A dog too.", ["One cat.", "A dog too."]),
        ("one cat, a dog too", ["one cat,", "a dog too"]),
        ("O! aa, b two", ["O! aa,", "b two"]),
        ("a red cat and a dog", ["a red cat", "and a dog"]),
        ("a. reds cats sit", ["a. reds", "cats sit"]),
        ("x" * 25, ["x" * 10, "x" * 10, "x" * 5]),
    ],
)
def test_pieces_end_with_a_sentence_a_phrase_or_a_word(text: str, found: list[str]) -> None:
    assert pieces(text, cut) == found


@given(st.text("ab., ", max_size=80))
def test_nothing_gets_lost(text: str) -> None:
    assert "".join("".join(pieces(text, cut)).split()) == "".join(text.split())


def test_a_sign_for_which_there_is_no_room_is_left_out() -> None:
    family = "👨" + "\u200d👨" * 20
    assert pieces(f"a{family}b", lambda text: ("", text) if text.startswith("👨") else (text[:1], text[1:])) == [
        "a",
        "b",
    ]
