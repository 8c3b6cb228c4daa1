"""Classes of a BigGAN's as they are typed: ``golden retriever:0.7, lotus:0.3``, behind ``--class`` or in the prompt.

In a prompt ``class:`` begins a part between bars whose texts are classes: ``class: owl:0.7, frog:0.3 | at night``. Of a
walk each such part is a picture that is passed.
"""

import re
from collections.abc import Sequence

from bot.characters import clean, is_visible
from bot.errors import PromptError
from bot.markdown import inline_code
from generation.fields import MOST_TARGETS
from generation.prompt import fenced, without_literals

Classes = tuple[tuple[str, float], ...]
"""Names, each with how much there is of it."""
CLASS = re.compile(r"(?P<name>[^:|`]{1,200}?)\s*(?:::?\s*(?P<share>0?\.\d{1,6}|1(?:\.0{1,6})?))?")
COMMA = re.compile(r"\s*[,،，、;]\s*")
PART = re.compile(r"(?:^|(?<=\|))\s*class(?:es)?\s*:(?!:)(?P<classes>[^|`]*)(?:\||$)", re.IGNORECASE)
"""Of a prompt that names classes, with the bar behind it."""
PASSED = re.compile(r"(?:^|(?<=\|))\s*(class(?:es)?\s*:(?!:)[^|^`\0]*?)\s*(?=\||$)", re.IGNORECASE)
"""Of the prompt of a walk that names classes."""
NAMED = re.compile(r"class(?:es)?\s*:(?!:)(?P<classes>.*)", re.IGNORECASE | re.DOTALL)
DECIMALS = 6


def read_classes(value: str) -> Classes:
    """Return classes that are typed with commas between them; those without a share have equal ones.

    Raises:
        PromptError: they are none.
    """
    found = [CLASS.fullmatch(text.strip()) for text in COMMA.split(clean(value)) if is_visible(text)]
    named = [each for each in found if each and is_visible(each["name"])]
    if len(named) < len(found) or not 1 <= len(named) <= MOST_TARGETS:
        takes = f"up to {MOST_TARGETS} classes, with shares from 0 to 1, as in `--class mushroom:0.7, owl:0.3`"
        raise PromptError(f"`--class` takes {takes}, not {inline_code(value[:100])}.")
    equal = round(1 / len(named), DECIMALS)
    shares = [equal if each["share"] is None else float(each["share"]) for each in named]
    if not all(share > 0 for share in shares):
        raise PromptError("A class of which there is nothing is left out; give each a share above 0.")
    return tuple((" ".join(each["name"].split()), share) for each, share in zip(named, shares, strict=True))


def told_classes(classes: Sequence[tuple[str, float]]) -> str:
    """Return classes as they are read again."""
    return ", ".join(name if share == len(classes) == 1 else f"{name}:{share:g}" for name, share in classes)


def classes_in(prompt: str) -> tuple[str, Classes]:
    """Return a prompt without the classes that it names, and those; raises ``PromptError``."""
    parts = PART.findall(prompt)
    if not parts:
        return prompt, ()
    return PART.sub("", prompt).strip(" |"), read_classes(",".join(parts))


def passed_classes(text: str) -> Classes:
    """Return the classes that a part of a walk's prompt names, none where it is painted; raises ``PromptError``."""
    named = NAMED.fullmatch(text)
    return read_classes(named["classes"]) if named else ()


def classes_fenced(prompt: str) -> str:
    """Return the prompt of a walk with the parts that name classes in code blocks, in which shares are no weights."""
    _, parted = without_literals(prompt)
    pieces, end = [], 0
    for match in PASSED.finditer(parted):
        pieces += [prompt[end : match.start(1)], fenced(prompt[slice(*match.span(1))])]
        end = match.end(1)
    return "".join([*pieces, prompt[end:]])


def words_for(classes: Sequence[tuple[str, float]]) -> str:
    """Return in words what pictures of classes show."""
    return " and ".join(name for name, _ in classes)
