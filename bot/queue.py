"""The bounded queue between the members and the executor."""

from collections import Counter
from collections.abc import Iterator

from bot.errors import QueueFullError
from generation.dispatch.devices import Pool
from generation.dispatch.estimates import Forecast, forecast
from generation.dispatch.scheduler import Scheduler
from generation.request import ImagineRequest


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

    def __len__(self) -> int:
        return len(self._scheduler) + len(self._taken)

    def admit(self, request: ImagineRequest) -> int:
        """Let the request wait and return its start tag; raises ``QueueFullError`` at once when there is no room."""
        if self._by_member[request.member] >= self._per_member:
            raise QueueFullError(
                f"You already have {_pictures(self._per_member)} waiting or being painted "
                f"(limit {self._per_member}). Wait for one of them, or take one back with `cancel`."
            )
        if len(self) >= self._total:
            raise QueueFullError(
                f"The queue is full: {_pictures(self._total)} waiting or being painted. Try again in a few minutes."
            )
        self._by_member[request.member] += 1
        return self._scheduler.add(request)

    def replace(self, request: ImagineRequest) -> int:
        """Let a request take the place of the one that waits under its id, and return its start tag."""
        return self._scheduler.replace(request)

    def take(self, pool: Pool) -> ImagineRequest | None:
        """Take the request whose turn it is where the pool has room; None when there is none."""
        request = self._scheduler.pop(pool)
        if request is not None:
            self._taken[request.id] = request
        return request

    def remove(self, request_id: str) -> None:
        """Make room: the request is done, or will not be painted any more."""
        request = self._scheduler.remove(request_id) or self._taken.pop(request_id)
        self._by_member[request.member] -= 1
        if not self._by_member[request.member]:
            del self._by_member[request.member]
        if not self._by_member:
            self._scheduler.rest()

    def orphans(self, pool: Pool) -> list[ImagineRequest]:
        """Return what has been taken and no device paints, oldest first."""
        return [request for request in self._taken.values() if pool.device_of(request.id) is None]

    def forecast(self, pool: Pool) -> Iterator[Forecast]:
        """Return when each that waits or has been taken will be begun and finished, in the order of finishing."""
        return forecast(pool, self._scheduler, self.orphans(pool))


def _pictures(count: int) -> str:
    return "1 picture" if count == 1 else f"{count} pictures"
