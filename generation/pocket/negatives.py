"""Swaps: a prompt with another thing in it, from which a picture of it should be told apart."""

import re
from collections.abc import Sequence

SWAPPED = 2
"""Nouns of a prompt that are swapped, at most."""


def swaps(prompt: str, nouns: Sequence[str]) -> list[str]:
    """Return the prompt with each other noun in the place of each that it has, or nothing if it has none.

    Only the first `SWAPPED` are swapped, one at a time; a plural is swapped for a plural.
    """
    longest_first = sorted(nouns, key=len, reverse=True)
    known = re.compile(rf"\b({'|'.join(map(re.escape, longest_first))})(s?)\b", re.IGNORECASE)
    found = list(known.finditer(prompt))[:SWAPPED] if nouns else []
    return [
        f"{prompt[: place.start()]}{noun}{place[2]}{prompt[place.end() :]}"
        for place in found
        for noun in nouns
        if noun != place[1].lower()
    ]
