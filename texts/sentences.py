"""Texts by anybody, parted into sentences that are short enough for a caption and for CLIP.

The boundaries are found by sentencex, which has rules for some three hundred languages and downloads nothing; which of
them a text is in is told by its script.
"""

import regex
import sentencex

from texts.errors import TextError

MOST_CHARACTERS = 100_000
"""Of a text; ranking takes about a second for so many."""
MOST_BYTES = 4 * MOST_CHARACTERS
LONGEST = 160
"""Characters of a sentence: about forty words of the 77 tokens that CLIP reads."""
LANGUAGES = (
    (regex.compile(r"[\p{Hiragana}\p{Katakana}]"), "ja"),
    (regex.compile(r"\p{Han}"), "zh"),
    (regex.compile(r"\p{Hangul}"), "ko"),
    (regex.compile(r"\p{Arabic}"), "ar"),
    (regex.compile(r"\p{Cyrillic}"), "ru"),
    (regex.compile(r"\p{Greek}"), "el"),
    (regex.compile(r"\p{Hebrew}"), "he"),
    (regex.compile(r"\p{Devanagari}"), "hi"),
    (regex.compile(r"\p{Armenian}"), "hy"),
)
"""By script, the first of which a text has at least :data:`SHARE`."""
SHARE = 0.1
BYTE_ORDER_MARKS = (b"\xff\xfe", b"\xfe\xff")
PARAGRAPH = regex.compile(r"\n\s*\n")
CLAUSE = regex.compile(r".+?(?:[;:，；：、،؛—–]\s*|[,.!?]['\"”’)]*\s+|$)", regex.DOTALL)
UNSEEN = regex.compile(r"[\p{Cc}\p{Cf}\p{Cs}\p{Co}]+")
LETTER = regex.compile(r"[\p{L}\p{N}]")
EDGES = " \t,;:—–-·•*#>，；：、،؛"

EMPTY = "there are no words in the text"
TOO_LONG = f"the text has more than {MOST_CHARACTERS} characters; take a part of it"
NO_TEXT = "the file is no text; save it as plain text in UTF-8"


def decode(data: bytes) -> str:
    """Return the text in a file, UTF-8 or, with a byte order mark, UTF-16.

    Args:
        data: of the file; one byte more than :data:`MOST_BYTES` is enough of a larger one.

    Raises:
        TextError: it is larger, or no text.
    """
    if len(data) > MOST_BYTES:
        raise TextError(TOO_LONG)
    try:
        text = data.decode("utf-16" if data.startswith(BYTE_ORDER_MARKS) else "utf-8-sig")
    except UnicodeDecodeError:
        raise TextError(NO_TEXT) from None
    if "\0" in text:
        raise TextError(NO_TEXT)
    return text


def sentences(text: str) -> list[str]:
    """Return the sentences of a text in one line each, at most :data:`LONGEST` characters; longer ones by clauses.

    Raises:
        TextError: it has no words or too many.
    """
    if len(text) > MOST_CHARACTERS:
        raise TextError(TOO_LONG)
    language = language_of(text)
    found: list[str] = []
    for paragraph in PARAGRAPH.split(text):
        for sentence in sentencex.segment(language, " ".join(UNSEEN.sub(" ", paragraph).split())):
            found += _parted(sentence.strip())
    if not found:
        raise TextError(EMPTY)
    return found


def language_of(text: str) -> str:
    """Return the code of a language whose sentences end as those of a text."""
    letters = len(LETTER.findall(text)) or 1
    return next((code for script, code in LANGUAGES if len(script.findall(text)) >= SHARE * letters), "en")


def shortened(text: str, length: int = LONGEST) -> str:
    """Return at most so many characters of a text, with an ellipsis where something is missing."""
    if len(text) <= length:
        return text
    kept = text[: length - 1]
    end = kept.rfind(" ")
    return (kept[:end] if end > length // 2 else kept).rstrip(EDGES) + "…"


def _parted(sentence: str) -> list[str]:
    """Return a sentence, or where it is long its clauses, as many together as go into one line."""
    if len(sentence) <= LONGEST:
        lines = [sentence]
    else:
        lines = [""]
        for clause in CLAUSE.findall(sentence):
            if len(lines[-1] + clause.rstrip()) <= LONGEST:
                lines[-1] += clause
            else:
                lines.append(clause)
    return [shortened(line.strip(EDGES)) for line in lines if LETTER.search(line)]
