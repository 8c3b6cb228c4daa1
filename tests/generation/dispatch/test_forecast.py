from collections import Counter, deque
from copy import deepcopy
from dataclasses import replace
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generation.dispatch.devices import Device, Pool
from generation.dispatch.forecast import Forecast, forecast
from generation.dispatch.plan import Plan
from generation.dispatch.scheduler import Scheduler
from generation.request import ImagineRequest
from tests.generation.simulated import LARGE, SMALL, Simulation, a_device, a_request, effort


def line(*requests: ImagineRequest) -> Scheduler:
    scheduler = Scheduler()
    for request in requests:
        scheduler.add(request)
    return scheduler


def paint(device: Device, *requests: ImagineRequest) -> None:
    device.running |= {request.id: request for request in requests}


def seconds(played: dict[str, Forecast]) -> dict[str, tuple[float, float]]:
    return {request_id: (each.starts, each.finishes) for request_id, each in played.items()}


def played(pool: Pool, scheduler: Scheduler, *interrupted: ImagineRequest, **steps: int) -> dict[str, Forecast]:
    plan = Plan(pool, scheduler, deque(interrupted))
    return {each.request_id: each for each in forecast(plan, Counter(steps))}


def test_one_after_the_other() -> None:
    device = a_device(1, small=2)
    paint(device, a_request(0))
    result = played(Pool([device]), line(a_request(1), a_request(2, steps=5)), r0=6)
    assert seconds(result) == {"r0": (0, 8), "r1": (8, 28), "r2": (28, 38)}
    assert [each.place for each in result.values()] == [0, 1, 2]


def test_who_joins_a_batch_makes_its_steps_longer() -> None:
    device = a_device(2, small=2, small_2=3)
    paint(device, a_request(0))
    assert seconds(played(Pool([device]), line(a_request(1)), r0=6)) == {"r0": (0, 12), "r1": (0, 24)}


def test_shapes_get_equal_time() -> None:
    device = a_device(2, small=1, large=3)
    paint(device, a_request(0, 10), a_request(1, 10, LARGE))
    assert seconds(played(Pool([device]), line())) == {"r0": (0, 20), "r1": (0, 40)}


def test_the_fast_device_takes_more() -> None:
    pool = Pool([a_device(1, small=3), a_device(1, small=1)])
    result = seconds(played(pool, line(*(a_request(number) for number in range(5)))))
    assert result == {"r0": (0, 10), "r1": (0, 30), "r2": (10, 20), "r3": (20, 30), "r4": (30, 40)}


def test_what_waits_for_a_device_to_come_back_goes_first() -> None:
    device = a_device(1, small=1)
    paint(device, a_request(0))
    result = played(Pool([device]), line(a_request(1)), a_request(2), a_request(3))
    assert seconds(result) == {"r0": (0, 10), "r2": (10, 20), "r3": (20, 30), "r1": (30, 40)}
    assert [each.place for each in result.values()] == [0, 0, 0, 1]


def test_what_goes_on_from_a_checkpoint_takes_what_is_left() -> None:
    device = a_device(1, small=1)
    result = played(Pool([device]), line(a_request(1)), a_request(2), r2=6)
    assert seconds(result) == {"r2": (0, 4), "r1": (4, 14)}


@pytest.mark.parametrize("devices", [[], [Device(0), Device(1)]])
def test_while_no_device_is_up_nobody_knows(devices: list[Device]) -> None:
    result = played(Pool(devices), line(a_request(1), a_request(2)), a_request(0))
    assert seconds(result) == dict.fromkeys(("r0", "r1", "r2"), (inf, inf))
    assert [each.place for each in result.values()] == [0, 1, 2]


def test_virtual_time_tells_where_a_newcomer_would_be() -> None:
    device = a_device(1, small=1)
    scheduler = line(*(a_request(number, member="flood") for number in range(3)))
    request = scheduler.pop()
    assert request is not None
    paint(device, request)
    tags = [each.tag for each in forecast(Plan(Pool([device]), scheduler), Counter())]
    assert tags == [0, request.cost(), 2 * request.cost()]
    assert scheduler.add(a_request(3)) < request.cost()


def test_what_is_given_is_not_changed() -> None:
    device = a_device(2, small=1)
    paint(device, a_request(0))
    pool, scheduler = Pool([device]), line(a_request(1), a_request(2), a_request(3))
    before = deepcopy(device.running)
    first = played(pool, scheduler)
    assert device.running == before
    assert len(scheduler) == 3
    half_way = forecast(Plan(pool, scheduler), Counter())
    device.running.clear()
    device.slots = 0
    scheduler.pop()
    assert {each.request_id: each for each in half_way} == first


members = st.sampled_from("abc")
pictures = st.lists(st.tuples(st.integers(1, 40), members), min_size=1, max_size=25)
paces = st.sampled_from([1, 2, 3, 5, 7])


def compare(pool: Pool, scheduler: Scheduler, **steps: int) -> None:
    """Play the same once in fluid time and once step by step."""
    result = played(pool, scheduler, **steps)
    simulation = Simulation(Plan(pool, scheduler), steps)
    simulation.run()
    assert {request_id: each.finishes for request_id, each in result.items()} == pytest.approx(simulation.finishes)
    waited = {request_id: each for request_id, each in result.items() if each.place}
    assert {request_id: each.starts for request_id, each in waited.items()} == pytest.approx(simulation.starts)
    assert sorted(waited, key=lambda request_id: waited[request_id].place) == simulation.order


@given(pictures, st.lists(paces, min_size=4, max_size=4), st.integers(1, 4), st.integers(0, 39))
def test_a_batch_is_foreseen_exactly(waiting: list[tuple[int, str]], steps: list[int], slots: int, done: int) -> None:
    device = a_device(slots, **{f"small_{batch}": sum(steps[:batch]) for batch in range(1, 5)})
    paint(device, a_request(99, 40))
    requests = (a_request(number, steps, SMALL, member) for number, (steps, member) in enumerate(waiting))
    compare(Pool([device]), line(*requests), r99=done)


@given(
    st.lists(st.tuples(st.integers(1, 40), members, st.sampled_from([SMALL, LARGE])), max_size=25),
    st.lists(st.tuples(paces, paces), min_size=1, max_size=3),
)
def test_devices_of_unlike_speed_are_foreseen_exactly(
    waiting: list[tuple[int, str, tuple[int, int]]], speeds: list[tuple[int, int]]
) -> None:
    pool = Pool([a_device(1, small=small, large=large) for small, large in speeds])
    compare(pool, line(*(a_request(n, steps, shape, who) for n, (steps, who, shape) in enumerate(waiting))))


@given(st.lists(st.tuples(st.integers(1, 40), st.sampled_from([SMALL, LARGE])), min_size=1, max_size=6), paces, paces)
def test_shapes_that_take_turns_are_foreseen_within_a_few_steps(
    pictures: list[tuple[int, tuple[int, int]]], small: int, large: int
) -> None:
    seconds = {
        f"{name}_{batch}": step * batch for name, step in (("small", small), ("large", large)) for batch in (1, 6)
    }
    pool = Pool([a_device(6, **seconds)])
    scheduler = line(*(a_request(number, steps, shape) for number, (steps, shape) in enumerate(pictures)))
    result = played(pool, scheduler)
    simulation = Simulation(Plan(pool, scheduler))
    simulation.run()
    for request_id, finishes in simulation.finishes.items():
        assert abs(result[request_id].finishes - finishes) <= len(pictures) * 6 * (small + large)


def test_what_is_more_work_takes_longer_and_the_next_begins_later() -> None:
    device = a_device(1, small=2)
    asked = replace(a_request(0), cutouts=64)
    paint(device, asked)
    result = seconds(played(Pool([device]), line(a_request(1)), r0=6))
    assert result["r0"] == pytest.approx((0, 4 * 2 * effort(asked)))
    assert result["r1"] == pytest.approx((result["r0"][1], result["r0"][1] + 20))
