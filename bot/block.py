"""Lines in a code block of a message of the bot's, which its buttons read again: nothing else remembers them."""

import re
from collections.abc import Iterable

from bot.characters import clean

BLOCK = re.compile(r"```text\n(?P<lines>.*?)\n```", re.DOTALL)


def block(lines: Iterable[str]) -> str:
    """Return a code block with these lines, whose backticks become apostrophes."""
    inside = "\n".join(" ".join(clean(line).replace("`", "'").split()) for line in lines)
    return f"```text\n{inside}\n```"


def lines_in(content: str) -> list[str]:
    """Return the lines of the first code block in a message, none where there is none."""
    match = BLOCK.search(content)
    return match["lines"].split("\n") if match else []
