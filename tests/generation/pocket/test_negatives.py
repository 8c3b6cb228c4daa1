import pytest

from generation.pocket.negatives import swaps

NOUNS = ("cat", "dog", "hot air balloon", "balloon", "sea")


@pytest.mark.parametrize(
    ("prompt", "swapped"),
    [
        ("a cute Cat", ["a cute dog", "a cute hot air balloon", "a cute balloon", "a cute sea"]),
        ("two dogs", ["two cats", "two hot air balloons", "two balloons", "two seas"]),
        ("a hot air balloon", ["a cat", "a dog", "a balloon", "a sea"]),
        ("a catalogue by the seaside", []),
        ("happiness (x|y) \\1", []),
        ("", []),
    ],
)
def test_each_other_noun_takes_the_place_of_the_one_that_is_there(prompt: str, swapped: list[str]) -> None:
    assert swaps(prompt, NOUNS) == swapped


def test_one_noun_is_swapped_at_a_time_and_two_at_most() -> None:
    assert swaps("cat, dog, sea", ("cat", "dog", "sea")) == [
        "dog, dog, sea",
        "sea, dog, sea",
        "cat, cat, sea",
        "cat, sea, sea",
    ]


def test_without_nouns_there_is_nothing_to_swap() -> None:
    assert swaps("a cat", ()) == []
