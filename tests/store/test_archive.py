from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from config.settings import KeepSettings
from generation.events import Failed, Finished
from store.archive import Archive
from store.asked import Asked
from store.checkpoints import CheckpointFolder
from store.journal import StoreJournal
from store.pictures import PictureFolder
from tests.store.conftest import CAT, Place, a_record

PRESSED = Asked(100, 10, 20, 30, "Mia", has_message=False, how="again", source=99)


@pytest.fixture
async def kept(place: Place, tmp_path: Path) -> AsyncIterator[tuple[StoreJournal, Archive]]:
    """Open a new database."""
    async with place.opened() as opened:
        pictures = PictureFolder(tmp_path, KeepSettings().pictures)
        checkpoints = CheckpointFolder(tmp_path, KeepSettings().checkpoints)
        yield StoreJournal(opened, pictures, checkpoints, 30), Archive(opened, pictures)


async def test_a_request_is_found_by_its_id_and_by_its_post(kept: tuple[StoreJournal, Archive]) -> None:
    journal, archive = kept
    await journal.accept([CAT], [PRESSED.to_json()])
    waiting = await archive.of_id(CAT.id)
    assert waiting is not None
    assert (waiting.request, waiting.asked, waiting.is_painted) == (CAT, PRESSED, False)
    await journal.finish(a_record(), Finished(CAT.id, b"png", 2.5, {}))
    await journal.sent(CAT.id, 500)
    await journal.close(CAT.id)
    done = await archive.of_post(500)
    assert done is not None
    assert (done.request, done.post, done.seconds, done.is_painted) == (CAT, 500, 2.5, True)
    assert await archive.picture(CAT) == b"png"


async def test_a_request_is_found_by_what_asked_only_where_that_is_a_message(
    kept: tuple[StoreJournal, Archive],
) -> None:
    journal, archive = kept
    await journal.accept([CAT], [PRESSED.to_json()])
    assert await archive.of_asking(100) is None
    again = replace(PRESSED, message=101, has_message=True).to_json()
    await journal.accept([replace(CAT, id="r1")], [again])
    found = await archive.of_asking(101)
    assert found is not None
    assert found.request.id == "r1"
    assert await archive.of_asking(102) is None


async def test_what_failed_is_not_painted(kept: tuple[StoreJournal, Archive]) -> None:
    journal, archive = kept
    await journal.accept([CAT], [PRESSED.to_json()])
    await journal.finish(a_record(), Failed(CAT.id, "Too bad."))
    for _ in range(2):
        failed = await archive.of_id(CAT.id)
        assert failed is not None
        assert not failed.is_painted
        await journal.close(CAT.id)
    assert await archive.picture(CAT) is None


@pytest.mark.parametrize("id", ["", "r1", "'; DROP TABLE requests; --", "\0\ud800", "r" * 10_000])
async def test_what_is_not_known(kept: tuple[StoreJournal, Archive], id: str) -> None:
    _, archive = kept
    assert await archive.of_id(id) is None
    assert await archive.of_post(500) is None


async def test_what_cannot_be_read_is_not_known(place: Place, kept: tuple[StoreJournal, Archive]) -> None:
    journal, archive = kept
    await journal.accept([CAT], [PRESSED.to_json()])
    place.sql("UPDATE requests SET request = '{}'")
    assert await archive.of_id(CAT.id) is None
