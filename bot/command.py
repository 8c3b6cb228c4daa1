"""Commands as data: one table, from which messages, mentions and slash commands are understood alike."""

import re
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import discord

from bot.origin import Origin
from bot.receipt import Reply

Kind = Literal["text", "integer", "number", "boolean", "duration", "member", "role", "channel", "picture"]
"""Of what an option takes: a ``str``, ``int``, ``float``, ``bool``, seconds as ``float``, a :class:`Who`, a
``discord.Role``, a channel or thread of the server, a ``discord.Attachment``."""
NAME = re.compile(r"(?P<both>(?P<first>\S+)(?:\s+\S+)?)")
Suggest = Callable[[Origin, str], Sequence[str]]
"""Returns, at once, values that may be meant by what somebody has typed so far, best first."""


@dataclass(frozen=True, slots=True)
class Who:
    """Somebody who is named in a command; they need not be in the server any more."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Option:
    """What a command takes.

    Args:
        name: lower case, with hyphens.
        help: what it says, without markup, at most 100 characters.
        kind: of its values.
        needed: where it has to be given: ``always``, or only in a ``slash`` command, as pictures can stand for words in
            a message.
        choices: the values that there are; none where any will do.
        least: of a number.
        most: of a number.
        suggest: values for what is typed so far.
        takes_rest: in a message it is all that is left of the text.
        is_flag: in messages it is typed as a flag, ``--name value``, within the text; as an option of a slash command
            it is added to the text as one.
    """

    name: str
    help: str
    kind: Kind = "text"
    needed: Literal["no", "slash", "always"] = "no"
    choices: tuple[str, ...] = ()
    least: float | None = None
    most: float | None = None
    suggest: Suggest | None = None
    takes_rest: bool = False
    is_flag: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """One use of a command.

    Args:
        origin: who uses it, and where.
        options: what was given, by the options' names.
        message: that the command was typed in; None for a slash command.
        mentioned: whose ids may stand in the text.
    """

    origin: Origin
    options: Mapping[str, Any] = field(default_factory=dict)
    message: discord.Message | None = None
    mentioned: Sequence[discord.Member | discord.User] = ()


Run = Callable[[Call], Awaitable[str | Reply | None]]


@dataclass(frozen=True, slots=True)
class Command:
    """What can be asked of the bot.

    Args:
        name: one word, or two for the commands of a group.
        help: what it does, without markup, at most 100 characters.
        run: does it and returns the answer, markdown of at most 2000 characters, with a file or without, or None where
            there is nothing to say now; raises ``UserError``.
        options: what it takes; in a message in this order.
        for_moderators: only those who may manage the server can use it, and only there.
        answers: ``latest`` where of several answers to the same member the last one says it for all, else ``each``.
        asks: for pictures, so that it says itself what becomes of those that its message asked for before an edit.
    """

    name: str
    help: str
    run: Run
    options: tuple[Option, ...] = ()
    for_moderators: bool = False
    answers: Literal["latest", "each"] = "each"
    asks: bool = False


class Commands:
    """All commands, by their names."""

    def __init__(self, *commands: Command) -> None:
        self._by_name: dict[str, Command] = {}
        self.add(commands)

    def __iter__(self) -> Iterator[Command]:
        """Return the commands in the order in which they were added."""
        return iter(self._by_name.values())

    def add(self, commands: Iterable[Command]) -> None:
        """Add commands of new names."""
        self._by_name |= {command.name: command for command in commands}

    def find(self, text: str) -> tuple[Command, str] | None:
        """Return the command with whose name, in any case, a text begins, and the rest of the text."""
        match = NAME.match(text)
        if match is None:
            return None
        for name in ("both", "first"):
            command = self._by_name.get(" ".join(match[name].casefold().split()))
            if command is not None:
                return command, text[match.end(name) :].strip()
        return None

    def group(self, name: str) -> list[Command]:
        """Return the commands whose names have two words and begin with this one, in any case."""
        return [each for each in self if each.name.startswith(f"{name.casefold()} ")]
