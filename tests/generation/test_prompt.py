import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from generation.errors import RequestError
from generation.prompt import STRAY, fenced, read, write
from generation.targets import Target


def texts(prompt: str) -> list[tuple[str, float]]:
    return [(target.text, target.weight) for target in read(prompt)]


@pytest.mark.parametrize(
    "word", ["at 12:30", "16:9", "https://x.y/z:80", "C:", "a:b", ":smile:", "C++::", "::2", "x::", ":3"]
)
def test_a_text_is_a_text_alone_and_beside_others(word: str) -> None:
    assert texts(word) == [(word, 1)]
    assert texts(f"{word} | b") == [(word, 1), ("b", 1)]
    assert texts(f"a | b ^ {word}") == [("a", 1), ("b", 1), (word, 1)]


@pytest.mark.parametrize("number", ["2", "2.5", "+2", "-2.5", ".5", "−2", "–0.5", "0", "٢"])
@pytest.mark.parametrize("colon", [":", "::"])
def test_a_number_is_a_weight_beside_others(colon: str, number: str) -> None:
    (text, weight), other = texts(f"a cat{colon}{number} | b")
    assert (text, other) == ("a cat", ("b", 1))
    assert weight == float(number.replace("−", "-").replace("–", "-"))


@pytest.mark.parametrize("weight", [":2.", ":1,5", ":1e3", ":2x", ": 2", "::two", ":2:", ":1001", ":2:30", ":-1 cat"])
def test_what_is_no_number_behind_a_colon_is_text(weight: str) -> None:
    assert texts(f"cat{weight} | b") == [(f"cat{weight}", 1), ("b", 1)]


def test_alone_a_number_behind_one_colon_needs_a_point() -> None:
    assert [texts(f"a cat{weight}") for weight in (":2", ":-2.5", ":1:2")] == [
        [(f"a cat{weight}", 1)] for weight in (":2", ":-2.5", ":1:2")
    ]
    assert read("a cat:2.5") == (Target("a cat", weight=2.5),)
    assert read("a cat:1:0.8") == (Target("a cat", stop=0.8),)
    assert read("a cat::2") == (Target("a cat", weight=2.0),)


def test_parts_and_targets_without_text_are_left_out() -> None:
    assert read("") == read("| ^ |") == read("``` ```") == ()
    assert texts("^ a | | b::2 | ^ ^ c") == [("a", 1), ("b", 2), ("c", 1)]
    assert texts("a |\u0301 |\u0301b") == [("a", 1), ("b", 1)]
    assert [target.part for target in read("^ a ^ ^ b")] == [0, 1]
    assert [target.part for target in read("a ^ |")] == [None]


@pytest.mark.parametrize(
    ("prompt", "sentence"),
    [
        ("a::-1", "The prompt has no text with a weight above 0"),
        ("a ^ b:-1 | c:0", "Part 2 of the story has no text with a weight above 0"),
        ("a::" + "9" * 500, "A weight is a number from -1000 to 1000"),
        ("a::1:-5.1", "Where a text stops is a number from -5 to 5"),
        (" ^ ".join("ab" * 20), "The prompt has 40 texts with | and ^ between; 16 are allowed."),
    ],
)
def test_it_is_refused_in_a_sentence(prompt: str, sentence: str) -> None:
    with pytest.raises(RequestError) as refusal:
        read(prompt)
    assert str(refusal.value).startswith(sentence)
    assert len(str(refusal.value)) < 120


PIECES = st.text("ab 1.:|^`;,-−_\\/", max_size=6) | st.sampled_from(
    ["::2", ":1.5", ":-1:.3", "```", " | ", " ^ ", ":a:"]
)


@given(st.lists(PIECES, max_size=10).map("".join))
@example("a``` | ```b")
@example("`a``` | ``b` | c```")
def test_what_was_read_can_be_written_and_read_again(prompt: str) -> None:
    try:
        targets = read(prompt)
    except RequestError:
        return
    assert all(target.text == " ".join(target.text.split()) != "" for target in targets)
    if targets:
        assert read(write(targets)) == targets


@given(
    st.text(min_size=1)
    .map(lambda text: " ".join(text.split()))
    .filter(lambda text: text.strip("`\0 ") and not STRAY.search(text))
)
@example("a | b ^ c::2 `d ``")
def test_what_is_fenced_is_text(text: str) -> None:
    assert read(fenced(text)) == (Target(text),)
    assert [target.text for target in read(f"a | {fenced(text, 'a | b')}::2 | b")] == ["a", text, "b"]
