"""What the client hears, beside the commands."""

import time

from sandbox.snowflake import created_at
from tests.bot.conftest import Stage

HOUR = 3_600_000 << 22
"""As a difference between two snowflakes."""


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
