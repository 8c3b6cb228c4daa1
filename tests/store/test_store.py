"""What the store says of itself in the log."""

import asyncio
import shutil
from pathlib import Path

import pytest

from config.layers import load
from store.lock import locked
from store.store import opened, watch

SAID = "data_dir was deleted or replaced"


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:"])
async def test_a_database_in_memory_is_said_to_be_one(
    tmp_path: Path, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    async with opened(load(arguments=[f"data_dir={tmp_path}", f"store.url={url}"], environment={})):
        assert "no request survives the end of the bot" in capsys.readouterr().out


async def test_one_that_lasts_is_nothing_to_tell_of(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in ([], [f"store.url=sqlite:///{tmp_path}/other.db"]):
        async with opened(load(arguments=[f"data_dir={tmp_path}", *arguments], environment={})):
            await asyncio.sleep(0)
        assert not capsys.readouterr().out


@pytest.mark.parametrize("is_replaced", [False, True])
async def test_a_data_directory_that_goes_under_a_running_bot_is_told_of(
    tmp_path: Path, is_replaced: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "data"
    with locked(folder) as lock:
        watching = asyncio.create_task(watch(lock, folder, 0.0))
        for _ in range(5):
            await asyncio.to_thread(lambda: None)
        assert not watching.done()
        assert SAID not in capsys.readouterr().out
        shutil.rmtree(folder)
        if is_replaced:
            folder.mkdir()
            (folder / "easel.lock").touch()
        await asyncio.wait_for(watching, 60)
    assert capsys.readouterr().out.count(SAID) == 1
