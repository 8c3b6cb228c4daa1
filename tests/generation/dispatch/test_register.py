"""The register of requests that have not ended, without a dispatcher."""

import asyncio

import pytest

from generation.capacity import Capacity
from generation.dispatch.estimates import Estimates
from generation.dispatch.plan import Plan
from generation.dispatch.record import Record, Update
from generation.dispatch.register import Register
from generation.errors import QueueFullError
from generation.events import Checkpoint
from tests.generation.simulated import a_request, up


@pytest.fixture
def plan() -> Plan:
    return Plan()


@pytest.fixture
def register(plan: Plan) -> Register:
    return Register(plan, Estimates(0.0), total=3, per_member=2)


def enter(register: Register, plan: Plan, number: int, member: str = "") -> Record:
    record = register.enter(Record(a_request(number, member=member)))
    register.stand(record, plan.scheduler.add(record.request))
    return record


def test_there_is_room_for_so_many_of_a_member_and_of_all(register: Register, plan: Plan) -> None:
    first = enter(register, plan, 0, "ada")
    register.check_room("ada")
    with pytest.raises(QueueFullError) as refused:
        register.check_room("ada", 2)
    assert (refused.value.limit, refused.value.member) == (2, True)
    for number, member in ((1, "bob"), (2, "eve")):
        enter(register, plan, number, member)
    with pytest.raises(QueueFullError) as refused:
        register.check_room("ada")
    assert (refused.value.limit, refused.value.member) == (3, False)
    register.end(first, "finished")
    register.check_room("ada")


def test_what_has_ended_is_found_no_more_and_counted(register: Register, plan: Plan) -> None:
    records = [enter(register, plan, number) for number in range(2)]
    assert list(register) == records
    assert register.find("r0") is register["r0"] is records[0]
    register.end(records[0], "failed")
    assert register.find("r0") is None
    assert not plan.has_waiting("r0")
    assert register.ended == {"failed": 1}
    assert (register.snapshot().running, register.snapshot().waiting) == ((), (records[1],))


def test_who_comes_while_a_device_has_room_is_begun_at_once(register: Register, plan: Plan) -> None:
    plan.pool.devices.append(up(0, "cpu", Capacity(1)))
    record = enter(register, plan, 0)
    assert record.estimate.place == 1
    assert record.estimate.starts < record.estimate.finishes


async def test_of_what_was_taken_back_nothing_is_told(register: Register, plan: Plan) -> None:
    cancelled, record = (enter(register, plan, number) for number in range(2))
    register.tell(cancelled)
    register.end(cancelled, "cancelled")
    record.checkpoint = Checkpoint("r1", 4, 2.0, b"data")
    register.begin(record)
    async with asyncio.timeout(60):
        update = await anext(register.updates())
    assert update == Update(record)
    assert (record.step, record.estimate.place) == (4, 0)
