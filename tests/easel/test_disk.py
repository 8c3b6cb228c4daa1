"""Whether pictures can be kept, found out at the start."""

import resource
import tracemalloc
from pathlib import Path

import pytest

from config.layers import ConfigError, load
from easel.disk import check_data_dir, try_writing


def test_the_folder_is_made_and_left_empty(tmp_path: Path) -> None:
    check_data_dir(load(environment={}, arguments=[f"data_dir={tmp_path}/a/b"]))
    assert [str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")] == ["a", "a/b", "a/b/pictures"]


def test_too_little_space(tmp_path: Path) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, limits[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            try_writing(tmp_path, 64, 64)
        with pytest.raises(ConfigError, match=r"^data_dir: no picture can be kept in .*: File too large$"):
            check_data_dir(load(environment={}, arguments=[f"data_dir={tmp_path}"]))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_the_largest_picture_takes_little_memory(tmp_path: Path) -> None:
    tracemalloc.start()
    try:
        try_writing(tmp_path, 4096, 2048)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 1 << 20


@pytest.mark.parametrize("home", ["~", "~nobody-of-this-name/pictures"])
def test_a_home_that_is_not_known(home: str) -> None:
    settings = load(environment={}).model_copy(update={"data_dir": Path(home)})
    with pytest.raises(ConfigError, match="home directory that is not known here"):
        check_data_dir(settings)
