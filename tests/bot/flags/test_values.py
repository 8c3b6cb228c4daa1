"""How values that several flags take are read and written."""

import pytest

from bot.errors import PromptError
from bot.flags.values import choice, decimal, nearest, whole, written


@pytest.mark.parametrize("value", ["0", "11", "-1", "1.5", "²", "9" * 5000, ""])
def test_whole_numbers_are_of_a_range(value: str) -> None:
    assert (whole("x", "1", 1, 10), whole("x", "010", 1, 10)) == (1, 10)
    with pytest.raises(PromptError, match=r"^`--x` takes a whole number from 1 to 10, not "):
        whole("x", value, 1, 10)


@pytest.mark.parametrize("value", ["0.4", "2.5", "-1", "nan", "1e0", "1,5", "."])
def test_decimals_are_of_a_range(value: str) -> None:
    assert (decimal("x", ".5", 0.5, 2), decimal("x", "2", 0.5, 2)) == (0.5, 2.0)
    with pytest.raises(PromptError, match=r"^`--x` takes a number from 0.5 to 2, not "):
        decimal("x", value, 0.5, 2)


def test_words_are_read_in_any_case() -> None:
    assert choice("x", "YES", ("yes", "no")) == "yes"
    with pytest.raises(PromptError, match=r"^`--x` takes `yes` or `no`, not `maybe`.$"):
        choice("x", "maybe", ("yes", "no"))


@pytest.mark.parametrize(
    ("typed", "names"),
    [("sede", ["seed"]), ("rep", ["repeat"]), ("step", ["steps"]), ("re", []), ("foo", []), ("", []), ("x" * 5000, [])],
)
def test_only_what_is_near_may_be_meant(typed: str, names: list[str]) -> None:
    assert nearest(typed, {"seed", "repeat", "steps", "zoom", "for"}) == names


@pytest.mark.parametrize(("number", "text"), [(0.0001, "0.0001"), (2.0, "2"), (-0.5, "-0.5"), (1e-06, "0.000001")])
def test_numbers_are_written_as_they_are_read(number: float, text: str) -> None:
    assert written(number) == text
