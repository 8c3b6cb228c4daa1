"""What is looked at all the while: memory, and how many requests each member has going."""

import asyncio
import time
from collections import Counter, defaultdict

from tests.soak.bot import Bot

SECONDS = 0.25
MOST_IN_A_ROW = 8
"""So often in a row a member may seem to have too many going: the store is told a moment later that one has ended."""


class Watch:
    """Looks at a bot.

    Args:
        bot: to look at.
        per_member: the most requests that a member may have going.
    """

    def __init__(self, bot: Bot, per_member: int) -> None:
        self.over: list[str] = []
        """Who had too many going, a line each."""
        self._bot = bot
        self._per_member = per_member
        self._memory: list[tuple[float, int]] = []
        self._full: defaultdict[int, list[float]] = defaultdict(list)
        self._in_a_row: Counter[int] = Counter()

    async def run(self) -> None:
        """Look, until cancelled."""
        while True:
            await asyncio.sleep(SECONDS)
            if memory := self._bot.memory:
                self._memory.append((time.time(), memory))
            rows = [] if self._bot.is_behind else self._bot.rows()
            going = Counter(row.author for row in rows if row.state in ("waiting", "running"))
            for member, count in going.items():
                if count >= self._per_member:
                    self._full[member].append(time.time())
            over = [member for member, count in going.items() if count > self._per_member]
            self._in_a_row = Counter({member: self._in_a_row[member] + 1 for member in over})
            self.over += [
                f"member {member} had {going[member]} requests going"
                for member, times in self._in_a_row.items()
                if times == MOST_IN_A_ROW
            ]

    def was_full(self, member: int, since: float, until: float) -> bool:
        """Say whether a member had as many going as they may at some time within these Unix seconds."""
        return any(since <= at <= until for at in self._full[member])

    @property
    def growth(self) -> int:
        """By how many bytes more memory was used at most in the last quarter than in the first."""
        if not self._memory:
            return 0
        first, last = self._memory[0][0], self._memory[-1][0]
        quarter = (last - first) / 4
        early = max(memory for at, memory in self._memory if at <= first + quarter)
        return max(memory for at, memory in self._memory if at >= last - quarter) - early
