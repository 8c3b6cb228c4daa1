"""One bot in several shards: the server of the sandbox is of shard 6 of 7, what is private of shard 0."""

import pytest

from bot.client import Client
from tests.bot.conftest import MakeStage, Stage


@pytest.fixture
async def stage(make_stage: MakeStage, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """Start the bot in seven shards, without the five seconds between two logins."""

    async def at_once(_: Client, shard: int | None, *, initial: bool = False) -> None:
        del shard, initial

    monkeypatch.setattr(Client, "before_identify_hook", at_once)
    return await make_stage(shards__count=7)


async def test_it_hears_in_all_of_them(stage: Stage) -> None:
    await stage.ask(".help")
    member = stage.people("member")
    place = await member.direct()
    await member.say(place, ".imagine a cat")
    await stage.executor.next("a cat")
    await stage.sandbox.until(lambda: any(message.author.bot for message in place.messages.values()))


async def test_what_is_missed_by_one_shard_is_looked_up_for_that_one(stage: Stage) -> None:
    await stage.ask(".help")
    assert stage.sandbox.drop_gateway(forget=True, shard=6) == 1
    assert stage.sandbox.drop_gateway(shard=0) == 1  # which resumes, and says nothing about the other
    await stage.say(".imagine a dog")
    await stage.executor.next("a dog")
    member = stage.people("member")
    place = await member.direct()
    await member.say(place, ".imagine a bird")
    await stage.sandbox.until(lambda: any(message.author.bot for message in place.messages.values()))
