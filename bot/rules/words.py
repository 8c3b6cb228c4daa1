"""Words that may not stand in prompts: what is the same word, and how a list is looked through.

Texts are compared folded: without case, without what cannot be seen, letters of the same look by Unicode's
compatibility (NFKC) as the same, and letters of other scripts that stand for Latin ones within a Latin word as those.
Words are whole: *cock* is not in *peacock*, and accents count, as *ano* is not *año*. Scripts without blanks have no
words, so there every character is one. Patterns between slashes are searched by RE2, in time linear in the text.
"""

import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import re2
import regex

from bot.characters import clean
from bot.errors import UserError
from bot.markdown import inline_code

LONGEST = 200
"""Characters of a pattern."""
MEMORY = 1 << 20
"""Bytes that RE2 may take for a pattern and its search."""
UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
TOKEN = regex.compile(rf"(?V1)[{UNSPACED}]\p{{M}}*|[[\p{{L}}\p{{M}}\p{{N}}]--[{UNSPACED}]]+|\p{{S}}")
INVISIBLE = regex.compile(r"[\p{Join_Control}\p{Default_Ignorable_Code_Point}]")
DECORATION = regex.compile(r"(?<=\p{Latin})\p{M}+")
"""Marks that have no letter with the one below them: strokes and the like."""
ALPHABETS = regex.compile(r"[\p{Latin}\p{Cyrillic}\p{Greek}]++")
LATIN = regex.compile(r"\p{Latin}")
LOOK_ALIKES = str.maketrans("авеѕіјкмнорстухԁԛѡһ" + "αεικνορτυχγ", "abesijkmhopctyxdqwh" + "aeiknoptuxy")


def fold(text: str) -> str:
    """Return a text so that two that read alike are equal."""
    text = INVISIBLE.sub("", clean(text))
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    text = DECORATION.sub("", INVISIBLE.sub("", clean(text)))
    return ALPHABETS.sub(lambda run: run[0].translate(LOOK_ALIKES) if LATIN.search(run[0]) else run[0], text)


class Pattern:
    """A word, several one after the other, or a regular expression between slashes.

    Args:
        text: as it was typed.

    Raises:
        UserError: it is none.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        if len(text) > LONGEST:
            raise UserError(f"A word or an expression has at most {LONGEST} characters.")
        self._words = " ".join(TOKEN.findall(fold(text)))
        self._expression = _expression(text[1:-1]) if _is_expression(text) else None
        if self._expression is None and not self._words:
            raise UserError(f"There is no word in {inline_code(text)}.")

    def is_in(self, folded: str, words: str) -> bool:
        """Return whether it stands in a text.

        Args:
            folded: the text.
            words: all of its words, with blanks between them and around them.
        """
        if self._expression is None:
            return f" {self._words} " in words
        return self._expression.search(folded) is not None


def found(patterns: Iterable[str], text: str) -> str | None:
    """Return the first of some patterns that stands in a text; raises ``UserError`` where one is none."""
    folded = fold(text)
    words = f" {' '.join(TOKEN.findall(folded))} "
    return next((each for each in patterns if compiled(each).is_in(folded, words)), None)


@lru_cache(10_000)
def compiled(text: str) -> Pattern:
    """Return the pattern of a text; raises ``UserError``."""
    return Pattern(text)


def _is_expression(text: str) -> bool:
    return len(text) > 2 and text.startswith("/") and text.endswith("/")


def _expression(text: str) -> Any:
    options = re2.Options()
    options.case_sensitive, options.log_errors, options.never_capture = False, False, True
    options.max_mem = MEMORY
    try:
        expression = re2.compile(unicodedata.normalize("NFKC", text), options)
    except (re2.error, UnicodeEncodeError) as error:
        why = error.args[0].decode(errors="replace") if isinstance(error.args[0], bytes) else "it is no text"
        raise UserError(
            f"{inline_code(text)} is no expression that can be searched for: {inline_code(why, 100)}."
        ) from None
    if expression.search("") is not None:
        raise UserError(f"{inline_code(text)} stands in every text, so nothing would be allowed.")
    return expression
