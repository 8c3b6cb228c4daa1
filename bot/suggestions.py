"""Values that may be meant by what somebody has typed so far."""

from collections.abc import Iterable, Sequence

from bot.command import Suggest
from bot.origin import Origin


def suggesting(values: Iterable[str]) -> Suggest:
    """Return what suggests those values that have in them what is typed, first those that begin with it."""

    def suggest(_: Origin, typed: str) -> Sequence[str]:
        folded = typed.casefold().strip().replace(" ", "-")
        return sorted((each for each in values if folded in each), key=lambda each: not each.startswith(folded))

    return suggest
