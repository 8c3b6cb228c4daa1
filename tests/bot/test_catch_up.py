"""What was said while a session was lost; tests/integration/test_restart.py has what was while the bot was away."""

import pytest

from sandbox import Fault
from sandbox.model import Message
from sandbox.snowflake import created_at, snowflake_at
from tests.bot.conftest import Stage


async def test_what_was_written_while_a_session_was_lost_is_read(stage: Stage) -> None:
    await stage.reply(await stage.say(".help"))
    stage.sandbox.fail_next(Fault("GET", "/users/@me", 503))
    stage.sandbox.fail_next(Fault("GET", "/channels/{channel_id}/messages", 429, times=3, via=False))
    stage.sandbox.drop_gateway(forget=True)
    said = [await stage.say(".imagine a cat"), await stage.say(".imagine a dog", "Mia", "general")]
    await stage.reply(said[0])
    await stage.reply(said[1], "general")
    await stage.nothing_happens()
    assert len([each for each in stage.sandbox.messages("art") if each.author.bot]) == 2


async def test_what_was_said_while_the_gateway_was_away_is_answered(stage: Stage) -> None:
    stage.sandbox.drop_gateway()
    await stage.say(".imagine a cat")
    await stage.executor.next("a cat")


@pytest.mark.parametrize(("edited", "answered", "heard"), [(None, 0, False), (1, 2, False), (1, 0, True)])
async def test_what_was_answered_already_is_not_heard_again(
    stage: Stage, edited: int | None, answered: int, heard: bool
) -> None:
    """An earlier run answered, if need be within the same millisecond; it knew nothing of a later edit."""
    await stage.nothing_happens()
    world, art, member = stage.sandbox.world, stage.sandbox.channel("art"), stage.sandbox.person("member")
    moment = world.clock() + 1
    asked = Message(snowflake_at(moment), art.id, member, ".imagine a cat")
    asked.edited_at = None if edited is None else created_at(asked.id) + edited
    answer = Message(snowflake_at(moment + answered, 1), art.id, world.application.bot, "Done.", reference=asked.id)
    after = Message(snowflake_at(moment + answered, 2), art.id, member, ".imagine a boat")
    stage.sandbox.drop_gateway(forget=True)
    art.messages |= {each.id: each for each in (asked, answer, after)}
    await stage.reply(after.id)
    await stage.nothing_happens()

    def replies() -> int:
        return sum(each.reference == asked.id for each in stage.sandbox.messages("art"))

    await stage.sandbox.until(lambda: replies() > heard)
    assert replies() == 1 + heard
