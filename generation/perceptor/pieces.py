"""Texts that are longer than a perceptor reads at once, in pieces that it does."""

from collections.abc import Callable

import regex

ENDS = (regex.compile(r"[.!?…。！？]+\s+"), regex.compile(r"[,;:،、，；]+\s*"))
"""Where a piece should end: behind a sentence, or else behind a phrase."""
LEAST = 0.5
"""Of what there would be room for, a piece that ends there holds so much at least."""


def pieces(text: str, cut: Callable[[str], tuple[str, str]]) -> list[str]:
    """Return a text in pieces, of which all but the last are as long as may be, one at least.

    Each ends with a sentence, or else a phrase, or else a word, unless it would be less than half of what is read at
    once. A sign for which there is no room even by itself, such as an emoji that is made of many, is left out.

    Args:
        text: of any length.
        cut: returns as much of a text as is read at once, and the rest.
    """
    found = []
    head, tail = cut(text)
    while tail:
        ends = [[end.end() for end in pattern.finditer(head) if end.end() >= LEAST * len(head)] for pattern in ENDS]
        kept = next((places[-1] for places in ends if places), len(head))
        if head:
            found.append(head[:kept].rstrip())
        else:
            kept = len(regex.findall(r"\X", text)[0])
        head, tail = cut(text := text[kept:].lstrip())
    return [*found, head]
