"""Whose turn it is.

Start-time fair queueing (Goyal, Vin and Cheng 1996): virtual time stands still while nothing is taken, every
request gets a start tag ``max(virtual time on arrival, finish tag of the member's request before it)`` and a
finish tag ``start + cost``, and the least start tag is served first. Virtual time is the least start tag there was
when something was last taken.

The first in line may be overtaken to fill a batch that runs, because it does not fit anywhere now, or by what a device
has the model loaded for where it would have to load another: by requests whose start tag is at most ``SLACK / 2``
behind its own, and by ``SLACK`` of work in all. So

- over any time in which two members both wait, the work that they are served differs by at most the largest
  request of each and ``SLACK``, however many requests either has in line;
- the first in line lets at most ``SLACK`` of work pass, however many members come; then nothing is taken until it
  fits.
"""

import heapq
from collections import deque
from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass, field
from typing import Protocol

from generation.course import Course
from generation.load import Load
from generation.request import ImagineRequest

SLACK = 2**27
"""Unfairness that a fuller device is worth, in units of cost: four pictures of 256×256 in 250 steps."""

_Arrival = tuple[int, int, ImagineRequest]
"""Virtual time of arrival, number and request."""
_Turn = tuple[int, int, ImagineRequest]
"""Start tag, number of arrival and request of the first in a lane."""


class Room(Protocol):
    """For which loads there is room; a :class:`generation.dispatch.devices.Pool` knows."""

    @property
    def joinable(self) -> frozenset[Load]:
        """The loads of batches that run and have room for one more."""

    def has_room(self, load: Load, /) -> bool:
        """Return whether there is room for one more such picture."""

    def is_at_hand(self, load: Load, /) -> bool:
        """Return whether there is room where its model is loaded."""


class _Everywhere:
    joinable: frozenset[Load] = frozenset()

    def has_room(self, _: Load, /) -> bool:
        return True

    def is_at_hand(self, _: Load, /) -> bool:
        return True


EVERYWHERE: Room = _Everywhere()
"""Room for anything, and no reason to overtake."""


@dataclass(slots=True)
class _Lane:
    """One member's waiting requests, oldest first.

    Args:
        waiting: what arrived and was not taken.
        finish: tag of the one that was last taken.
        end: finish tag of the last one.
        head: the turn of the first one.
        passed: work that has overtaken the first one while it was the first of all.
    """

    waiting: deque[_Arrival] = field(default_factory=deque)
    finish: int = 0
    end: int = 0
    head: _Turn | None = None
    passed: int = 0

    def copy(self) -> "_Lane":
        return _Lane(self.waiting.copy(), self.finish, self.end, self.head, self.passed)


class _Heads:
    """A heap of turns. One that goes from its midst is forgotten when it comes up, or with half of the heap."""

    def __init__(self, turns: Iterable[_Turn] = (), gone: Iterable[int] = ()) -> None:
        self._turns = list(turns)
        self._gone = set(gone)

    def copy(self) -> "_Heads":
        return _Heads(self._turns, self._gone)

    def __len__(self) -> int:
        return len(self._turns) - len(self._gone)

    def add(self, turn: _Turn) -> None:
        heapq.heappush(self._turns, turn)

    def discard(self, turn: _Turn) -> None:
        if self.least == turn:
            heapq.heappop(self._turns)
            return
        self._gone.add(turn[1])
        if len(self._gone) > len(self):
            self._turns = [turn for turn in self._turns if turn[1] not in self._gone]
            heapq.heapify(self._turns)
            self._gone.clear()

    def remove(self, turn: _Turn) -> None:
        """Let a turn go at once, in time O(n), so that another one may have its number."""
        self._turns.remove(turn)
        heapq.heapify(self._turns)

    @property
    def least(self) -> _Turn:
        """The first turn; there must be one."""
        while (number := self._turns[0][1]) in self._gone:
            heapq.heappop(self._turns)
            self._gone.remove(number)
        return self._turns[0]


class Scheduler:
    """The order in which waiting requests are served: fair by cost between members, oldest first within one.

    Plain data, without a clock and without processes. Adding and taking are O(log n).
    """

    def __init__(self) -> None:
        self.usual: dict[str, tuple[int, Course]] = {}
        """Cutouts and course of what asks for nothing else, by model as far as it is known."""
        self._lanes: dict[str, _Lane] = {}
        self._members: dict[str, str] = {}
        self._heads = _Heads()
        self._heads_of: dict[Load, _Heads] = {}
        self._served: list[tuple[int, str]] = []
        self._time = 0
        self._arrivals = 0

    def __len__(self) -> int:
        return len(self._members)

    def __contains__(self, request_id: object) -> bool:
        return request_id in self._members

    @property
    def time(self) -> int:
        """Virtual time."""
        return self._time

    def copy(self) -> "Scheduler":
        """Return a scheduler in the same state, to play forward."""
        other = copy(self)
        other._lanes = {member: lane.copy() for member, lane in self._lanes.items()}
        other._members = self._members.copy()
        other._heads = self._heads.copy()
        other._heads_of = {load: heads.copy() for load, heads in self._heads_of.items()}
        other._served = self._served.copy()
        return other

    def add(self, request: ImagineRequest) -> int:
        """Let the request wait behind the member's other ones. Its id must be new.

        Returns:
            Its start tag: the virtual time at which its turn comes unless it overtakes.
        """
        assert request.id not in self._members
        lane = self._lanes.get(request.member)
        if lane is None:
            lane = self._lanes[request.member] = _Lane()
        lane.waiting.append((self._time, self._arrivals, request))
        start = max(self._time, lane.end)
        lane.end = start + self._cost(request)
        self._members[request.id] = request.member
        self._arrivals += 1
        if lane.head is None:
            self._enter(lane)
        return start

    def pop(self, room: Room = EVERYWHERE) -> ImagineRequest | None:
        """Take the request whose turn it is where there is room; None when there is none."""
        if not self._members:
            return None
        first = self._heads.least
        turn = self._choose(first, room)
        if turn is None:
            return None
        start, _, request = turn
        if turn is not first:
            self._lanes[first[2].member].passed += self._cost(request)
        self._time = first[0]
        lane = self._lanes[request.member]
        lane.finish = start + self._cost(request)
        lane.waiting.popleft()
        del self._members[request.id]
        self._leave(lane, turn)
        self._forget()
        return request

    def remove(self, request_id: str) -> ImagineRequest | None:
        """Take the request out of the line as if it had never been there; None when it does not wait."""
        member = self._members.pop(request_id, None)
        if member is None:
            return None
        lane = self._lanes[member]
        arrival = next(arrival for arrival in lane.waiting if arrival[2].id == request_id)
        lane.waiting.remove(arrival)
        lane.end = lane.finish
        for time, _, request in lane.waiting:
            lane.end = max(time, lane.end) + self._cost(request)
        if lane.head is not None and lane.head[1] == arrival[1]:
            self._leave(lane, lane.head)
        return arrival[2]

    def replace(self, request: ImagineRequest) -> int:
        """Let a request take the place in line of the one that waits under its id.

        Returns:
            Its start tag, as :meth:`add` does.
        """
        lane = self._lanes[self._members[request.id]]
        index = next(index for index, arrival in enumerate(lane.waiting) if arrival[2].id == request.id)
        time, number, _ = lane.waiting[index]
        lane.waiting[index] = time, number, request
        lane.end = lane.finish
        start = 0
        for arrived, _, waiting in lane.waiting:
            begin = max(arrived, lane.end)
            lane.end = begin + self._cost(waiting)
            start = begin if waiting is request else start
        if index == 0 and lane.head is not None:
            passed, turn = lane.passed, lane.head
            self._heads.remove(turn)
            self._heads_of[turn[2].load].remove(turn)
            if not self._heads_of[turn[2].load]:
                del self._heads_of[turn[2].load]
            self._enter(lane)
            lane.passed = passed
        return start

    def rest(self) -> None:
        """Forget who was served how much. Call it when nothing waits and nothing is being served."""
        assert not self._members
        self._lanes.clear()
        self._served.clear()
        self._time = 0

    def _cost(self, request: ImagineRequest) -> int:
        return request.cost(*self.usual.get(request.model, ()))

    def _choose(self, first: _Turn, room: Room) -> _Turn | None:
        """Return the first turn, one that may overtake it, or None."""
        joinable = room.joinable
        load = first[2].load
        if load in joinable:
            return first
        joining = self._overtaking(first, joinable)
        if joining:
            return joining
        if room.has_room(load):
            if room.is_at_hand(load):
                return first
            return self._overtaking(first, (other for other in self._heads_of if room.is_at_hand(other))) or first
        return self._overtaking(first, (load for load in self._heads_of if room.has_room(load)))

    def _overtaking(self, first: _Turn, loads: Iterable[Load]) -> _Turn | None:
        """Return the least turn of these loads that may overtake the first."""
        latest = first[0] + SLACK // 2
        most = SLACK - self._lanes[first[2].member].passed
        turns = (self._heads_of[load].least for load in loads if load in self._heads_of)
        return min((turn for turn in turns if turn[0] <= latest and self._cost(turn[2]) <= most), default=None)

    def _enter(self, lane: _Lane) -> None:
        """Let the first in a lane take part."""
        time, number, request = lane.waiting[0]
        turn = lane.head = max(time, lane.finish), number, request
        lane.passed = 0
        self._heads.add(turn)
        heads = self._heads_of.get(request.load)
        if heads is None:
            heads = self._heads_of[request.load] = _Heads()
        heads.add(turn)

    def _leave(self, lane: _Lane, turn: _Turn) -> None:
        """Let the next in a lane take part after the one whose turn it was, if there is one."""
        request = turn[2]
        self._heads.discard(turn)
        heads = self._heads_of[request.load]
        heads.discard(turn)
        if not heads:
            del self._heads_of[request.load]
        if lane.waiting:
            self._enter(lane)
        else:
            lane.head = None
            heapq.heappush(self._served, (lane.finish, request.member))

    def _forget(self) -> None:
        """Forget the members who wait for nothing and were served no more than a newcomer."""
        while self._served and self._served[0][0] <= self._time:
            finish, member = heapq.heappop(self._served)
            lane = self._lanes.get(member)
            if lane is not None and lane.head is None and lane.finish == finish:
                del self._lanes[member]
