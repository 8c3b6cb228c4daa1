"""Words, blocks, and taking back."""

import re
import sqlite3

from bot.characters import units
from bot.moderation import MOST_WORDS, NOT_BLOCKED
from tests.bot.conftest import MakeStage, Stage
from tests.bot.rules.test_commands import slash


async def test_words_are_added_tested_listed_and_removed(stage: Stage) -> None:
    assert await stage.ask(".words add Fog", "moderator") == "Done: `Fog` is refused everywhere in this server."
    assert await stage.ask(".words add adult red  smoke", "moderator") == (
        "Done: `red smoke` is refused outside of age-restricted channels in this server."
    )
    answer = await slash(stage, "moderator", "words add", {"word": "/m[iu]st/", "kind": "forbidden"})
    assert answer == "Done: `/m[iu]st/` is refused everywhere in this server."
    for text, refused in (("a FOG", "Fog"), ("mostly mustard", "/m[iu]st/"), ("red smoke", "red smoke")):
        assert (await stage.ask(f".words test {text}", "moderator")).startswith(f"Refused: `{refused}` may")
    assert await stage.ask(".words test foggy red", "moderator") == "No word in it is forbidden here."
    assert await stage.ask(".words list", "moderator") == (
        "**3 words of this server**\nforbidden ||`/m[iu]st/`||\nforbidden ||`Fog`||\nadult ||`red smoke`||"
    )
    assert await stage.ask(".words remove fOG", "moderator") == "Done: removed the word `Fog`."
    assert await stage.ask(".words test fog", "moderator") == "No word in it is forbidden here."


async def test_a_word_is_removed_as_it_was_added(stage: Stage) -> None:
    for word in ("smoke", "adult", "forbidden fruit", "fruit"):
        await stage.ask(f".words add adult {word}", "moderator")
    for typed, removed in (
        ("adult smoke", "smoke"),
        ("Adult ADULT", "adult"),
        ("forbidden fruit", "forbidden fruit"),
        ("forbidden fruit", "fruit"),
    ):
        assert await stage.ask(f".words remove {typed}", "moderator") == f"Done: removed the word `{removed}`."
    assert "`adult` is none of this server's words" in await stage.ask(".words remove adult", "moderator")
    assert await stage.ask(".words list", "moderator") == "This server has no words of its own."


async def test_too_many_words_are_refused(make_stage: MakeStage) -> None:
    stage = await make_stage()
    await stage.stop()
    guild = stage.sandbox.world.guild.id
    with sqlite3.connect(stage.settings.data_dir / "easel.db") as connection:
        rows = [(guild, f"{'w' * 100}{number}", False) for number in range(MOST_WORDS)]
        connection.executemany("INSERT INTO words VALUES (?, ?, ?)", rows)
    connection.close()
    stage = await make_stage()
    assert await stage.ask(".words add one", "moderator") == (
        f"There are {MOST_WORDS} words, which is the most; remove one, or join some as `/one|other/`."
    )
    listed = await stage.ask(".words list", "moderator")
    assert units(listed) <= 2000
    assert re.search(r"\n… and \d+ more$", listed)


async def test_adult_words_in_age_restricted_channels(stage: Stage) -> None:
    await stage.ask(".words add adult smoke", "moderator")
    assert "age-restricted channels only" in await stage.ask(".imagine smoke")
    await stage.say(".imagine smoke", channel="after-dark")
    await stage.executor.next("smoke")
    status, thread = await stage.people("member").call(
        "POST", f"/channels/{stage.sandbox.channel('after-dark').id}/threads", {"name": "more", "type": 11}
    )
    assert status == 201
    place = stage.sandbox.world.place(int(thread["id"]))
    await stage.people("member").say(place, ".imagine smoke | fog")
    await stage.sandbox.until(
        lambda: any("smoke" in each.content for each in place.messages.values() if each.author.bot)
    )
    await stage.ask(".limits set adult no", "moderator")
    refusal = await stage.ask(".imagine smoke", "Noor", "after-dark")
    assert refusal == "`smoke` may not stand in a prompt here; leave it out."


async def test_pictures_with_adult_words_can_be_hidden(stage: Stage) -> None:
    await stage.ask(".words add adult smoke", "moderator")
    await stage.ask(".limits set spoiler adult", "moderator")
    for prompt, is_hidden in (("smoke", True), ("a cat", False)):
        post = await stage.reply(await stage.say(f".imagine {prompt}", channel="after-dark"), "after-dark")
        stage.executor.finish(await stage.executor.next(prompt))
        await stage.shows(post, "Again")
        assert [each.spoiler for each in post.attachments] == [is_hidden]


async def test_who_is_blocked_asks_for_nothing(stage: Stage) -> None:
    mia, moderator = (stage.sandbox.person(name).id for name in ("member", "moderator"))
    answer = await slash(stage, "moderator", "block", {"member": str(mia), "reason": "so much *fog*"})
    assert answer.startswith(rf"Done: blocked <@{mia}> for ever: so much \*fog\*.")
    assert r"here: so much \*fog\*. They" in await stage.ask(".imagine a cat")
    assert (await stage.ask(".help")).startswith("**Easel paints")
    assert await stage.ask(".blocks", "moderator") == (
        rf"**Blocked**{chr(10)}<@{mia}> for ever, by <@{moderator}>: so much \*fog\*"
    )
    assert await stage.ask(f".unblock <@{mia}>", "moderator") == f"Done: unblocked <@{mia}>."
    await stage.say(".imagine a cat")
    await stage.executor.next("a cat")


async def test_a_block_says_how_to_take_back_what_was_asked_for(stage: Stage) -> None:
    await stage.ask(".prefix ?", "moderator")
    mia = stage.sandbox.person("Mia").id
    for named in (f"<@{mia}>", "<@123>"):
        answer = await stage.ask(f"?block {named} 1h", "moderator")
        assert answer.endswith(f" is still painted; `?clear {named}` takes it back.")


async def test_nobody_blocks_themselves_or_the_bot(stage: Stage) -> None:
    for who in (stage.sandbox.bot, stage.sandbox.person("moderator")):
        assert await stage.ask(f".block <@{who.id}>", "moderator") == NOT_BLOCKED
        assert await slash(stage, "moderator", "block", {"member": str(who.id)}) == NOT_BLOCKED
    assert await stage.ask(".blocks", "moderator") == "Nobody is blocked."


async def test_clear_takes_back_what_waits_and_what_is_painted(stage: Stage) -> None:
    posts = [
        await stage.reply(await stage.say(f".imagine {prompt}", who, channel), channel)
        for prompt, who, channel in (("one", "Mia", "art"), ("two", "Noor", "art"), ("three", "Mia", "general"))
    ]
    await stage.executor.next("one")
    mia = stage.sandbox.person("Mia").id
    assert await stage.ask(f".clear <@{mia}>", "moderator") == f"Done: took back 2 pictures of <@{mia}>."
    for post in (posts[0], posts[2]):
        await stage.shows(post, "Cancelled by a moderator.")
    await stage.executor.next("two")
    assert await stage.ask(".clear", "moderator") == "Done: took back 1 picture."
    await stage.shows(posts[1], "Cancelled by a moderator.")
