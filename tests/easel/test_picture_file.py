"""Where a picture can be put, and what becomes of it where it cannot."""

import os
from pathlib import Path

import pytest

from easel.picture_file import SaveError, check, save

SIZE = (64, 64)


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("name", ["a.png", ".png", "a.PNG", f"{'a' * 251}.png"])
def test_a_name_that_can_be_checked_to_be_fine_is_written(name: str) -> None:
    check(Path(name), *SIZE)
    assert not list(Path().iterdir())
    save(b"picture", Path(name))
    assert Path(name).read_bytes() == b"picture"
    assert len(list(Path().iterdir())) == 1


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        (f"{'a' * 252}.png", "File name too long"),
        ("a.bmp", "should end in .png, .jpg, .jpeg or .webp, not as a.bmp"),
        ("absent/a.png", "there is no folder absent"),
        ("file/a.png", "there is no folder file"),
        ("folder.png", "is a folder"),
        ("to-folder.png", "is a folder"),
        ("full.png", "is not a file but a device"),
        ("fifo.png", "is not a file but a device"),
        ("loop.png", "Too many levels of symbolic links"),
        ("to-nowhere.png", "a link into a folder that is not there"),
        ("/proc/a.png", "cannot be written into /proc"),
    ],
)
def test_what_cannot_be_written_is_refused(name: str, complaint: str) -> None:
    Path("file").touch()
    Path("folder.png").mkdir()
    os.mkfifo("fifo.png")
    for link, target in [
        ("to-folder.png", "folder.png"),
        ("full.png", "/dev/full"),
        ("loop.png", "loop.png"),
        ("to-nowhere.png", "absent/a.png"),
    ]:
        Path(link).symlink_to(target)
    before = sorted(Path().iterdir())
    with pytest.raises(ValueError, match=complaint):
        check(Path(name), *SIZE)
    assert sorted(Path().iterdir()) == before


def test_a_link_stays_a_link() -> None:
    Path("pictures").mkdir()
    Path("a.png").symlink_to("pictures/b.png")
    check(Path("a.png"), *SIZE)
    save(b"picture", Path("a.png"))
    assert Path("a.png").is_symlink()
    assert Path("pictures/b.png").read_bytes() == b"picture"
    assert [path.name for path in Path("pictures").iterdir()] == ["b.png"]


def test_a_picture_that_cannot_be_written_is_kept_and_named(tmp_path: Path) -> None:
    with pytest.raises(SaveError, match=r"^absent/a.png cannot be written: No such .*; it is kept as ") as raised:
        save(b"picture", Path("absent/a.png"), tmp_path)
    (kept,) = tmp_path.glob("easel-*.png")
    assert str(raised.value).endswith(f" {kept}")
    assert kept.read_bytes() == b"picture"


def test_a_picture_that_can_be_kept_nowhere_says_so() -> None:
    with pytest.raises(SaveError, match="nor can it be kept among the temporary files: "):
        save(b"picture", Path("absent/a.png"), Path("/proc"))
