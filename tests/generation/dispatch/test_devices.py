from dataclasses import replace
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generation.capacity import Capacity
from generation.dispatch.devices import Device, Pool
from generation.dispatch.plan import Plan
from generation.dispatch.record import Record
from generation.dispatch.scheduler import Scheduler
from generation.events import Offer
from generation.load import Load
from generation.sizes import Shape
from tests.generation.simulated import LARGE, SMALL, Simulation, a_device, a_request, effort, up


def paint(device: Device, *shapes: Shape) -> Device:
    for shape in shapes:
        number = len(device.running)
        device.running[f"r{number}"] = a_request(number, shape=shape)
    return device


@pytest.mark.parametrize(
    ("capacity", "running", "fits"),
    [
        (Capacity(1), (), True),
        (Capacity(1), (SMALL,), False),
        (Capacity(2), (SMALL,), True),
        (Capacity(2), (SMALL, LARGE), False),
        (Capacity(9, memory=2 * 128 * 128, pixel_bytes=1), (LARGE,), True),
        (Capacity(9, memory=2 * 128 * 128 - 1, pixel_bytes=1), (LARGE,), False),
        (Capacity(9, memory=2 * 128 * 128, view_bytes=1 / 32, pixel_bytes=1), (LARGE,), False),
        (Capacity(9, memory=2 * 128 * 128, pixel_bytes=1), (SMALL,) * 7, True),
        (Capacity(1, memory=128 * 128, pixel_bytes=1), (), True),
        (Capacity(1, memory=1, pixel_bytes=1), (), False),
        (Capacity(0), (), False),
    ],
)
def test_one_more_large_picture_fits(capacity: Capacity, running: tuple[Shape, ...], fits: bool) -> None:
    device = paint(up(0, "cuda:0", capacity), *running)
    assert device.has_room(Load(LARGE)) is fits
    assert Pool([Device(0, "cuda:1"), device]).has_room(Load(LARGE)) is fits


@given(st.lists(st.sampled_from([SMALL, LARGE, (128, 64)]), max_size=30), st.integers(1, 9), st.integers(1, 100_000))
def test_no_step_takes_more_than_the_memory(asked: list[Shape], slots: int, memory: int) -> None:
    device = up(0, "cuda:0", Capacity(slots, memory, view_bytes=1000, pixel_bytes=1, cutouts=1))
    for shape in asked:
        if device.has_room(Load(shape)):
            paint(device, shape)
    largest = max((count * (1000 + shape[0] * shape[1]) for (shape, _), count in device.batches.items()), default=0)
    assert len(device.running) <= slots
    assert largest <= memory or [device.can_paint(request.load) for request in device.running.values()] == [True]


def test_batches_that_run_and_have_room_can_be_joined() -> None:
    roomy, full, idle = up(0, "a", Capacity(3)), up(0, "b", Capacity(1)), up(0, "c", Capacity(1))
    pool = Pool([paint(roomy, SMALL, SMALL), paint(full, LARGE), idle])
    assert pool.joinable == {Load(SMALL)}


def test_a_request_goes_where_it_is_done_first() -> None:
    slow, fast = a_device(2, small=3), a_device(2, small=1)
    pool = Pool([slow, fast])
    assert pool.place(a_request(9)) is fast
    paint(fast, SMALL)
    assert pool.place(a_request(9)) is fast
    paint(fast, SMALL)
    assert pool.place(a_request(9)) is slow


def test_a_batch_is_joined_where_that_costs_little_and_an_idle_device_is_better() -> None:
    busy, shared, idle = (a_device(4, small=2, small_2=2.5, large=2) for _ in range(3))
    pool = Pool([paint(busy, LARGE), paint(shared, SMALL), idle])
    assert pool.place(a_request(9)) is idle
    idle.slots = 0
    assert pool.place(a_request(9)) is shared


def test_time_left() -> None:
    record = Record(a_request(0))
    assert record.seconds_left == inf
    record.device = paint(a_device(4, small=2, small_2=3, large=5), SMALL, SMALL)
    record.step = 4
    assert record.seconds_left == 6 * 3
    paint(record.device, LARGE)
    assert record.seconds_left == 6 * 3 * 2


def test_time_between_requests() -> None:
    slow, fast = a_device(1, small=30), a_device(4, small_4=20)
    assert Pool([slow]).seconds_between(a_request(9)) == pytest.approx(300)
    assert Pool([fast, Device(0, "cuda:1")]).seconds_between(a_request(9)) == pytest.approx(50)
    assert Pool([slow, fast]).seconds_between(a_request(9)) == pytest.approx(1 / (1 / 300 + 1 / 50))
    assert Pool([Device(0, "cuda:1")]).seconds_between(a_request(9)) == inf


def test_up_down_and_parked() -> None:
    first, second = Device(0, "cuda:0"), Device(0, "cuda:1", parked=True)
    pool = Pool([first, second])
    assert (pool.is_up, pool.is_parked) == (False, False)
    first.parked = True
    assert (pool.is_up, pool.is_parked) == (False, True)
    second.slots, second.parked = 1, False
    assert (pool.is_up, pool.is_parked) == (True, False)
    assert not Pool([]).is_parked


@pytest.mark.parametrize("slots", [1, 4])
def test_devices_of_unlike_speed_share_by_their_speed(slots: int) -> None:
    """A device that is three times as fast paints three times as much, within one picture of the slow one."""
    speeds = {f"small_{batch}": 1 + batch for batch in range(1, 5)}
    slow = a_device(slots, **{name: 3.0 * seconds for name, seconds in speeds.items()})
    fast = a_device(slots, **speeds)
    scheduler = Scheduler()
    for number in range(120):
        scheduler.add(a_request(number))
    simulation = Simulation(Plan(Pool([slow, fast]), scheduler))
    for until in range(20, 400, 20):
        simulation.run(until)
        assert abs(simulation.work[fast] - 3 * simulation.work[slow]) <= 3 * a_request(0).cost()
    simulation.run()
    assert len(simulation.finishes) == 120


def test_a_size_is_refused_that_some_device_cannot_paint() -> None:
    fine, coarse = up(0, "a", Capacity(1)), up(0, "b", Capacity(0), multiple=32)
    assert Pool([]).refusal(Load((144, 80))) is None
    assert Pool([fine]).refusal(Load((144, 80))) is None
    assert "`--size 160x96`" in str(Pool([fine, coarse]).refusal(Load((144, 80))))


def test_more_cutouts_are_refused_than_some_device_is_shown() -> None:
    pool = Pool([up(0, "a", Capacity(1)), up(0, "b", Capacity(0, cutouts=8))])
    assert pool.refusal(Load(SMALL, 32)) is None
    assert "ask for no more with `--cutouts 32`." in str(pool.refusal(Load(SMALL, 33)))


def test_a_device_joins_when_it_is_first_heard_of() -> None:
    pool = Pool()
    second = pool.device(1)
    assert pool.device(0) is not second
    assert pool.device(1) is second
    assert [device.number for device in pool.devices] == [1, 0]


def test_what_is_more_work_takes_as_much_longer() -> None:
    plain = a_request(0, shape=LARGE)
    asked = replace(plain, cutouts=64)
    device = up(0, "cuda:0", Capacity(2))
    assert effort(asked) > 1.5
    assert device.seconds_for(asked) == pytest.approx(effort(asked) * device.seconds_for(plain))
    assert Pool([device]).seconds_between(asked) == pytest.approx(effort(asked) * Pool([device]).seconds_between(plain))
    left = [Record(each, "running", device, step=each.steps // 2).seconds_left for each in (plain, asked)]
    assert left[1] == pytest.approx(effort(asked) * left[0])


def test_a_number_of_cutouts_is_as_much_work_as_it_is_for_the_models_in_use() -> None:
    plain, asked = a_request(0, shape=LARGE), replace(a_request(0, shape=LARGE), cutouts=32)
    usual, small = up(0, "cuda:0", Capacity(2)), up(0, "cuda:0", Capacity(2, cutouts=8))
    assert usual.seconds_for(asked) == pytest.approx(usual.seconds_for(plain))
    assert small.seconds_for(asked) > 3 * small.seconds_for(plain)
    assert small.seconds_for(replace(plain, cutouts=8)) == pytest.approx(small.seconds_for(plain))
    assert small.seconds_for(replace(plain, quality="best")) == usual.seconds_for(replace(plain, quality="best"))
    assert Pool([small]).seconds_between(asked) > 3 * Pool([usual]).seconds_between(asked)


def test_more_cutouts_take_more_of_the_memory() -> None:
    capacity = Capacity(9, memory=64 * 1000, view_bytes=1000, cutouts=16)
    plain, more = a_request(0), replace(a_request(0), cutouts=32)
    device = paint(up(0, "cuda:0", capacity), SMALL)
    assert device.has_room(plain.load)
    assert device.has_room(more.load), "batches take turns"
    device.running = {"r0": more}
    assert device.has_room(more.load)
    device.running = {"r0": more, "r1": replace(more, id="r1")}
    assert not device.has_room(more.load)
    assert device.has_room(plain.load)


def test_a_device_that_comes_up_again_has_loaded_nothing_and_is_known() -> None:
    device, offer = Device(0), Offer(Capacity(2))
    device.come_up("cuda:0", 2)
    device.take_in("default", offer)
    device.unusable.add("another")
    paint(device, SMALL, LARGE)
    assert device.go_down(parked=True) == ["r0", "r1"]
    assert (device.is_up, device.parked) == (False, True)
    assert not device.running
    assert not device.loaded | device.unusable
    device.come_up("cuda:0", 2)
    assert (device.is_up, device.parked, device.loaded, device.offers) == (True, False, set(), {"default": offer})
