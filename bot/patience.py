"""How long the bot waits for Discord."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

MOST_DOUBLINGS = 30
"""Of a pause; more would only be numbers without bounds."""


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds; tests wait less.

    Args:
        pause: before the second try of what Discord did not take; each further pause is twice as long.
        longest_pause: between two tries.
        unreachable: so long a server is tried at the start at which nothing answers.
        answer: so long a short answer to a command is tried.
        final: so long the last message about a request is tried while Discord refuses it.
        turn: so long an edit keeps the others of its channel waiting.
        window: in which a channel takes five new messages, with a little to spare for the way to Discord.
        forecast: between two forecasts of the line, at least.
        edited_within: so soon after it was written a message can be made a command by an edit.
        editable: age of a message after which it is replaced and not edited; Discord allows few edits of those older
            than an hour.
        closing: so long it may take at the end to tell everybody that their picture will not be finished.
    """

    pause: float = 1.0
    longest_pause: float = 60.0
    unreachable: float = 10.0
    answer: float = 60.0
    final: float = 600.0
    turn: float = 5.0
    window: float = 5.25
    forecast: float = 1.0
    edited_within: float = 60.0
    editable: float = 3000.0
    closing: float = 8.0

    def after(self, failures: int) -> float:
        """Return the pause after so many failures in a row, at least 1."""
        return min(self.pause * 2.0 ** min(failures - 1, MOST_DOUBLINGS), self.longest_pause)

    def pauses(self) -> Iterator[float]:
        """Yield the pauses between tries, without end."""
        return map(self.after, count(1))


PATIENCE = Patience()
