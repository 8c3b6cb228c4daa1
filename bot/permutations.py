"""Several prompts in one: ``{red, green} bird`` is a red bird and a green bird.

::

    text   = { character | choice | code } ;
    choice = "{" , text , comma , text , { comma , text } , "}" ;

What stands in code is literal, and so are braces that have no comma or no partner. Of choices within a choice each
counts once more, and of several beside one another all go with all. How many there are is known before any is made.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain

from generation.prompt import LITERAL

COMMAS = ",،，、"
"""Of any script."""
HIDDEN = "\0"
"""In the place of a character of code."""


@dataclass(slots=True)
class Text:
    """A text with choices in it.

    Args:
        parts: words as they stand, and the options of choices.
        count: of the texts that it stands for, at least 1.
    """

    parts: list["str | list[Text]"] = field(default_factory=list)
    count: int = 1

    def texts(self, first: int = 0) -> Iterator[str]:
        """Return what its parts from that one on stand for, one after the other, the last choice changing first.

        It calls itself as often as there are choices beside or within one another, and there are more texts than those.
        """
        for place, part in enumerate(self.parts[first:], first):
            if not isinstance(part, str):
                before = "".join(map(str, self.parts[first:place]))
                for chosen in chain.from_iterable(option.texts() for option in part):
                    yield from (f"{before}{chosen.strip()}{rest}" for rest in self.texts(place + 1))
                return
        yield "".join(map(str, self.parts[first:]))


def read(text: str) -> Text:
    """Return a text with its choices, in time and memory that grow with its length only."""
    signs = _signs(LITERAL.sub(lambda match: HIDDEN * len(match[0]), text))
    whole, end = Text(), 0
    around: list[tuple[Text, list[Text]]] = []
    """The choices that have begun: each with the text that it stands in."""
    current = whole
    for place in sorted(signs):
        current.parts.append(text[end:place])
        end = place + 1
        if signs[place] == "{":
            around.append((current, [current := Text()]))
        elif signs[place] == "}":
            current, options = around.pop()
            current.parts.append(options)
            current.count *= sum(option.count for option in options)
        else:
            around[-1][1].append(current := Text())
    current.parts.append(text[end:])
    return whole


def _signs(text: str) -> dict[int, str]:
    """Return the braces and commas of choices, by where they stand."""
    signs: dict[int, str] = {}
    begun: list[list[int]] = []
    for place, character in enumerate(text):
        if character == "{":
            begun.append([place])
        elif character in COMMAS and begun:
            begun[-1].append(place)
        elif character == "}" and begun:
            brace, *commas = begun.pop()
            if commas:
                signs |= {brace: "{", place: "}", **dict.fromkeys(commas, ",")}
    return signs
