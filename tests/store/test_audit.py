"""Who changed what, and who was refused why."""

import time

from store.audit import Audit
from tests.store.conftest import Place


async def test_the_last_lines_are_kept(place: Place) -> None:
    async with place.opened() as opened:
        audit = Audit(opened, keep_days=1)
        for number in range(5):
            await audit.note(20, 30, f"did {number}")
        await audit.note(21, 30, "did something elsewhere")
        lines = await audit.latest(20, 3)
        assert [line.what for line in lines] == ["did 4", "did 3", "did 2"]
        assert {line.actor for line in lines} == {30}
        assert abs(lines[0].at - time.time()) < 60


async def test_old_lines_are_deleted(in_file: Place) -> None:
    async with in_file.opened() as opened:
        audit = Audit(opened, keep_days=1)
        await audit.note(20, 30, "old")
        await audit.note(21, 30, "old, of another server")
        in_file.sql("UPDATE audit SET at = at - 2 * 86400")
        await audit.note(20, 30, "new")
        assert [line.what for line in await audit.latest(20, 9)] == ["new"]
        assert len(await audit.latest(21, 9)) == 1


async def test_what_somebody_did_anywhere(place: Place) -> None:
    async with place.opened() as opened:
        audit = Audit(opened, keep_days=1)
        for guild, actor, what in ((20, 0, "first"), (21, 30, "another's"), (0, 0, "second"), (21, 0, "third")):
            await audit.note(guild, actor, what)
        assert [(line.what, line.guild) for line in await audit.latest_of(0, 2)] == [("third", 21), ("second", 0)]
