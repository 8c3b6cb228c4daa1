from collections import defaultdict
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from generation.request import ImagineRequest
from generation.scheduler import Scheduler


def a_request(number: int, member: str, steps: int = 10) -> ImagineRequest:
    return ImagineRequest(f"r{number}", "a cat", 7, 16, 16, steps, member)


def served(scheduler: Scheduler) -> list[ImagineRequest]:
    return [scheduler.pop() for _ in range(len(scheduler))]


def test_first_come_first_served_within_a_member() -> None:
    scheduler = Scheduler()
    for number in range(5):
        scheduler.add(a_request(number, "ada", steps=50 - 10 * number))
    assert [request.id for request in served(scheduler)] == ["r0", "r1", "r2", "r3", "r4"]


def test_members_take_turns_however_many_requests_one_has() -> None:
    scheduler = Scheduler()
    for number in range(100):
        scheduler.add(a_request(number, "flood"))
    assert scheduler.pop().id == "r0"
    scheduler.add(a_request(100, "ada"))
    scheduler.add(a_request(101, "ada"))
    assert [request.id for request in served(scheduler)][:4] == ["r100", "r1", "r101", "r2"]


def test_a_large_picture_counts_for_more() -> None:
    scheduler = Scheduler()
    for number in range(4):
        scheduler.add(a_request(number, "large", steps=30))
        scheduler.add(a_request(10 + number, "small", steps=10))
    assert [request.member for request in served(scheduler)] == [
        *["large", "small", "small", "small"],
        *["large", "small"],
        *["large", "large"],
    ]


def test_what_is_being_served_counts_though_nothing_waits_behind_it() -> None:
    scheduler = Scheduler()
    scheduler.add(a_request(0, "flood"))
    scheduler.pop()
    scheduler.add(a_request(1, "flood"))
    scheduler.add(a_request(2, "ada"))
    assert [request.id for request in served(scheduler)] == ["r2", "r1"]


def test_after_a_rest_everybody_begins_anew() -> None:
    scheduler = Scheduler()
    scheduler.add(a_request(0, "ada"))
    scheduler.add(a_request(1, "ada"))
    served(scheduler)
    scheduler.rest()
    scheduler.add(a_request(2, "ada"))
    scheduler.add(a_request(3, "bob"))
    assert [request.id for request in served(scheduler)] == ["r2", "r3"]


def test_nothing_waits() -> None:
    scheduler = Scheduler()
    with pytest.raises(IndexError):
        scheduler.pop()
    assert scheduler.remove("r0") is None
    assert scheduler.order() == []


def test_a_removed_request_costs_its_member_nothing() -> None:
    scheduler = Scheduler()
    scheduler.add(a_request(0, "ada", steps=1000))
    scheduler.add(a_request(1, "ada"))
    scheduler.add(a_request(2, "bob"))
    assert scheduler.remove("r0") == a_request(0, "ada", steps=1000)
    assert "r0" not in scheduler
    assert [request.id for request in served(scheduler)] == ["r1", "r2"]


@given(st.dictionaries(st.sampled_from("abcd"), st.lists(st.integers(1, 20), min_size=1, max_size=30), min_size=2))
def test_two_members_who_both_wait_are_served_alike(costs: dict[str, list[int]]) -> None:
    scheduler = Scheduler()
    number = 0
    for member, steps in costs.items():
        for count in steps:
            scheduler.add(a_request(number, member, count))
            number += 1
    work: dict[str, int] = defaultdict(int)
    left = {member: len(steps) for member, steps in costs.items()}
    while all(left.values()):
        request = scheduler.pop()
        work[request.member] += request.cost
        left[request.member] -= 1
        largest = 256 * max(max(steps) for steps in costs.values())
        assert max(work[member] for member in costs) - min(work[member] for member in costs) <= 2 * largest


@dataclass
class Model:
    """Start-time fair queueing as the paper says it, without any care for speed."""

    waiting: list[tuple[int, ImagineRequest]] = field(default_factory=list)
    finish: dict[str, int] = field(default_factory=dict)
    time: int = 0

    def add(self, request: ImagineRequest) -> None:
        self.waiting.append((self.time, request))

    def tagged(self) -> list[tuple[int, int, ImagineRequest]]:
        finish = dict(self.finish)
        tags = []
        for number, (arrival, request) in enumerate(self.waiting):
            start = max(arrival, finish.get(request.member, 0))
            finish[request.member] = start + request.cost
            tags.append((start, number, request))
        return sorted(tags, key=lambda tag: tag[:2])

    def pop(self) -> ImagineRequest:
        start, number, request = self.tagged()[0]
        del self.waiting[number]
        self.time = start
        self.finish[request.member] = start + request.cost
        return request


class SchedulerMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.scheduler = Scheduler()
        self.model = Model()
        self.count = 0

    @rule(member=st.sampled_from("abc"), steps=st.integers(1, 5))
    def add(self, member: str, steps: int) -> None:
        request = a_request(self.count, member, steps)
        self.count += 1
        self.scheduler.add(request)
        self.model.add(request)

    @precondition(lambda self: self.model.waiting)
    @rule()
    def pop(self) -> None:
        assert self.scheduler.pop() == self.model.pop()

    @precondition(lambda self: self.model.waiting)
    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        index = data.draw(st.integers(0, len(self.model.waiting) - 1))
        _, request = self.model.waiting.pop(index)
        assert self.scheduler.remove(request.id) == request

    @precondition(lambda self: not self.model.waiting)
    @rule()
    def rest(self) -> None:
        self.scheduler.rest()
        self.model = Model()

    @invariant()
    def order_is_the_order_of_serving(self) -> None:
        assert len(self.scheduler) == len(self.model.waiting)
        assert self.scheduler.order() == [request for _, _, request in self.model.tagged()]


TestSchedulerMachine = SchedulerMachine.TestCase
