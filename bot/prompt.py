"""What may be typed after ``.imagine``.

::

    arguments = { address } , { word | flag | code } ;
    address   = "http" , [ "s" ] , "://" , text , [ "::" , weight ] ;     of a picture, see bot.uploads
    flag      = dashes , name , [ "=" , value | blank , value | value ] ;
    dashes    = "--" | "—" | "–" ;                    phones make one dash of two
    name      = one of bot.flags.table or an alias ;  in any case
    code      = ticks , text , ticks ;                three backticks or more, in front and behind as many

Words that are no flags are the prompt, wherever they stand. A word that begins with two hyphens and a letter is a flag,
and refused when its name is unknown. One that begins with a longer dash is a flag when its name is known, and refused
when the name is nearly known and a value of such a flag comes behind it; otherwise it is a word, as all others are.
Names that are words too, as ``—as`` and ``—long``, are flags there only before a value of theirs. A flag that takes
words takes all up to the next flag or code block. One that needs no value takes the next word only if that is one. A
value may stand directly behind a name, as in ``--ar16:9``, and between quotation marks of any kind.

What the words of the prompt mean together says :mod:`generation.prompt`.

Inside a code block everything is literal: no keyboard or client changes anything there, and nothing there parts a
prompt or weighs it, so this is how one quotes it. The block loses its fence and its language tag; flags stand outside
of it. Inline code is literal too and keeps its backticks. Blanks and line ends become one space each, and what cannot
be seen is left out.
"""

import difflib
import re
import secrets
import unicodedata
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, islice
from types import MappingProxyType

import regex

from bot.characters import clean, is_visible
from bot.classes import classes_fenced, classes_in, passed_classes, words_for
from bot.errors import NoWordsError, PromptError
from bot.flags.flag import NOTHING_KNOWN, Available, Fields
from bot.flags.picture import SIDES
from bot.flags.table import FLAGS, OF_WALKS
from bot.flags.usual import BESIDE, typed, usual_fields
from bot.flags.values import NEAR, QUOTES, nearest
from bot.markdown import inline_code
from config.settings.painting import PaintingSettings
from generation.errors import RequestError
from generation.fields import SEED_LIMIT
from generation.options import BIGGAN
from generation.prompt import BLOCK, INLINE, fenced, read, write
from generation.request import AUTO, ImagineRequest
from generation.styles import STYLES, ended
from generation.targets import Target

NOTHING: Mapping[str, str] = MappingProxyType({})
LINE_ENDS = "\t\n\v\f\r\x85"
"""Control characters that are blanks."""

WORD = regex.compile(rf"{BLOCK}|(?P<word>(?:{INLINE}|(?!{BLOCK})\S)++)", regex.DOTALL)
LANGUAGE_TAG = re.compile(r"\A[\w.+#-]+\n(?=\s*\S)")
FLAG = re.compile(r"(?P<dashes>--|—|–)(?P<name>(?P<letters>[^\W\d_]+)[^\s=]*)(?:=(?P<value>.*))?", re.DOTALL)
ADDRESS = re.compile(
    r"\s*<?(?P<address>https?://(?!(?:\w+\.)?discord(?:app)?\.com/channels/)[^\s<>]+?)>?"
    r"(?:::(?P<weight>-?\d{1,3}(?:\.\d{1,4})?))?(?=\s|$)",
    re.IGNORECASE,
)
"""Before the first word: of a picture, with its weight."""
NO_WORDS = "Say what to paint, for example: a lighthouse in a storm, oil painting."
NO_WALK_WORDS = "Say what to paint, with `|` from one picture to the next, for example: a red apple | a pear."
LIKENESS = "a picture like that one"
"""The prompt where pictures to come near to are all there is."""
OTHERS = frozenset({"s", "stylize", "v", "version", "tile", "raw", "weird", "niji", "sameseed", "hd", "fast", "relax"})
"""Names of Midjourney's for what has no counterpart."""


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
        fields: of the request, from the flags or as is usual; without ``seed`` where any will do.
        targets: that the prompt has; none where it is one plain text, of weight 1.
    """

    prompt: str
    fields: Fields
    targets: tuple[Target, ...] = ()

    def __str__(self) -> str:
        """Return the text that parses to these arguments, whatever the defaults."""
        return f"{self.prompt if self.targets else quoted(self.prompt)} {typed(self.fields)}"

    def request(self, id: str, member: str = "", guild: str = "") -> ImagineRequest:
        """Return a new request, with a random seed where none was given."""
        fields = {"seed": secrets.randbelow(SEED_LIMIT), **self._own}
        return ImagineRequest(id, self.prompt, member=member, guild=guild, targets=self.targets, **fields)

    def change(self, request: ImagineRequest) -> ImagineRequest:
        """Return the request for this instead, with its old seed where none was given."""
        return replace(request, prompt=self.prompt, targets=self.targets, **self._own)

    @property
    def _own(self) -> Fields:
        """The fields of the request's."""
        return {name: value for name, value in self.fields.items() if name not in BESIDE}


def parse(
    text: str,
    painting: PaintingSettings,
    available: Available = NOTHING_KNOWN,
    instead: str = "",
    usual: Mapping[str, str] = NOTHING,
    *,
    of_walk: bool = False,
) -> Arguments:
    """Read what was typed after ``.imagine``; raises ``PromptError``.

    Args:
        text: that was typed.
        painting: the limits, and what is usual.
        available: what can be asked for here.
        instead: the prompt where there are no words; without it there have to be some.
        usual: values of flags that are not typed, by their names. With ``--seed`` they are left out: it is what paints
            a picture again, and that for everybody.
        of_walk: whether flags are taken that only walks have.
    """
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in text if character not in LINE_ENDS):
        raise PromptError("The prompt contains control characters that cannot be shown; take them out.")
    words, values = _split(clean(text), available)
    if not of_walk and (misplaced := next((name for name in OF_WALKS if name in values), None)):
        raise PromptError(f"`--{misplaced}` is about a walk between pictures, not about one picture; leave it out.")
    if "size" in values and (side := next((name for name in SIDES if name in values), None)):
        raise PromptError(f"`--size` says both sides and `--{side}` one of them; leave one of the two out.")
    fields = dict(usual_fields(painting))
    for given in ({} if "seed" in values else usual, values):
        for name, flag in FLAGS.items():
            if name in given:
                fields.update(flag.parse(given[name], painting, available))
    if fields["classes"] and fields["canvas"] == AUTO:
        fields["canvas"] = BIGGAN
    if of_walk and fields["canvas"] == AUTO and classes_fenced(_written(words)) != _written(words):
        fields["canvas"] = BIGGAN
    is_named = of_walk and fields["canvas"] == BIGGAN
    if fields["canvas"] == BIGGAN:
        plain, named = (_joined(words), ()) if of_walk else classes_in(_joined(words))
        if named:
            words = [*_words(plain)]
            fields["classes"] = (*fields["classes"], *named)
        instead = instead or words_for(fields["classes"])
    style = STYLES.get(fields.pop("style", ""))
    if len(prompt := _joined(words)) > painting.max_prompt_length:
        raise PromptError(f"The prompt has {len(prompt)} characters; {painting.max_prompt_length} are allowed.")
    try:
        prompt, targets = _meaning(words, is_named)
    except RequestError as error:
        raise PromptError(str(error)) from None
    if not is_visible(prompt.replace("`", "")):
        prompt = style.ending if style and instead else instead
    elif style:
        prompt, targets = ended(prompt, targets, style.ending, lambda text: is_named and bool(passed_classes(text)))
    if not prompt:
        raise NoWordsError(NO_WALK_WORDS if of_walk else NO_WORDS, flags_typed(values))
    return Arguments(_standing(prompt, targets, available, is_named), fields, targets)


def without_command(text: str, prefix: str) -> str:
    """Return a text without ``.imagine`` in front of it, which comes along where all of a message is pasted."""
    return re.sub(rf"\A\s*(?:(?:{re.escape(prefix)}|/)imagine(?:\s+|\Z))+", "", text, flags=re.IGNORECASE)


def quoted(text: str) -> str:
    """Return what to type for a prompt of exactly this plain ``text``, in a code block where it could be more."""
    words = [*_words(text)]
    is_plain = _joined(words) == text and not any(FLAG.fullmatch(word.text) for word in words)
    try:
        return text if is_plain and _meaning(words) == (text, ()) else fenced(text)
    except RequestError:
        return fenced(text)


def flags_in(text: str, available: Available = NOTHING_KNOWN) -> tuple[str, dict[str, str]]:
    """Return the words of a text that are no flags, and the values of those that are; raises ``PromptError``."""
    words, values = _split(clean(text), available)
    return _joined(words), values


def flags_typed(values: Mapping[str, str]) -> str:
    """Return what to type for flags with these values, by their names."""
    return " ".join(f"--{name} {value}" for name, value in values.items())


def _joined(words: Iterable[Word]) -> str:
    return " ".join(word.text for word in words)


def _written(words: Sequence[Word]) -> str:
    """Return the text of words, with code blocks for those that are literal."""
    plain = _joined(words)
    runs = [(is_literal, _joined(run)) for is_literal, run in groupby(words, lambda word: word.is_literal)]
    return " ".join(fenced(run, plain) if is_literal else run for is_literal, run in runs)


def _meaning(words: Sequence[Word], is_named: bool = False) -> tuple[str, tuple[Target, ...]]:
    """Return a prompt of words, with its targets if it is more than one plain text; raises ``RequestError``.

    Args:
        words: of the prompt.
        is_named: whether parts of it may name classes, as those of a walk.
    """
    plain, text = _joined(words), _written(words)
    targets = read(classes_fenced(text) if is_named else text)
    if not targets:
        return plain, ()
    text = targets[0].text
    return (text, ()) if targets == (Target(text),) else (plain, targets)


def _standing(prompt: str, targets: tuple[Target, ...], available: Available, is_named: bool) -> str:
    """Return a prompt that has these targets when it is typed as it is, as near to ``prompt`` as can be."""
    if not targets:
        return prompt
    quoted = write(targets)
    for text in (prompt, _joined(_words(quoted))):
        try:
            words, values = _split(text, available)
            if not values and _meaning(words, is_named) == (text, targets):
                return text
        except (PromptError, RequestError):
            continue
    return quoted


def _split(text: str, available: Available) -> tuple[list[Word], dict[str, str]]:
    """Part the words of the prompt from the values of the flags, by their names."""
    values: dict[str, str] = {}
    kept = []
    words = deque(_words(text))
    while words:
        word = words.popleft()
        flag = _flag(word, words, available)
        if flag is None:
            kept.append(word)
            continue
        name, value = _known(flag, available)
        if name in values:
            raise PromptError(f"`--{name}` is there twice; give it once.")
        bare = FLAGS[name].bare
        if value is None and words and (bare is None or _is_value(words[0], name, available)):
            following = words.popleft()
            if not (following.is_literal or _flag(following, words, available)):
                value = following.text
        while FLAGS[name].takes_words and value and words:
            if words[0].is_literal or _flag(words[0], [*islice(words, 1, 2)], available):
                break
            value += f" {words.popleft().text}"
        value = bare if value is None else value.strip(QUOTES)
        if not value or value.startswith("`") or FLAG.match(value):
            raise PromptError(f"`--{name}` needs a value, for example `--{name} {FLAGS[name].example}`.")
        values[name] = value
    return kept, values


def _words(text: str) -> Iterator[Word]:
    """Return the words outside of code blocks, with the inline code that is part of them, and those inside."""
    for match in WORD.finditer(text):
        if match["word"] is not None:
            yield Word(" ".join(match["word"].split()), is_literal=False)
        else:
            for word in LANGUAGE_TAG.sub("", match["block"]).split():
                yield Word(word, is_literal=True)


def _flag(word: Word, following: Sequence[Word], available: Available) -> re.Match[str] | None:
    """Return the parts of a word that is a flag, known or not."""
    flag = None if word.is_literal else FLAG.fullmatch(word.text)
    if flag is None or flag["dashes"] == "--":
        return flag
    names, name, rest = _names(), flag["letters"].casefold(), word.text[flag.end("letters") :]
    value = rest.lstrip(":=") or "".join(each.text for each in list(following)[:1] if not each.is_literal)

    def has_value(name: str) -> bool:
        return bool(re.fullmatch(FLAGS[name].pattern(available), value, re.IGNORECASE))

    known = names.get(name if not rest or rest.startswith("=") else flag["name"].casefold())
    if known is not None:
        return flag if not FLAGS[known].is_prose or has_value(known) else None
    near = [names[each] for each in difflib.get_close_matches(name, names, cutoff=NEAR) if each[0] == name[0]]
    return flag if any(map(has_value, near)) else None


def _is_value(word: Word, name: str, available: Available) -> bool:
    """Return whether a word is a value of a flag."""
    return not word.is_literal and bool(re.fullmatch(FLAGS[name].pattern(available), word.text, re.IGNORECASE))


def _known(flag: re.Match[str], available: Available) -> tuple[str, str | None]:
    """Return the name of a flag, and its value where that stands behind a sign or directly behind the name."""
    names, name, value = _names(), flag["name"], flag["value"]
    folded = name.casefold()
    if folded in names:
        return names[folded], value
    for end in range(len(name) - 1, 0, -1):
        known = names.get(folded[:end])
        if known and value is None and re.fullmatch(FLAGS[known].pattern(available), name[end:], re.IGNORECASE):
            return known, name[end:]
    if folded in OTHERS:
        raise PromptError(f"`--{folded}` is Midjourney's and would change nothing here; leave it out.")
    near = nearest(folded, names.keys() - OF_WALKS)
    most = ", ".join(f"`--{each}`" for each, flag in FLAGS.items() if flag.is_offered(NOTHING_KNOWN))
    hint = f"did you mean `--{near[0]}`?" if near else f"there are {most} and others."
    raise PromptError(f"There is no flag {inline_code('--' + name)}; {hint}")


def _names() -> dict[str, str]:
    """Return the flags' names by all that may be typed for them."""
    return {typed: name for name, flag in FLAGS.items() for typed in (name, *flag.aliases)}
