"""Text of members, made harmless inside Discord's markdown."""

import re

SPECIAL = re.compile(r"[\\*_~|`<\[@/]")


def escape(text: str) -> str:
    """Return markdown that shows ``text`` as it is: no formatting, no mention, no link.

    The text must not stand at the beginning of a line, where Discord gives more characters a meaning.
    """
    return SPECIAL.sub(r"\\\g<0>", text)


def inline_code(text: str, length: int = 40) -> str:
    """Return ``text``, shortened, as inline code; backticks, which would end it, are left out."""
    return f"`{shorten(' '.join(text.replace('`', '').split()), length) or ' '}`"


def shorten(text: str, length: int) -> str:
    """Return at most ``length`` characters of ``text``, with an ellipsis where something is missing."""
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"
