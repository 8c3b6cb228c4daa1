import asyncio
import os
import time
from dataclasses import replace
from pathlib import Path

import pytest

from generation.dispatch.record import Record
from generation.events import Checkpoint, Failed, Finished
from store.asked import Asked
from store.errors import KnownMessageError, StoreError
from store.journal import ENDED_WITH_IT, STARTS, StoreJournal
from tests.store.conftest import ASKED, CAT, Place, a_note, a_record

HOSTILE = "'); DROP TABLE requests; -- \0 \u202e {} %s :x ? \ud7ff 🦊"


async def accepted(journal: StoreJournal, *numbers: int) -> list[Record]:
    records = [a_record(number) for number in numbers]
    for number, record in zip(numbers, records, strict=True):
        await journal.accept([record.request], [a_note(number)])
    return records


async def unfinished(journal: StoreJournal) -> list[tuple[str, int, bool]]:
    return [(each.request.id, each.attempts, each.was_running) for each in await journal.unfinished()]


async def test_a_video_is_kept_beside_its_picture(place: Place) -> None:
    async with place.journal() as journal:
        record = a_record(0, outputs=("png", "mp4"))
        await journal.accept([record.request], [a_note(0)])
        await journal.finish(record, Finished("r0", b"png", 1.0, {"mp4": b"film"}))
        (kept,) = await journal.kept()
        assert (kept.png, kept.files) == (b"png", {"mp4": b"film"})
    folder = place.folder / "pictures"
    assert sorted(file.name for file in folder.iterdir()) == ["r0-a-cat-7.mp4", "r0-a-cat-7.png"]
    (folder / "r0-a-cat-7.mp4").unlink()
    async with place.journal() as journal:
        (kept,) = await journal.kept()
        assert (kept.png, kept.files) == (b"png", {})
        assert not await journal.unfinished()


async def test_everything_is_there_after_a_restart(place: Place) -> None:
    async with place.journal() as journal:
        waiting, running, painted, failed, _ = await accepted(journal, 0, 1, 2, 3, 4)
        await journal.change(replace(waiting.request, prompt="a dog"))
        running.attempts = 1
        await journal.checkpoint(running)
        painted.left_out = "the tail"
        await journal.checkpoint(painted)
        await journal.finish(painted, Finished("r2", b"png", 21.5))
        await journal.finish(failed, Failed("r3", "It broke."))
        await journal.sent("r0", 1000)
        await journal.finish(a_record(4), None)
    async with place.journal() as journal:
        assert await unfinished(journal) == [("r0", 0, False), ("r1", 1, True)]
        kept = await journal.kept()
        assert [each.state for each in kept] == ["waiting", "running", "posting", "posting", "cancelled"]
        assert kept[0].request == replace(CAT, prompt="a dog")
        assert (kept[0].asked, kept[0].post) == (ASKED, 1000)
        assert kept[0].posted == pytest.approx(time.time(), abs=60)
        assert (kept[2].png, kept[2].seconds, kept[2].left_out) == (b"png", 21.5, "the tail")
        assert (kept[3].png, kept[3].sentence, kept[3].post) == (None, "It broke.", None)
        for number in range(5):
            await journal.close(f"r{number}")
        assert [each.request.id for each in await journal.kept()] == ["r0", "r1"]
    assert place.sql("SELECT state, CASE WHEN ended IS NULL THEN 1 ELSE 0 END FROM requests ORDER BY number") == [
        ("waiting", 1),
        ("running", 1),
        ("done", 0),
        ("failed", 0),
        ("cancelled", 0),
    ]


async def test_what_ran_whenever_the_bot_ended_is_given_up_after_the_third_time(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    async with place.journal() as journal:
        await accepted(journal, 0, 1, 2)
    for starts in range(STARTS):
        async with place.journal() as journal:
            assert [(each.request.id, each.starts) for each in await journal.unfinished()] == [
                *(("r0", starts), ("r1", min(starts, 1)), ("r2", 0)),
            ]
            for record in (a_record(0), *([a_record(1)] if not starts else [])):
                for attempts in (0, 1):
                    record.attempts = attempts
                    await journal.checkpoint(record)
    async with place.journal() as journal:
        assert [each.request.id for each in await journal.unfinished()] == ["r1", "r2"]
        kept = await journal.kept()
        assert [(each.state, each.sentence) for each in kept] == [
            ("posting", ENDED_WITH_IT),
            ("running", None),
            ("waiting", None),
        ]
    assert capsys.readouterr().out.count("a request is given up") == 1


async def test_a_bot_that_is_stopped_does_not_count(place: Place) -> None:
    async with place.journal() as journal:
        await accepted(journal, 0)
    for _ in range(2 * STARTS):
        async with place.journal() as journal:
            assert [each.starts for each in await journal.unfinished()] == [0]
            await journal.checkpoint(a_record(0))
            await journal.stop()


async def test_what_ran_goes_on_from_its_last_checkpoint(place: Place) -> None:
    saved = Checkpoint("r0", 3, 1.5, b"data")
    async with place.journal() as journal:
        running, begun_anew = await accepted(journal, 0, 1)
        for record in (running, begun_anew):
            record.checkpoint = replace(saved, request_id=record.request.id, step=2)
            await journal.checkpoint(record)
        running.checkpoint, begun_anew.checkpoint = saved, None
        await journal.checkpoint(running)
        await journal.checkpoint(begun_anew)
    async with place.journal() as journal:
        assert [each.checkpoint for each in await journal.unfinished()] == [saved, None]


async def test_files_stay_while_a_request_needs_them(place: Place) -> None:
    bounds = {"days": 1, "megabytes": 1}
    async with place.journal(pictures=bounds, checkpoints=bounds) as journal:
        running, unposted, posted = await accepted(journal, 0, 1, 2)
        for record in (running, posted):
            record.checkpoint = Checkpoint(record.request.id, 3, 1.5, b"data")
            await journal.checkpoint(record)
        for record in (unposted, posted):
            await journal.finish(record, Finished(record.request.id, b"png", 1.0))
        for folder in ("pictures", "checkpoints"):
            for each in (place.folder / folder).iterdir():
                os.utime(each, (1, 1))
        await journal.close("r2")
        assert sorted(each.name for each in (place.folder / "pictures").iterdir()) == ["r1-a-cat-7.png"]
        assert sorted(each.name for each in (place.folder / "checkpoints").iterdir()) == ["r0.checkpoint"]


async def test_a_full_disk_of_pictures_is_told_of_once(
    journal: StoreJournal, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "pictures").touch()
    for record in await accepted(journal, 0, 1, 2):
        await journal.finish(record, Finished(record.request.id, b"png", 1.0))
    assert [each.png for each in await journal.kept()] == [None] * 3
    assert capsys.readouterr().out.count("cannot save pictures") == 1


async def test_what_has_ended_stays_so(journal: StoreJournal) -> None:
    painted, taken_back, unknown = *await accepted(journal, 0, 1), a_record(2)
    await journal.finish(painted, Finished("r0", b"png", 1.0))
    await journal.finish(taken_back, None)
    await journal.finish(taken_back, Finished("r1", b"png", 1.0))
    for record in (painted, taken_back, unknown):
        await journal.checkpoint(record)
        await journal.change(record.request)
        await journal.sent(record.request.id, 1)
    assert [each.state for each in await journal.kept()] == ["posting", "cancelled"]


async def test_a_message_asks_for_one_thing_at_a_time(journal: StoreJournal) -> None:
    (record,) = await accepted(journal, 0)
    with pytest.raises(KnownMessageError):
        await journal.accept([a_record(1).request], [a_note(0)])
    await journal.finish(record, None)
    await journal.close("r0")
    assert await journal.messages() == [100]
    await journal.accept([a_record(1).request], [a_note(0)])
    assert await unfinished(journal) == [("r1", 0, False)]
    assert await journal.messages() == [100]


async def test_those_who_asked_in_private_are_known(journal: StoreJournal) -> None:
    await accepted(journal, 0)
    for number, author in enumerate([31, 32, 31], 1):
        note = replace(ASKED, message=100 + number, guild=None, author=author)
        await journal.accept([a_record(number).request], [note.to_json()])
    assert await journal.asked_in_private() == [31, 32]


async def test_a_picture_that_is_gone_is_painted_again(journal: StoreJournal, tmp_path: Path) -> None:
    (record,) = await accepted(journal, 0)
    await journal.finish(record, Finished("r0", b"png", 1.0))
    assert await unfinished(journal) == []
    (path,) = (tmp_path / "pictures").iterdir()
    assert path.name == "r0-a-cat-7.png"
    path.unlink()
    assert await unfinished(journal) == [("r0", 0, False)]


async def test_what_ended_long_ago_is_deleted(place: Place) -> None:
    async with place.journal(keep_days=1) as journal:
        for record in await accepted(journal, 0, 1, 2):
            await journal.finish(record, None)
        await journal.close("r0")
        place.sql("UPDATE requests SET ended = ended - 100000 WHERE id = 'r0'")
        await journal.close("r1")
    assert place.sql("SELECT id FROM requests ORDER BY number") == [("r1",), ("r2",)]


async def test_what_cannot_be_written_is_written_later(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    async with place.journal() as journal:
        waiting, painted, shown, _ = await accepted(journal, 0, 1, 2, 3)
        place.sql("ALTER TABLE requests RENAME TO gone")
        await journal.change(replace(waiting.request, prompt="a dog"))
        await journal.change(replace(waiting.request, prompt="a fish"))
        await journal.checkpoint(painted)
        for record in (painted, shown):
            await journal.finish(record, Finished(record.request.id, b"png", 1.0))
            await journal.sent(record.request.id, 1000)
        await journal.close(shown.request.id)
        with pytest.raises(StoreError):
            await accepted(journal, 4)
        place.sql("ALTER TABLE gone RENAME TO requests")
        await accepted(journal, 5)
        kept = [(each.request.id, each.request.prompt, each.state, each.post) for each in await journal.kept()]
        assert kept == [
            ("r0", "a fish", "waiting", None),
            ("r1", "a cat", "posting", 1000),
            ("r3", "a cat", "waiting", None),
            ("r5", "a cat", "waiting", None),
        ]
    log = capsys.readouterr().out
    assert log.count("could not write to the database") == log.count("can be written to again") == 1


async def test_what_cannot_be_written_is_written_without_anybody_asking(place: Place) -> None:
    async with place.journal() as journal:
        (record,) = await accepted(journal, 0)
        place.sql("ALTER TABLE requests RENAME TO gone")
        await journal.finish(record, None)
        place.sql("ALTER TABLE gone RENAME TO requests")
        async with asyncio.timeout(60):
            while place.sql("SELECT state FROM requests") != [("cancelled",)]:  # noqa: ASYNC110
                await asyncio.sleep(0.05)


async def test_what_cannot_be_written_is_written_at_the_end(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    async with place.journal() as journal:
        (record,) = await accepted(journal, 0)
        place.sql("ALTER TABLE requests RENAME TO gone")
        await journal.finish(record, None)
        place.sql("ALTER TABLE gone RENAME TO requests")
    assert place.sql("SELECT state FROM requests") == [("cancelled",)]
    async with place.journal() as journal:
        place.sql("ALTER TABLE requests RENAME TO gone")
        await journal.close("r0")
    assert "ended before everything could be written" in capsys.readouterr().out


async def test_hostile_text_is_only_text(place: Place) -> None:
    async with place.journal() as journal:
        request = replace(CAT, prompt=HOSTILE)
        await journal.accept([request], [replace(ASKED, author_name=HOSTILE[:40]).to_json()])
        await journal.finish(Record(request, left_out="\ud800 \0"), Failed("r0", HOSTILE + "\udfff"))
        (kept,) = await journal.kept()
        assert kept.request == request
        assert kept.asked.author_name == HOSTILE[:40].replace("\0", "\ufffd")
        assert kept.sentence == HOSTILE.replace("\0", "\ufffd") + "\ufffd"


async def test_numbers_keep_their_size(place: Place) -> None:
    greatest = 2**63 - 1
    asked = Asked(message=greatest, channel=greatest, guild=greatest, author=greatest, author_name="Mia")
    async with place.journal() as journal:
        await journal.accept([CAT], [asked.to_json()])
        await journal.sent("r0", greatest)
        await journal.finish(Record(CAT), Finished("r0", b"png", 1 / 3))
        (kept,) = await journal.kept()
        assert (kept.asked, kept.post, kept.seconds) == (asked, greatest, 1 / 3)
        assert kept.posted == pytest.approx(time.time(), abs=60)


async def test_a_forged_request_reaches_no_other_file(place: Place, tmp_path: Path) -> None:
    (tmp_path / "secret-a-cat-7.png").write_bytes(b"secret")
    request = replace(CAT, id="../secret")
    async with place.journal() as journal:
        await journal.accept([request], [a_note()])
        place.sql("UPDATE requests SET state = 'posting', seconds = 1")
        assert await unfinished(journal) == [("../secret", 0, False)]
