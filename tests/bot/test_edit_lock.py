import asyncio

import pytest

from bot.edit_lock import EditLock


async def test_one_at_a_time_and_the_most_urgent_first() -> None:
    lock = EditLock(longest=60)
    order: list[str] = []
    urgency = {"first": 0, "low": 0, "rising": 0, "high": 1, "late": 0}

    async def edit(name: str) -> None:
        async with lock.take(lambda: urgency[name]):
            order.append(name)
            await asyncio.sleep(0)
            order.append(name)

    tasks = [asyncio.create_task(edit(name)) for name in urgency]
    await asyncio.sleep(0)
    urgency["rising"] = 2
    await asyncio.gather(*tasks)
    assert order[::2] == order[1::2] == ["first", "rising", "high", "low", "late"]


async def test_who_gives_up_does_not_keep_the_turn() -> None:
    lock = EditLock(longest=60)

    async def edit() -> None:
        async with lock.take(lambda: 0):
            pass

    async with lock.take(lambda: 0):
        gone, chosen, last = (asyncio.create_task(edit()) for _ in range(3))
        await asyncio.sleep(0)
        gone.cancel()
    chosen.cancel()
    async with asyncio.timeout(60):
        await last
    with pytest.raises(asyncio.CancelledError):
        await chosen
    async with asyncio.timeout(60), lock.take(lambda: 0):
        pass
