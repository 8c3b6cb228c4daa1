"""Prompts from a few words by the command line."""

from tests.easel.conftest import Easel


def test_prompts_are_printed(easel: Easel) -> None:
    code, out, _ = easel("suggest", "an", "old", "clock", "--count", "3", "--seed", "7")
    assert code == 0
    lines = out.splitlines()
    assert len(set(lines)) == 3
    assert all(line.startswith("an old clock ") for line in lines)
    assert easel("suggest", "an old clock", "--count", "3", "--seed", "7")[1] == out
    assert easel("suggest")[0] == 0


def test_what_is_refused(easel: Easel) -> None:
    assert easel("suggest", "?!")[0] == 2
    assert easel("suggest", "a" * 301)[0] == 2
