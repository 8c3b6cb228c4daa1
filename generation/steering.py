"""The grammar by which a picture is steered while it is painted, and what may come of it.

::

    steering = change , { "|" , change } ;
    change   = ( "more" | "less" ) , ":" , text , [ weight ]        beside what the text counts already
             | text , weight ;                                      instead of that
    weight   = as in a prompt, see generation.prompt

``more: fog`` adds 1 to the weight of a text, ``less: fog`` takes 0.5 away, as ``--no`` does, and either another number
where one stands behind it. ``fog::0.5`` sets it, and 0 takes the text out. A text that no target has becomes one. What
is no weight and what is literal is as in a prompt. ``more:`` and ``less:`` begin a change also behind a comma.
"""

from collections.abc import Sequence
from dataclasses import replace

import regex

from generation.errors import RequestError
from generation.options import NEURAL_STYLE
from generation.prompt import BAR, CARET, Piece, between, pieces, without_literals, written
from generation.request import ImagineRequest
from generation.targets import LONGEST_STEERING, MOST_STEERING, WITHOUT, Steering, compared

WORD = regex.compile(r"\s*(?P<word>more|less)\s*[:：](?!:)", regex.IGNORECASE)
"""Before what there is to be more or less of; with a colon of any keyboard."""
SEPARATOR = regex.compile(rf"{BAR.pattern}|[,;]\s*(?={WORD.pattern})", regex.IGNORECASE)
USUAL = {"more": 1.0, "less": -WITHOUT}
"""Weights that are added and taken away where none are given."""


def read(text: str, by: str = "") -> tuple[Steering, ...]:
    """Return how a text in one line steers, from step 0; nothing where it is none that does.

    Args:
        text: as it was typed.
        by: opaque key of who typed it.

    Raises:
        RequestError: it is meant to, but cannot be understood or is out of bounds.
    """
    plain, parted = without_literals(text)
    changes = [_change(plain, parted, *span) for span in between(SEPARATOR, parted, 0, len(parted))]
    count = sum(len(own) for _, own in changes)
    weighed = [(word, piece.among(count)) for word, own in changes for piece in own]
    if not any(word for word, _ in changes) and all(piece.weight is None for _, piece in weighed):
        return ()
    if CARET.search(parted):
        raise RequestError("A picture is steered by texts with | between, not by what follows one another with ^.")
    if missing := next((word for word, own in changes if word and not own), ""):
        raise RequestError(f"Say behind `{missing}:` what there should be {missing} of, as in `{missing}: fog`.")
    return tuple(_steering(word, piece, by) for word, piece in weighed)


def write(steering: Steering) -> str:
    """Return what to type for it, apart from its step."""
    if not steering.adds:
        return f"{written(steering.text)}::{_shortest(steering.weight)}"
    word = "less" if steering.weight < 0 else "more"
    size = abs(steering.weight)
    return f"{word}: {written(steering.text)}" + ("" if size == USUAL[word] else f"::{_shortest(size)}")


def steered(request: ImagineRequest, steering: Sequence[Steering], step: int) -> ImagineRequest:
    """Return a request that is also steered so, from a step on.

    Raises:
        RequestError: it would be too often, or leave nothing to paint, or it is a walk.
    """
    if request.waypoints:
        raise RequestError("A walk cannot be steered.")
    if request.painter == NEURAL_STYLE:
        raise RequestError("A painting in a neural style knows no words, so it cannot be steered.")
    if len(request.steering) + len(steering) > MOST_STEERING:
        have = f"; {len(request.steering)} have been said" if request.steering else ""
        raise RequestError(f"A picture can be steered by at most {MOST_STEERING} texts{have}.")
    changed = replace(request, steering=(*request.steering, *(replace(each, step=step) for each in steering)))
    for each in {step, *(each.step for each in request.steering if each.step > step)}:
        if not changed.until(each).has_aim:
            raise RequestError("Nothing with a weight above 0 would be left; say also what there should be more of.")
    return changed


def weights(request: ImagineRequest) -> list[tuple[int, float]]:
    """Return how much each text that was said counts after all of it, that of which something was said last at the end.

    Each is named by the number of what was said of it first.
    """
    first: dict[str, int] = {}
    for number, each in enumerate(request.steering):
        text = compared(each.text)
        first[text] = first.pop(text, number)
    found = {compared(target.text): target.weight for target in reversed(request.judged_by) if target.text}
    return [(number, found[text]) for text, number in first.items()]


def _change(plain: str, parted: str, start: int, end: int) -> tuple[str, list[Piece]]:
    """Return the word before a change, ``""`` for none, and of what it tells."""
    word = WORD.match(parted, start, end)
    return (word["word"].casefold() if word else ""), [*pieces(plain, parted, word.end() if word else start, end)]


def _steering(word: str, piece: Piece, by: str) -> Steering:
    if len(piece.text) > LONGEST_STEERING:
        raise RequestError(f"A text to steer by has at most {LONGEST_STEERING} characters, not {len(piece.text)}.")
    if piece.stop is not None:
        raise RequestError("A text to steer by has one number behind it, as in `fog::0.5`.")
    if not word:
        if piece.weight is None:
            raise RequestError("Say `more:` or `less:` before each text, or a weight behind it, as in `fog::0.5`.")
        return Steering(piece.text, piece.weight, by=by)
    size = USUAL[word] if piece.weight is None else piece.weight
    if size <= 0:
        raise RequestError(f"Behind `{word}:` a weight is above 0; to take a text out, say `fog::0`.")
    return Steering(piece.text, -size if word == "less" else size, adds=True, by=by)


def _shortest(number: float) -> str:
    return str(number).removesuffix(".0")
