"""Prompts that members have asked for, to suggest them again where one is typed."""

from collections import OrderedDict
from collections.abc import Iterable, Sequence

from bot.origin import Origin
from bot.prompt import Arguments, quoted
from generation.request import ImagineRequest

MOST_MEMBERS = 1000
MOST = 25
"""Of one member, and that Discord shows."""
LONGEST = 100
"""Characters that Discord takes for one."""


class Recent:
    """The newest prompts of the members who asked last, in memory."""

    def __init__(self) -> None:
        self._prompts: OrderedDict[int, OrderedDict[str, None]] = OrderedDict()

    def load(self, asked: Iterable[tuple[int, ImagineRequest]]) -> None:
        """Take note of who asked for what, the oldest first."""
        for member, request in asked:
            self.add(member, [request])

    def add(self, member: int, asked: Iterable[Arguments | ImagineRequest]) -> None:
        """Take note of what a member asks for."""
        for each in asked:
            typed = each.prompt if each.targets else quoted(each.prompt)
            if len(typed) <= LONGEST:
                self._add(member, typed)

    def forget(self, member: int) -> None:
        """Forget a member's."""
        self._prompts.pop(member, None)

    def suggest(self, origin: Origin, typed: str) -> Sequence[str]:
        """Return a member's prompts that have in them what is typed, the newest first."""
        folded = " ".join(typed.casefold().split())
        return [each for each in reversed(self._prompts.get(origin.author.id, {})) if folded in each.casefold()]

    def _add(self, member: int, typed: str) -> None:
        own = self._prompts.setdefault(member, OrderedDict())
        self._prompts.move_to_end(member)
        own[typed] = None
        own.move_to_end(typed)
        if len(own) > MOST:
            own.popitem(last=False)
        if len(self._prompts) > MOST_MEMBERS:
            self._prompts.popitem(last=False)
