"""The bot with its workers on a Ray cluster of processes of this machine."""

from pathlib import Path
from typing import Any

import pytest

from config.settings.models import ModelsSettings
from tests.easel.processes import settings_for
from tests.integration.conftest import StartBot
from tests.integration.test_restart import assert_painted_once, kill, say
from tests.ray_fixtures import Nodes, cluster, nodes
from tests.sandbox_fixtures import Cast

__all__ = ["cluster", "nodes"]


@pytest.fixture
def settings(tiny_models: ModelsSettings, nodes: Nodes) -> list[str]:
    """Tiny models, on a cluster."""
    cluster = ["executor.kind=ray", f"executor.address={nodes.address}"]
    return [*settings_for(tiny_models), "painting.preview_seconds=0.2", *cluster]


def worker_of(nodes: Nodes, node: Any) -> int:
    """Return the process id of the worker on a node; its parent, the actor, is a child of the node's process."""
    hosts = {pid for pid in children_of(nodes.pid(node)) if b"WorkerHost" in Path(f"/proc/{pid}/cmdline").read_bytes()}
    (worker,) = (child for host in hosts for child in children_of(host))
    return worker


def children_of(pid: int) -> set[int]:
    """Return the children of a process, whichever of its threads has started them."""
    lists = Path(f"/proc/{pid}/task").glob("*/children")
    return {int(child) for each in lists for child in each.read_text("ascii").split()}


async def test_the_bot_is_killed_and_stopped_and_its_worker_goes_on(
    start_bot: StartBot, people: Cast, settings: list[str], nodes: Nodes
) -> None:
    node = nodes.add()
    bot = await start_bot(*settings)
    worker = worker_of(nodes, node)
    asked = await say(people, ".imagine a red apple --seed 7 --size 128x128 --steps 500")
    await bot.post_about(asked, lambda post: post.attachments)
    await kill(bot)
    bot = await start_bot(*settings)
    await bot.post_about(asked, lambda post: "%" in post.content)
    assert await bot.stop() == 0
    assert "SIGTERM" not in "".join(bot.log), "Ray's own handler would end the bot in the midst of its last words"
    bot = await start_bot(*settings)
    await assert_painted_once(bot, (asked, "a red apple"))
    assert worker_of(nodes, node) == worker, "it has not been replaced"
    assert "Traceback" not in "".join(bot.log)
    await bot.stop()
