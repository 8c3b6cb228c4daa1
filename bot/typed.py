"""The options of a command, read from what was typed behind its name."""

import re
from collections.abc import Sequence
from typing import Any

import discord

from bot.command import Command, Option, Who
from bot.errors import UserError
from bot.markdown import inline_code

MEMBER = re.compile(r"<@!?(?P<mention>\d{1,20})>|(?P<id>\d{15,20})")
ROLE, CHANNEL = re.compile(r"<@&(\d{1,20})>"), re.compile(r"<#(\d{1,20})>")
NO_ID = 2**63
"""Discord's ids are less."""
NUMBER = {"integer": re.compile(r"-?\d{1,15}"), "number": re.compile(r"-?\d{1,15}(\.\d{1,9})?")}
DURATION = re.compile(r"(\d{1,6})([smhdw])")
SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
BOOLEAN = {"yes": True, "on": True, "true": True, "no": False, "off": False, "false": False}
PLACES = {"channel", "role"}
"""Kinds of what a server has."""
LONGEST_COUNT = 2
"""Digits of a number in front of a text that is meant to be a count, and not the first word."""
TAKES = {
    "integer": "a whole number",
    "number": "a number",
    "boolean": "`yes` or `no`",
    "duration": "a time such as `30m`, `12h` or `7d`",
    "member": "a member, by a mention or an id",
    "role": "a role, by a mention or its name",
    "channel": "a channel, by a mention or its name",
}


def read(command: Command, text: str, message: discord.Message, prefix: str) -> dict[str, Any]:
    """Return the options that stand in a text, by their names.

    One that need not be given is left out where the next word is no value of it, but for a time and a number. A word
    with a digit in front is meant to be a time, and a moderator who mistypes it does not want for ever; a short number
    is meant to be one, also where it is out of range.

    Raises:
        UserError: one is missing or has no value that it takes, or there is more than the command takes.
    """
    found: dict[str, Any] = {}
    left_out: list[Option] = []
    for option in command.options:
        if option.is_flag or option.kind == "picture":
            continue
        word, *others = [text] if option.takes_rest else text.split(maxsplit=1) or [""]
        value = _value(option, word, message) if word else None
        if value is not None:
            found[option.name], text, left_out = value, "".join(others), []
        elif option.needed == "always" or _is_meant(option, word):
            wrong = f"{refusal([option], word)} " if word else ""
            raise UserError(f"{wrong}It is typed as {inline_code(usage(command, prefix), 200)}.")
        else:
            left_out.append(option)
    if text:
        wrong = f"{refusal(left_out, text.split()[0])} It is typed as" if left_out else "That is more than it takes:"
        raise UserError(f"{wrong} {inline_code(usage(command, prefix), 200)}.")
    return found


def usage(command: Command, prefix: str) -> str:
    """Return how a command is typed: ``.limits set KEY VALUE [CHANNEL]``."""
    options = [option for option in command.options if not option.is_flag and option.kind != "picture"]
    words = [option.name.upper() if option.needed == "always" else f"[{option.name.upper()}]" for option in options]
    return " ".join([prefix + command.name, *words])


def refusal(options: Sequence[Option], value: str) -> str:
    """Return a sentence that says what options take, of none of which it is a value."""
    kinds = [option.kind for option in options]
    if {*kinds} <= PLACES:
        return f"There is no {' or '.join(kinds)} {inline_code(value)} here; name one by a mention or its name."
    takes = [f"`{option.name}` takes {_takes(option)}" for option in options]
    if len(takes) == 1:
        return f"{takes[0]}, not {inline_code(value)}."
    return f"{'; '.join(takes)}; {inline_code(value)} is none of that."


def seconds(text: str) -> float | None:
    """Return what ``30m`` or ``7d`` is in seconds; None where it is no duration."""
    match = DURATION.fullmatch(text.casefold())
    return int(match[1]) * SECONDS[match[2]] if match else None


def _takes(option: Option) -> str:
    takes = " or ".join(f"`{each}`" for each in option.choices) or TAKES.get(option.kind, "words")
    if option.least is not None and option.most is not None:
        takes += f" from {option.least:g} to {option.most:g}"
    return takes


def _is_meant(option: Option, word: str) -> bool:
    """Return whether a word that is no value of an option is meant to be one."""
    if option.kind == "duration":
        return word[:1].isdigit()
    return option.kind in NUMBER and len(word) <= LONGEST_COUNT and NUMBER[option.kind].fullmatch(word) is not None


def _value(option: Option, word: str, message: discord.Message) -> Any:
    """Return what a word says, None where it is no value of the option."""
    match option.kind:
        case "text":
            folded = word.casefold()
            return word if not option.choices else folded if folded in option.choices else None
        case "integer" | "number":
            return _number(option, word)
        case "boolean":
            return BOOLEAN.get(word.casefold())
        case "duration":
            return seconds(word)
        case "member":
            return _who(word, message)
        case "role" | "channel":
            return None if message.guild is None else _of_guild(option.kind, word, message.guild)
    return None


def _number(option: Option, word: str) -> float | None:
    if not NUMBER[option.kind].fullmatch(word):
        return None
    number = int(word) if option.kind == "integer" else float(word)
    is_low = option.least is not None and number < option.least
    return None if is_low or (option.most is not None and number > option.most) else number


def _who(word: str, message: discord.Message) -> Who | None:
    match = MEMBER.fullmatch(word)
    if match is None:
        return None
    member_id = int(match["mention"] or match["id"])
    if member_id >= NO_ID:
        return None
    named = next((each for each in message.mentions if each.id == member_id), None)
    return Who(member_id, named.display_name if named else str(member_id))


def _of_guild(kind: str, word: str, guild: discord.Guild) -> Any:
    """Return the role or the channel, by its mention, its id or its name."""
    match = (ROLE if kind == "role" else CHANNEL).fullmatch(word)
    digits = match[1] if match else word if re.fullmatch(r"\d{15,20}", word) else None
    if digits is not None:
        return guild.get_role(int(digits)) if kind == "role" else guild.get_channel_or_thread(int(digits))
    name = word.removeprefix("@" if kind == "role" else "#").casefold()
    named = guild.roles if kind == "role" else [*guild.channels, *guild.threads]
    return next((each for each in named if each.name.removeprefix("@").casefold() == name), None)
