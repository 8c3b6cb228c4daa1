"""One rule: what it takes, how its values are read and shown, and which of two is the more generous."""

from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from typing import Literal

from bot.errors import UserError
from bot.markdown import inline_code
from bot.typed import BOOLEAN, NUMBER, seconds
from config.settings import Settings
from store.rules import Scope, Value

Kind = Literal["count", "number", "seconds", "switch", "choice"]
"""Of values: an ``int``, a ``float``, a ``float`` of seconds, a ``bool``, a ``str``. None stands for a count or number
without limit."""
EVERYWHERE: tuple[Scope, ...] = ("server", "channel", "role")
NO_LIMIT = "none"
DAY_SECONDS = 86400


@dataclass(frozen=True, slots=True)
class Rule:
    """What moderators can set.

    Args:
        name: its key.
        help: what it is, without markup.
        kind: of its values.
        ceiling: the most generous value that the operator allows.
        setting: by which the operator says so; ``""`` where nothing is to be said.
        least: the least count or number there is.
        most: the greatest, where the operator sets no limit.
        choices: the values there are, the strictest first.
        default: what holds where nothing is set; None for the ceiling.
        scopes: for what it can be set.
    """

    name: str
    help: str
    kind: Kind
    ceiling: Callable[[Settings], Value]
    setting: str = ""
    least: float = 1
    most: float = 0
    choices: tuple[str, ...] = ()
    default: str | None = None
    scopes: tuple[Scope, ...] = EVERYWHERE

    def usual(self, settings: Settings) -> Value:
        """Return what holds where nothing is set."""
        return self.ceiling(settings) if self.default is None else self.default

    def read(self, text: str, settings: Settings) -> Value:
        """Return what a text says; raises ``UserError``, which names the range, where it is no value that may be."""
        folded = text.casefold()
        value = self._parsed(folded)
        is_unlimited = folded == NO_LIMIT and self.kind in ("count", "number")
        if (value is None and not is_unlimited) or not self.is_allowed(value, settings):
            raise UserError(f"`{self.name}` takes {self.takes(settings)}, not {inline_code(text)}.")
        return value

    def takes(self, settings: Settings) -> str:
        """Return which values there are: ``a whole number from 1 to 500``."""
        ceiling = self.ceiling(settings)
        match self.kind:
            case "switch":
                return "`yes` or `no`" if ceiling else "`no` alone, as the operator allows no more"
            case "choice":
                return " or ".join(f"`{each}`" for each in self.choices)
            case "seconds":
                return f"a time such as `30s` or `5m`, from {self.shown(ceiling)} to {self.shown(DAY_SECONDS)}"
        number = "a whole number" if self.kind == "count" else "a number"
        unlimited = f", or `{NO_LIMIT}`" if ceiling is None else ""
        return f"{number} from {self.least:g} to {self.shown(ceiling or self.most)}{unlimited}"

    def is_allowed(self, value: Value, settings: Settings) -> bool:
        """Return whether a value is one, and not more generous than the operator's."""
        if not self.is_value(value):
            return False
        is_beyond = self.generosity(value) > self.generosity(self.ceiling(settings))
        if isinstance(value, bool | str) or value is None:
            return not is_beyond
        if self.kind == "seconds":
            return not is_beyond and value <= DAY_SECONDS
        return not is_beyond and self.least <= value and (self.ceiling(settings) is not None or value <= self.most)

    def is_value(self, value: Value) -> bool:
        """Return whether a value, as it was written down, is of the rule's kind."""
        match self.kind:
            case "switch":
                return isinstance(value, bool)
            case "choice":
                return value in self.choices
            case "seconds":
                return isinstance(value, int | float) and not isinstance(value, bool)
        whole = int if self.kind == "count" else int | float
        return value is None or (isinstance(value, whole) and not isinstance(value, bool))

    def generosity(self, value: Value) -> float:
        """Return a number that is greater for the more generous of two values."""
        if value is None:
            return inf
        if isinstance(value, str):
            return self.choices.index(value)
        return -value if self.kind == "seconds" else value

    def shown(self, value: Value) -> str:
        """Return a value as it is shown, and as it can be typed."""
        if value is None:
            return NO_LIMIT
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, str):
            return value
        if self.kind != "seconds":
            return f"{value:.10g}"
        unit, size = next(
            (unit, size) for unit, size in (("h", 3600), ("m", 60), ("s", 1)) if value % size == 0 or size == 1
        )
        return f"{value / size:g}{unit}" if value else "0s"

    def _parsed(self, folded: str) -> Value:
        match self.kind:
            case "switch":
                return BOOLEAN.get(folded)
            case "choice":
                return folded if folded in self.choices else None
            case "seconds":
                return seconds(folded)
            case "count":
                return int(folded) if NUMBER["integer"].fullmatch(folded) else None
        return float(folded) if NUMBER["number"].fullmatch(folded) else None
