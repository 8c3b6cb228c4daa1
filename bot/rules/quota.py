"""What a member may ask for within 24 hours in a server, and how soon again."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from bot.errors import RuleError
from bot.origin import Origin
from bot.rules.book import RuleBook
from bot.rules.table import RULES, usual_cost
from generation.request import ImagineRequest
from store.folder import DAY
from store.usage import Usage, Used

COOLDOWN = "You may ask every {0} here; ask again <t:{1}:R>."
PICTURES = "You have had {0} within 24 hours (limit {1}){2}."
FEWER_PICTURES = "You may have {0} more within 24 hours (limit {1}), and asked for {2}. Ask for fewer{3}."
COST = (
    "This picture would cost {0}, and of your {1} within 24 hours {2} are left, where 1 is a picture of usual size and "
    "steps. Ask for a smaller one or fewer steps{3}."
)


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a member may ask for within 24 hours in a server, and what of it is used.

    Args:
        pictures: that were asked for.
        most_pictures: None for any number.
        cost: of all of them, where 1 is a picture of usual size and steps.
        most_cost: None for any.
        renews: when the first of them no longer counts, in Unix seconds; None where there is none.
    """

    pictures: int
    most_pictures: int | None
    cost: float
    most_cost: float | None
    renews: float | None


class Quota:
    """Counts what members have asked for against what the rules allow them.

    Args:
        book: the rules.
        usage: what members have asked for.
    """

    def __init__(self, book: RuleBook, usage: Usage) -> None:
        self._book = book
        self._usage = usage
        self._unit = usual_cost(book.settings.painting)

    async def allowance(self, origin: Origin) -> Allowance:
        """Return what is left to whoever asks there; raises ``StoreError``."""
        used = await self._of(origin)
        pictures, cost = self._book.value(origin, "pictures"), self._book.value(origin, "cost")
        renews = None if used.first is None else used.first + DAY
        most_pictures, most_cost = None if pictures is None else int(pictures), None if cost is None else float(cost)
        return Allowance(used.pictures, most_pictures, used.cost / self._unit, most_cost, renews)

    async def check(self, origin: Origin, requests: Sequence[ImagineRequest]) -> None:
        """Check how long ago the last request was, and what these ask for beside what was used.

        Raises:
            UserError: it is too soon, or they are too much.
            StoreError: it cannot be known what was asked for before.
        """
        used = await self._used(origin)
        self._check_cooldown(origin, used)
        pictures, cost = (sum(each) for each in zip(*((one.count, one.cost()) for one in requests), strict=True))
        self._check(origin, used, pictures, cost)

    async def check_change(self, origin: Origin, before: ImagineRequest, request: ImagineRequest) -> None:
        """Check what a request asks for more than the one whose place it takes; raises what :meth:`check` does."""
        pictures, cost = max(0, request.count - before.count), max(0, request.cost() - before.cost())
        if pictures or cost:
            self._check(origin, await self._used(origin), pictures, cost)

    async def _used(self, origin: Origin) -> Used:
        """Return what was asked for before, as far as a limit asks for it."""
        limits = self._book.value(origin, "pictures"), self._book.value(origin, "cost")
        if not self._book.value(origin, "cooldown") and limits == (None, None):
            return Used()
        return await self._of(origin)

    async def _of(self, origin: Origin) -> Used:
        return await self._usage.of(origin.guild.id if origin.guild else 0, origin.author.id)

    def _check_cooldown(self, origin: Origin, used: Used) -> None:
        cooldown = self._book.value(origin, "cooldown")
        seconds = float(cooldown or 0)
        if used.last is not None and time.time() < used.last + seconds:
            raise RuleError(COOLDOWN.format(RULES["cooldown"].shown(cooldown), ceil(used.last + seconds)))

    def _check(self, origin: Origin, used: Used, pictures: int, cost: int) -> None:
        """Check what is asked for beside what was used."""
        most, most_cost = self._book.value(origin, "pictures"), self._book.value(origin, "cost")
        renews = None if used.first is None else ceil(used.first + DAY)
        later = "" if renews is None else f"; ask again <t:{renews}:R>"
        if most is not None and pictures and used.pictures + pictures > int(most):
            if used.pictures >= int(most):
                raise RuleError(PICTURES.format(in_words(used.pictures), most, later))
            raise RuleError(FEWER_PICTURES.format(int(most) - used.pictures, most, pictures, later))
        if most_cost is None or used.cost + cost <= float(most_cost) * self._unit:
            return
        left = max(0.0, float(most_cost) - used.cost / self._unit)
        raise RuleError(COST.format(f"{cost / self._unit:.2g}", f"{float(most_cost):g}", f"{left:.2g}", later))


def in_words(pictures: int) -> str:
    """Return a number of pictures as a sentence has it."""
    return "1 picture" if pictures == 1 else f"{pictures} pictures"
