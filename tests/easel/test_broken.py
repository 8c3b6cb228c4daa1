"""``easel run`` of set-ups that are broken: a line that says what is, and where it ends, the right code."""

import asyncio
import re
import sys
from pathlib import Path

import pytest

from config.settings.models import ModelsSettings
from sandbox import Sandbox
from tests.easel.broken import BROKEN, Broken, SetUp
from tests.easel.processes import BARE, PATIENCE
from tests.sandbox_fixtures import description, observe, sandbox

__all__ = ["description", "observe", "sandbox"]

READY = r".*\] ready .*"


@pytest.mark.parametrize("broken", BROKEN, ids=lambda each: each.breaks.__name__)
async def test_what_is_broken_is_said_in_a_line(
    tmp_path: Path, tiny_models: ModelsSettings, sandbox: Sandbox, broken: Broken
) -> None:
    here = SetUp(tmp_path, sandbox, tiny_models)
    with broken.breaks(here):
        process = await asyncio.create_subprocess_exec(
            *(*here.below, sys.executable, "-m", "easel", "run", *here.settings),
            cwd=tmp_path,
            env=BARE | here.environment,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            async with asyncio.timeout(PATIENCE):
                lines = await followed(process, broken)
                code = await process.wait()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
    assert any(re.fullmatch(broken.line, line) for line in lines), lines
    assert code == (broken.code or 0), lines
    told = [line for line in lines if line.startswith("easel: ")]
    assert told == (lines[-1:] if broken.code is not None else [])
    assert not any("Traceback" in line for line in lines)
    assert sandbox.bot.token not in "\n".join(lines)


async def followed(process: asyncio.subprocess.Process, broken: Broken) -> list[str]:
    """Return all lines; where the bot goes on, stop it once it is ready and has said what is wrong."""
    assert process.stderr is not None
    lines: list[str] = []
    awaited = {broken.line, READY}
    async for line in process.stderr:
        lines.append(line.decode().rstrip())
        if awaited and broken.code is None:
            awaited = {each for each in awaited if not re.fullmatch(each, lines[-1])}
            if not awaited:
                process.terminate()
    return lines
