"""The bot with its workers on a Ray cluster of processes of this machine."""

from pathlib import Path

import pytest

from config.settings import ModelsSettings
from tests.easel.processes import settings_for
from tests.integration.conftest import StartBot
from tests.integration.test_restart import assert_painted_once, kill, say
from tests.ray_fixtures import Nodes, cluster, nodes
from tests.sandbox_fixtures import Cast

__all__ = ["cluster", "nodes"]


@pytest.fixture
def settings(tiny_models: ModelsSettings, nodes: Nodes) -> list[str]:
    """Tiny models, on a cluster of which one machine paints."""
    nodes.add()
    cluster = ["executor.kind=ray", f"executor.address={nodes.address}"]
    return [*settings_for(tiny_models), "painting.preview_seconds=0.2", *cluster]


def workers() -> set[int]:
    """Return the process ids of the workers that there are on this machine."""
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if command[1:3] == [b"-m", b"generation.worker"]:
            found.add(int(process.name))
    return found


async def test_the_bot_is_killed_and_stopped_and_its_worker_goes_on(
    start_bot: StartBot, people: Cast, settings: list[str]
) -> None:
    others = workers()
    bot = await start_bot(*settings)
    (worker,) = workers() - others
    asked = await say(people, ".imagine a red apple --seed 7 --size 128x128 --steps 500")
    await bot.post_about(asked, lambda post: post.attachments)
    await kill(bot)
    bot = await start_bot(*settings)
    await bot.post_about(asked, lambda post: "%" in post.content)
    assert await bot.stop() == 0
    bot = await start_bot(*settings)
    await assert_painted_once(bot, (asked, "a red apple"))
    assert worker in workers(), "it has not been replaced"
    assert "Traceback" not in "".join(bot.log)
    await bot.stop()
