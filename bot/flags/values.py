"""How values that several flags take are read, and numbers written so that they are read again."""

import difflib
import re
from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import TypeVar

from bot.errors import PromptError
from bot.markdown import inline_code

DECIMAL = r"(\d{1,3}(\.\d{1,6})?|\.\d{1,6})"
SIGNED = rf"[+-]?{DECIMAL}"
PLAIN = "none"
"""What is typed for no augmentations at all, and for nothing of what a member has chosen as usual."""
QUOTES = "\"'“”„‟«»‹›‘’‚‛「」『』"
LONGEST_CAPTION = 60
"""UTF-16 code units of names, texts and numbers that the small print shows."""

NEAR = 0.7
"""How alike what is typed and what may be meant are, as difflib has it, for the one to be the other mistyped."""
LEAST_BEGUN = 3
"""Letters of a name that are enough to mean it."""

Word = TypeVar("Word", bound=str)


def whole(flag: str, value: str, low: int, high: int) -> int:
    """Read a whole number of a range, or raise ``PromptError``."""
    # Ten digits hold every allowed number, and int() refuses thousands of them with an error of its own.
    number = int(value) if re.fullmatch(r"\d{1,10}", value) else -1
    if not low <= number <= high:
        raise PromptError(f"`--{flag}` takes a whole number from {low} to {high}, not {inline_code(value)}.")
    return number


def decimal(flag: str, value: str, low: float, high: float) -> float:
    """Read a number of a range, or raise ``PromptError``."""
    number = float(value) if re.fullmatch(DECIMAL, value) else -1.0
    if not low <= number <= high:
        raise PromptError(f"`--{flag}` takes a number from {low:g} to {high:g}, not {inline_code(value)}.")
    return number


def choice(flag: str, value: str, words: Sequence[Word], others: str = "") -> Word:
    """Read one of a few words, in any case, or raise ``PromptError``, which tells of ``others`` too."""
    for word in words:
        if word == value.casefold():
            return word
    raise PromptError(
        f"`--{flag}` takes {' or '.join(f'`{each}`' for each in words)}{others}, not {inline_code(value)}."
    )


def nearest(typed: str, names: Collection[str], most: int = 1) -> list[str]:
    """Return the names that a mistyped one may stand for, best first: the one begun by it, or all much like it."""
    near = difflib.get_close_matches(typed, names, n=most, cutoff=NEAR)
    begun = [name for name in sorted(names) if len(typed) >= LEAST_BEGUN and name.startswith(typed)]
    return begun if len(begun) == 1 else [*dict.fromkeys([*near, *begun])][:most]


def written(number: float) -> str:
    """Return a number as `DECIMAL` takes it."""
    return format(Decimal(str(number)), "f").removesuffix(".0")
