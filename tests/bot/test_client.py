"""What the client hears, beside the commands."""

import time
from dataclasses import replace

import pytest

from sandbox.snowflake import created_at
from tests.bot.conftest import PATIENCE, MakeStage, Stage

HOUR = 3_600_000 << 22
"""As a difference between two snowflakes."""


@pytest.mark.parametrize("first", ["hello", ".imagin a cat", ".imagine a cat --sed 7", ".help"])
async def test_an_edit_can_make_a_command_of_a_message(stage: Stage, first: str) -> None:
    said = await stage.say(first)
    await stage.nothing_happens()
    await stage.edit(said, ".imagine a cat")
    await stage.executor.next("a cat")
    await stage.edit(said, ".imagine a cat")
    await stage.nothing_happens()
    assert len(stage.executor.requests) == 1


async def test_an_edit_of_an_old_message_is_no_command(make_stage: MakeStage) -> None:
    stage = await make_stage(patience=replace(PATIENCE, edited_within=0.0))
    await stage.edit(await stage.say("hello"), ".imagine a cat")
    await stage.nothing_happens()
    assert not stage.executor.requests


async def test_a_message_that_is_told_of_again_is_not_edited(stage: Stage) -> None:
    """As when it is pinned; it was edited within its first minute, before the bot came."""
    channel, events = stage.sandbox.channel("art"), stage.sandbox.events
    message = channel.messages[await stage.say("hello")]
    await stage.nothing_happens()
    message.id -= 2 * HOUR
    message.content, message.edited_at = ".imagine a cat", created_at(message.id) + 20
    events.message_updated(channel, message)
    await stage.nothing_happens()
    assert not stage.executor.requests
    message.id += 2 * HOUR
    message.edited_at = time.time()
    events.message_updated(channel, message)
    await stage.executor.next("a cat")
