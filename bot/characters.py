"""Characters that cannot be read but act on what stands around them, taken out of the text of members.

Bidirectional controls reorder the rest of a line, combining marks pile up over the lines above, and what is invisible
makes one text pass for another. What a script needs to be written stays: marks in the number that languages use,
joiners between letters, the sequences that emoji are made of.
"""

import regex

MAX_CONTENT = 2000
"""Discord's limit on a message, in UTF-16 code units to be on the safe side."""
MOST_MARKS = 4
"""Marks and joiners on one letter: a Hebrew letter with its points and accents has as many."""

BLANK = regex.compile(r"[\v\f\x85\u2028\u2029\u115F\u1160\u3164\uFFA0\u2800]")
"""Line ends of other times, and letters that look like blanks."""
ATTACHED = r"[\p{Mn}\p{Me}\p{Join_Control}]"
HIDDEN = regex.compile(
    r"(?P<flag>\U0001F3F4[\U000E0030-\U000E0039\U000E0061-\U000E007A]{3,6}\U000E007F)"
    rf"|(?V1)[[\p{{Cc}}\p{{Cs}}\p{{Default_Ignorable_Code_Point}}\p{{Bidi_Control}}\uFFF9-\uFFFC]--[\t\n\r]--{ATTACHED}]"
)
"""What is never seen, and the flags of Scotland and its like, which are written with some of it."""
SURPLUS = regex.compile(rf"(?:(?<!\S)|(?<={ATTACHED}{{{MOST_MARKS}}})){ATTACHED}+")
"""Marks and joiners that have no letter, or one that has enough of them."""
VISIBLE = regex.compile(r"[^\s\p{Cf}\p{Mn}\p{Me}]")
RIGHT_TO_LEFT = regex.compile(r"[\p{Bidi_Class=R}\p{Bidi_Class=AL}\p{Bidi_Class=AN}]")
FIRST_STRONG_ISOLATE, POP_DIRECTIONAL_ISOLATE = "\u2068", "\u2069"


def clean(text: str) -> str:
    """Return what can be seen of ``text``, in as many lines."""
    text = BLANK.sub(" ", text)
    text = HIDDEN.sub(lambda match: match["flag"] or "", text)
    return SURPLUS.sub("", text)


def is_visible(text: str) -> bool:
    """Return whether there is anything to see."""
    return VISIBLE.search(text) is not None


def isolate(text: str) -> str:
    """Return a clean ``text`` so that it does not change the order of what stands beside it."""
    if RIGHT_TO_LEFT.search(text):
        return f"{FIRST_STRONG_ISOLATE}{text}{POP_DIRECTIONAL_ISOLATE}"
    return text


def units(text: str) -> int:
    """Return the length in UTF-16 code units: no server or client of Discord counts more."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
