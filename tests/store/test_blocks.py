"""Who may ask for nothing."""

import time

from store.blocks import Block, Blocks
from store.tables import EVERYWHERE
from tests.store.conftest import Place


async def test_blocks_survive_a_restart_and_end(place: Place) -> None:
    now = time.time()
    for_ever, later = Block(None, "spam", 1, now), Block(now + 3600, "", 2, now)
    async with place.opened() as opened:
        blocks = Blocks(opened)
        await blocks.load()
        await blocks.add(20, 30, later)
        await blocks.add(20, 30, for_ever)
        await blocks.add(20, 31, later)
        await blocks.add(20, 32, Block(now - 1, "over", 1, now))
        await blocks.add(20, 33, for_ever)
        await blocks.remove(20, 33)
        await blocks.remove(21, 33)
        assert blocks.of(20) == {30: for_ever, 31: later}
        assert blocks.find(20, 32) is None
        await blocks.add(EVERYWHERE, 30, later)
        assert {*blocks.all()} == {(20, 30, for_ever), (20, 31, later), (EVERYWHERE, 30, later)}
        await blocks.remove(EVERYWHERE, 30)
    async with place.opened() as opened:
        blocks = Blocks(opened)
        await blocks.load()
        assert blocks.of(20) == {30: for_ever, 31: later}
        assert blocks.find(20, 30) == for_ever
        assert blocks.find(21, 30) is None
    assert place.sql("SELECT count(*) FROM blocks") == [(2,)]
