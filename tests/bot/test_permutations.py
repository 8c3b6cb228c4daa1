import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.permutations import read


@pytest.mark.parametrize(
    ("text", "texts"),
    [
        ("a bird", ["a bird"]),
        ("{red, green} bird", ["red bird", "green bird"]),
        ("a {b,{c,d}} {e،f}", ["a b e", "a b f", "a c e", "a c f", "a d e", "a d f"]),
        ("{, dark} forest", [" forest", "dark forest"]),
        ("a cat --ar {1:1, 16:9}", ["a cat --ar 1:1", "a cat --ar 16:9"]),
        ("{a} {b", ["{a} {b"]),
        ("}{a, {b", ["}{a, {b"]),
        ("{a, {b, c}", ["{a, b", "{a, c"]),
        ("{{a,b}}", ["{a}", "{b}"]),
        ("`{a,b}` ```{c,d}```", ["`{a,b}` ```{c,d}```"]),
    ],
)
def test_choices_are_all_made(text: str, texts: list[str]) -> None:
    found = read(text)
    assert list(found.texts()) == texts
    assert found.count == len(texts)


@pytest.mark.parametrize(
    ("text", "least"),
    [("{a,b}" * 800, 2**800), ("{a," * 1000 + "}" * 1000, 1001), ("{" * 4000, 1), ("{a" * 2000 + "}" * 2000, 1)],
)
def test_how_many_there_are_is_known_without_making_any(text: str, least: int) -> None:
    assert read(text).count == least


@given(st.text("ab{},`: ", max_size=40))
def test_as_many_come_as_are_counted(text: str) -> None:
    found = read(text)
    if found.count < 1000:
        assert len(list(found.texts())) == found.count
