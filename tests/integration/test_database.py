"""Several bots at one database, and a database that is full, read-only or away in mid-run."""

import asyncio
import contextlib
import resource
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from config.settings.models import ModelsSettings
from sandbox import Sandbox
from tests import postgresql
from tests.easel.processes import descendants, settings_for
from tests.integration.conftest import PATIENCE, Bot, StartBot
from tests.sandbox_fixtures import Cast

SMALL = "--size 64x64 --steps 5"
LONG = "--size 128x128 --steps 80"
REFUSAL = "Easel cannot write down requests at the moment"

States = Callable[[], list[str]]


@pytest.fixture
def settings(tiny_models: ModelsSettings) -> list[str]:
    """Tiny models, and previews in quick succession."""
    return [*settings_for(tiny_models), "painting.preview_seconds=0.2"]


def states_on(url: str) -> States:
    """Return a function that returns how the requests on the server stand, in the order of acceptance."""

    def states() -> list[str]:
        with psycopg.connect(url) as connection:
            return [str(state) for (state,) in connection.execute("SELECT state FROM requests ORDER BY number")]

    return states


def states_in(file: Path) -> States:
    """Return a function that returns how the requests in the file stand."""

    def states() -> list[str]:
        with contextlib.closing(sqlite3.connect(file)) as connection:
            return [str(state) for (state,) in connection.execute("SELECT state FROM requests ORDER BY number")]

    return states


async def until_stands(states: States, *wanted: str) -> None:
    async with asyncio.timeout(PATIENCE):
        while states() != [*wanted]:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def say(people: Cast, text: str, who: str = "member") -> int:
    return int((await people(who).say("art", text))["id"])


async def assert_refused(bot: Bot, people: Cast) -> None:
    """Ask twice for something that cannot be written down, and see that the log has one line."""
    for who in ("Noor", "Mia"):
        await bot.post_about(await say(people, ".imagine a boat", who), lambda post: REFUSAL in post.content)
    assert sum("could not write to the database" in line for line in bot.log) == 1
    assert not any("Traceback" in line for line in bot.log)


def posts_about(sandbox: Sandbox, message_id: int) -> int:
    return sum(message.reference == message_id for message in sandbox.messages("art"))


@pytest.mark.parametrize("way", ["killed", "cut"])
async def test_of_two_bots_one_paints_and_the_other_takes_over(
    start_bot: StartBot,
    sandbox: Sandbox,
    people: Cast,
    settings: list[str],
    postgresql_server: postgresql.Server,
    postgresql_url: str,
    tmp_path: Path,
    way: str,
) -> None:
    async with postgresql.Wire(postgresql_server.port) as wire:
        cuttable = wire.bent(postgresql_url)
        first = await start_bot(*settings, EASEL_STORE__URL=cuttable)
        other = f"data_dir={tmp_path / 'other'}"
        standing_by = "standing by: another bot works with the database"
        second = await start_bot(*settings, other, says=standing_by, EASEL_STORE__URL=postgresql_url)
        third = await start_bot(*settings, f"{other}3", says=standing_by, EASEL_STORE__URL=postgresql_url)
        assert any(f"process {first.process.pid} on " in line for line in second.log)
        assert not descendants(second.process.pid)
        assert await third.stop() == 0

        asked = await say(people, f".imagine a red apple {LONG}")
        await first.post_about(asked, lambda post: post.attachments)
        if way == "killed":
            first.process.kill()
            await first.process.wait()
        else:
            wire.cut()
        await second.says("taking over")
        if way == "cut":
            assert await first.end() == 75
            assert "could not be reached" in first.log[-1]
            assert first.log[-1].startswith("easel: ")
    await second.finished(asked)
    later = await say(people, f".imagine a green hill {SMALL}")
    await second.finished(later)
    await until_stands(states_on(postgresql_url), "done", "done")
    assert [posts_about(sandbox, message) for message in (asked, later)] == [1, 1]
    assert await second.stop() == 0
    log = "".join(first.log + second.log + third.log)
    assert sum(standing_by in line for line in second.log) == 1
    assert postgresql.ENCODED not in log
    assert postgresql.PASSWORD not in log


async def test_a_server_that_is_read_only_and_then_restarted(
    start_bot: StartBot,
    sandbox: Sandbox,
    people: Cast,
    settings: list[str],
    postgresql_server: postgresql.Server,
    postgresql_url: str,
) -> None:
    bot = await start_bot(*settings, EASEL_STORE__URL=postgresql_url)
    asked = await say(people, f".imagine a red apple {LONG}")
    await bot.post_about(asked, lambda post: post.attachments)
    with postgresql_server.read_only():
        await assert_refused(bot, people)
        await bot.finished(asked)
    await until_stands(states_on(postgresql_url), "done")
    await bot.says("can be written to again")
    asked = await say(people, f".imagine a green hill {LONG}")
    await bot.post_about(asked, lambda post: post.attachments)
    postgresql_server.stop()
    postgresql_server.start()
    await bot.finished(asked)
    await until_stands(states_on(postgresql_url), "done", "done")
    bot.process.kill()
    await bot.process.wait()
    bot = await start_bot(*settings, EASEL_STORE__URL=postgresql_url)
    assert posts_about(sandbox, asked) == 1
    assert not any("restored" in line for line in bot.log)


@contextlib.contextmanager
def full_disk(bot: Bot) -> Iterator[None]:
    """Let the bot's process write no byte into any file, nor beyond its first."""
    limits = resource.prlimit(bot.process.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
    try:
        yield
    finally:
        resource.prlimit(bot.process.pid, resource.RLIMIT_FSIZE, limits)


async def test_a_full_disk(
    start_bot: StartBot, sandbox: Sandbox, people: Cast, settings: list[str], tmp_path: Path
) -> None:
    bot = await start_bot(*settings)
    states = states_in(tmp_path / "easel.db")
    asked = await say(people, f".imagine a red apple {LONG}")
    await bot.post_about(asked, lambda post: post.attachments)
    await until_stands(states, "running")
    with full_disk(bot):
        await assert_refused(bot, people)
        await bot.finished(asked)
        assert states() == ["running"]
        assert not [*(tmp_path / "pictures").iterdir()]
    await until_stands(states, "done")
    await bot.says("can be written to again")
    bot.process.kill()
    await bot.process.wait()
    bot = await start_bot(*settings)
    assert not any("restored" in line for line in bot.log)
    later = await say(people, f".imagine a green hill {SMALL}")
    await bot.finished(later)
    assert [posts_about(sandbox, message) for message in (asked, later)] == [1, 1]


async def test_a_server_that_does_not_answer_at_the_start(
    start_bot: StartBot, settings: list[str], postgresql_server: postgresql.Server
) -> None:
    url = postgresql_server.url("nowhere", port=9)
    bot = await start_bot(*settings, says="easel: ", EASEL_STORE__URL=url)
    assert await bot.end() == 75
    (line,) = bot.log
    assert line.startswith("easel: The database postgresql://easel:***@127.0.0.1:9/postgres cannot be reached: ")
