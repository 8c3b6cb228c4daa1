"""The bounded queue between the members and the executor."""

import asyncio
from collections import Counter

from bot.errors import QueueFullError
from generation.request import ImagineRequest
from generation.scheduler import Scheduler


class RequestQueue:
    """Requests that wait, in the scheduler's order, and those that have been taken and are not done.

    Both count towards the limits, so that a member's limit is on what they have going, not on their luck.

    Args:
        total: the most requests at a time, of all members together.
        per_member: the most requests at a time of one member.
    """

    def __init__(self, total: int, per_member: int) -> None:
        self._total = total
        self._per_member = per_member
        self._scheduler = Scheduler()
        self._taken: dict[str, ImagineRequest] = {}
        self._by_member: Counter[str] = Counter()
        self._waiting = asyncio.Event()

    def admit(self, request: ImagineRequest) -> None:
        """Let the request wait; raises ``QueueFullError`` at once when there is no room for it."""
        if self._by_member[request.member] >= self._per_member:
            raise QueueFullError(
                f"You already have {_pictures(self._per_member)} waiting or being painted "
                f"(limit {self._per_member}). Wait for one of them, or take one back with `cancel`."
            )
        if self._by_member.total() >= self._total:
            raise QueueFullError(
                f"The queue is full: {_pictures(self._total)} waiting or being painted. Try again in a few minutes."
            )
        self._scheduler.add(request)
        self._by_member[request.member] += 1
        self._waiting.set()

    async def wait(self) -> None:
        """Return when a request waits."""
        await self._waiting.wait()

    def take(self) -> ImagineRequest | None:
        """Take the request whose turn it is, None when none waits."""
        if not self._scheduler:
            return None
        request = self._scheduler.pop()
        self._taken[request.id] = request
        self._note()
        return request

    def remove(self, request_id: str) -> None:
        """Make room: the request is done, or will not be painted any more."""
        request = self._scheduler.remove(request_id) or self._taken.pop(request_id)
        self._by_member[request.member] -= 1
        if not self._by_member[request.member]:
            del self._by_member[request.member]
        self._note()
        if not self._by_member:
            self._scheduler.rest()

    @property
    def waiting(self) -> list[ImagineRequest]:
        """The requests that wait, next first."""
        return self._scheduler.order()

    @property
    def taken(self) -> list[ImagineRequest]:
        """The requests that have been taken and are not done, oldest first."""
        return list(self._taken.values())

    def _note(self) -> None:
        if not self._scheduler:
            self._waiting.clear()


def _pictures(count: int) -> str:
    return "1 picture" if count == 1 else f"{count} pictures"
