"""Texts of all languages and none, in sentences."""

import pytest

from texts.errors import TextError
from texts.sentences import LONGEST, MOST_BYTES, MOST_CHARACTERS, NO_TEXT, decode, language_of, sentences, shortened


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Mr. Fox slept. He woke!", ["Mr. Fox slept.", "He woke!"]),
        ("A hill\nin the fog.\n\nA lamp", ["A hill in the fog.", "A lamp"]),
        ("从前有一座山。山里有一座庙！", ["从前有一座山。", "山里有一座庙！"]),
        ("昔々、おじいさんがいました。山へ行きました。", ["昔々、おじいさんがいました。", "山へ行きました。"]),
        ("كان يا ما كان ثعلب. هل نام؟ نعم.", ["كان يا ما كان ثعلب.", "هل نام؟", "نعم."]),
        ("Жила-была лиса. Она спала!", ["Жила-была лиса.", "Она спала!"]),
        ("एक लोमड़ी थी। वह सोई।", ["एक लोमड़ी थी।", "वह सोई।"]),
        ("* * *\n\nA fox\x00\u202e slept.", ["A fox slept."]),
    ],
)
def test_sentences_of_many_languages(text: str, parts: list[str]) -> None:
    assert sentences(text) == parts


def test_a_mixed_text_is_taken_for_what_most_of_it_is() -> None:
    assert [language_of(text) for text in ("a fox 狐 of many words", "狐 fox", "", "!")] == ["en", "zh", "en", "en"]


def test_a_long_sentence_is_parted_by_its_clauses() -> None:
    clauses = [f"the {number} hounds ran over the hill and through the wood and the river" for number in range(9)]
    found = sentences(", ".join(clauses) + ".")
    assert len(found) == 5
    assert all(len(each) <= LONGEST for each in found)
    assert ", ".join(found).removesuffix(".") == ", ".join(clauses)


def test_what_has_no_clauses_is_shortened() -> None:
    assert sentences("wood " * 100) == [shortened("wood " * 100)]
    assert shortened("wood " * 100).endswith("wood…")
    (found,) = sentences("木" * 500)
    assert len(found) == LONGEST


@pytest.mark.parametrize("text", ["", " \n\n ", "?! … —", "\u200b\u202e"])
def test_there_have_to_be_words(text: str) -> None:
    with pytest.raises(TextError, match="no words"):
        sentences(text)


def test_an_enormous_text_is_refused() -> None:
    with pytest.raises(TextError, match="more than 100000 characters; take a part"):
        sentences("a" * (MOST_CHARACTERS + 1))
    with pytest.raises(TextError, match="more than 100000 characters"):
        decode(b"a" * (MOST_BYTES + 1))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings(encoding: str) -> None:
    assert decode("Жила-была лиса.".encode(encoding)) == "Жила-была лиса."


@pytest.mark.parametrize("data", [b"\x89PNG\r\n\x1a\n\0\0", b"caf\xe9", b"a\0b", b"\xff\xfe\x00"])
def test_binary_files_are_refused(data: bytes) -> None:
    with pytest.raises(TextError, match=NO_TEXT):
        decode(data)
