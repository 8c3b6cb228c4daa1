import pytest

from bot.errors import QueueFullError
from bot.queue import RequestQueue
from generation.capacity import Capacity
from generation.dispatch.devices import Device, Pool, Running
from generation.request import ImagineRequest

ROOMY, FULL = Pool((Device("cpu", Capacity(9)),)), Pool((Device("cpu"),))


def a_request(number: int, member: str = "ada") -> ImagineRequest:
    return ImagineRequest(f"r{number}", "a cat", 7, 64, 64, 10, member)


def test_a_member_has_a_limit_for_what_waits_and_what_is_painted() -> None:
    queue = RequestQueue(total=10, per_member=2)
    queue.admit(a_request(0))
    assert queue.take(ROOMY) == a_request(0)
    queue.admit(a_request(1))
    with pytest.raises(QueueFullError, match="You already have 2 pictures waiting or being painted"):
        queue.admit(a_request(2))
    queue.admit(a_request(3, "bob"))
    queue.remove("r0")
    queue.admit(a_request(2))
    assert [queue.take(ROOMY) for _ in range(3)] == [a_request(3, "bob"), a_request(1), a_request(2)]


def test_all_members_together_have_a_limit() -> None:
    queue = RequestQueue(total=2, per_member=1)
    queue.admit(a_request(0, "ada"))
    queue.admit(a_request(1, "bob"))
    with pytest.raises(QueueFullError, match="The queue is full: 2 pictures waiting or being painted"):
        queue.admit(a_request(2, "eve"))
    queue.remove("r1")
    queue.admit(a_request(2, "eve"))
    assert len(queue) == 2


def test_a_refused_request_leaves_nothing_behind() -> None:
    queue = RequestQueue(total=1, per_member=1)
    queue.admit(a_request(0))
    for _ in range(3):
        with pytest.raises(QueueFullError):
            queue.admit(a_request(1))
    assert queue.take(ROOMY) == a_request(0)
    assert queue.take(ROOMY) is None


def test_nothing_is_taken_without_room() -> None:
    queue = RequestQueue(total=1, per_member=1)
    queue.admit(a_request(0))
    assert queue.take(FULL) is None
    assert queue.take(ROOMY) == a_request(0)


def test_what_has_been_taken_and_lost_its_device_is_an_orphan() -> None:
    queue = RequestQueue(total=3, per_member=3)
    device = Device("cpu", Capacity(1))
    for number in range(3):
        queue.admit(a_request(number))
    for number in range(2):
        assert queue.take(ROOMY) == a_request(number)
    device.running["r0"] = Running(a_request(0), step=9)
    assert queue.orphans(Pool((device,))) == [a_request(1)]
    played = [(each.request_id, each.place) for each in queue.forecast(Pool((device,)))]
    assert played == [("r0", 0), ("r1", 0), ("r2", 1)]
