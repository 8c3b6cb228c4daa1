"""Whose turn it is.

Start-time fair queueing (Goyal, Vin and Cheng 1996): virtual time stands still while nothing is taken, every
request gets a start tag ``max(virtual time on arrival, finish tag of the member's request before it)`` and a
finish tag ``start + cost``, and the least start tag is served first. So over any time in which two members both
wait, they are served equal amounts of work up to one request each, however many requests either has in line.
"""

import heapq
from collections import OrderedDict
from dataclasses import dataclass, field

from generation.request import ImagineRequest


@dataclass(frozen=True, slots=True)
class _Arrival:
    request: ImagineRequest
    time: int
    number: int


@dataclass(slots=True)
class _Lane:
    """One member's waiting requests, oldest first, and the finish tag of the one that was last taken."""

    waiting: OrderedDict[str, _Arrival] = field(default_factory=OrderedDict)
    finish: int = 0


_Turn = tuple[int, int, str, str]
"""Start tag, number of arrival, member and request id of the first in a lane."""


class Scheduler:
    """The order in which waiting requests are served: fair by cost between members, oldest first within one.

    Plain data, without a clock and without processes. Adding and taking are O(log n).
    """

    def __init__(self) -> None:
        self._lanes: dict[str, _Lane] = {}
        self._members: dict[str, str] = {}
        self._turns: list[_Turn] = []
        self._time = 0
        self._arrivals = 0

    def __len__(self) -> int:
        return len(self._members)

    def __contains__(self, request_id: object) -> bool:
        return request_id in self._members

    def add(self, request: ImagineRequest) -> None:
        """Let the request wait behind the member's other ones. Its id must be new."""
        assert request.id not in self._members
        lane = self._lanes.setdefault(request.member, _Lane())
        lane.waiting[request.id] = _Arrival(request, self._time, self._arrivals)
        self._members[request.id] = request.member
        self._arrivals += 1
        if len(lane.waiting) == 1:
            self._enter(lane)

    def pop(self) -> ImagineRequest:
        """Take the request whose turn it is; ``IndexError`` when nothing waits."""
        while True:
            start, _, member, request_id = heapq.heappop(self._turns)
            if request_id in self._members:
                break
        lane = self._lanes[member]
        del self._members[request_id]
        request = lane.waiting.pop(request_id).request
        self._time = start
        lane.finish = start + request.cost
        if lane.waiting:
            self._enter(lane)
        return request

    def remove(self, request_id: str) -> ImagineRequest | None:
        """Take the request out of the line as if it had never been there; None when it does not wait."""
        member = self._members.pop(request_id, None)
        if member is None:
            return None
        lane = self._lanes[member]
        was_first = next(iter(lane.waiting)) == request_id
        request = lane.waiting.pop(request_id).request
        if was_first and lane.waiting:
            self._enter(lane)
        return request

    def rest(self) -> None:
        """Forget who was served how much. Call it when nothing waits and nothing is being served."""
        assert not self._members
        self._lanes.clear()
        self._turns.clear()
        self._time = 0

    def order(self) -> list[ImagineRequest]:
        """Return the waiting requests in the order in which they will be served if nobody else comes."""
        turns = [turn for turn in self._turns if turn[3] in self._members]
        heapq.heapify(turns)
        rest = {member: iter(list(lane.waiting.values())[1:]) for member, lane in self._lanes.items()}
        order = []
        while turns:
            start, _, member, request_id = heapq.heappop(turns)
            request = self._lanes[member].waiting[request_id].request
            order.append(request)
            following = next(rest[member], None)
            if following is not None:
                heapq.heappush(turns, _turn(following, start + request.cost))
        return order

    def _enter(self, lane: _Lane) -> None:
        heapq.heappush(self._turns, _turn(next(iter(lane.waiting.values())), lane.finish))


def _turn(arrival: _Arrival, finish: int) -> _Turn:
    return max(arrival.time, finish), arrival.number, arrival.request.member, arrival.request.id
