"""Text of members, made harmless inside Discord's markdown."""

import re
from collections.abc import Iterable

import regex

from bot.characters import clean, isolate, units
from generation.prompt import BLOCK, INLINE

SPECIAL = re.compile(r"[\\*_~|`<\[@/]")
CODE = regex.compile(f"{BLOCK}|{INLINE}", regex.DOTALL)
"""A code block or inline code: what stands between as many backticks as it begins with."""


def escape(text: str) -> str:
    """Return markdown that shows ``text`` as it is, in one line: no formatting, no mention, no link.

    The text must not stand at the beginning of a line, where Discord gives more characters a meaning.
    """
    return isolate(SPECIAL.sub(r"\\\g<0>", _one_line(text)))


def inline_code(text: str, length: int = 40) -> str:
    """Return ``text``, shortened, as inline code; backticks, which would end it, are left out."""
    return isolate(f"`{shorten(_one_line(text.replace('`', '')), length) or ' '}`")


def shorten(text: str, length: int) -> str:
    """Return at most ``length`` UTF-16 code units of ``text``, with an ellipsis where something is missing.

    It is cut between words, or, where that would take away more than half, between characters as readers see them.
    """
    if units(text) <= length:
        return text
    kept = _fitting(regex.findall(r"\X", text), length - 1) or _fitting(text, length - 1)
    if not text[len(kept)].isspace() and 2 * (end := kept.rfind(" ")) >= len(kept):
        kept = kept[:end]
    return kept.rstrip() + "…"


def _fitting(pieces: Iterable[str], length: int) -> str:
    """Return the first of the pieces, as many as fit into so many UTF-16 code units."""
    kept = ""
    for piece in pieces:
        length -= units(piece)
        if length < 0:
            break
        kept += piece
    return kept


def _one_line(text: str) -> str:
    return " ".join(clean(text).split())
