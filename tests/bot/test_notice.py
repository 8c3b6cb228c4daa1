"""What members are told at the end where many wait in a channel."""

from typing import Literal

import pytest

from sandbox import Fault
from sandbox.rate_limits import Rule
from tests.bot.conftest import MakeStage

MESSAGE = "/channels/{channel_id}/messages/{message_id}"


async def test_many_in_one_channel_are_all_told_at_the_end(make_stage: MakeStage) -> None:
    stage = await make_stage(queue__per_member=100)
    posts = []
    for number in range(31):
        posts.append(await stage.reply(await stage.say(f".imagine picture {number} --seed {number}")))
    long = "a very long prompt " * 20
    posts.append(await stage.reply(await stage.say(f".imagine {long}", "Mia")))
    for method, path in (("POST", "/channels/{channel_id}/messages"), ("PATCH", MESSAGE)):
        stage.sandbox.limits.rules[method, path] = Rule(5, 5)
    last = posts[-1].id
    await stage.stop()
    told = [each.content for each in stage.sandbox.messages("art") if each.author.bot and each.id > last]
    assert 1 <= len(told) <= 3
    text = "\n".join(told)
    member = stage.sandbox.person("member").id
    for number in range(31):
        assert f"<@{member}> **picture {number}**" in text
    assert text.count("a very long prompt") > 1
    assert all(not each.mentions for each in stage.sandbox.messages("art") if each.content in told)


@pytest.mark.parametrize("way", ["answered", "reset"])
@pytest.mark.parametrize("late", [False, True])
async def test_the_notice_at_the_end_is_sent_again_where_it_was_not_taken(
    make_stage: MakeStage, way: Literal["answered", "reset"], late: bool
) -> None:
    stage = await make_stage(queue__per_member=100)
    for number in range(5):
        await stage.reply(await stage.say(f".imagine picture {number}"))
    stage.sandbox.fail_next(Fault("POST", "/channels/{channel_id}/messages", 503, way=way, late=late))
    await stage.stop()
    told = [each for each in stage.sandbox.messages("art") if "these pictures go on" in each.content]
    assert len(told) == 1
