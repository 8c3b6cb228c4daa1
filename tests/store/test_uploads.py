import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from config.settings.store import CheckpointsKept, PicturesKept, UploadsKept
from generation.dispatch.record import Record
from generation.events import Failed
from generation.targets import Target
from store import database
from store.checkpoints import CheckpointFolder
from store.errors import StoreError
from store.folder import DAY, FRESH_SECONDS, MEGABYTE
from store.journal import StoreJournal
from store.pictures import PictureFolder
from store.uploads import UploadFolder
from tests.conftest import unprivileged
from tests.store.conftest import CAT, a_note

KEEP_DAYS = 30


@pytest.fixture
async def opened(file: Path) -> AsyncIterator[database.Database]:
    async with database.opened(f"sqlite:///{file}") as opened:
        yield opened


@pytest.fixture
def uploads(opened: database.Database, tmp_path: Path) -> UploadFolder:
    return UploadFolder(tmp_path, opened, UploadsKept(days=KEEP_DAYS, megabytes=1))


@pytest.fixture
def journal(opened: database.Database, tmp_path: Path) -> StoreJournal:
    pictures = PictureFolder(tmp_path, PicturesKept())
    return StoreJournal(opened, pictures, CheckpointFolder(tmp_path, CheckpointsKept()), KEEP_DAYS)


def age(uploads: UploadFolder, digest: str, seconds: float) -> None:
    path = uploads.path / digest
    then = path.stat().st_mtime - seconds
    os.utime(path, (then, then))


async def test_what_is_kept_is_read_by_its_digest(uploads: UploadFolder) -> None:
    digest = await uploads.keep(b"a picture")
    assert digest == sha256(b"a picture").hexdigest()
    assert await uploads.keep(b"a picture") == digest
    assert uploads.read(digest) == b"a picture"
    assert [path.name for path in uploads.path.iterdir()] == [digest]


async def test_several_may_give_the_same_picture_at_once(uploads: UploadFolder) -> None:
    picture = b"a picture" * 1000
    digests = await asyncio.gather(*(uploads.keep(picture) for _ in range(30)))
    assert {*digests} == {sha256(picture).hexdigest()}
    assert uploads.read(digests[0]) == picture
    assert [path.name for path in uploads.path.iterdir()] == [digests[0]]


@pytest.mark.parametrize("digest", ["", "0" * 64, "../easel.db", "/etc/passwd", "0" * 63 + "\n"])
def test_what_was_not_kept_is_not_there(uploads: UploadFolder, digest: str) -> None:
    assert uploads.read(digest) is None


async def test_a_file_that_was_changed_is_not_what_was_kept(uploads: UploadFolder) -> None:
    digest = await uploads.keep(b"a picture")
    (uploads.path / digest).write_bytes(b"another")
    assert uploads.read(digest) is None
    await uploads.keep(b"a picture")
    assert uploads.read(digest) == b"a picture"


async def test_what_an_unfinished_request_needs_stays(uploads: UploadFolder, journal: StoreJournal) -> None:
    start, target, mask, nobodys = [await uploads.keep(name) for name in (b"start", b"target", b"mask", b"nobody's")]
    request = replace(CAT, init_picture=start, mask=mask, targets=(Target(picture=target),))
    await journal.accept([request], [a_note()])
    for digest in (start, target, mask, nobodys):
        age(uploads, digest, (KEEP_DAYS + 1) * DAY)
    await uploads.prune()
    assert {path.name for path in uploads.path.iterdir()} == {start, target, mask}
    await journal.finish(Record(request), Failed(request.id, "No."))
    await journal.close(request.id)
    await uploads.prune()
    assert not [*uploads.path.iterdir()]


async def test_of_too_many_the_oldest_go(uploads: UploadFolder) -> None:
    old, newer = [await uploads.keep(bytes(6 * MEGABYTE // 10) + name) for name in (b"old", b"newer")]
    age(uploads, old, 3 * FRESH_SECONDS)
    age(uploads, newer, 2 * FRESH_SECONDS)
    fresh = [await uploads.keep(bytes(6 * MEGABYTE // 10) + name) for name in (b"a", b"b")]
    assert {path.name for path in uploads.path.iterdir()} == {*fresh}, "what comes in now is not yet in the journal"


async def test_the_folder_is_tidied_now_and_then(uploads: UploadFolder) -> None:
    old = await uploads.keep(b"old")
    age(uploads, old, (KEEP_DAYS + 1) * DAY)
    for number in range(9):
        await uploads.keep(bytes(MEGABYTE // 100) + bytes([number]))
        assert uploads.read(old) is not None
    await uploads.keep(bytes(MEGABYTE // 50))
    assert uploads.read(old) is None


async def test_what_cannot_be_written_is_said(uploads: UploadFolder) -> None:
    uploads.path.mkdir(mode=0o500)
    with unprivileged(), pytest.raises(StoreError, match="A picture cannot be kept"):
        await uploads.keep(b"a picture")
