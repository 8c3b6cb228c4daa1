"""Files of requests: a text with a prompt in each line, CSV with names of flags in its first line, or JSON Lines.

::

    a red apple --seed 7                        .txt, and whatever else the file is called
    # what begins with a number sign is left out, and so are empty lines

    prompt,seed,size                            .csv
    "a red apple, oil painting",7,128x192

    {"prompt": "a red apple", "seed": 7}        .jsonl, .ndjson

All of it is text by anybody: it is read within bounds, a line that is wrong is named and left out, and the others stay.
The words of a line mean what they do behind ``.imagine``: ``{red, green}``, by which it asks for several pictures, and
in Discord addresses of pictures in front of them and names for ids.
"""

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from pydantic_core import from_json

from bot import permutations
from bot.errors import PromptError
from bot.flags.flag import NOTHING_KNOWN, Available
from bot.flags.picture import MOST_PICTURES
from bot.flags.table import FLAGS
from bot.flags.values import nearest
from bot.markdown import inline_code
from bot.prompt import LIKENESS, NOTHING, Arguments, parse
from bot.uploads import split
from config.settings.painting import PaintingSettings

MOST_BYTES = 1 << 20
"""Of a file."""
MOST_LINES = 1000
"""With something in them."""
LONGEST_LINE = 4000
"""Characters, as many as Discord takes in a message at most."""
PROMPT = "prompt"
"""The column or the key of what to paint."""
JSON_LINES = {".jsonl", ".ndjson", ".json"}
BYTE_ORDER_MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}

TOO_LARGE = f"The file is larger than {MOST_BYTES >> 20} MB; part it into several."
TOO_MANY = "The file has more than {0} lines with something to paint; part it into several."
TOO_MANY_MEANT = "The file has more than {0} prompts with what stands in braces; part it into several."
BRACES = f"Its braces make more than {MOST_PICTURES} prompts of it; take something out of them."
NO_TEXT = "The file is no text; save it as plain text in UTF-8."
EMPTY = "There is nothing to paint in the file; write a prompt in each line."
NO_PROMPT = (
    "The first line should name the columns with commas between, one of them `prompt`, as in `prompt,seed,size`."
)
NO_OBJECT = 'It is no object of JSON in one line, as `{"prompt": "a red apple", "seed": 7}` is one.'
TWICE = "The column {0} is there twice."

Named = Callable[[str], str]
"""Returns a text with names for the ids in it."""
Fields = dict[str, str]
"""Of one line, by names of flags; the prompt under `PROMPT`."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line that asks for something.

    Args:
        number: of the line in the file, from 1; of several the first.
        arguments: that it asks for, or some of them, where it asks for several pictures.
        addresses: of pictures to come near to, with their weights.
    """

    number: int
    arguments: Arguments
    addresses: tuple[tuple[str, float | None], ...] = ()


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that is left out.

    Args:
        number: of the line in the file, from 1.
        reason: why, a sentence in markdown.
    """

    number: int
    reason: str


@dataclass(frozen=True, slots=True)
class Batch:
    """What a file asks for.

    Args:
        lines: in the order of the file.
        bad: likewise.
    """

    lines: tuple[Line, ...]
    bad: tuple[BadLine, ...]


def read(
    data: bytes,
    name: str,
    painting: PaintingSettings,
    available: Available = NOTHING_KNOWN,
    usual: Mapping[str, str] = NOTHING,
    most: int = MOST_LINES,
    named: Named = str,
) -> Batch:
    """Return what a file asks for.

    Args:
        data: of the file; one byte more than `MOST_BYTES` is enough of a larger one.
        name: of the file, whose ending says of which kind it is.
        painting: the limits, and what is usual.
        available: as of :func:`bot.prompt.parse`.
        usual: likewise.
        most: lines that it may have, and prompts that these may stand for.
        named: puts names for ids into what a line asks for.

    Raises:
        PromptError: it cannot be read as a whole; the sentence says why.
    """
    text = _decoded(data)
    ending = PurePath(name).suffix.casefold()
    found = _rows(text) if ending == ".csv" else _lines(text, is_json=ending in JSON_LINES)
    lines: list[Line] = []
    bad: list[BadLine] = []
    meant = 0
    for count, (number, line) in enumerate(found):
        if count >= most:
            raise PromptError(TOO_MANY.format(most))
        try:
            addresses, texts = _meant(_typed(line), named)
            instead = LIKENESS if addresses else ""
            meant += len(texts)
            asked = [parse(text, painting, available, instead, usual) for text in texts]
        except PromptError as error:
            bad.append(BadLine(number, str(error)))
        else:
            lines += [Line(number, arguments, addresses) for arguments in asked]
        if meant > most:
            raise PromptError(TOO_MANY_MEANT.format(most))
    if not lines and not bad:
        raise PromptError(EMPTY)
    return Batch(tuple(lines), tuple(bad))


def _meant(text: str, named: Named) -> tuple[tuple[tuple[str, float | None], ...], Sequence[str]]:
    """Return the addresses with which a line begins, and the texts that the rest stands for; raises ``PromptError``."""
    addresses, words = split(text)
    choices = permutations.read(words)
    if choices.count > MOST_PICTURES:
        raise PromptError(BRACES)
    return tuple(addresses), [named(each) for each in choices.texts()]


def _decoded(data: bytes) -> str:
    """Return a file as text; bytes that are none stay as lone surrogates, for their lines to be refused."""
    if len(data) > MOST_BYTES:
        raise PromptError(TOO_LARGE)
    encoding = BYTE_ORDER_MARKS.get(data[:2])
    try:
        text = data.decode(encoding) if encoding else data.decode("utf-8-sig", "surrogateescape")
    except UnicodeDecodeError:
        raise PromptError(NO_TEXT) from None
    if "\0" in text:
        raise PromptError(NO_TEXT)
    return text


def _lines(text: str, *, is_json: bool) -> Iterator[tuple[int, str | Fields | PromptError]]:
    """Yield the lines that say something, by their numbers."""
    for number, line in enumerate(text.split("\n"), 1):
        stripped = line.strip()
        if not stripped or (stripped.startswith("#") and not is_json):
            continue
        try:
            _check(stripped)
            yield number, _object(stripped) if is_json else stripped
        except PromptError as error:
            yield number, error


def _object(line: str) -> Fields:
    """Return what a line of JSON says; raises ``PromptError``."""
    try:
        found = from_json(line, allow_inf_nan=False)
    except ValueError:
        raise PromptError(NO_OBJECT) from None
    if not isinstance(found, dict):
        raise PromptError(NO_OBJECT)
    fields = {}
    for key, value in found.items():
        if value is None:
            continue
        if _flag(key) == PROMPT and not isinstance(value, str):
            raise PromptError(f"{inline_code(key)} should be a text, in quotation marks.")
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise PromptError(f"{inline_code(key)} should be a text or a number.")
        fields[key] = str(value)
    return fields


def _rows(text: str) -> Iterator[tuple[int, Fields | PromptError]]:
    """Yield the rows of CSV below its first, by the numbers of the lines in which they begin."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    names: list[str] = []
    while True:
        number = reader.line_num + 1
        try:
            row = next(reader)
            if not any(map(str.strip, row)):
                continue
            while len(row) > len(names) and not row[-1].strip():
                row.pop()  # spreadsheets have columns without a name behind the others
            if not names:
                names = _names(row)
                continue
            _check("".join(row))
            if len(row) != len(names):
                values, columns = _counted(len(row), "value"), _counted(len(names), "column")
                raise PromptError(f"It has {values}, and the first line names {columns}.")
        except StopIteration:
            return
        except csv.Error:
            yield number, PromptError("Its quotation marks do not fit together.")
        except PromptError as error:
            if not names:
                raise
            yield number, error
        else:
            yield number, {name: value.strip() for name, value in zip(names, row, strict=True) if value.strip()}


def _names(row: Sequence[str]) -> list[str]:
    """Return the columns that a first row names; raises ``PromptError``."""
    names = [name.strip().casefold() for name in row]
    if PROMPT not in names:
        raise PromptError(NO_PROMPT)
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise PromptError(TWICE.format(inline_code(twice)))
    for name in names:
        _flag(name)
    return names


def _flag(name: str) -> str:
    """Return the name of a flag by a column's or a key's; raises ``PromptError``."""
    known = {each: flag for flag, about in FLAGS.items() for each in (flag, *about.aliases)} | {PROMPT: PROMPT}
    folded = name.strip().casefold().replace("_", "-").removeprefix("--")
    if folded in known:
        return known[folded]
    near = nearest(folded, known)
    hint = f"did you mean `{near[0]}`?" if near else "the names of flags are known, and `prompt`."
    raise PromptError(f"There is no flag {inline_code(name[:100])}; {hint}")


def _check(line: str) -> None:
    """Refuse a line that is too long, or was not decoded."""
    if len(line) > LONGEST_LINE:
        raise PromptError(f"It has {len(line)} characters; {LONGEST_LINE} are allowed.")
    if any("\ud800" <= character <= "\udfff" for character in line):
        raise PromptError("It is not in UTF-8; save the file in that encoding.")


def _typed(line: str | Fields | PromptError) -> str:
    """Return a line as it is typed after ``.imagine``; raises ``PromptError``."""
    if isinstance(line, PromptError):
        raise line
    if isinstance(line, str):
        return line
    prompt = flags = ""
    for name, value in line.items():
        flag = _flag(name)
        if flag == PROMPT:
            prompt = value
            continue
        if len(value.split()) > 1 and not FLAGS[flag].takes_words:
            raise PromptError(f"`{flag}` takes one word, not {inline_code(value[:100])}.")
        flags += f" --{flag}={value}"
    if not prompt.strip():
        raise PromptError("It does not say what to paint.")
    return prompt + flags


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' * (count != 1)}"
