import os
from pathlib import Path

import pytest

from easel.contents import contents


def test_of_a_large_file_no_more_is_read_than_shows_that_it_is(tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(bytes(100))
    assert len(contents(tmp_path / "large", 10)) == 11


def test_what_is_no_file_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path, Path("/dev/zero")):
        with pytest.raises(ValueError, match=f"^{path} is not a file$"):
            contents(path, 10)


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("none.png", "none.png: No such file or directory"),
        ("https://example.org/cat.png", "pictures are not fetched here; save it, and name its file"),
    ],
)
def test_what_is_not_there_is_said(path: str, reason: str) -> None:
    with pytest.raises(ValueError, match=f"^{reason}$"):
        contents(Path(path), 10)
