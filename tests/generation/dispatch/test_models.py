"""Several models: where a request is painted, what loading costs, and what is refused."""

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from config.settings.models import DEFAULT_MODEL
from generation.capacity import Capacity
from generation.dispatch.devices import UNUSABLE, Device, Pool
from generation.dispatch.forecast import forecast
from generation.dispatch.plan import Plan
from generation.dispatch.record import Record
from generation.dispatch.scheduler import Scheduler
from generation.events import Down, Failed, Heartbeat, Loaded, Offer, Ready, Suspended, Unloaded, Unusable
from generation.load import Kind, Load
from generation.request import ImagineRequest
from generation.waypoint import Waypoint
from tests.generation.dispatch.test_dispatcher import Running
from tests.generation.scripted import ScriptedExecutor
from tests.generation.simulated import LARGE, SMALL, a_device, a_request

FACES = Load(SMALL, model="faces")


def of_faces(number: int, **changes: int) -> ImagineRequest:
    return replace(a_request(number, **changes), model="faces")  # type: ignore[arg-type]


def holding(*models: str, slots: int = 1, seconds: float = 60.0) -> Device:
    """Return a device whose steps take a second, that knows the default and faces and has loaded some."""
    device = a_device(slots, small=1)
    device.offers = {name: Offer(Capacity(slots), seconds=seconds) for name in (DEFAULT_MODEL, "faces")}
    device.loaded = set(models)
    return device


def test_a_request_goes_where_its_model_is_unless_that_takes_longer_than_loading_it() -> None:
    holder, other = holding("faces", slots=4), holding(DEFAULT_MODEL, slots=4)
    pool = Pool([other, holder])
    assert pool.place(of_faces(9)) is holder
    holder.running = {f"r{number}": of_faces(number) for number in range(3)}
    holder.observe(Kind(SMALL, "faces"), 4, 100.0)
    assert pool.place(of_faces(9)) is other
    other.running = {"r8": of_faces(8)}
    assert other.seconds_for(of_faces(9)) < 60, "it is being loaded already"


def test_a_model_that_was_never_loaded_is_taken_to_load_as_long_as_another() -> None:
    device = a_device(1, small=1)
    device.offers[DEFAULT_MODEL] = Offer(Capacity(1), seconds=7.0)
    assert device.loading_seconds(DEFAULT_MODEL) == 0
    assert device.loading_seconds("faces") == 7.0
    device.offers["faces"] = Offer(Capacity(1), seconds=30.0)
    assert device.loading_seconds("faces") == 30.0


def test_each_model_is_as_fast_as_it_was_measured() -> None:
    device = holding(DEFAULT_MODEL, "faces")
    assert device.seconds_for(of_faces(0)) == pytest.approx(10.0), "taken for the default while nobody knows"
    device.observe(Kind(SMALL, "faces"), 1, 5.0)
    assert device.seconds_for(of_faces(0)) == pytest.approx(50.0)
    assert device.seconds_for(a_request(0)) == pytest.approx(10.0)
    record = Record(of_faces(0), "running", device)
    device.running = {"r0": record.request, "r1": a_request(1)}
    assert record.seconds_left == pytest.approx(100.0), "models share the time"


def test_the_forecast_has_the_loading_in_it() -> None:
    device, scheduler = holding(DEFAULT_MODEL), Scheduler()
    for request in (a_request(0), of_faces(1), of_faces(2)):
        scheduler.add(request)
    finishes = {each.request_id: each.finishes for each in forecast(Plan(Pool([device]), scheduler), Counter())}
    assert finishes == pytest.approx({"r0": 10, "r1": 80, "r2": 90})
    assert device.loaded == {DEFAULT_MODEL}, "it was only played"
    device.running = {"r3": of_faces(3)}
    assert Record(of_faces(3), "running", device).seconds_left == pytest.approx(70)


def test_models_beside_one_another_take_of_the_memory() -> None:
    """100 bytes: 40 for each model, 20 for a picture."""
    capacity = Capacity(8, memory=60, pixel_bytes=20 / (64 * 64), weights=40)
    device = holding(DEFAULT_MODEL, "faces", slots=8)
    device.offers = {name: Offer(capacity) for name in (DEFAULT_MODEL, "faces", "trees")}
    device.running = {"r0": a_request(0)}
    assert device.has_room(FACES)
    assert not device.has_room(Load(SMALL, model="trees")._replace(shape=LARGE))
    device.running["r1"] = of_faces(1)
    assert not device.has_room(Load(SMALL, model="trees")), "three models do not fit while two of them paint"
    assert device.has_room(Load(SMALL, model="unheard of")), "of which nobody knows"
    assert not device.has_room(FACES), "a batch of two takes twice as much"
    device.running = {"r1": of_faces(1)}
    assert device.has_room(FACES), "the default can leave"


def test_what_fits_nowhere_is_refused_with_the_largest_size_for_its_model() -> None:
    small, large = (a_device(8) for _ in range(2))
    for device, memory in ((small, 128 * 128), (large, 256 * 256)):
        device.offers["faces"] = Offer(Capacity(8, memory=memory, pixel_bytes=1))
    pool = Pool([small, large])
    load = Load((512, 512), model="faces")
    assert "`--size 256x256` or less" in str(pool.refusal(load))
    assert pool.refusal(load._replace(model=DEFAULT_MODEL)) is None
    assert pool.place(of_faces(0, shape=(256, 256))) is large  # type: ignore[arg-type]
    assert not small.has_room(load._replace(shape=(256, 256)))
    large.parked = True
    assert "`--size 128x128` or less" in str(pool.refusal(load._replace(shape=(256, 256))))


def test_each_model_has_its_own_multiples_and_painters() -> None:
    pool = Pool([holding(DEFAULT_MODEL)])
    pool.devices[0].offers["faces"] = Offer(Capacity(1), multiple=32, inits=("sketch", "noise"), painters=("vqgan",))
    assert "`--size 160x96`" in str(pool.refusal(Load((144, 80), model="faces")))
    assert pool.refusal(Load((144, 80))) is None
    assert pool.inits == ("noise", "sketch")
    assert "no such painter" in str(pool.refusal(Load((64, 64), canvas="siren", model="faces")))


def test_each_model_has_its_own_classes() -> None:
    pool = Pool([holding(DEFAULT_MODEL)])
    pool.devices[0].offers["faces"] = Offer(Capacity(1), classes=("owl", "frog"))
    named, passed = replace(a_request(0), classes=(("cow", 1.0),)), Waypoint(classes=(("cow", 1.0),))
    for request in (named, replace(a_request(0), waypoints=(passed, passed))):
        assert "no class 'cow'" in str(pool.class_refusal(replace(request, model="faces")))
        assert pool.class_refusal(request) is None, "what is not known is not refused"
    assert pool.class_refusal(replace(a_request(0), model="faces", classes=(("Owl", 1.0),))) is None


@pytest.fixture
async def running() -> AsyncIterator[Running]:
    made = Running(ScriptedExecutor(devices=2))
    await made.nothing_more()
    yield made
    made.task.cancel()


async def test_a_model_that_no_device_can_load_is_refused_and_what_waits_for_it_fails(running: Running) -> None:
    await running.submit(a_request(0), of_faces(1), of_faces(2), a_request(3), a_request(4))
    await running.sent(0, 1)
    executor, device = running.executor, running.executor.device_of(of_faces(1))
    del executor.requests["r1"]
    executor.say(Unusable("faces", "Its file is damaged."), device)
    executor.say(Suspended("r1"), device)
    executor.finish(a_request(0))
    await running.sent(1, 3)
    assert executor.device_of(of_faces(1)) != device, "it is tried elsewhere"
    other = executor.device_of(of_faces(1))
    del executor.requests["r1"]
    executor.say(Unusable("faces", "Its file is damaged."), other)
    executor.say(Suspended("r1"), other)
    refusals = {(await running.until(Failed)).record.request.id for _ in range(2)}
    assert refusals == {"r1", "r2"}
    assert running.dispatcher.pool.refusal(FACES) == UNUSABLE.format("faces")
    assert running.dispatcher.pool.refusal(Load(SMALL)) is None
    await running.sent(3, 4)
    executor.change(device, "down")
    executor.change(device, "ready")
    await running.nothing_more()
    assert running.dispatcher.pool.refusal(FACES) is None, "a new worker tries again"


async def test_what_turns_out_not_to_fit_fails_with_the_largest_size(running: Running) -> None:
    await running.submit(a_request(0), a_request(1), of_faces(2, shape=LARGE))  # type: ignore[arg-type]
    await running.sent(0, 1)
    for device in range(2):
        running.executor.say(Loaded("faces", Offer(Capacity(1, memory=64 * 64, pixel_bytes=1))), device)
    failed = (await running.until(Failed)).event
    assert failed == Failed("r2", "No device here has the memory for 128×128; ask for `--size 64x64` or less.")
    assert running.statuses() == {"r0": "running", "r1": "running"}


async def test_it_is_known_which_device_has_which_model(running: Running) -> None:
    devices = running.dispatcher.pool.devices
    running.executor.say(Loaded("faces", Offer(Capacity(1), seconds=3.0)), 1)
    running.executor.say(Heartbeat(SMALL, 1, 1, 6.0), 0)
    running.executor.say(Heartbeat(SMALL, 1, 1, 5.0, "faces"), 1)
    await running.nothing_more()
    assert [device.loaded for device in devices] == [{DEFAULT_MODEL}, {DEFAULT_MODEL, "faces"}]
    assert devices[1].step_seconds(Kind(SMALL, "faces"), 1) == pytest.approx(5.0)
    await running.submit(of_faces(0))
    await running.sent(0)
    assert running.executor.device_of(of_faces(0)) == 1
    running.executor.finish(of_faces(0))
    running.executor.say(Unloaded("faces"), 1)
    await running.nothing_more()
    assert devices[1].loaded == {DEFAULT_MODEL}
    assert devices[1].loading_seconds("faces") == 3.0
    running.executor.say(Down(parked=False), 1)
    await running.nothing_more()
    assert devices[1].loaded == set()
    running.executor.say(Ready("cuda:1", Offer(Capacity(1)), "faces"), 1)
    await running.nothing_more()
    assert devices[1].loaded == {"faces"}
