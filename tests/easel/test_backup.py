"""``easel backup`` of a bot that runs, ``easel restore`` elsewhere, and the bot going on there."""

import asyncio
from pathlib import Path

from generation.events import Checkpoint
from store.backup import back_up, restore
from tests.bot.conftest import (
    MakeStage,
    Stage,
    calls,
    described,
    description,
    make_settings,
    make_stage,
    observe,
    people,
    sandbox,
)
from tests.easel.processes import finish, wait_until

__all__ = ["calls", "described", "description", "make_settings", "make_stage", "observe", "people", "sandbox"]


async def busy(stage: Stage) -> None:
    """Let a picture be finished, one be painted from a checkpoint on, and one wait."""
    await stage.reply(await stage.say(".imagine first"))
    stage.executor.finish(await stage.executor.next("first"))
    await stage.finished.get()
    await stage.reply(await stage.say(".imagine second"))
    second = await stage.executor.next("second")
    stage.executor.say(Checkpoint(second.id, 50, 5.0, b"half of it"))
    folder = stage.settings.data_dir / "checkpoints"
    await asyncio.to_thread(wait_until, lambda: [*folder.glob("*.checkpoint")])
    await stage.reply(await stage.say(".imagine third"))


async def test_it_goes_on_elsewhere(make_stage: MakeStage, tmp_path: Path) -> None:
    stage = await make_stage()
    await busy(stage)
    file = tmp_path / "easel.zip"
    assert await asyncio.to_thread(back_up, stage.settings, file, pictures=True)
    stage.bot.cancel()
    await asyncio.wait({stage.bot})
    elsewhere = tmp_path / "elsewhere"
    settings = stage.settings.model_copy(update={"data_dir": elsewhere})
    assert await asyncio.to_thread(restore, settings, file)
    again = await make_stage(data_dir=elsewhere)
    second = await again.executor.next("second")
    checkpoint = again.executor.checkpoints[second.id]
    assert checkpoint is not None
    assert (checkpoint.step, checkpoint.data) == (50, b"half of it")
    again.executor.finish(second)
    path, request = await again.finished.get()
    assert (path.parent, request.prompt) == (elsewhere / "pictures", "second")
    assert (await again.executor.next("third")).prompt == "third"
    assert len([*(elsewhere / "pictures").glob("*.png")]) == 2


async def test_by_the_command(make_stage: MakeStage, tmp_path: Path) -> None:
    stage = await make_stage()
    await busy(stage)
    file, here = tmp_path / "easel.zip", f"data_dir={stage.settings.data_dir}"
    done = await asyncio.to_thread(finish, tmp_path, "backup", str(file), here, "--no-pictures")
    assert done == (0, f"{file}\n", "")
    assert file.stat().st_mode & 0o777 == 0o600
    done = await asyncio.to_thread(finish, tmp_path, "backup", str(file), here)
    assert done == (78, "", f"easel: {file} is there already.\n")
    code, _, err = await asyncio.to_thread(finish, tmp_path, "restore", str(file), here)
    assert (code, " is in use by process " in err) == (78, True)
    elsewhere = tmp_path / "elsewhere"
    done = await asyncio.to_thread(finish, tmp_path, "restore", str(file), f"data_dir={elsewhere}")
    assert done == (0, f"{elsewhere}\n", "")
    assert not (elsewhere / "pictures").exists()
    done = await asyncio.to_thread(finish, tmp_path, "restore", str(file), f"data_dir={elsewhere}")
    database = elsewhere / "easel.db"
    assert done[2] == f"easel: There is a database {database} already: set another data_dir, or move it away.\n"
