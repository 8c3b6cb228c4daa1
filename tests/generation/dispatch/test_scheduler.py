from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import count

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from config.settings.models import DEFAULT_MODEL
from generation.capacity import Capacity
from generation.course import step_cost
from generation.dispatch.devices import Pool
from generation.dispatch.scheduler import EVERYWHERE, SLACK, Room, Scheduler
from generation.load import Load
from generation.request import OFFICIAL, ImagineRequest
from generation.sizes import Shape
from tests.generation.simulated import up

SMALL, WIDE, LARGE = (64, 64), (128, 64), (512, 512)
SHAPES = (SMALL, WIDE, LARGE)
QUARTER = SLACK // 4 // step_cost(SMALL)
"""Steps of a small picture that are a quarter of the slack."""


def a_request(number: int, member: str, steps: int = 10, shape: Shape = SMALL) -> ImagineRequest:
    return ImagineRequest(f"r{number}", "a cat", 7, *shape, steps, member)


@dataclass(frozen=True)
class Only:
    """Room for some shapes, where the default model is loaded."""

    roomy: frozenset[Shape]
    joined: frozenset[Shape] = frozenset()

    @property
    def joinable(self) -> frozenset[Load]:
        return frozenset(map(Load, self.joined))

    def has_room(self, load: Load, /) -> bool:
        return load.shape in self.roomy

    def is_at_hand(self, load: Load, /) -> bool:
        return self.has_room(load) and load.model == DEFAULT_MODEL


def joining(*shapes: Shape) -> Only:
    return Only(frozenset(SHAPES), frozenset(shapes))


def fitting(*shapes: Shape) -> Only:
    return Only(frozenset(shapes))


def served(scheduler: Scheduler, room: Room = EVERYWHERE) -> list[ImagineRequest]:
    return list(iter(lambda: scheduler.pop(room), None))


def ids(requests: Iterable[ImagineRequest]) -> list[str]:
    return [request.id for request in requests]


def test_first_come_first_served_within_a_member() -> None:
    scheduler = Scheduler()
    for number in range(5):
        scheduler.add(a_request(number, "ada", 50 - 10 * number, SHAPES[number % 3]))
    assert ids(served(scheduler, joining(LARGE))) == ["r0", "r1", "r2", "r3", "r4"]


def test_cutouts_cost_as_much_as_they_are_work_for_the_models_in_use() -> None:
    scheduler = Scheduler()
    scheduler.usual = {"default": (8, OFFICIAL)}
    asked = replace(a_request(0, "ada"), cutouts=32)
    scheduler.add(asked)
    assert scheduler.add(a_request(1, "ada")) == 10 * step_cost(SMALL, 4)


def test_members_take_turns_however_many_requests_one_has() -> None:
    scheduler = Scheduler()
    for number in range(100):
        scheduler.add(a_request(number, "flood"))
    assert scheduler.pop() == a_request(0, "flood")
    scheduler.add(a_request(100, "ada"))
    scheduler.add(a_request(101, "ada"))
    assert ids(served(scheduler))[:4] == ["r100", "r1", "r101", "r2"]


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
    assert ids(served(scheduler)) == ["r2", "r1"]


def test_after_a_rest_everybody_begins_anew() -> None:
    scheduler = Scheduler()
    scheduler.add(a_request(0, "ada"))
    scheduler.add(a_request(1, "ada"))
    served(scheduler)
    scheduler.rest()
    scheduler.add(a_request(2, "ada"))
    scheduler.add(a_request(3, "bob"))
    assert ids(served(scheduler)) == ["r2", "r3"]


def test_nothing_waits() -> None:
    scheduler = Scheduler()
    assert scheduler.pop() is None
    assert scheduler.remove("r0") is None


def test_a_removed_request_costs_its_member_nothing() -> None:
    scheduler = Scheduler()
    scheduler.add(a_request(0, "ada", steps=1000))
    scheduler.add(a_request(1, "ada"))
    scheduler.add(a_request(2, "bob"))
    assert scheduler.remove("r0") == a_request(0, "ada", steps=1000)
    assert "r0" not in scheduler
    assert ids(served(scheduler)) == ["r1", "r2"]


def test_a_batch_that_runs_is_filled_first() -> None:
    scheduler = Scheduler()
    scheduler.add(a_request(0, "ada", shape=LARGE))
    scheduler.add(a_request(1, "bob"))
    assert ids(served(scheduler, joining(SMALL))) == ["r1", "r0"]


def test_what_does_not_fit_is_overtaken_and_not_starved_however_many_members_come() -> None:
    scheduler = Scheduler()
    scheduler.add(a_request(0, "ada", shape=LARGE))
    for number in range(1, 11):
        scheduler.add(a_request(number, f"newcomer {number}", QUARTER))
    assert ids(served(scheduler, fitting(SMALL))) == ["r1", "r2", "r3", "r4"]
    scheduler.add(a_request(11, "late", QUARTER))
    assert scheduler.pop(fitting(SMALL, WIDE)) is None
    assert scheduler.pop(fitting(SMALL, WIDE, LARGE)) == a_request(0, "ada", shape=LARGE)
    assert len(served(scheduler, fitting(SMALL))) == 7


def test_what_has_its_model_loaded_overtakes_what_does_not_within_the_bound() -> None:
    scheduler = Scheduler()
    scheduler.add(replace(a_request(0, "ada", QUARTER), model="faces"))
    for number in range(1, 8):
        scheduler.add(a_request(number, f"member {number}", QUARTER))
    assert ids(served(scheduler, fitting(SMALL)))[:5] == ["r1", "r2", "r3", "r4", "r0"]


def test_a_model_is_loaded_where_nothing_waits_for_those_that_are() -> None:
    scheduler = Scheduler()
    scheduler.add(replace(a_request(0, "ada"), model="faces"))
    assert ids(served(scheduler, fitting(SMALL))) == ["r0"]


def test_what_passed_one_request_does_not_count_for_the_next() -> None:
    scheduler = Scheduler()
    for number in range(2):
        scheduler.add(a_request(number, "ada", shape=LARGE))
    for number in range(2, 8):
        scheduler.add(a_request(number, f"member {number}", QUARTER))
    assert len(served(scheduler, fitting(SMALL))) == 4
    scheduler.remove("r0")
    assert len(served(scheduler, fitting(SMALL))) == 2


def test_a_512_that_does_not_fit_into_the_rest_of_the_memory_is_not_starved_by_small_ones() -> None:
    device = up(0, "cuda:0", Capacity(64, memory=1.5 * 512 * 512, pixel_bytes=1))
    pool, scheduler = Pool([device]), Scheduler()

    def take() -> int:
        """Fill the device and return how much work that is."""
        work = 0
        while (request := scheduler.pop(pool)) is not None:
            assert device.has_room(request.load)
            device.running[request.id] = request
            work += request.cost()
        return work

    scheduler.add(a_request(0, "eve", shape=LARGE))
    scheduler.add(a_request(1, "ada", shape=LARGE))
    take()
    overtaken = 0
    for number in range(2, 50):
        scheduler.add(a_request(number, f"member {number}", QUARTER))
        overtaken += take()
    assert list(device.running) == ["r0", "r2", "r3", "r4", "r5"]
    assert overtaken <= SLACK
    del device.running["r0"]
    take()
    assert "r1" in device.running
    assert len(device.running) == 50 - 1


def test_the_one_who_floods_the_running_batch_starves_nobody() -> None:
    scheduler = Scheduler()
    for number in range(200):
        scheduler.add(a_request(number, "flood", steps=500))
    others = [f"member {number}" for number in range(5)]
    for number in range(20):
        for offset, member in enumerate(others):
            scheduler.add(a_request(1000 + number * 10 + offset, member, steps=500, shape=WIDE))
    work: Counter[str] = Counter()
    largest = 500 * step_cost(WIDE)
    for _ in range(100):
        request = scheduler.pop(joining(SMALL))
        assert request is not None
        work[request.member] += request.cost()
        assert work["flood"] - min(work[member] for member in others) <= 2 * largest + SLACK
    assert all(work[member] for member in others)


def test_what_leaves_is_forgotten() -> None:
    scheduler = Scheduler()
    for number in range(2000):
        scheduler.add(a_request(number, f"member {number}", shape=SHAPES[number % 2]))
        scheduler.remove(f"r{number - 5}") if number % 3 else scheduler.pop(joining(WIDE))
    assert len(scheduler._heads._turns) <= 2 * len(scheduler) + 2
    assert len(scheduler._lanes) <= len(scheduler) + len(scheduler._served)
    served(scheduler)
    assert not scheduler._heads_of


rooms = st.builds(
    lambda roomy, joinable: Only(roomy, roomy & joinable),
    st.frozensets(st.sampled_from(SHAPES)),
    st.frozensets(st.sampled_from(SHAPES)),
)
steps = st.integers(1, 3 * QUARTER)


@given(
    st.dictionaries(
        st.sampled_from("abcd"),
        st.lists(st.tuples(steps, st.sampled_from(SHAPES)), min_size=1, max_size=15),
        min_size=2,
    ),
    st.data(),
)
def test_two_members_who_both_wait_are_served_alike(
    waiting: dict[str, list[tuple[int, Shape]]], data: st.DataObject
) -> None:
    """Over any time: so between any two moments, the difference of two members' work changes by no more than that."""
    scheduler, numbers = Scheduler(), count()
    for member, requests in waiting.items():
        for number, (steps, shape) in zip(numbers, requests, strict=False):
            scheduler.add(a_request(number, member, steps, shape))
    largest = {member: max(n * step_cost(shape) for n, shape in asked) for member, asked in waiting.items()}
    left = {member: len(requests) for member, requests in waiting.items()}
    work: dict[str, int] = defaultdict(int)
    gaps: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0])
    while all(left.values()):
        request = scheduler.pop(data.draw(rooms)) or scheduler.pop()
        assert request is not None
        work[request.member] += request.cost()
        left[request.member] -= 1
        for a in waiting:
            for b in waiting:
                if a < b:
                    gaps[a, b].append(work[a] - work[b])
    for (a, b), gap in gaps.items():
        assert max(gap) - min(gap) <= largest[a] + largest[b] + SLACK


@dataclass
class Model:
    """What the module says, without any care for speed."""

    waiting: list[tuple[int, int, ImagineRequest]] = field(default_factory=list)
    finish: dict[str, int] = field(default_factory=dict)
    passed: Counter[str] = field(default_factory=Counter)
    time: int = 0

    def add(self, number: int, request: ImagineRequest) -> None:
        self.waiting.append((number, self.time, request))

    def tagged(self) -> list[tuple[int, int, ImagineRequest]]:
        """Return start tag, number and request of everything that waits, by tag."""
        finish = dict(self.finish)
        tags = []
        for number, arrival, request in self.waiting:
            start = max(arrival, finish.get(request.member, 0))
            finish[request.member] = start + request.cost()
            tags.append((start, number, request))
        return sorted(tags, key=lambda tag: tag[:2])

    def pop(self, room: Room) -> ImagineRequest | None:
        tagged = self.tagged()
        heads = [tag for tag in tagged if tag[1] == min(n for n, _, r in self.waiting if r.member == tag[2].member)]
        first, _, oldest = heads[0]

        def may_go(tag: tuple[int, int, ImagineRequest]) -> bool:
            start, _, request = tag
            early = start - first <= SLACK // 2 and self.passed[oldest.id] + request.cost() <= SLACK
            return request == oldest or early

        def fits(tag: tuple[int, int, ImagineRequest]) -> bool:
            return room.has_room(tag[2].load)

        def joins(tag: tuple[int, int, ImagineRequest]) -> bool:
            return tag[2].load in room.joinable

        able = [tag for tag in _least_of_each_shape(heads) if may_go(tag)]
        choice = (
            [tag for tag in heads[:1] if joins(tag)]
            or [tag for tag in able if joins(tag)]
            or [tag for tag in heads[:1] if fits(tag)]
            or [tag for tag in able if fits(tag)]
        )
        if not choice:
            return None
        start, number, request = choice[0]
        if request != oldest:
            self.passed[oldest.id] += request.cost()
        self.waiting = [each for each in self.waiting if each[0] != number]
        self.time = first
        self.finish[request.member] = start + request.cost()
        return request


def _least_of_each_shape(tags: list[tuple[int, int, ImagineRequest]]) -> list[tuple[int, int, ImagineRequest]]:
    least: dict[Shape, tuple[int, int, ImagineRequest]] = {}
    for tag in tags:
        least.setdefault(tag[2].shape, tag)
    return list(least.values())


class SchedulerMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.scheduler = Scheduler()
        self.model = Model()
        self.count = 0

    @rule(member=st.sampled_from("abc"), steps=steps, shape=st.sampled_from(SHAPES))
    def add(self, member: str, steps: int, shape: Shape) -> None:
        request = a_request(self.count, member, steps, shape)
        self.model.add(self.count, request)
        tags = {each.id: tag for tag, _, each in self.model.tagged()}
        assert self.scheduler.add(request) == tags[request.id]
        self.count += 1

    @precondition(lambda self: self.model.waiting)
    @rule(room=rooms)
    def pop(self, room: Only) -> None:
        assert self.scheduler.pop(room) == self.model.pop(room)

    @precondition(lambda self: self.model.waiting)
    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        index = data.draw(st.integers(0, len(self.model.waiting) - 1))
        _, _, request = self.model.waiting.pop(index)
        assert self.scheduler.remove(request.id) == request

    @precondition(lambda self: self.model.waiting)
    @rule(data=st.data(), steps=steps, shape=st.sampled_from(SHAPES))
    def replace(self, data: st.DataObject, steps: int, shape: Shape) -> None:
        waiting = self.model.waiting
        index = data.draw(st.integers(0, len(waiting) - 1))
        number, arrival, old = waiting[index]
        request = a_request(int(old.id[1:]), old.member, steps, shape)
        waiting[index] = number, arrival, request
        tags = {each.id: tag for tag, _, each in self.model.tagged()}
        assert self.scheduler.replace(request) == tags[request.id]

    @precondition(lambda self: not self.model.waiting)
    @rule()
    def rest(self) -> None:
        self.scheduler.rest()
        self.model = Model()

    @invariant()
    def virtual_time_is_the_same(self) -> None:
        assert len(self.scheduler) == len(self.model.waiting)
        assert self.scheduler.time == self.model.time

    @invariant()
    def a_copy_goes_its_own_way(self) -> None:
        expected = [request for _, _, request in self.model.tagged()]
        assert served(self.scheduler.copy()) == expected
        assert len(self.scheduler) == len(expected)


TestSchedulerMachine = SchedulerMachine.TestCase
