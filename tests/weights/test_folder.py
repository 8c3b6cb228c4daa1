"""Whether what was fetched is still whole."""

import hashlib
import os
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import unprivileged
from tests.weights.conftest import CONTENT, OTHER, Fetch
from tests.weights.mirror import Mirror, serving
from weights.catalogue import File, Model
from weights.errors import FetchError, UnusableError
from weights.folder import ModelFolder

PUBLISHED = File("model.pt", len(CONTENT), hashlib.sha256(CONTENT).hexdigest(), ())
UNPUBLISHED = replace(PUBLISHED, size=400_000, exact=False, sha256=None)
LATER = 10**9
"""Nanoseconds."""


def folder_of(tmp_path: Path, file: File, content: bytes | None = CONTENT) -> ModelFolder:
    folder = ModelFolder(tmp_path, Model("tiny", "clip", "MIT", (file,)))
    folder.path.mkdir(exist_ok=True)
    if content is not None:
        folder.entry.write_bytes(content)
    return folder


def change(path: Path, content: bytes) -> None:
    """Write into a file as somebody does later."""
    then = path.stat().st_mtime_ns
    path.write_bytes(content)
    os.utime(path, ns=(then + LATER, then + LATER))


@pytest.mark.parametrize("file", [PUBLISHED, UNPUBLISHED])
def test_a_file_that_somebody_put_there_gets_its_digest(tmp_path: Path, file: File) -> None:
    folder = folder_of(tmp_path, file)
    assert folder.usable() == folder.entry
    digest = hashlib.sha256(CONTENT).hexdigest()
    assert folder.entry.with_name("model.pt.sha256").read_text() == f"{digest}  model.pt\n"


@pytest.mark.parametrize("file", [PUBLISHED, UNPUBLISHED])
@pytest.mark.parametrize("content", [OTHER, CONTENT[:-1], CONTENT + b"!", b""])
def test_a_file_that_was_changed_is_set_aside(tmp_path: Path, file: File, content: bytes) -> None:
    folder = folder_of(tmp_path, file)
    folder.usable()
    change(folder.entry, content)
    with pytest.raises(UnusableError, match=r"tiny is damaged .*; fetch it with: easel models fetch tiny$"):
        folder.usable()
    assert not folder.entry.exists()
    assert folder.entry.with_name("model.pt.damaged").read_bytes() == content
    with pytest.raises(UnusableError, match=r"tiny is not here yet; fetch it with: easel models fetch tiny$"):
        folder.usable()


def test_what_changed_without_a_trace_is_found_by_reading(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, PUBLISHED)
    folder.usable()
    written = folder.entry.stat().st_mtime_ns
    folder.entry.write_bytes(OTHER)
    os.utime(folder.entry, ns=(written, written))
    assert folder.states() == {"model.pt": "good"}
    assert folder.states(thoroughly=True) == {"model.pt": "damaged"}


@pytest.mark.parametrize("noted", ["", "no digest\n", "0" * 64, "é"])
def test_a_note_cannot_overrule_what_is_published(tmp_path: Path, noted: str) -> None:
    folder = folder_of(tmp_path, PUBLISHED, OTHER)
    folder.entry.with_name("model.pt.sha256").write_text(noted, "utf-8")
    os.utime(folder.entry.with_name("model.pt.sha256"), ns=(LATER * 10**10, LATER * 10**10))
    assert folder.states() == {"model.pt": "damaged"}


def test_a_folder_of_that_name_is_no_file(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, PUBLISHED, None)
    folder.entry.mkdir()
    assert folder.states() == {"model.pt": "missing"}
    assert not folder.is_there()


def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, PUBLISHED)
    folder.entry.chmod(0)
    with unprivileged(), pytest.raises(UnusableError, match=r"model\.pt cannot be read: Permission denied"):
        folder.usable()


def test_a_folder_where_no_digest_can_be_written_is_used(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, PUBLISHED)
    folder.entry.with_name("model.pt.sha256").mkdir()
    assert folder.usable() == folder.entry


async def test_what_is_damaged_is_fetched_again(mirror: Mirror, fetch_file: Fetch) -> None:
    async with serving(mirror):
        path = await fetch_file(mirror.file())
        change(path, OTHER)
        path = await fetch_file(mirror.file())
    assert path.read_bytes() == CONTENT
    assert {each.name for each in path.parent.iterdir()} == {".lock", "model.ckpt", "model.ckpt.sha256"}


async def test_what_came_first_is_what_comes_again(mirror: Mirror, fetch_file: Fetch) -> None:
    file = replace(UNPUBLISHED, name="model.ckpt")
    async with serving(mirror):
        file = replace(file, mirrors=(f"{mirror.url}/file",))
        path = await fetch_file(file)
        path.unlink()
        mirror.content, mirror.etag = OTHER, '"2"'
        with pytest.raises(FetchError, match="has another file"):
            await fetch_file(file)
        path.with_name("model.ckpt.sha256").unlink()
        assert (await fetch_file(file)).read_bytes() == OTHER


async def test_one_process_fetches_a_model_at_a_time(mirror: Mirror, fetch_file: Fetch, tmp_path: Path) -> None:
    async with serving(mirror):
        folder = ModelFolder(tmp_path, Model("tiny", "clip", "MIT", (mirror.file(),)))
        with folder.locked(), pytest.raises(FetchError, match="tiny is being fetched by another process"):
            await fetch_file(mirror.file())
        assert mirror.heard == []
        await fetch_file(mirror.file())


async def test_a_folder_that_cannot_be_made(mirror: Mirror, fetch_file: Fetch, tmp_path: Path) -> None:
    (tmp_path / "tiny").write_text("a file")
    async with serving(mirror):
        with pytest.raises(FetchError, match="cannot be used: File exists"):
            await fetch_file(mirror.file())
