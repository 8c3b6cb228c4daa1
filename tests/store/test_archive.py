from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from config.settings.store import KeepSettings
from generation.events import Failed, Finished
from store.archive import Archive, Search
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


async def painted(journal: StoreJournal, number: int, prompt: str, **asked: object) -> str:
    request = replace(CAT, id=f"r{number}", prompt=prompt)
    await journal.accept([request], [replace(PRESSED, message=200 + number, **asked).to_json()])  # type: ignore[arg-type]
    await journal.finish(a_record(number), Finished(request.id, b"png", 2.5, {}))
    return request.id


async def test_a_search(kept: tuple[StoreJournal, Archive], monkeypatch: pytest.MonkeyPatch) -> None:
    journal, archive = kept
    await painted(journal, 0, "A red ÄPFEL tree", author=31, author_name="Zoë", guild=None)
    await painted(journal, 1, 'a boat, "steps" 100% \\ _', author=30, guild=21)
    await painted(journal, 2, "a red boat", author=32, author_name="Noor 31")
    await journal.accept([replace(CAT, id="r3", prompt="a red fox")], [PRESSED.to_json()])
    await journal.finish(a_record(3), Failed("r3", "Too bad."))
    await journal.accept([replace(CAT, id="r4", prompt="a red owl")], [replace(PRESSED, message=101).to_json()])

    async def found(**wanted: object) -> list[str]:
        return [each.request.id for each in (await archive.search(Search(**wanted), 10))[0]]  # type: ignore[arg-type]

    assert await found() == ["r2", "r1", "r0"]
    assert await found(words="red") == ["r2", "r0"]
    assert await found(words="äpfel RED") == ["r0"]
    for literal in ("100%", "_", "\\", '"steps"'):
        assert await found(words=literal) == ["r1"]
    assert await found(words="seed") == []
    assert await found(member="31") == ["r2", "r0"]
    assert await found(member="zoË") == ["r0"]
    assert await found(guilds={20}) == ["r2"]
    assert await found(guilds=set()) == []
    accepted = (await archive.search(Search(), 10))[0][1].accepted
    assert await found(since=accepted) == ["r2", "r1"]
    assert await found(until=accepted) == ["r0"]
    monkeypatch.setattr("store.archive.MOST_SEARCHED", 2)
    first, before = await archive.search(Search(words="tree"), 10)
    assert (first, before is None) == ([], False)
    second, before = await archive.search(Search(words="tree"), 10, before)
    assert ([each.request.id for each in second], before) == (["r0"], None)


async def test_what_failed_last(kept: tuple[StoreJournal, Archive]) -> None:
    journal, archive = kept
    for number in range(3):
        await journal.accept([replace(CAT, id=f"r{number}")], [replace(PRESSED, message=200 + number).to_json()])
        await journal.finish(a_record(number), Failed(f"r{number}", f"Too bad {number}.") if number else None)
    assert [(each.request.id, each.sentence) for each in await archive.failed(9)] == [
        ("r2", "Too bad 2."),
        ("r1", "Too bad 1."),
    ]
    assert len(await archive.failed(1)) == 1


async def test_what_members_were_called_last(kept: tuple[StoreJournal, Archive]) -> None:
    journal, archive = kept
    for number, (member, name) in enumerate([(30, "Mia"), (31, "Noor"), (30, "Mia the Great")]):
        await painted(journal, number, "a cat", author=member, author_name=name)
    assert await archive.names({30, 31, 32}) == {30: "Mia the Great", 31: "Noor"}
    assert await archive.names(set()) == {}
