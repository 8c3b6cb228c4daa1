"""What is painted beside the words of the prompt, and how those are read."""

import re
from collections.abc import Mapping, Sequence

from bot.characters import clean, is_visible
from bot.errors import PromptError
from bot.flags.flag import Fields, Flag
from bot.flags.values import LONGEST_CAPTION, PLAIN, QUOTES, choice, nearest
from bot.markdown import escape, inline_code, shorten
from generation.fields import MOST_TARGETS, SEED_LIMIT
from generation.prompt import MOST_WEIGHT
from generation.styles import STYLES

COMMAS = re.compile(r"\s*[,،，、]\s*(?:--|—|–)*")
"""Of any script, with dashes behind that could begin a flag."""
MOST_WITHOUT = 200
"""Characters of what a picture is to be without."""
NOISE_PROMPT = re.compile(r"(?P<seed>\d{1,10})(?:::?(?P<weight>-?(?:\d{1,4}(?:\.\d{1,9})?|\.\d{1,9})))?")


def _style(value: str, *_: object) -> Fields:
    word = value.casefold().replace("_", "-")
    if word != PLAIN and word not in STYLES:
        near = nearest(word, STYLES)
        hint = f"did you mean `{near[0]}`?" if near else f"there are {', '.join(STYLES)}."
        raise PromptError(f"There is no style {inline_code(value)}; {hint}")
    return {"style": "" if word == PLAIN else word}


def _without(value: str, *_: object) -> Fields:
    """Take texts with commas between them."""
    if "`" in value or len(value) > MOST_WITHOUT:
        limits = f"words with commas between them, without backticks, at most {MOST_WITHOUT} characters"
        raise PromptError(f"`--no` takes {limits}.")
    if value.casefold() == PLAIN:
        return {"without": ()}
    texts = tuple(" ".join(clean(text).strip(f"{QUOTES} ").split()) for text in COMMAS.split(value) if is_visible(text))
    if not 1 <= len(texts) <= MOST_TARGETS:
        raise PromptError(f"`--no` takes 1 to {MOST_TARGETS} texts with commas between them, not {len(texts)}.")
    return {"without": texts}


def _noise(value: str, *_: object) -> Fields:
    """Take seeds, each with a weight behind a colon where it is not 1."""
    found = [NOISE_PROMPT.fullmatch(each.strip()) for each in value.split(",")]
    noise = [(int(each["seed"]), round(float(each["weight"] or 1), 4)) for each in found if each]
    fits = all(seed < SEED_LIMIT and abs(weight) <= MOST_WEIGHT for seed, weight in noise)
    if len(noise) < len(found) or len(found) > MOST_TARGETS or not fits:
        takes = f"up to {MOST_TARGETS} seeds, each with its weight, as in `--noise {FLAGS['noise'].example}`"
        raise PromptError(f"`--noise` takes {takes}, not {inline_code(value)}.")
    return {"noise": tuple(noise)}


def _told_noise(noise: Sequence[tuple[int, float]]) -> str:
    return ", ".join(f"{seed}:{weight}" for seed, weight in noise)


FLAGS: Mapping[str, Flag] = {
    "style": Flag(
        fields=(),
        example="watercolor",
        help="an ending for the prompt",
        pattern=lambda _: "|".join((*STYLES, PLAIN)),
        parse=_style,
        caption=str,
        is_prose=True,
        suggested=lambda _: tuple(STYLES),
    ),
    "no": Flag(
        fields=("without",),
        example="fog, people",
        help="what the picture should keep away from, with commas between",
        pattern=lambda _: "(?!)",
        parse=_without,
        caption=lambda texts: f"without {escape(shorten(', '.join(texts), LONGEST_CAPTION))}",
        render=", ".join,
        takes_words=True,
    ),
    "noise": Flag(
        fields=("noise",),
        example="7:0.5",
        help="seeds of random directions to go in, with weights",
        pattern=lambda _: NOISE_PROMPT.pattern,
        parse=_noise,
        caption=lambda noise: f"noise {shorten(_told_noise(noise), LONGEST_CAPTION)}",
        render=_told_noise,
        is_offered=lambda _: False,
        takes_words=True,
        is_prose=True,
    ),
    "long": Flag(
        fields=("long",),
        example="cut",
        help="leaves out what is more than CLIP reads at once; `join` reads it in pieces",
        pattern=lambda _: "join|cut",
        parse=lambda value, *_: {"long": choice("long", value, ("join", "cut"))},
        caption=lambda _: "cut where it is long",
        is_offered=lambda _: False,
        is_prose=True,
    ),
}
