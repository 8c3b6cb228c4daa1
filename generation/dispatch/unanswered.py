"""What is said to workers about requests that they paint, until they answer."""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from generation.request import ImagineRequest
from generation.targets import Steering


@dataclass(frozen=True, slots=True)
class Said:
    """How a request is to be steered.

    Args:
        steering: of which the steps are not known yet.
        answer: the request as it is painted then, or None where it has ended before; raises a refusal.
    """

    steering: tuple[Steering, ...]
    answer: asyncio.Future[ImagineRequest | None]

    def grant(self, request: ImagineRequest | None) -> None:
        """Answer whoever still waits for it."""
        if not self.answer.done():
            self.answer.set_result(request)

    def refuse(self, error: Exception) -> None:
        """Raise where somebody still waits for the answer."""
        if not self.answer.done():
            self.answer.set_exception(error)


@dataclass(frozen=True, slots=True)
class Unanswered:
    """What workers have not answered, by request, what was said first first."""

    _said: dict[str, deque[Said]] = field(default_factory=dict)

    def add(self, request_id: str, steering: Sequence[Steering]) -> asyncio.Future[ImagineRequest | None]:
        """Keep what is said, and return its answer."""
        answer: asyncio.Future[ImagineRequest | None] = asyncio.get_running_loop().create_future()
        self._said.setdefault(request_id, deque()).append(Said(tuple(steering), answer))
        return answer

    def steering(self, request_id: str) -> tuple[Steering, ...]:
        """Return all that is said of a request."""
        return tuple(each for said in self._said.get(request_id, ()) for each in said.steering)

    def pop(self, request_id: str) -> Said | None:
        """Take out what was said first of a request, None where there is nothing."""
        said = self._said.get(request_id)
        first = said.popleft() if said else None
        if not said:
            self._said.pop(request_id, None)
        return first

    def pop_all(self, request_id: str) -> Sequence[Said]:
        """Take out all that is said of a request."""
        return self._said.pop(request_id, ())
