"""What is kept of a member, and that it goes."""

from dataclasses import replace
from pathlib import Path

from sqlalchemy import URL

from config.settings.store import KeepSettings
from generation.events import Checkpoint, Finished
from generation.targets import Steering, Target
from store.archive import Archive
from store.checkpoints import CheckpointFolder
from store.database import opened
from store.journal import StoreJournal
from store.pictures import PictureFolder
from store.privacy import Personal, Privacy
from store.uploads import UploadFolder
from tests.store.conftest import ASKED, Place, a_record

OTHER = 31


async def test_what_is_kept_of_a_member_goes_and_that_of_others_stays(place: Place) -> None:
    keep = KeepSettings()
    async with place.opened() as opened:
        pictures = PictureFolder(place.folder, keep.pictures)
        checkpoints = CheckpointFolder(place.folder, keep.checkpoints)
        uploads = UploadFolder(place.folder, opened, keep.uploads)
        journal = StoreJournal(opened, pictures, checkpoints, 30)
        privacy = Privacy(opened, pictures, checkpoints, uploads)
        assert await privacy.of(ASKED.author) == Personal(0, None, 0, False, 0, 0)
        own, shared = await uploads.keep(b"own"), await uploads.keep(b"shared")
        mine = a_record(0, outputs=("png", "mp4"), targets=(Target(picture=own), Target(picture=shared)))
        said = tuple(Steering(f'"by":"{by}"', 1.0, by=str(by)) for by in (ASKED.author, OTHER))
        running, others = a_record(1), a_record(2, init_picture=shared, steering=said)
        for number, record, author in ((0, mine, ASKED.author), (1, running, ASKED.author), (2, others, OTHER)):
            note = replace(ASKED, message=100 + number, author=author).to_json()
            await journal.accept([record.request], [note])
        for record in (mine, others):
            await journal.finish(record, Finished(record.request.id, b"png", 1.0, {"mp4": b"film"}))
        running.checkpoint = Checkpoint("r1", 1, 1.0, b"data")
        await journal.checkpoint(running)
        place.sql("INSERT INTO members VALUES (30, '{}'), (31, '{}')")
        place.sql("INSERT INTO blocks VALUES (20, 30, NULL, 'spam', 1, 1.0)")
        place.sql("INSERT INTO blocks VALUES (21, 30, 2.0, 'it has ended', 1, 1.0)")
        place.sql("INSERT INTO usage VALUES ('r8', 21, 30, 1.0, 1, 1)")
        place.sql("UPDATE usage SET pictures = 3 WHERE request = 'r1'")
        kept = await privacy.of(ASKED.author)
        assert kept == Personal(2, kept.since, 5, True, 4, 1)
        assert await privacy.forget(ASKED.author) == 2
        assert await privacy.of(ASKED.author) == Personal(0, None, 0, False, 4, 1)
        assert uploads.read(shared) == b"shared"
        assert (await privacy.of(OTHER)).requests == 1
        assert await privacy.forget(ASKED.author) == 0
        left_over = await Archive(opened, pictures).of_id("r2")
        assert left_over is not None
        assert left_over.request.steering == (replace(said[0], by=""), said[1])
    left = sorted(file.name for folder in ("pictures", "checkpoints") for file in (place.folder / folder).iterdir())
    assert left == ["r2-a-cat-7.mp4", "r2-a-cat-7.png"]


async def test_no_file_of_the_database_has_a_forgotten_prompt(tmp_path: Path) -> None:
    async with opened(URL.create("sqlite", database=str(tmp_path / "easel.db"))) as database:
        keep = KeepSettings()
        pictures, checkpoints = PictureFolder(tmp_path, keep.pictures), CheckpointFolder(tmp_path, keep.checkpoints)
        privacy = Privacy(database, pictures, checkpoints, UploadFolder(tmp_path, database, keep.uploads))
        record = a_record(0, prompt="a well-kept secret")
        await StoreJournal(database, pictures, checkpoints, 30).accept([record.request], [ASKED.to_json()])

        def kept() -> bool:
            return any(b"well-kept" in file.read_bytes() for file in tmp_path.glob("easel.db*"))

        assert kept()
        assert await privacy.forget(ASKED.author) == 1
        assert not kept()
