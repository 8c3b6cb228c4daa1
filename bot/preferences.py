"""What members want to be usual for their own pictures: `.settings`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import structlog

from bot.command import Call, Command, Option
from bot.errors import UserError
from bot.flags.flag import Available
from bot.flags.table import FLAGS
from bot.flags.values import PLAIN
from bot.markdown import inline_code
from bot.origin import Origin
from bot.prompt import flags_in
from bot.rules.gate import Gate
from generation.request import ImagineRequest
from store.errors import StoreError
from store.members import Members

NAMES = ("size", "quality", "steps", "style", "model", "no", "chaos", "stop", "video", "fit")
"""Flags that may be usual for a member; the others are about one picture."""
RESET = "reset"
NOT_KEPT = "Your settings cannot be kept at the moment; whoever runs Easel can see why. Try again later."
LONGEST = 100
"""UTF-16 code units of a value that are shown."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Usual:
    """What is usual for a member.

    Args:
        values: of flags, by their names, as they were typed.
        ignored: a sentence about those that are not possible any more; None where there are none.
    """

    values: Mapping[str, str]
    ignored: str | None = None


class Preferences:
    """The command by which members say it, and what they have said.

    Args:
        gate: that knows the limits, and what is usual for all.
        members: where it is kept.
    """

    def __init__(self, gate: Gate, members: Members) -> None:
        self._gate = gate
        self._members = members

    def commands(self, options: Sequence[Option]) -> Sequence[Command]:
        """Return the command, with flags as options of the slash command."""
        change = Option("change", f"Flags, as in /imagine; or {RESET}, also with the name of one", takes_rest=True)
        return (Command("settings", "What is usual for your pictures", self._change, (change, *options)),)

    def of(self, origin: Origin, available: Available) -> Usual:
        """Return what is usual for whoever asks there, without what is not possible there or any more."""
        chosen = self._members.choices(origin.author.id)
        refusals = {name: self._refusal(origin, name, value, available) for name, value in chosen.items()}
        values = {name: value for name, value in chosen.items() if refusals[name] is None}
        wrong = [f"{_shown(name, chosen[name])}: {refusal}" for name, refusal in refusals.items() if refusal]
        if not wrong:
            return Usual(values)
        typed = inline_code(f"{self._gate.book.prefix(origin.guild)}settings {RESET}", LONGEST)
        return Usual(
            values, f"Of your settings this is left out, as it is not possible. {' '.join(wrong)} {typed} ends it."
        )

    def _refusal(self, origin: Origin, name: str, value: str, available: Available) -> str | None:
        """Return why a value cannot be usual there, None where it can."""
        if name not in NAMES:
            return "There is no such setting any more."
        painting = self._gate.settings(origin).painting
        request = ImagineRequest("", "", 0, painting.width, painting.height, painting.steps)
        try:
            fields = {**FLAGS[name].parse(value, painting, available)}
            fields.pop("style", None)
            self._gate.check_request(origin, replace(request, **fields))
        except UserError as error:
            return str(error)
        return None

    async def _change(self, call: Call) -> str:
        """Change what is usual for a member, or say what is."""
        origin = call.origin
        words, values = flags_in(call.options.get("change", ""))
        chosen = self._members.choices(origin.author.id)
        if not words and not values:
            return self._told(origin, chosen)
        after = self._changed(origin, chosen, words.casefold().split(), values)
        try:
            await self._members.choose(origin.author.id, after)
        except StoreError as error:
            _log.error("could not keep a member's settings", error=str(error))
            raise UserError(NOT_KEPT) from None
        return self._told(origin, after)

    def _changed(
        self, origin: Origin, chosen: Mapping[str, str], words: Sequence[str], values: Mapping[str, str]
    ) -> dict[str, str]:
        """Return what is chosen after a change; raises ``UserError`` where it is none."""
        match words:
            case []:
                after = {**chosen, **values}
            case [word] if word == RESET and not values:
                after = {}
            case [word, name] if word == RESET and not values and name in chosen:
                after = {other: value for other, value in chosen.items() if other != name}
            case _:
                raise UserError(self._usage(origin))
        for name, value in values.items():
            if name not in NAMES:
                which = ", ".join(f"`--{each}`" for each in NAMES)
                raise UserError(f"`--{name}` is about one picture and cannot be usual; these can: {which}.")
            if (refusal := self._refusal(origin, name, value, self._available(origin))) is not None:
                raise UserError(refusal)
        return {name: value for name, value in after.items() if value.casefold() != PLAIN}

    def _available(self, origin: Origin) -> Available:
        return Available(models=tuple(self._gate.settings(origin).models.more))

    def _told(self, origin: Origin, chosen: Mapping[str, str]) -> str:
        """Return what a member has chosen, and how it is changed."""
        if not chosen:
            return f"You have no settings of your own. {self._usage(origin)}"
        ignored = [
            name
            for name, value in chosen.items()
            if self._refusal(origin, name, value, self._available(origin)) is not None
        ]
        lines = [
            _shown(name, value) + " (not possible, left out)" * (name in ignored) for name, value in chosen.items()
        ]
        usage = f"-# {self._usage(origin)} A flag says otherwise for one picture."
        return f"Usual for your pictures: {', '.join(lines)}\n{usage}"

    def _usage(self, origin: Origin) -> str:
        typed = f"{self._gate.book.prefix(origin.guild)}settings"
        examples = [inline_code(f"{typed} {more}", LONGEST) for more in ("--ar 16:9 --style watercolor", RESET)]
        return f"{examples[0]} changes them, {examples[1]} ends them; with `--seed` they do not count."


def _shown(name: str, value: str) -> str:
    return inline_code(f"--{name} {value}", LONGEST)
