"""`.info`: what a member has going, and what is left."""

import re

from tests.bot.conftest import MakeStage, Stage


async def test_it_tells_what_is_going_and_what_may_be_asked_for(stage: Stage) -> None:
    await stage.reply(await stage.say(".imagine a cat", "Mia"))
    await stage.executor.next("a cat")
    await stage.reply(await stage.say(".imagine a dog", "Mia"))
    await stage.reply(await stage.say(".imagine a fox", "Noor"))
    text = await stage.ask(".info", "Mia")
    assert "**Your pictures:** 1 being painted and 1 waiting, of 3 at a time" in text
    assert "**Within 24 hours, in this server:** 2 pictures, work of 2\n" in text
    assert "at most 500 steps and 262144 pixels, 512 a side; usually 128×128 and 100 steps" in text
    assert "Between" not in text


async def test_it_counts_as_what_is_kept_does(stage: Stage) -> None:
    await stage.reply(await stage.say(".walk a red apple | a pear --frames 100", "Mia"))
    await stage.reply(await stage.say(".imagine a cat", "Mia"))
    count = (await stage.executor.next("a red apple | a pear")).count + 1
    assert count > 2
    assert f"in this server:** {count} pictures" in await stage.ask(".info", "Mia")
    told = f"- that you asked for {count} pictures within 24 hours, in all servers and in private"
    assert told in await stage.ask(".mydata", "Mia")


async def test_it_tells_what_is_left_of_the_day(make_stage: MakeStage) -> None:
    stage = await make_stage(limits__pictures_per_day=5, limits__cost_per_day=3, limits__cooldown_seconds=0.001)
    await stage.reply(await stage.say(".imagine a cat --steps 50", "Mia"))
    text = (await stage.slash("info", "Mia")).content
    assert re.search(r"1 picture of 5, work of 0\.5 of 3; more from <t:\d+:t> on", text)
    assert "**Between two commands:** under 1 s" in text
    assert "0 pictures of 5, work of 0 of 3\n" in (await stage.slash("info", "Noor")).content
