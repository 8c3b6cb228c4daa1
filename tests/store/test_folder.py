import os
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from config.settings.store import PicturesKept
from store.folder import DAY, MEGABYTE, Folder


def folder_with(tmp_path: Path, ages: Mapping[str, float], keep: PicturesKept, size: int = 10) -> Folder:
    """Return a folder with files of these ages, in days, by the ids of their requests."""
    folder = Folder(tmp_path / "files", ".png", keep)
    for request_id, days in ages.items():
        file = folder.file(request_id, "a-cat-7")
        folder.write(file, b"x" * size, durable=False)
        os.utime(file, (time.time() - days * DAY,) * 2)
    return folder


def left(folder: Folder) -> list[str]:
    return sorted(file.name.partition("-")[0] for file in folder.path.iterdir())


def test_a_file_is_written_anew_or_stays_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = Folder(tmp_path / "files", ".png", PicturesKept())
    file = folder.file("r0", "a-cat-7")
    for content in (b"first", b"second"):
        folder.write(file, content[:2], content[2:], durable=True)
        assert file.read_bytes() == content
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.setattr(os, "fsync", _full)
    with pytest.raises(OSError, match="No space left"):
        folder.write(file, b"third", durable=True)
    assert file.read_bytes() == b"second"
    assert left(folder) == ["r0"]


def _full(_: int) -> None:
    raise OSError(28, "No space left on device")


def test_no_id_leads_out_of_the_folder(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "files", ".png", PicturesKept())
    assert folder.file("../../etc/passwd", "x").parent == folder.path
    assert folder.file("a/b").name == "a_b.png"


def test_what_is_too_old_goes(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, {"new": 0, "old": 1.9, "older": 2.1, "needed": 9}, PicturesKept(days=2))
    assert folder.tidy(["needed", "unknown"]) == 1
    assert left(folder) == ["needed", "new", "old"]


def test_of_what_is_too_much_the_oldest_go(tmp_path: Path) -> None:
    ages = {"r4": 4, "r1": 1, "r3": 3, "r2": 2, "needed": 9}
    folder = folder_with(tmp_path, ages, PicturesKept(megabytes=1), MEGABYTE // 2)
    assert folder.tidy(["needed"]) == 2
    assert left(folder) == ["needed", "r1", "r2"]


def test_files_that_stand_beside_others_go_as_they_do(tmp_path: Path) -> None:
    folder = Folder(tmp_path, ".png", PicturesKept(days=1), (".mp4",))
    for name in ("a-cat-7.mp4", "b-dog-7.mp4", "c.txt"):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (0, 0))
    assert folder.tidy(["a"]) == 1
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a-cat-7.mp4", "c.txt"]


def test_without_bounds_everything_stays(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, {"r0": 10_000}, PicturesKept())
    assert folder.tidy([]) == 0
    assert Folder(tmp_path / "none", ".png", PicturesKept(days=1)).tidy([]) == 0


def test_what_was_left_half_written_goes_and_what_others_put_there_stays(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, {}, PicturesKept(days=1))
    folder.path.mkdir()
    for name in (".r0-a-cat-7.png.part", ".r1-a-cat-7.png.part", "notes.txt"):
        (folder.path / name).touch()
        os.utime(folder.path / name, (1, 1))
    assert folder.tidy(["r1"]) == 1
    assert sorted(file.name for file in folder.path.iterdir()) == [".r1-a-cat-7.png.part", "notes.txt"]
