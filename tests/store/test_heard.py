import sqlite3
from pathlib import Path

from store import database
from store.heard import MILLISECOND, Heard

URL = "sqlite:///{}"


async def test_what_was_heard_last_is_remembered(file: Path) -> None:
    async with database.opened(URL.format(file)) as opened:
        heard = Heard(opened)
        assert await heard.since(60) is None
        await heard.save(5000)
        await heard.save(7000)
    async with database.opened(URL.format(file)) as opened:
        assert await Heard(opened).since(60) == 7000


async def test_nothing_is_caught_up_with_that_is_too_old(file: Path) -> None:
    async with database.opened(URL.format(file)) as opened:
        await Heard(opened).save(7000)
        with sqlite3.connect(file) as connection:
            connection.execute("UPDATE heard SET at = at - 3600")
        connection.close()
        since = await Heard(opened).since(900)
        assert since is not None
        assert 2700 <= (since - 7000) / MILLISECOND / 1000 < 2760
