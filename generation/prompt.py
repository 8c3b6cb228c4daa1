"""The grammar of a prompt: what is painted together, how much each counts, and what follows what.

::

    prompt = part , { "^" , part } ;                   one after the other: a story
    part   = target , { "|" , target } ;               together
    target = text , [ weight , [ ":" , number ] ] ;    the second number: the distance at which it stops to pull
    weight = "::" , number | ":" , number ;
    number = [ "-" | "+" ] , ( digits , [ "." , digits ] | "." , digits ) ;
    code   = ticks , text , ticks ;                    as many backticks in front as behind

All that is not one of these is text, so nearly everything that people write is painted as it stands:

- ``^`` parts only with a blank or an end of the prompt on both sides: ``x^2`` and ``^_^`` are text.
- ``|`` parts always, but not where it is doubled: ``||`` is text.
- ``::`` with a number gives a weight where a blank, a comma or the end of the target follows. It ends the target, so
  Midjourney's ``hot::2 dog::1`` are two. Without a number it is text: ``C++::``, ``std::vector``.
- ``:`` with a number gives a weight only at the end of a target and directly behind a word that is no address and ends
  in no digit: ``12:30``, ``16:9`` and ``https://x.y:80`` are text, and so is all that has a blank before the colon
  (``:3``) or behind it. In a prompt that is one text a number must also have a decimal point, and the weight be above
  0: ``Apollo:13`` alone is text, ``a cat:1.5`` is not.
- ``:smile:`` is text, and all that stands in code. Three or more backticks are left out, fewer are text too.

Parts and targets without text are left out.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import regex

from generation.errors import RequestError
from generation.fields import MOST_TARGETS
from generation.targets import Target

BLOCK = r"(?<!`)(?P<fence>`{3,})(?!`)(?P<block>.+?)(?<!`)(?P=fence)(?!`)"
INLINE = r"(?<!`)(?P<ticks>`{1,2})(?!`).+?(?<!`)(?P=ticks)(?!`)"
"""Code: what stands between as many backticks as it begins with."""
LITERAL = regex.compile(rf"{BLOCK}|{INLINE}|(?<![\w:]):[\w+-]+:", regex.DOTALL)
"""Code, or an emoji's name between colons."""
HIDDEN = "\0"
"""In the place of a character of it while the rest is parted."""

CARET = regex.compile(r"(?<!\S)\^(?!\S)")
BAR = regex.compile(r"(?<!\|)\|(?!\|)")
NUMBER = r"[-+−–]?(?:\d+(?:\.\d+)?|\.\d+)"
WEIGHT = rf"(?P<weight>{NUMBER})(?::(?P<stop>{NUMBER}))?"
DOUBLE = regex.compile(rf"::{WEIGHT}(?:(?=\s|$)|[,;](?!\S))")
SINGLE = regex.compile(rf"(?<=[^:\d\s]):{WEIGHT}\s*$")
ADDRESS = regex.compile(r"[/\\]|\w\.\w")
STRAY = regex.compile(r"(?<!\S)[\p{Mn}\p{Me}\p{Join_Control}]+")
"""Marks whose letter was a sign."""
PLAIN = regex.compile(r"[\w ,;.!?']+")
"""What nothing but text can be read from."""

MOST_WEIGHT = 1000
MOST_STOP = 5
"""More than two vectors can be apart."""
DECIMALS = 4
MINUS = str.maketrans("−–", "--")
"""Phones and word processors make others of it."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A target before it is known how many there are.

    Args:
        plain: its text, with what could be a weight.
        text: without.
        weight: if it is one.
        stop: if it is one.
        is_sure: whether it is a weight however many targets there are.
    """

    plain: str
    text: str
    weight: float | None = None
    stop: float | None = None
    is_sure: bool = True

    def among(self, count: int) -> "Piece":
        """Return it with what its weight is among so many targets."""
        return self if self.is_sure or count > 1 else Piece(self.plain, self.plain)


def read(prompt: str) -> tuple[Target, ...]:
    """Return the targets of a prompt in one line, none where it has no text; those of a story have their ``part``.

    Raises:
        RequestError: a weight is out of range, a part has none above 0, or there are too many targets.
    """
    text, parted = without_literals(prompt)
    parts = [[*pieces(text, parted, *span)] for span in between(CARET, parted, 0, len(parted))]
    count = sum(map(len, parts))
    parts = [[piece.among(count) for piece in part] for part in parts if part]
    if count > MOST_TARGETS:
        raise RequestError(f"The prompt has {count} texts with | and ^ between; {MOST_TARGETS} are allowed.")
    targets = []
    for number, part in enumerate(parts):
        weighed = [(piece, 1.0 if piece.weight is None else piece.weight) for piece in part]
        if all(weight <= 0 for _, weight in weighed):
            where = f"Part {number + 1} of the story has" if len(parts) > 1 else "The prompt has"
            raise RequestError(f"{where} no text with a weight above 0; say also what to paint.")
        story = number if len(parts) > 1 else None
        targets += [Target(piece.text, weight=weight, stop=piece.stop, part=story) for piece, weight in weighed]
    return tuple(targets)


def write(targets: Sequence[Target]) -> str:
    """Return a prompt from which texts are read again; what could be read as anything else is in code blocks."""
    parts = groupby(targets, lambda target: target.part)
    return " ^ ".join(" | ".join(map(_written, part)) for _, part in parts)


def fenced(text: str, among: str = "") -> str:
    """Return a text as a code block, between more backticks than anything has in it or in what it stands among."""
    ticks = "`" * max([3, *(1 + len(run) for run in regex.findall("`+", f"{text} {among}"))])
    return f"{ticks} {text} {ticks}"


def written(text: str) -> str:
    """Return a text as it is read again, in a code block where it could be read as anything else."""
    return text if PLAIN.fullmatch(text) else fenced(text)


def without_literals(prompt: str) -> tuple[str, str]:
    """Return a prompt as it is painted, and with all hidden in it that is literal, in as many characters each."""
    return LITERAL.sub(_without_fence, prompt), LITERAL.sub(lambda match: HIDDEN * len(match[0]), prompt)


def _written(target: Target) -> str:
    text = written(target.text)
    stop = "" if target.stop is None else f":{target.stop}"
    return f"{text}::{target.weight}{stop}" if stop or target.weight != 1 else text


def _without_fence(match: "regex.Match[str]") -> str:
    """Return a literal as it is painted, in as many characters as it has."""
    blank = " " * len(match["fence"] or "")
    return f"{blank}{match['block']}{blank}" if match["block"] else match[0]


def between(separator: "regex.Pattern[str]", text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Return where a text lies between separators."""
    for match in separator.finditer(text, start, end):
        yield start, match.start()
        start = match.end()
    yield start, end


def pieces(text: str, parted: str, start: int, end: int) -> Iterator[Piece]:
    """Return the targets of a part, given the text, and what of it is no literal."""
    for first, last in between(BAR, parted, start, end):
        for match in DOUBLE.finditer(parted, first, last):
            if own := _stripped(text[first : match.start()]):
                yield Piece(own, own, *_checked(match))
                first = match.end()
        if _stripped(text[first:last]):
            yield _last_piece(text[first:last], parted[first:last])


def _last_piece(text: str, parted: str) -> Piece:
    """Return a target that may have a weight behind one colon."""
    plain, match = _stripped(text), SINGLE.search(parted)
    if match is None or ADDRESS.search(parted[: match.start()].split()[-1]):
        return Piece(plain, plain)
    weight, stop = _numbers(match)
    if abs(weight) > MOST_WEIGHT or abs(stop or 0) > MOST_STOP:
        return Piece(plain, plain)
    return Piece(plain, _stripped(text[: match.start()]), weight, stop, weight > 0 and "." in match[0])


def _checked(match: "regex.Match[str]") -> tuple[float, float | None]:
    weight, stop = _numbers(match)
    if abs(weight) > MOST_WEIGHT:
        raise RequestError(f"A weight is a number from -{MOST_WEIGHT} to {MOST_WEIGHT}, as in `a cat::1.5`.")
    if abs(stop or 0) > MOST_STOP:
        raise RequestError(f"Where a text stops is a number from -{MOST_STOP} to {MOST_STOP}, as in `a cat::1:0.8`.")
    return weight, stop


def _numbers(match: "regex.Match[str]") -> tuple[float, float | None]:
    """Return weight and stop."""
    return _number(match["weight"]), None if match["stop"] is None else _number(match["stop"])


def _number(text: str) -> float:
    return round(float(text.translate(MINUS)), DECIMALS)


def _stripped(text: str) -> str:
    return " ".join(STRAY.sub("", text).split())
