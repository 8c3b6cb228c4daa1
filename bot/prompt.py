"""What may be typed after ``.imagine``.

::

    arguments = { word | flag | code } ;
    flag      = dashes , name , ( "=" , value | blank , value ) ;
    dashes    = "--" | "—" | "–" ;                    phones make one dash of two
    name      = "seed" | "steps" | "size" | "init" ;  in any case
    code      = ticks , text , ticks ;                three backticks or more, in front and behind as many

Words that are no flags are the prompt, wherever they stand. A word that begins with two hyphens and a letter is a flag,
and refused when its name is unknown. One that begins with a longer dash is a flag when its name is known, and refused
when the name is nearly known and a value of such a flag comes behind it; otherwise it is a word, as all others are.

Inside a code block everything is literal: no keyboard or client changes anything there, so this is how one quotes a
prompt. The block loses its fence and its language tag; flags stand outside of it. Inline code is literal too and
keeps its backticks. Blanks and line ends become one space each, and what cannot be seen is left out.
"""

import difflib
import re
import unicodedata
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

import regex

from bot.characters import clean, is_visible
from bot.errors import PromptError
from bot.markdown import BLOCK, INLINE, inline_code
from config.settings import PaintingSettings
from generation.request import SEED_LIMIT

MULTIPLE = 16
"""Sides are multiples of it: a latent cell of the coarsest VQGAN is as wide."""
MIN_SIDE = 64
LINE_ENDS = "\t\n\v\f\r\x85"
"""Control characters that are blanks."""

FLAGS = ("seed", "steps", "size", "init")
WORD = regex.compile(rf"{BLOCK}|(?P<word>(?:{INLINE}|(?!{BLOCK})\S)++)", regex.DOTALL)
LANGUAGE_TAG = re.compile(r"\A[\w.+#-]+\n(?=\s*\S)")
FLAG = re.compile(r"(?P<dashes>--|—|–)(?P<name>[^\W\d_][^\s=]*)(?:=(?P<value>.*))?", re.DOTALL)
LONG_DASHED = re.compile(r"[—–](?P<name>[^\W\d_]+)(?P<rest>.*)", re.DOTALL)
NEAR = 0.7
"""How alike a word behind a long dash and a flag are, as difflib has it, for the word to be a mistyped flag."""
SIZE = re.compile(r"(?P<width>\d{1,9})[xX×хХ](?P<height>\d{1,9})")
"""With a Latin or Cyrillic x or a multiplication sign between."""
NUMBER = re.compile(r"\d+")
VALUES = {"seed": NUMBER, "steps": NUMBER, "size": SIZE, "init": re.compile("sketch|noise", re.IGNORECASE)}
"""What a flag's value looks like."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word of what was typed, and whether it stood in a code block."""

    text: str
    is_literal: bool


@dataclass(frozen=True, slots=True)
class Arguments:
    """What a member asks for.

    Args:
        prompt: what to paint, on one line, never empty.
        seed: None for any.
        width: of the picture, in pixels.
        height: of the picture, in pixels.
        steps: of gradient descent.
        init: what to begin from.
    """

    prompt: str
    seed: int | None
    width: int
    height: int
    steps: int
    init: str = "auto"

    def __str__(self) -> str:
        """Return the text that parses to these arguments, whatever the defaults."""
        seed = "" if self.seed is None else f" --seed {self.seed}"
        init = "" if self.init == "auto" else f" --init {self.init}"
        return f"{quoted(self.prompt)}{seed} --size {self.width}x{self.height} --steps {self.steps}{init}"


def parse(text: str, painting: PaintingSettings) -> Arguments:
    """Read what was typed after ``.imagine``; raises ``PromptError``."""
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in text if character not in LINE_ENDS):
        raise PromptError("The prompt contains control characters that cannot be shown; take them out.")
    prompt, values = _split(clean(text))
    width, height = painting.width, painting.height
    if "size" in values:
        width, height = _size(values["size"], painting.max_side)
    seed = _number("seed", values["seed"], 0, SEED_LIMIT - 1) if "seed" in values else None
    steps = _number("steps", values["steps"], 1, painting.max_steps) if "steps" in values else painting.steps
    init = _init(values["init"]) if "init" in values else "auto"
    return Arguments(_checked(prompt, painting.max_prompt_length), seed, width, height, steps, init)


def quoted(text: str) -> str:
    """Return what to type for a prompt of exactly this ``text``, in a code block where some of it would be a flag."""
    try:
        is_plain = _split(text) == (text, {})
    except PromptError:
        is_plain = False
    if is_plain:
        return text
    ticks = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
    return f"{ticks} {text} {ticks}"


def _split(text: str) -> tuple[str, dict[str, str]]:
    """Part the prompt from the values of the flags."""
    values: dict[str, str] = {}
    kept = []
    words = deque(_words(text))
    while words:
        word = words.popleft()
        flag = _flag(word, words[0] if words else None)
        if flag is None:
            kept.append(word.text)
            continue
        name, value = _known(flag["name"]), flag["value"]
        if name in values:
            raise PromptError(f"`--{name}` is there twice; give it once.")
        if value is None and words:
            following = words.popleft()
            if not (following.is_literal or _flag(following, words[0] if words else None)):
                value = following.text
        if not value or value.startswith("`") or FLAG.fullmatch(value):
            raise PromptError(f"`--{name}` needs a value, for example {_example(name)}.")
        values[name] = value
    return " ".join(kept), values


def _words(text: str) -> Iterator[Word]:
    """Return the words outside of code blocks, with the inline code that is part of them, and those inside."""
    for match in WORD.finditer(text):
        if match["word"] is not None:
            yield Word(" ".join(match["word"].split()), is_literal=False)
        else:
            for word in LANGUAGE_TAG.sub("", match["block"]).split():
                yield Word(word, is_literal=True)


def _flag(word: Word, following: Word | None) -> re.Match[str] | None:
    """Return the parts of a word that is a flag, known or not."""
    flag = None if word.is_literal else FLAG.fullmatch(word.text)
    if flag is None or flag["dashes"] == "--":
        return flag
    long_dashed = LONG_DASHED.fullmatch(word.text)
    assert long_dashed is not None
    name, rest = long_dashed["name"].casefold(), long_dashed["rest"]
    if name in FLAGS and (not rest or rest.startswith("=")):
        return flag
    value = rest.lstrip(":=") or (following.text if following is not None and not following.is_literal else "")
    near = [each for each in difflib.get_close_matches(name, FLAGS, cutoff=NEAR) if each[0] == name[0]]
    return flag if any(VALUES[each].fullmatch(value) for each in near) else None


def _known(name: str) -> str:
    folded = name.casefold()
    if folded in FLAGS:
        return folded
    nearest = difflib.get_close_matches(folded, FLAGS, n=1, cutoff=0.5)
    hint = f"did you mean `--{nearest[0]}`?" if nearest else "there are `--seed`, `--steps`, `--size` and `--init`."
    raise PromptError(f"There is no flag {inline_code('--' + name)}; {hint}")


def _example(name: str) -> str:
    return {"seed": "`--seed 7`", "steps": "`--steps 100`", "size": "`--size 128x192`", "init": "`--init noise`"}[name]


def _number(name: str, value: str, low: int, high: int) -> int:
    # Ten digits hold every allowed number, and int() refuses thousands of them with an error of its own.
    number = int(value) if re.fullmatch(r"\d{1,10}", value) else -1
    if not low <= number <= high:
        raise PromptError(f"`--{name}` takes a whole number from {low} to {high}, not {inline_code(value)}.")
    return number


def _init(value: str) -> str:
    match value.casefold():
        case "sketch":
            return "sketch"
        case "noise":
            return "noise"
    raise PromptError(f"`--init` takes `sketch` or `noise`, what to begin from, not {inline_code(value)}.")


def _size(value: str, max_side: int) -> tuple[int, int]:
    match = SIZE.fullmatch(value)
    if match is None:
        raise PromptError(
            f"`--size` takes width and height with an x between, as in {_example('size')}, not {inline_code(value)}."
        )
    width, height = int(match["width"]), int(match["height"])
    if not (MIN_SIDE <= width <= max_side and MIN_SIDE <= height <= max_side):
        raise PromptError(f"Width and height can be {MIN_SIDE} to {max_side} pixels each, not {inline_code(value)}.")
    if width % MULTIPLE or height % MULTIPLE:
        nearest = "x".join(str(_nearest_side(side)) for side in (width, height))
        raise PromptError(
            f"Width and height must be multiples of {MULTIPLE}; the nearest to {inline_code(value)} "
            f"is `--size {nearest}`."
        )
    return width, height


def _nearest_side(side: int) -> int:
    return (side + MULTIPLE // 2) // MULTIPLE * MULTIPLE


def _checked(prompt: str, max_length: int) -> str:
    if not is_visible(prompt.replace("`", "")):
        raise PromptError("Say what to paint, for example: a lighthouse in a storm, oil painting.")
    if len(prompt) > max_length:
        raise PromptError(f"The prompt has {len(prompt)} characters; {max_length} are allowed.")
    return prompt
