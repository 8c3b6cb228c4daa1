import asyncio
import contextlib
import os
import re
import socket
from collections.abc import AsyncIterator

import pytest

from store import database, lease
from store.errors import LostError, StoreError
from store.lease import FREE, TAKEN, Lease
from tests import postgresql
from tests.store.conftest import Place
from tests.unhurried import running_loop, unhurried

PACE = 2.0
ME = f"process {os.getpid()} on {socket.gethostname()}"


@contextlib.asynccontextmanager
async def standing_by(place: Place, url: str = "") -> AsyncIterator["asyncio.Task[Lease]"]:
    """Let another stand by until it holds the lease; it gives it back at the end."""
    async with contextlib.AsyncExitStack() as stack:
        yield (task := asyncio.create_task(stack.enter_async_context(lease.held(url or place.url, PACE))))
        task.cancel()
        await asyncio.wait({task})


async def until_looked(place: Place) -> None:
    """Wait until whoever stands by has looked."""
    looks = place.sql("SELECT looks FROM lease")
    async with asyncio.timeout(60):
        while place.sql("SELECT looks FROM lease") == looks:  # noqa: ASYNC110
            await asyncio.sleep(PACE / 4)


@unhurried
async def test_one_has_it_and_the_next_follows(on_server: Place, capsys: pytest.CaptureFixture[str]) -> None:
    async with contextlib.AsyncExitStack() as stack:
        first = await stack.enter_async_context(lease.held(on_server.url, PACE))
        async with standing_by(on_server) as second:
            await asyncio.sleep(2 * FREE * PACE)
            assert not second.done()
            losing = asyncio.create_task(first.lost())
            await until_looked(on_server)
            assert not losing.done()
            losing.cancel()
            await stack.aclose()
            async with asyncio.timeout(60):
                await second
    log = capsys.readouterr().out
    assert log.count("standing by: another bot works with the database") == log.count("taking over") == 1
    assert log.count(ME) == 2


@unhurried
async def test_a_holder_that_died_is_replaced(on_server: Place) -> None:
    async with lease.held(on_server.url, PACE):
        pass
    on_server.sql("UPDATE lease SET holder = 'gone', named = 'x' || chr(10) || 'y'")
    async with standing_by(on_server) as second, asyncio.timeout(60):
        await second


@unhurried
async def test_two_that_begin_at_once_share_it(on_server: Place) -> None:
    async with standing_by(on_server) as one, standing_by(on_server) as other, asyncio.timeout(60):
        await asyncio.wait({one, other}, return_when=asyncio.FIRST_COMPLETED)
        await until_looked(on_server)
        assert [one.done(), other.done()].count(True) == 1


@unhurried
async def test_who_has_lost_it_writes_nothing_and_is_told(on_server: Place) -> None:
    async with (
        lease.held(on_server.url, pace=60.0) as first,
        database.opened(on_server.url, first.check) as opened,
    ):
        await opened.run(lambda _: None)
        on_server.sql("UPDATE lease SET holder = 'another'")
        with pytest.raises(LostError, match=re.escape(TAKEN)):
            await opened.run(lambda _: None)
        async with asyncio.timeout(60):
            with pytest.raises(LostError, match=re.escape(TAKEN)):
                await first.lost()
    assert on_server.sql("SELECT holder FROM lease") == [("another",)]


@unhurried
async def test_who_is_replaced_ends(on_server: Place) -> None:
    async with lease.held(on_server.url, PACE) as first:
        on_server.sql("UPDATE lease SET holder = 'another'")
        async with asyncio.timeout(60):
            with pytest.raises(LostError, match=re.escape(TAKEN)):
                await first.lost()


@unhurried
async def test_who_cannot_reach_the_server_ends_before_another_takes_over(
    on_server: Place, postgresql_server: postgresql.Server
) -> None:
    async with (
        postgresql.Wire(postgresql_server.port) as wire,
        lease.held(wire.bent(on_server.url), PACE) as first,
        standing_by(on_server) as second,
    ):
        await until_looked(on_server)
        wire.cut()
        running_loop().stuck.add(first._database._thread)
        async with asyncio.timeout(60):
            with pytest.raises(LostError, match="could not be reached"):
                await first.lost()
            assert not second.done()
            await second
        await wire.end()
        running_loop().stuck.clear()


@unhurried
async def test_a_server_that_is_away_for_a_moment_changes_nothing(
    on_server: Place, postgresql_server: postgresql.Server
) -> None:
    async with lease.held(on_server.url, pace=5.0) as first, standing_by(on_server) as second:
        losing = asyncio.create_task(first.lost())
        postgresql_server.stop()
        postgresql_server.start()
        await until_looked(on_server)
        assert (losing.done(), second.done()) == (False, False)
        losing.cancel()


@unhurried
async def test_while_nobody_can_write_the_holder_stays(on_server: Place, postgresql_server: postgresql.Server) -> None:
    async with lease.held(on_server.url, PACE) as first, standing_by(on_server) as second:
        losing = asyncio.create_task(first.lost())
        with postgresql_server.read_only():
            await asyncio.sleep(3 * FREE * PACE)
        await until_looked(on_server)
        assert (losing.done(), second.done()) == (False, False)
        losing.cancel()


@unhurried
async def test_a_database_that_lets_nobody_make_tables(on_server: Place, postgresql_server: postgresql.Server) -> None:
    with postgresql_server.read_only(), pytest.raises(StoreError, match="read-only transaction"):
        async with lease.held(on_server.url, PACE):
            pass


@unhurried
async def test_a_database_of_another_program_is_left_as_it_is(on_server: Place) -> None:
    on_server.sql("CREATE TABLE theirs (id INTEGER)")
    with pytest.raises(StoreError, match="another program"):
        async with lease.held(on_server.url, PACE):
            pass
    assert on_server.sql("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()") == [("theirs",)]
