import asyncio

import pytest

from bot.errors import QueueFullError
from bot.queue import RequestQueue
from generation.request import ImagineRequest


def a_request(number: int, member: str = "ada") -> ImagineRequest:
    return ImagineRequest(f"r{number}", "a cat", 7, 64, 64, 10, member)


def test_a_member_has_a_limit_for_what_waits_and_what_is_painted() -> None:
    queue = RequestQueue(total=10, per_member=2)
    queue.admit(a_request(0))
    assert queue.take() == a_request(0)
    queue.admit(a_request(1))
    with pytest.raises(QueueFullError, match="You already have 2 pictures waiting or being painted"):
        queue.admit(a_request(2))
    queue.admit(a_request(3, "bob"))
    queue.remove("r0")
    queue.admit(a_request(2))
    assert [request.id for request in queue.waiting] == ["r3", "r1", "r2"]


def test_all_members_together_have_a_limit() -> None:
    queue = RequestQueue(total=2, per_member=1)
    queue.admit(a_request(0, "ada"))
    queue.admit(a_request(1, "bob"))
    with pytest.raises(QueueFullError, match="The queue is full: 2 pictures waiting or being painted"):
        queue.admit(a_request(2, "eve"))
    queue.remove("r1")
    queue.admit(a_request(2, "eve"))


def test_a_refused_request_leaves_nothing_behind() -> None:
    queue = RequestQueue(total=1, per_member=1)
    queue.admit(a_request(0))
    for _ in range(3):
        with pytest.raises(QueueFullError):
            queue.admit(a_request(1))
    assert queue.take() == a_request(0)
    assert queue.take() is None
    assert queue.taken == [a_request(0)]


async def test_waits_for_a_request() -> None:
    queue = RequestQueue(total=2, per_member=2)
    waiting = asyncio.ensure_future(queue.wait())
    await asyncio.sleep(0)
    assert not waiting.done()
    queue.admit(a_request(0))
    async with asyncio.timeout(1):
        await waiting
    queue.remove("r0")
    waiting = asyncio.ensure_future(queue.wait())
    await asyncio.sleep(0)
    assert not waiting.done()
    waiting.cancel()
