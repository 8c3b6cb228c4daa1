"""English: articles, plurals, and captions that are wrong."""

import random
import re
from collections.abc import Callable, Sequence

from training.drawings.colors import COLORS
from training.drawings.scenery import GROUNDS, TIMES
from training.drawings.thing import Thing

UNCOUNTED = {
    "cherries", "grapes", "lightning", "fire", "bread", "cheese", "corn", "broccoli", "beer", "wine", "glasses",
    "scissors", "french fries", "fries", "dice", "earth",
}  # fmt: skip
"""Words without an article."""

SINGLE = UNCOUNTED | {
    "sun", "full moon", "rainbow", "island", "two cherries", "flowers in a vase", "bunch of flowers", "die",
    "santa claus", "santa", "bouquet of flowers", "bunch of grapes", "flame", "campfire", "lightning bolt", "moon",
    "volcano",
    "mushroom with dots",
    "cup of coffee", "slice of watermelon", "slice of pizza", "ear of corn", "loaf of bread", "piece of cheese",
    "glass of beer", "glass of wine", "desert island", "drop of water", "crescent moon", "fiddle", "piano", "keyboard",
}  # fmt: skip
"""Things of which there is one, or that are never counted."""

_IRREGULAR = {
    "mouse": "mice", "sheep": "sheep", "fish": "fish", "deer": "deer", "wolf": "wolves", "leaf": "leaves",
    "man": "men", "woman": "women", "lamb": "lambs", "palm": "palms", "ox": "oxen",
}  # fmt: skip

_AN = re.compile(r"\b(an?) (?=(\w+))")


def article(words: str) -> str:
    """Put "a" or "an" before the words where they need one."""
    first = words.split(maxsplit=1)[0]
    if first in ("a", "an", "the", "two", "many") or words in UNCOUNTED or words.split()[-1] in UNCOUNTED:
        return words
    if words.endswith("french fries") or words == "flowers in a vase":
        return words
    return f"{_article_of(first)} {words}"


def _article_of(word: str) -> str:
    return "an" if word[0] in "aeiou" and not word.startswith(("uni", "ufo")) else "a"


def without_article(words: str) -> str:
    """Leave out the article at the start."""
    return words.removeprefix("a ").removeprefix("an ").removeprefix("the ")


def plural(words: str) -> str:
    """Return the plural of a noun with whatever stands before it."""
    *before, noun = words.split(" ")
    if noun in _IRREGULAR:
        noun = _IRREGULAR[noun]
    elif noun.endswith(("s", "x", "ch", "sh")) or noun in ("tomato", "mango"):
        noun += "es"
    elif noun.endswith("y") and noun[-2] not in "aeiou":
        noun = noun[:-1] + "ies"
    else:
        noun += "s"
    return " ".join([*before, noun])


def wrong(rng: random.Random, caption: str, subject: str, things: Sequence[Thing]) -> str:
    """Return the caption with another thing, place, time or colour in it: what the drawing does not show."""
    swaps: list[Callable[[], str]] = [
        lambda: _other_thing(rng, caption, subject, things),
        lambda: _other_color(rng, caption),
    ]
    if rng.random() < 0.25:
        swaps.reverse()
    swaps.append(lambda: _other_place(rng, caption))
    for swap in swaps:
        swapped = swap()
        if swapped != caption:
            return swapped
    return article(f"{rng.choice(tuple(COLORS))} background")


def _swap(caption: str, old: str, new: str) -> str:
    swapped = re.sub(rf"\b{re.escape(old)}\b", new, caption, count=1)
    return _AN.sub(lambda found: f"{_article_of(found[2])} ", swapped) if swapped != caption else caption


def _other_thing(rng: random.Random, caption: str, subject: str, things: Sequence[Thing]) -> str:
    own = {name for thing in things if thing.name == subject for name in thing.names}
    if not own:
        return caption
    other = rng.choice(things)
    unfit = {subject, *UNCOUNTED}
    while other.name in unfit or other.name in caption or " of " in other.name:
        other = rng.choice(things)
    for name in sorted(own, key=len, reverse=True):
        for old, new in ((plural(name), plural(other.name)), (name, other.name)):
            swapped = _swap(caption, old, new)
            if swapped != caption:
                return swapped
    return caption


def _other_color(rng: random.Random, caption: str) -> str:
    found = [color for color in COLORS if re.search(rf"\b{color}\b", caption)]
    if not found:
        return caption
    return _swap(caption, rng.choice(found), rng.choice([color for color in COLORS if color not in found]))


def _other_place(rng: random.Random, caption: str) -> str:
    for table in rng.sample((GROUNDS, TIMES), 2):
        known = [(phrase, key) for key, phrases in table.items() for phrase in phrases]
        for phrase, key in sorted(known, key=lambda pair: len(pair[0]), reverse=True):
            if phrase in caption:
                other = rng.choice([other for other in table if other != key])
                return caption.replace(phrase, rng.choice(table[other]), 1)
    return caption
