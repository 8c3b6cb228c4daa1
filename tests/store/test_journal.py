import os
import sqlite3
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from generation.dispatch.record import Record
from generation.events import Checkpoint, Failed, Finished
from store.errors import KnownMessageError
from store.journal import StoreJournal
from tests.store.conftest import ASKED, CAT, a_note, a_record, journal_in

HOSTILE = "'); DROP TABLE requests; -- \0 \u202e {} %s :x ? \ud7ff 🦊"


async def accepted(journal: StoreJournal, *numbers: int) -> list[Record]:
    records = [a_record(number) for number in numbers]
    for number, record in zip(numbers, records, strict=True):
        await journal.accept(record.request, a_note(number))
    return records


async def unfinished(journal: StoreJournal) -> list[tuple[str, int, bool]]:
    return [(each.request.id, each.attempts, each.was_running) for each in await journal.unfinished()]


def sql(file: Path, statement: str, *values: object) -> Sequence[Any]:
    """Run a statement as somebody else would."""
    with sqlite3.connect(file) as connection:
        rows = connection.execute(statement, values).fetchall()
    connection.close()
    return rows


async def test_everything_is_there_after_a_restart(file: Path) -> None:
    async with journal_in(file) as journal:
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
    async with journal_in(file) as journal:
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
    assert sql(file, "SELECT state, ended IS NULL FROM requests ORDER BY number") == [
        ("waiting", 1),
        ("running", 1),
        ("done", 0),
        ("failed", 0),
        ("cancelled", 0),
    ]


async def test_what_ran_goes_on_from_its_last_checkpoint(file: Path) -> None:
    saved = Checkpoint("r0", 3, 1.5, b"data")
    async with journal_in(file) as journal:
        running, begun_anew = await accepted(journal, 0, 1)
        for record in (running, begun_anew):
            record.checkpoint = replace(saved, request_id=record.request.id, step=2)
            await journal.checkpoint(record)
        running.checkpoint, begun_anew.checkpoint = saved, None
        await journal.checkpoint(running)
        await journal.checkpoint(begun_anew)
    async with journal_in(file) as journal:
        assert [each.checkpoint for each in await journal.unfinished()] == [saved, None]


async def test_files_stay_while_a_request_needs_them(file: Path) -> None:
    bounds = {"days": 1, "megabytes": 1}
    async with journal_in(file, pictures=bounds, checkpoints=bounds) as journal:
        running, unposted, posted = await accepted(journal, 0, 1, 2)
        for record in (running, posted):
            record.checkpoint = Checkpoint(record.request.id, 3, 1.5, b"data")
            await journal.checkpoint(record)
        for record in (unposted, posted):
            await journal.finish(record, Finished(record.request.id, b"png", 1.0))
        for folder in ("pictures", "checkpoints"):
            for each in (file.parent / folder).iterdir():
                os.utime(each, (1, 1))
        await journal.close("r2")
        assert sorted(each.name for each in (file.parent / "pictures").iterdir()) == ["r1-a-cat-7.png"]
        assert sorted(each.name for each in (file.parent / "checkpoints").iterdir()) == ["r0.checkpoint"]


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
        await journal.accept(a_record(1).request, a_note(0))
    await journal.finish(record, None)
    await journal.close("r0")
    assert await journal.messages() == [100]
    await journal.accept(a_record(1).request, a_note(0))
    assert await unfinished(journal) == [("r1", 0, False)]
    assert await journal.messages() == [100]


async def test_a_picture_that_is_gone_is_painted_again(journal: StoreJournal, tmp_path: Path) -> None:
    (record,) = await accepted(journal, 0)
    await journal.finish(record, Finished("r0", b"png", 1.0))
    assert await unfinished(journal) == []
    (path,) = (tmp_path / "pictures").iterdir()
    assert path.name == "r0-a-cat-7.png"
    path.unlink()
    assert await unfinished(journal) == [("r0", 0, False)]


async def test_what_ended_long_ago_is_deleted(file: Path) -> None:
    async with journal_in(file, keep_days=1) as journal:
        for record in await accepted(journal, 0, 1, 2):
            await journal.finish(record, None)
        await journal.close("r0")
        sql(file, "UPDATE requests SET ended = ended - 100000 WHERE id = 'r0'")
        await journal.close("r1")
    assert sql(file, "SELECT id FROM requests ORDER BY number") == [("r1",), ("r2",)]


async def test_what_cannot_be_written_is_logged(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async with journal_in(file) as journal:
        (record,) = await accepted(journal, 0)
        sql(file, "ALTER TABLE requests RENAME TO gone")
        await journal.checkpoint(record)
        await journal.finish(record, None)
        sql(file, "ALTER TABLE gone RENAME TO requests")
        assert await unfinished(journal) == [("r0", 0, False)]
    assert capsys.readouterr().out.count("could not write to the database") == 2


async def test_hostile_text_is_only_text(file: Path) -> None:
    async with journal_in(file) as journal:
        request = replace(CAT, prompt=HOSTILE)
        await journal.accept(request, replace(ASKED, author_name=HOSTILE[:40]).to_json())
        await journal.finish(Record(request), Failed("r0", HOSTILE))
        (kept,) = await journal.kept()
        assert (kept.request, kept.asked.author_name, kept.sentence) == (request, HOSTILE[:40], HOSTILE)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("request", "no JSON"),
        ("request", '{"id": "r0"}'),
        ("request", replace(CAT, id="another").to_json()),
        ("request", b"\xff"),
        ("message", "../1"),
        ("channel", -1),
        ("guild", 2**63 - 1 + 0.5),
        ("author", "@everyone"),
        ("author_name", "x" * 1000),
        ("state", "'; --"),
        ("attempts", "many"),
        ("post", "x"),
        ("left_out", "x" * 20000),
        ("sentence", b"\xff\0"),
    ],
)
async def test_a_forged_row_is_given_up(
    file: Path, column: str, value: object, capsys: pytest.CaptureFixture[str]
) -> None:
    async with journal_in(file) as journal:
        await accepted(journal, 0, 1)
        sql(file, f"UPDATE requests SET {column} = ? WHERE id = 'r0'", value)  # noqa: S608, of ours
        assert await unfinished(journal) == [("r1", 0, False)]
        assert [each.request.id for each in await journal.kept()] == ["r1"]
    assert "cannot be read and is given up" in capsys.readouterr().out


async def test_a_forged_request_reaches_no_other_file(file: Path, tmp_path: Path) -> None:
    (tmp_path / "secret-a-cat-7.png").write_bytes(b"secret")
    request = replace(CAT, id="../secret")
    async with journal_in(file) as journal:
        await journal.accept(request, a_note())
        sql(file, "UPDATE requests SET state = 'posting', seconds = 1")
        assert await unfinished(journal) == [("../secret", 0, False)]
