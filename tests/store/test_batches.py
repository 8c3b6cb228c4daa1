"""Files of requests that are remembered over a restart."""

from generation.events import Failed, Finished
from store.asked import Asked
from store.batches import Batches, KeptBatch
from store.journal import StoreJournal
from tests.generation.scripted import picture
from tests.store.conftest import a_record

BATCH = KeptBatch(Asked(1, 10, 20, 30, "mia"), "a.txt", ((2, "It is no `JSON`."), (4, "\0")))


async def test_what_is_kept_is_told_until_it_is_closed(journal: StoreJournal) -> None:
    batches = Batches(journal._database)
    private = KeptBatch(Asked(2, 11, None, 31, "noor", has_message=False), "b.csv", ())
    await batches.keep(BATCH)
    await batches.keep(private)
    assert await batches.kept() == [BATCH, private]
    await batches.sent(1, 99)
    assert [each.post for each in await batches.kept()] == [99, None]
    assert await Batches(journal._database, ([1], 2)).kept() == []
    await batches.close(1)
    assert await batches.kept() == [private]


async def test_it_knows_how_its_requests_ended(journal: StoreJournal) -> None:
    batches = Batches(journal._database)
    notes = [Asked(1, 10, 20, 30, "mia", part).to_json() for part in range(4)]
    await journal.accept([a_record(number).request for number in range(4)], notes)
    await journal.finish(a_record(0), Finished("r0", picture("red"), 1.0))
    await journal.finish(a_record(1), Failed("r1", "It broke."))
    await journal.close("r1")
    await journal.finish(a_record(2), None)
    assert await batches.ended(1, []) == {"finished": 1, "failed": 1, "cancelled": 1}
    assert await batches.ended(1, ["r0", "r2"]) == {"failed": 1}
    assert await batches.ended(2, []) == {}
