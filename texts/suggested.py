"""Prompts made up from a few words, by a grammar over lists of our own: nothing is downloaded.

::

    prompt = subject , place , light , style ;

The words that are given take the subject's place, whichever they are; what they do not say is added.
"""

import random
from collections.abc import Callable, Sequence

import regex

from texts.errors import TextError

MOST = 10
"""Prompts at once."""
TRIES = 200
LONGEST = 300
"""Characters of the words that are given."""
WORD = regex.compile(r"[\p{L}\p{N}][\p{L}\p{M}\p{N}'’-]*")
UNSEEN = regex.compile(r"[\p{Cc}\p{Cf}\p{Cs}\p{Co}]+")

SUBJECTS = tuple(
    """a red fox, an old lighthouse, a sailboat, a castle, a wooden bridge, a black cat, a snowy owl, a hot-air balloon,
    a windmill, a stone tower, a white horse, a steam train, a paper boat, a lantern, a greenhouse, a flock of birds,
    a giant mushroom, a small village, a whale, a dragon, an apple tree, a robot, a teapot, a grand piano,
    a spiral staircase, a market stall, a cabin, a bear with an umbrella""".replace("\n    ", " ").split(", ")
)
COLOURS = ("red", "blue", "golden", "green", "white", "purple", "orange", "silver", "pink", "turquoise")
PLACES = tuple(
    """on a green hill, by the sea, in a forest, above the clouds, on an island, in the desert, in the snow,
    under water, beside a river, in a field of flowers, among ruins, in an old library, on a rooftop,
    at the edge of a cliff, on the moon, in a quiet harbour, between mountains, in a narrow street""".replace(
        "\n    ", " "
    ).split(", ")
)
LIGHTS = tuple(
    """at sunset, at night, in the fog, in a storm, under a full moon, in the rain, at dawn, in autumn, by candlelight,
    in bright sunshine, under the northern lights, in winter, under falling stars""".replace("\n    ", " ").split(", ")
)
ARTICLES = {"a", "an", "the", "my", "some", "two", "three", "four", "five", "many"}


def suggested(
    words: str, seed: int, count: int, styles: Sequence[str], is_allowed: Callable[[str], bool] = lambda _: True
) -> list[str]:
    """Return that many different prompts about some words, or fewer where they leave too little open.

    Args:
        words: of what they are about, in any language; ``""`` for anything.
        seed: of what is chosen.
        count: 1 to :data:`MOST`.
        styles: endings, of which each prompt has one.
        is_allowed: whether a prompt may be among them.

    Raises:
        TextError: the words are too many, or none.
    """
    given = " ".join(UNSEEN.sub(" ", words).split())
    if len(given) > LONGEST:
        raise TextError(f"these are {len(given)} characters; {LONGEST} are possible, so take a few words of them")
    if given and not WORD.search(given):
        raise TextError("there are no words in it to make a prompt of")
    chance = random.Random(seed)  # noqa: S311 - it is to be repeated
    found: dict[str, None] = {}
    for _ in range(TRIES):
        prompt = _prompt(given.strip(" ,.;:"), chance, styles)
        if prompt not in found and is_allowed(prompt):
            found[prompt] = None
        if len(found) == count:
            break
    return list(found)


def _prompt(given: str, chance: random.Random, styles: Sequence[str]) -> str:
    known = set(WORD.findall(given.casefold()))
    subject = _coloured(given, known, chance) if given else chance.choice(SUBJECTS)
    open_ones = [options for options in (PLACES, LIGHTS) if not any(each.split()[-1] in known for each in options)]
    places = [chance.choice(options) for options in open_ones]
    return f"{' '.join([subject, *places])}, {chance.choice(styles)}"


def _coloured(given: str, known: set[str], chance: random.Random) -> str:
    """Return a bare word as a thing, of a colour every other time: ``fox`` becomes ``a golden fox``."""
    if " " in given or not given.isascii() or known & ARTICLES:
        return given
    colour = f"{chance.choice(COLOURS)} " if chance.random() < 0.5 else ""
    thing = f"{colour}{given}"
    return f"{'an' if thing[0] in 'aeiouAEIOU' else 'a'} {thing}"
