"""Snowflakes: Discord's ids, which carry the moment of their making.

https://docs.discord.com/developers/reference#snowflakes
"""

from collections.abc import Callable

Clock = Callable[[], float]
"""Says the time in seconds since the Unix epoch; tests put their own in."""

DISCORD_EPOCH_MS = 1_420_070_400_000


def snowflake_at(seconds: float, increment: int = 0) -> int:
    """Return the snowflake number `increment` of the millisecond at `seconds` since the Unix epoch."""
    return (int(seconds * 1000) - DISCORD_EPOCH_MS) << 22 | increment


def created_at(snowflake: int) -> float:
    """Return the moment that `snowflake` carries, in seconds since the Unix epoch."""
    return ((snowflake >> 22) + DISCORD_EPOCH_MS) / 1000


class Snowflakes:
    """Makes ids that grow strictly, even within one millisecond or when the clock goes back."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = 0

    def next(self) -> int:
        """Return a fresh id."""
        self._last = max(self._last + 1, snowflake_at(self._clock()))
        return self._last
