"""What counts towards the limits of a day."""

from dataclasses import replace

import pytest

from generation.events import Failed, Finished
from generation.request import PNG
from generation.waypoint import Waypoint
from store.journal import StoreJournal
from store.usage import Usage, Used
from tests.generation.scripted import picture
from tests.store.conftest import CAT, Place, a_note, a_record


async def used(journal: StoreJournal) -> tuple[int, int]:
    found = await Usage(journal._database).of(20, 30)
    return found.pictures, found.cost


async def test_what_is_accepted_counts(journal: StoreJournal) -> None:
    assert await Usage(journal._database).of(20, 30) == Used()
    for number in range(3):
        await journal.accept([a_record(number).request], [a_note(number)])
    found = await Usage(journal._database).of(20, 30)
    assert (found.pictures, found.cost) == (3, 3 * CAT.cost())
    assert found.first is not None
    assert found.last is not None
    assert found.first <= found.last
    for guild, member in ((0, 30), (21, 30), (20, 31)):
        assert await Usage(journal._database).of(guild, member) == Used()


async def test_what_takes_its_place_counts_instead(journal: StoreJournal) -> None:
    await journal.accept([CAT], [a_note()])
    larger = replace(CAT, steps=5 * CAT.steps)
    await journal.change(larger)
    assert await used(journal) == (1, larger.cost())


async def test_a_finished_picture_goes_on_counting(journal: StoreJournal) -> None:
    await journal.accept([CAT], [a_note()])
    await journal.finish(a_record(), Finished("r0", picture("red"), 1.0))
    await journal.close("r0")
    assert await used(journal) == (1, CAT.cost())


async def test_what_failed_is_given_back(journal: StoreJournal) -> None:
    await journal.accept([CAT], [a_note()])
    await journal.checkpoint(a_record())
    await journal.finish(a_record(), Failed("r0", "It broke."))
    assert await used(journal) == (0, 0)


@pytest.mark.parametrize("is_running", [False, True])
async def test_what_is_taken_back_is_given_back_while_it_waits(journal: StoreJournal, is_running: bool) -> None:
    await journal.accept([CAT], [a_note()])
    if is_running:
        await journal.checkpoint(a_record())
    await journal.finish(a_record(), None)
    assert await used(journal) == ((1, CAT.cost()) if is_running else (0, 0))


async def test_a_day_later_it_no_longer_counts(in_file: Place) -> None:
    async with in_file.journal() as journal:
        await journal.accept([CAT], [a_note()])
        in_file.sql("UPDATE usage SET at = at - 86401")
        assert await used(journal) == (0, 0)
        await journal.accept([a_record(1).request], [a_note(1)])
        await journal.finish(a_record(1), None)
        await journal.close("r1")
    assert in_file.sql("SELECT count(*) FROM usage") == [(0,)]


async def test_deleting_requests_resets_nothing(in_file: Place) -> None:
    async with in_file.journal() as journal:
        await journal.accept([CAT], [a_note()])
        in_file.sql("DELETE FROM requests")
        assert await used(journal) == (1, CAT.cost())


async def test_a_walk_counts_as_what_it_costs(journal: StoreJournal) -> None:
    walk = replace(CAT, outputs=(PNG, "mp4"), waypoints=(Waypoint("a cat"), Waypoint("a dog"), Waypoint("a cow")))
    await journal.accept([walk], [a_note()])
    assert await used(journal) == (3, walk.cost())
    await journal.change(CAT)
    assert await used(journal) == (1, CAT.cost())
