"""A bot that is upgraded: at the first signal it finishes what it paints, and one that stands by goes on at once."""

import time
from pathlib import Path

import pytest

from config.settings.models import ModelsSettings
from sandbox import Sandbox
from tests.easel.processes import settings_for
from tests.integration.conftest import StartBot
from tests.integration.test_database import posts_about, say, states_on, until_stands
from tests.sandbox_fixtures import Cast

SECONDS = 30.0
"""Of a busy machine; the one that stands by looks each second, and a dead bot would be waited for for twelve."""


@pytest.fixture
def settings(tiny_models: ModelsSettings) -> list[str]:
    """Tiny models, and time enough to finish a picture at the end."""
    return [*settings_for(tiny_models), "executor.grace_seconds=120.0", "painting.preview_seconds=0.2"]


async def test_a_drain_hands_over(
    start_bot: StartBot, sandbox: Sandbox, people: Cast, settings: list[str], postgresql_url: str, tmp_path: Path
) -> None:
    first = await start_bot(*settings, EASEL_STORE__URL=postgresql_url)
    standing_by = "standing by: another bot works with the database"
    second = await start_bot(
        *settings, f"data_dir={tmp_path / 'other'}", says=standing_by, EASEL_STORE__URL=postgresql_url
    )
    running = await say(people, ".imagine a red apple --size 128x128 --steps 100")
    await first.post_about(running, lambda post: post.attachments)
    waiting = [await say(people, f".imagine a green hill --size 64x64 --steps 5 --seed {seed}") for seed in (1, 2)]
    for asked in waiting:
        await first.post_about(asked, lambda post: post.content)
    first.process.terminate()
    for asked in waiting:
        await first.post_about(asked, lambda post: "restart" in post.content)
    await first.finished(running)
    assert await first.end() == 0
    ended = time.monotonic()
    await second.says("taking over")
    assert time.monotonic() - ended < SECONDS
    for asked in waiting:
        await second.finished(asked)
    await until_stands(states_on(postgresql_url), "done", "done", "done")
    assert [posts_about(sandbox, asked) for asked in (running, *waiting)] == [1, 1, 1]
    assert sum("] started" in line for line in first.log) == 1
    assert sum("] started" in line for line in second.log) == 2
    later = await say(people, ".imagine a blue sea --size 64x64 --steps 5")
    await second.finished(later)
    assert await second.stop() == 0
