"""Two bots of different shards on one database: the sandbox's server is of shard 6 of 7, what is private of shard 0."""

import signal
from pathlib import Path

import pytest

from config.settings.models import ModelsSettings
from sandbox import Sandbox
from sandbox.model import Message
from tests.easel.processes import descendants, settings_for
from tests.integration.conftest import PATIENCE, Bot, StartBot, is_finished
from tests.integration.test_database import posts_about, states_on, until_stands
from tests.sandbox_fixtures import Cast

PRIVATE, PUBLIC = ("shards.count=7", "shards.ids=0"), ("shards.count=7", "shards.ids=6")
LEADING = "leading: this process has the requests of all painted"
SMALL = "--size 64x64 --steps 5"
LONG = "--size 128x128 --steps 100"


@pytest.fixture
def settings(tiny_models: ModelsSettings) -> list[str]:
    """Tiny models, and previews in quick succession."""
    return [*settings_for(tiny_models), "painting.preview_seconds=0.2", "discord.direct_messages=true"]


async def asked_in_private(sandbox: Sandbox, people: Cast, text: str) -> Message:
    """Ask for a picture in private, and return the post once it shows it."""
    person = people("Noor")
    place = await person.direct()
    asked = int((await person.say(place, text))["id"])

    def found() -> list[Message]:
        return [each for each in place.messages.values() if each.reference == asked and is_finished(each)]

    await sandbox.until(found, PATIENCE)
    return found()[0]


async def asked_in_public(people: Cast, text: str) -> int:
    return int((await people("member").say("art", text))["id"])


@pytest.mark.parametrize("way", [signal.SIGKILL, signal.SIGTERM])
async def test_the_one_that_leads_ends_in_mid_picture(
    start_bot: StartBot,
    sandbox: Sandbox,
    people: Cast,
    settings: list[str],
    postgresql_url: str,
    way: signal.Signals,
) -> None:
    async def start(shards: tuple[str, ...]) -> Bot:
        return await start_bot(*settings, *shards, "executor.grace_seconds=0", EASEL_STORE__URL=postgresql_url)

    private = await start(PRIVATE)
    await private.says(LEADING)
    public = await start(PUBLIC)
    assert not descendants(public.process.pid)
    await asked_in_private(sandbox, people, f".imagine a green hill {SMALL}")

    running = await asked_in_public(people, f".imagine a red apple {LONG}")
    await public.post_about(running, lambda post: post.attachments)
    waiting = await asked_in_public(people, f".imagine a boat {SMALL}")
    await public.post_about(waiting, lambda post: "boat" in post.content)
    private.process.send_signal(way)
    await private.end()
    meanwhile = await asked_in_public(people, f".imagine a cloud {SMALL}")
    await public.says(LEADING)
    for message in (running, waiting, meanwhile):
        await public.finished(message)
        assert posts_about(sandbox, message) == 1
    await until_stands(states_on(postgresql_url), "done", "done", "done", "done")

    private = await start(PRIVATE)
    post = await asked_in_private(sandbox, people, f".imagine a tree {SMALL}")
    assert post.attachments
    assert not descendants(private.process.pid)
    assert [await bot.stop() for bot in (private, public)] == [0, 0]
    assert not any("Traceback" in line for bot in (private, public) for line in bot.log)
    assert not any(line for line in private.log if LEADING in line)


async def test_processes_of_one_shard_and_of_no_server_are_refused(
    start_bot: StartBot, settings: list[str], postgresql_url: str, tmp_path: Path
) -> None:
    first = await start_bot(*settings, *PRIVATE, EASEL_STORE__URL=postgresql_url)
    second = await start_bot(*settings, *PRIVATE, says="easel: ", EASEL_STORE__URL=postgresql_url)
    assert await second.end() == 78
    assert f"is in use by process {first.process.pid}" in second.log[-1]
    third = await start_bot(*settings, *PUBLIC, f"data_dir={tmp_path / 'other'}", says="easel: ")
    assert await third.end() == 78
    assert "need a database on a server" in third.log[-1]
    far = await start_bot(
        *(*settings, *PUBLIC, f"data_dir={tmp_path / 'far'}"), says="another key", EASEL_STORE__URL=postgresql_url
    )
    assert await far.stop() == 0
