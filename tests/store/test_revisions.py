"""The tables forward and back, with rows in them."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, MetaData, NullPool, Table, UniqueConstraint, create_engine, insert, text

from config.layers import load
from config.settings import Settings
from generation.events import Failed, Finished
from store import database, lease
from store.backup import back_up, restore
from store.errors import LockedError, StoreError
from store.lock import locked
from store.revisions import downgrade, revisions
from store.tables import audit, blocks, members, metadata, rules, words
from tests.store.conftest import ASKED, CAT, Place, a_note, a_record

FORGOTTEN = {
    "0001": {"part", "has_message", "how", "source", "together", "starts", "started", "device", "encoding", "finished"},
    "0002": {"starts", "started", "device", "encoding", "finished"},
    "0003": {"started", "device", "encoding", "finished"},
    "0004": set(),
}
"""Columns of requests that a revision does not know."""


def settings_of(place: Place) -> Settings:
    return load(environment={}, arguments=[f"store.url={place.url}", f"data_dir={place.folder}"])


async def fill(place: Place) -> None:
    """Have a row of each kind in all tables: requests of one message, of an interaction, ended and not."""
    async with place.journal() as journal:
        asked = [a_note(), replace(ASKED, part=1).to_json()]
        await journal.accept([a_record(number).request for number in (0, 1)], asked)
        pressed = replace(ASKED, message=500, has_message=False, how="vary")
        await journal.accept([a_record(2).request], [pressed.to_json()])
        await journal.finish(a_record(), Finished("r0", b"png", 2.5, encoding=0.5))
        await journal.finish(a_record(1), Failed("r1", "Why."))
        for number in (0, 1):
            await journal.close(f"r{number}")
        await journal.accept([a_record(3).request], [a_note(3)])
        await journal.checkpoint(a_record(3))

    def others(connection: Connection) -> None:
        connection.execute(insert(rules).values(guild=20, scope="server", place=0, key="painting.steps", value="5"))
        connection.execute(insert(words).values(guild=20, pattern="w", is_adult=False))
        connection.execute(insert(blocks).values(guild=20, member=1, reason="", moderator=2, at=0.0))
        connection.execute(insert(audit).values(guild=20, at=0.0, actor=2, what="it"))
        connection.execute(insert(members).values(member=30, settings="{}"))

    async with place.opened() as opened:
        await opened.run(others)


def differences(connection: Connection) -> list[object]:
    found = compare_metadata(MigrationContext.configure(connection), metadata)
    return [each for each in found if not (each[0] == "remove_table" and each[1].name == "lease")]


def rows(place: Place) -> list[dict[str, Any]]:
    """Return the requests, by the names of the columns that there are."""
    engine = create_engine(place.url, poolclass=NullPool)
    with engine.connect() as connection:
        found = connection.execute(text("SELECT * FROM requests ORDER BY number")).mappings()
        return [dict(row) for row in found]


@pytest.mark.parametrize("revision", ["0004", "0003", "0002", "0001"])
async def test_back_and_forward_with_rows(place: Place, revision: str) -> None:
    await fill(place)
    before = rows(place)
    assert await downgrade(settings_of(place), revision) == 2
    older = rows(place)
    assert before[0].keys() - older[0].keys() == FORGOTTEN[revision]
    if revision == "0001":
        assert [row["message"] for row in older] == [100, None, None, 103]
    stays = older[0].keys() - ({"message"} if revision == "0001" else set())
    async with place.opened() as opened:
        assert await opened.run(differences) == []
    for found in (older, rows(place)):
        assert [{name: row[name] for name in stays} for row in found] == [
            {name: row[name] for name in stays} for row in before
        ]
    async with place.journal() as journal:
        kept = await journal.kept()
        assert [each.request.id for each in kept] == (["r3"] if revision == "0001" else ["r2", "r3"])
        assert kept[-1].request == replace(CAT, id="r3")


async def test_each_revision_is_what_the_upgrade_to_it_makes(place: Place) -> None:
    """The shape after a step back is the shape before the step forward."""

    def shape(connection: Connection) -> dict[str, set[str]]:
        found = MetaData()
        found.reflect(connection)
        return {name: set(described(table)) for name, table in found.tables.items() if name != "lease"}

    def described(table: Table) -> Iterator[str]:
        yield from (f"{column.name} {column.nullable}" for column in table.columns)
        yield from (f"index {index.name}" for index in table.indexes)
        unique = [each for each in table.constraints if isinstance(each, UniqueConstraint)]
        yield from (f"unique {sorted(column.name for column in each.columns)}" for each in unique)

    def upgrade(revision: str, connection: Connection) -> None:
        command.upgrade(database.config(connection), revision)

    upward = {}
    async with database.connected(place.url) as opened:
        for revision in revisions():
            await opened.run(partial(upgrade, revision))
            upward[revision] = await opened.run(shape)
    for revision in reversed(revisions()[:-1]):
        await downgrade(settings_of(place), revision)
        async with database.connected(place.url) as opened:
            found = await opened.run(shape)
        assert found == upward[revision]


@pytest.mark.parametrize("revision", ["0006", "9999", "head", "-1", ""])
async def test_a_revision_that_is_not_before(in_file: Place, revision: str) -> None:
    async with in_file.opened():
        pass
    with pytest.raises(StoreError, match=r"^(There is no revision|The database .* is at revision 0006, not after)"):
        await downgrade(settings_of(in_file), revision)


async def test_no_database(in_file: Place) -> None:
    with pytest.raises(StoreError, match="There is no database"):
        await downgrade(settings_of(in_file), "0001")
    assert not [*in_file.folder.glob("easel.db*")]


async def test_while_a_bot_runs_nothing_is_changed(
    in_file: Place, on_server: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    with locked(in_file.folder), pytest.raises(LockedError):
        await downgrade(settings_of(in_file), "0001")
    async with on_server.opened():
        pass
    monkeypatch.setattr("store.revisions.STANDING_BY", 0.5)
    async with lease.held(on_server.url):
        with pytest.raises(LockedError, match="stop it"):
            await downgrade(settings_of(on_server), "0001")


async def test_a_backup_of_an_earlier_revision_is_restored(in_file: Place, tmp_path: Path) -> None:
    await fill(in_file)
    await downgrade(settings_of(in_file), "0003")
    archive, target = tmp_path / "backup.zip", Place(f"sqlite:///{tmp_path}/there/easel.db", tmp_path / "there")
    assert await asyncio.to_thread(back_up, settings_of(in_file), archive, pictures=True)
    assert await asyncio.to_thread(restore, settings_of(target), archive)
    assert await asyncio.to_thread(rows, target) == rows(in_file)
    async with target.journal() as journal:
        assert [kept.request.id for kept in await journal.kept()] == ["r2", "r3"]
    assert "device" in rows(target)[0]
