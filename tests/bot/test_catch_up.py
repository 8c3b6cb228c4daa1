"""What was said while a session was lost; tests/integration/test_restart.py has what was while the bot was away."""

from sandbox import Fault
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
