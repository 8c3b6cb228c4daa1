"""What a flag is, and what is available for some to ask for."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from config.settings.painting import PaintingSettings

Fields = Mapping[str, Any]
"""Some fields of an ``ImagineRequest``, by name."""


@dataclass(frozen=True, slots=True)
class Available:
    """What can be asked for here and not elsewhere.

    Args:
        inits: what the models in use can begin from; empty while that is not known.
        models: what the operator calls those that there are beside the default.
    """

    inits: tuple[str, ...] = ()
    models: tuple[str, ...] = ()


NOTHING_KNOWN = Available()


@dataclass(frozen=True, slots=True)
class Flag:
    """What can be asked for beside the prompt.

    Some of it goes by what is available: see :class:`Available`.

    Args:
        fields: what it sets; without it they are as in the settings, else as in ``bot.flags.usual.DEFAULTS``, else
            drawn anew. None where it says in another way what other flags say.
        example: a value.
        help: what it does: half a sentence, without markup.
        pattern: of its values, in any case, which tell a mistyped flag from a word behind a dash; given what is
            available.
        parse: the fields, given a value, the limits and what is available; raises ``PromptError``.
        caption: how the small print says it, given what the fields are.
        render: the value, given what the fields are.
        aliases: other names.
        is_offered: whether ``.help`` tells of it; given what is available.
        takes_words: whether its value is all words up to the next flag.
        is_prose: whether its name is a word that may well stand behind a dash, where it is a flag only before a value.
        bare: the value where none is given; None for a flag that needs one.
        choices: its values where there are few.
        suggested: values that there are among others; given what is available.
        whole: the least and the most, where it takes whole numbers of a range.
    """

    fields: tuple[str, ...]
    example: str
    help: str
    pattern: Callable[[Available], str]
    parse: Callable[[str, PaintingSettings, Available], Fields]
    caption: Callable[..., str]
    render: Callable[..., str] = str
    aliases: tuple[str, ...] = ()
    is_offered: Callable[[Available], bool] = lambda _: True
    takes_words: bool = False
    is_prose: bool = False
    bare: str | None = None
    choices: tuple[str, ...] = ()
    suggested: Callable[[Available], Sequence[str]] | None = None
    whole: tuple[int, int] | None = None
