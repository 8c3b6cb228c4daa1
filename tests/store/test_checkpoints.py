from pathlib import Path

import pytest

from config.settings.store import CheckpointsKept
from generation.events import Checkpoint
from store.checkpoints import HEAD, CheckpointFolder
from tests.store.conftest import CAT

SAVED = Checkpoint("r0", 3, 1.5, b"data")


@pytest.fixture
def folder(tmp_path: Path) -> CheckpointFolder:
    return CheckpointFolder(tmp_path, CheckpointsKept())


async def test_the_last_one_is_read(folder: CheckpointFolder) -> None:
    assert await folder.read(CAT) is None
    await folder.keep(Checkpoint("r0", 2, 1.0, b"older"))
    await folder.keep(SAVED)
    assert await folder.read(CAT) == SAVED
    await folder.delete("r0")
    await folder.delete("r0")
    assert await folder.read(CAT) is None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"short",
        HEAD.pack(0, 1.0),
        HEAD.pack(10, 1.0),
        HEAD.pack(2**63, 1.0),
        HEAD.pack(3, -1.0),
        HEAD.pack(3, float("nan")),
        HEAD.pack(3, float("inf")),
    ],
)
async def test_what_cannot_be_one_is_none(folder: CheckpointFolder, content: bytes) -> None:
    await folder.keep(SAVED)
    (file,) = folder.path.iterdir()
    file.write_bytes(content)
    assert await folder.read(CAT) is None


async def test_a_full_disk_is_told_of_once(folder: CheckpointFolder, capsys: pytest.CaptureFixture[str]) -> None:
    folder.path.touch()
    for _ in range(3):
        await folder.keep(SAVED)
    assert await folder.read(CAT) is None
    assert capsys.readouterr().out.count("cannot write checkpoints") == 1
    folder.path.unlink()
    await folder.keep(SAVED)
    assert await folder.read(CAT) == SAVED
    await folder.delete("r0")
    folder.path.rmdir()
    folder.path.touch()
    await folder.keep(SAVED)
    assert capsys.readouterr().out.count("cannot write checkpoints") == 1
