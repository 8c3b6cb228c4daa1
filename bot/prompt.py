"""What may be typed after ``.imagine``.

::

    arguments = { word | flag } ;
    flag      = dashes , name , ( "=" , value | blank , value ) ;
    dashes    = "--" | "—" | "–" ;                    phones make one dash of two
    name      = "seed" | "steps" | "size" | "init" ;  in any case

Words that are no flags are the prompt, wherever they stand; two dashes without a letter behind them are a
word. Blanks and line ends become one space each. A text that is a code block as a whole loses its fence and
its language tag: no keyboard or client changes anything inside a block, so this is how one quotes a prompt.
"""

import difflib
import re
import unicodedata
from dataclasses import dataclass

from bot.errors import PromptError
from bot.markdown import inline_code
from config.settings import PaintingSettings
from generation.request import SEED_LIMIT, Init

MULTIPLE = 16
"""Sides are multiples of it: a latent cell of the coarsest VQGAN is as wide."""
MIN_SIDE = 64

FLAGS = ("seed", "steps", "size", "init")
FLAG = re.compile(r"(?:--|—|–)(?P<name>[^\W\d_][^\s=]*)(?:=(?P<value>.*))?", re.DOTALL)
SIZE = re.compile(r"(?P<width>\d{1,9})[xX×хХ](?P<height>\d{1,9})")
"""With a Latin or Cyrillic x or a multiplication sign between."""
FENCE = "```"


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
    init: Init = "auto"

    def __str__(self) -> str:
        """Return the text that parses to these arguments, whatever the defaults."""
        seed = "" if self.seed is None else f" --seed {self.seed}"
        init = "" if self.init == "auto" else f" --init {self.init}"
        return f"{self.prompt}{seed} --size {self.width}x{self.height} --steps {self.steps}{init}"


def parse(text: str, painting: PaintingSettings) -> Arguments:
    """Read what was typed after ``.imagine``; raises ``PromptError``."""
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in text if character not in "\t\n\r"):
        raise PromptError("The prompt contains control characters that cannot be shown; take them out.")
    prompt, values = _split(text)
    width, height = painting.width, painting.height
    if "size" in values:
        width, height = _size(values["size"], painting.max_side)
    seed = _number("seed", values["seed"], 0, SEED_LIMIT - 1) if "seed" in values else None
    steps = _number("steps", values["steps"], 1, painting.max_steps) if "steps" in values else painting.steps
    init = _init(values["init"]) if "init" in values else "auto"
    return Arguments(_checked(prompt, painting.max_prompt_length), seed, width, height, steps, init)


def _split(text: str) -> tuple[str, dict[str, str]]:
    """Part the prompt from the values of the flags."""
    values: dict[str, str] = {}
    rest = _unfenced(text)
    while True:
        rest = _unfenced(_take_flags(rest, values))
        if not any(FLAG.fullmatch(word) for word in rest.split()):
            return " ".join(rest.split()), values


def _take_flags(text: str, values: dict[str, str]) -> str:
    """Move the flags of ``text`` to ``values`` and return what is left."""
    kept = []
    pieces = iter(re.split(r"(\s+)", text))
    for piece in pieces:
        flag = FLAG.fullmatch(piece)
        if flag is None:
            kept.append(piece)
            continue
        name, value = _known(flag["name"]), flag["value"]
        if name in values:
            raise PromptError(f"`--{name}` is there twice; give it once.")
        if value is None:
            next(pieces, None)
            value = next(pieces, "")
        if not value or FLAG.fullmatch(value):
            raise PromptError(f"`--{name}` needs a value, for example {_example(name)}.")
        values[name] = value
    return "".join(kept)


def _unfenced(text: str) -> str:
    text = text.strip()
    while len(text) > 2 * len(FENCE) and text.startswith(FENCE) and text.endswith(FENCE):
        text = re.sub(r"\A[\w+#-]+\n", "", text[len(FENCE) : -len(FENCE)]).strip()
    return text


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


def _init(value: str) -> Init:
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
    if all(unicodedata.category(character) in {"Cf", "Mn", "Zs"} for character in prompt):
        raise PromptError("Say what to paint, for example: a lighthouse in a storm, oil painting.")
    if len(prompt) > max_length:
        raise PromptError(f"The prompt has {len(prompt)} characters; {max_length} are allowed.")
    return prompt
