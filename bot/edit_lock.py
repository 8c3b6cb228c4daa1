"""Who may edit next in a channel.

Discord limits edits per channel, and discord.py makes them wait in the order in which they were asked for. So only
one is asked for at a time, the most urgent, and everybody else may still change their mind about what to say.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager


class EditLock:
    """Lets through one at a time: the most urgent, and among equals the one who has waited longest.

    Args:
        longest: seconds after which the next gets a turn although the one before has not ended: an edit that is not
            answered holds up nobody for long.
    """

    def __init__(self, longest: float) -> None:
        self._longest = longest
        self._busy = False
        self._waiting: list[tuple[Callable[[], int], asyncio.Future[None]]] = []

    @asynccontextmanager
    async def take(self, urgency: Callable[[], int]) -> AsyncIterator[None]:
        """Wait for a turn and hold it within the block. ``urgency`` is asked whenever a turn is given away."""
        if self._busy:
            turn = asyncio.get_running_loop().create_future()
            self._waiting.append((urgency, turn))
            try:
                await turn
            except asyncio.CancelledError:
                if not turn.cancelled():
                    self._pass_on()
                raise
        self._busy = True
        held = asyncio.get_running_loop().call_later(self._longest, self._pass_on)
        try:
            yield
        finally:
            if asyncio.get_running_loop().time() < held.when():
                held.cancel()
                self._pass_on()

    def _pass_on(self) -> None:
        self._waiting = [(urgency, turn) for urgency, turn in self._waiting if not turn.done()]
        if not self._waiting:
            self._busy = False
            return
        most = max(self._waiting, key=lambda waiting: waiting[0]())
        self._waiting.remove(most)
        most[1].set_result(None)
