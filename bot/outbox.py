"""Who may write next in a channel.

Discord limits what a bot writes per channel, so one member who types without end would keep everybody else there
waiting. Here those who were answered least lately go first, and of what may be sent a part is kept for those who were
not answered at all.
"""

import asyncio
from collections import Counter, deque

from bot.origin import Origin

LIMIT = 5
"""Messages in a window, in one channel. Discord publishes no number; this is the one that developers observe."""
RESERVED = 2
"""Of them are kept from members who had as many in this window, one from those who had one."""
REMEMBERED = 1000
"""Channels that are remembered before those where nothing goes on are forgotten."""


class Outbox:
    """Lets messages of one channel through, as many as may be.

    Args:
        window: seconds in which there may be :data:`LIMIT` messages.
        reserved: how many of them are kept for others.
    """

    def __init__(self, window: float, reserved: int = RESERVED) -> None:
        self._window = window
        self._reserved = reserved
        self._sent: deque[tuple[float, int]] = deque()
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []
        self._timer: asyncio.TimerHandle | None = None

    @property
    def is_idle(self) -> bool:
        """Whether nobody waits and nothing was sent within the window."""
        self._forget()
        return not (self._waiting or self._sent)

    async def wait_for_turn(self, member: int) -> None:
        """Wait until a message to ``member`` may be sent."""
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append((member, turn))
        self._grant()
        await turn

    def _grant(self) -> None:
        """Let through whom there is room for, and look again when there is more."""
        self._forget()
        now = asyncio.get_running_loop().time()
        self._waiting = [(member, turn) for member, turn in self._waiting if not turn.done()]
        while self._waiting:
            answered = Counter(member for _, member in self._sent)
            chosen = member, turn = min(self._waiting, key=lambda waiting: answered[waiting[0]])
            if len(self._sent) >= LIMIT - min(answered[member], self._reserved):
                break
            self._waiting.remove(chosen)
            self._sent.append((now, member))
            turn.set_result(None)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._waiting:
            self._timer = asyncio.get_running_loop().call_at(self._sent[0][0] + self._window, self._grant)

    def _forget(self) -> None:
        horizon = asyncio.get_running_loop().time() - self._window
        while self._sent and self._sent[0][0] <= horizon:
            self._sent.popleft()


class Outboxes:
    """The outbox of every channel.

    Args:
        window: see :class:`Outbox`.
    """

    def __init__(self, window: float) -> None:
        self._window = window
        self._by_channel: dict[int, Outbox] = {}

    def of(self, origin: Origin) -> Outbox:
        """Return the outbox of the channel; in a conversation of two nothing is kept for others."""
        return self._box(origin.channel.id, RESERVED if origin.guild else 0)

    def of_channel(self, channel: int) -> Outbox:
        """Return the outbox of a channel of a server."""
        return self._box(channel, RESERVED)

    def _box(self, channel: int, reserved: int) -> Outbox:
        if len(self._by_channel) > REMEMBERED:
            self._by_channel = {key: each for key, each in self._by_channel.items() if not each.is_idle}
        return self._by_channel.setdefault(channel, Outbox(self._window, reserved))
