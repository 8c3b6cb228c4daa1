"""Trouble on demand: what a test or a demo wants Discord to do wrong."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal


@dataclass(slots=True)
class Fault:
    """Answers the bot's next `times` calls of one route with `status`, and with Discord's own `code`.

    `late` first does what was asked, as where an answer is lost on its way. A 429 tells to wait
    `retry_after` seconds, or does not tell for None; without `via` it looks like a ban by the proxy in
    front of Discord. With `text` that is the answer, and no JSON. With `way` there is no answer: the
    connection is `reset`, or `stalled` until the client leaves, or `cut` in the middle of an answer.
    """

    method: str
    path: str
    status: int
    times: int = 1
    code: int = 0
    retry_after: float | None = 0.05
    late: bool = False
    via: bool = True
    scope: str = "user"
    text: str | None = None
    way: Literal["answered", "reset", "stalled", "cut"] = "answered"


class Faults:
    """The faults to come."""

    def __init__(self) -> None:
        self._coming: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Put `fault` in the way of the next calls of its route."""
        self._coming.append(fault)

    def clear(self) -> None:
        """Let there be none."""
        self._coming.clear()

    def take(self, method: str, path: str) -> Fault | None:
        """Return the fault for this call, if there is one, and count it."""
        for fault in self._matching(method, path):
            fault.times -= 1
            if fault.times <= 0:
                self._coming.remove(fault)
            return fault
        return None

    def _matching(self, method: str, path: str) -> Iterator[Fault]:
        return (each for each in list(self._coming) if (each.method, each.path) == (method, path))
