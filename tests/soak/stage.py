"""What there is to disturb."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from sandbox import Sandbox
from tests.soak.bot import Bot
from tests.soak.record import Row

POINT_SECONDS = 8.0
"""So long is waited for the right moment."""


@dataclass(frozen=True, slots=True)
class Stage:
    """The bot, and the Discord around it.

    Args:
        sandbox: as Discord.
        bot: with its workers.
    """

    sandbox: Sandbox
    bot: Bot

    @property
    def unfinished(self) -> Sequence[Row]:
        """What the store holds of requests that have not ended."""
        return [row for row in self.bot.rows() if row.ended is None]

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait a while until ``condition`` holds; where it does not, all the same."""
        with suppress(TimeoutError):
            async with asyncio.timeout(POINT_SECONDS):
                while not condition():  # noqa: ASYNC110
                    await asyncio.sleep(0.02)


def pick(things: Sequence[Any], luck: float) -> Any:
    """Return one of them."""
    return things[int(luck * len(things))]
