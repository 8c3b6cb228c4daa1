"""A long text in a few of its own sentences, by TextRank (Mihalcea and Tarau 2004), of a kind that needs no word lists.

A sentence counts the more, the more of its words others have that count. Words are weighted by how few sentences have
them, in place of a list of stop words for each language. A text is parted into as many stretches of equal length as
sentences are wanted, and of each the one that counts most is taken: what comes of it goes from the beginning to the
end, as a story does.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Sequence

import regex

from texts.errors import TextError
from texts.sentences import sentences

USUAL, MOST = 5, 16
"""Sentences; a prompt can have as many texts."""
DAMPING = 0.85
ITERATIONS = 30
"""In which ranks come closer than 1 percent."""
WORD = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}]{1,2}|[\p{L}\p{N}][\p{L}\p{M}\p{N}'’]*")
"""Scripts without blanks have pairs of characters instead of words."""
COMMON = 0.25
"""Share of the sentences; words that more of them have say nothing of one."""
LEAST_WORDS = 3
"""A shorter sentence says too little to be painted, where there are others."""


def abridged(text: str, count: int = USUAL) -> list[str]:
    """Return that many sentences of a text, or all where it has no more, in its order.

    Args:
        text: of at most ``texts.sentences.MOST_CHARACTERS``.
        count: 1 to :data:`MOST`.

    Raises:
        TextError: it has no words or too many.
    """
    found = sentences(text)
    if len(found) <= count:
        return found
    long = [each for each in found if len(WORD.findall(each)) >= LEAST_WORDS]
    found = long if len(long) >= count else found
    ranked = ranks(found)
    return [found[max(part, key=lambda place: ranked[place])] for part in stretches(found, count)]


def written(lines: Sequence[str]) -> str:
    """Return sentences as a file of them, one in each line."""
    return "".join(f"{line}\n" for line in lines)


def edited(text: str) -> list[str]:
    """Return the sentences in what :func:`written` returned, when somebody has edited it.

    Raises:
        TextError: there is none, or they are too many.
    """
    lines = [" ".join(line.split()) for line in text.splitlines()]
    lines = [line for line in lines if line]
    if not lines:
        raise TextError("there is no sentence left; write one in each line")
    if len(lines) > MOST:
        raise TextError(f"these are {len(lines)} lines with a sentence in each; {MOST} are possible")
    return lines


def ranks(lines: Sequence[str]) -> list[float]:
    """Return how much each sentence counts, beside 1 on average."""
    words = [frozenset(WORD.findall(line.casefold())) for line in lines]
    having = Counter(word for each in words for word in each)
    most = max(2, COMMON * len(lines))
    weights = {word: math.log(len(lines) / count) for word, count in having.items() if 1 < count <= most}
    known = [each & weights.keys() for each in words]
    edges: defaultdict[int, dict[int, float]] = defaultdict(dict)
    for first, own in enumerate(known):
        for second in range(first):
            if shared := own & known[second]:
                size = math.log(1 + len(words[first])) + math.log(1 + len(words[second]))
                edges[first][second] = edges[second][first] = sum(weights[word] for word in shared) / size
    totals = {place: sum(near.values()) or 1.0 for place, near in edges.items()}
    found = [1.0] * len(lines)
    for _ in range(ITERATIONS):
        found = [
            1 - DAMPING + DAMPING * sum(found[other] * weight / totals[other] for other, weight in edges[place].items())
            for place in range(len(lines))
        ]
    return found


def stretches(lines: Sequence[str], count: int) -> list[list[int]]:
    """Return the places of sentences in that many stretches of about equal length, none of them empty."""
    total, passed = sum(map(len, lines)), 0
    stretches: list[list[int]] = [[] for _ in range(count)]
    number = 0
    for place, line in enumerate(lines):
        left = len(lines) - place
        is_due = passed + len(line) / 2 >= total * (number + 1) / count
        if stretches[number] and number + 1 < count and (is_due or left < count - number):
            number += 1
        stretches[number].append(place)
        passed += len(line)
    return stretches
