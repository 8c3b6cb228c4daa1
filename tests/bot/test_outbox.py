import asyncio
from unittest.mock import Mock

from bot.origin import Origin
from bot.outbox import LIMIT, RESERVED, Outbox, Outboxes


async def _granted(tasks: "list[asyncio.Task[None]]") -> list[bool]:
    for _ in range(5):
        await asyncio.sleep(0)
    return [task.done() for task in tasks]


async def test_a_part_of_what_may_be_sent_is_kept_for_newcomers() -> None:
    outbox = Outbox(window=60)
    flood = [asyncio.create_task(outbox.wait_for_turn(1)) for _ in range(10)]
    assert (await _granted(flood)).count(True) == LIMIT - RESERVED
    newcomers = [asyncio.create_task(outbox.wait_for_turn(member)) for member in range(2, 6)]
    assert await _granted(newcomers) == [True] * RESERVED + [False] * (4 - RESERVED)
    for task in [*flood, *newcomers]:
        task.cancel()


async def test_when_there_is_room_again_newcomers_go_first() -> None:
    outbox = Outbox(window=0.1)
    order: list[int] = []

    async def send(member: int) -> None:
        await outbox.wait_for_turn(member)
        order.append(member)

    async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
        for member in [1] * 8 + [2, 3, 4]:
            tasks.create_task(send(member))
    assert max(order.index(member) for member in (2, 3, 4)) <= LIMIT + 1
    assert order.count(1) == 8


async def test_who_gives_up_takes_nobodys_turn() -> None:
    outbox = Outbox(window=60)
    tasks = [asyncio.create_task(outbox.wait_for_turn(1)) for _ in range(LIMIT)]
    await _granted(tasks)
    for task in tasks:
        task.cancel()
    late = asyncio.create_task(outbox.wait_for_turn(2))
    assert await _granted([late]) == [True]


async def test_those_who_had_less_get_more_of_what_is_kept() -> None:
    outbox = Outbox(window=60)
    tasks = [asyncio.create_task(outbox.wait_for_turn(member)) for member in (1, 1, 1, 2, 2, 1, 3)]
    assert await _granted(tasks) == [True, True, True, True, False, False, True]
    for task in tasks:
        task.cancel()


def _in(channel: int, *, private: bool = False) -> Origin:
    return Mock(spec=Origin, guild=None if private else Mock(), channel=Mock(id=channel))


async def test_in_private_nothing_is_kept_for_others() -> None:
    outbox = Outboxes(window=60).of(_in(1, private=True))
    tasks = [asyncio.create_task(outbox.wait_for_turn(1)) for _ in range(LIMIT)]
    assert all(await _granted(tasks))


async def test_idle_channels_are_forgotten() -> None:
    outboxes = Outboxes(window=0.0)
    first = outboxes.of(_in(0))
    await first.wait_for_turn(1)
    assert outboxes.of(_in(0)) is first
    for channel in range(1, 1100):
        outboxes.of(_in(channel))
    assert outboxes.of(_in(0)) is not first
