"""`.queue`, `.cancel`, `.help`, and what is no command of ours."""

import pytest

from bot.characters import units
from sandbox.permissions import Permission
from tests.bot.conftest import MakeStage, Stage


async def test_help_tells_how_to_ask_and_within_which_limits(make_stage: MakeStage) -> None:
    stage = await make_stage(queue__per_member=4, discord__prefix="!")
    text = await stage.ask("!help")
    assert "`!imagine a lighthouse in a storm, oil painting`" in text
    assert "128×128 and 100 steps; at most 512 pixels a side, 500 steps, 1000 characters, 4 pictures" in text


@pytest.mark.parametrize(("clip", "told"), [("pocket", True), ("/weights/ViT-B-32.pt", False)])
async def test_help_tells_what_the_pocket_models_know(make_stage: MakeStage, clip: str, told: bool) -> None:
    stage = await make_stage(models__clip=clip)
    assert ("All their words: docs/pocket.md" in await stage.ask(".help")) == told


@pytest.mark.parametrize("text", [".imagin a cat", ".roll 2d6", "...", ".", "hello", ". imagine", "imagine a cat"])
async def test_what_is_no_command_of_ours_gets_no_answer(stage: Stage, text: str) -> None:
    before = len(stage.sandbox.messages("art"))
    await stage.say(text)
    await stage.nothing_happens()
    assert len(stage.sandbox.messages("art")) == before + 1


@pytest.mark.parametrize("text", ["<@{bot}>", "<@{bot}> paint me a cat", "<@!{bot}> imagin a cat"])
async def test_a_mention_always_gets_an_answer(stage: Stage, text: str) -> None:
    answer = await stage.ask(text.format(bot=stage.sandbox.bot.id))
    assert answer == "I paint: `.imagine a red fox`. `.help` tells more."


async def test_the_queue_is_empty(stage: Stage) -> None:
    answer = await stage.ask(".queue")
    assert answer == "Nothing is being painted and nobody waits; yours would begin at once."


async def test_the_queue_shows_what_is_painted_and_what_waits(stage: Stage) -> None:
    await stage.say(".imagine a *cat* --steps 10", "Mia")
    cat = await stage.executor.next("a *cat*")
    stage.executor.start(cat)
    stage.executor.advance(cat, 4)
    post = await stage.reply(await stage.say(".imagine a dog", "Noor"))
    await stage.reply(await stage.say(".imagine a secret", "Noor", "general"), "general")
    await stage.shows(post, "Next in line")
    lines = (await stage.ask(".queue", "Mia")).splitlines()
    assert lines[0] == "**Being painted**"
    assert lines[1].startswith(r"▰▰▰▰▱▱▱▱▱▱ 40% · **a \*cat\*** · yours · ready <t:")
    assert lines[2] == "**Waiting**"
    assert lines[3].startswith("1. a dog · Noor · starts <t:")
    assert lines[4].startswith("2. a picture for somebody elsewhere · starts <t:")
    assert "Mia" not in "".join(lines)


async def test_ones_own_words_from_elsewhere_are_shown_to_oneself_alone(stage: Stage) -> None:
    await stage.reply(await stage.say(".imagine a secret", "Noor", "general"), "general")
    assert "**a picture of yours from elsewhere**" in await stage.ask(".queue", "Noor")
    assert "**a secret** · yours" in (await stage.slash("queue", "Noor")).content
    assert await stage.ask(".cancel", "Noor") == "Cancelled: your picture from elsewhere"


async def test_a_long_queue_is_cut(make_stage: MakeStage) -> None:
    stage = await make_stage(queue__per_member=20)
    for number in range(14):
        await stage.say(f".imagine {'x' * 100} {number}", "Mia")
    await stage.reply(await stage.say(".imagine mine", "Noor"))
    await stage.nothing_happens()
    text = await stage.ask(".queue", "Mia")
    assert text.endswith("… and 4 more\nYours among them: number 11, 12, 13, 14")
    assert len(text) < 2000


async def test_a_queue_of_nothing_but_markup_is_answered(make_stage: MakeStage) -> None:
    stage = await make_stage(room=3, queue__per_member=20)
    for number in range(18):
        await stage.say(f".imagine {number:02}{'*_~`|<@/' * 7}", "Mia")
    text = await stage.ask(".queue", "Mia")
    assert units(text) <= 2000
    assert text.endswith("… and 5 more\nYours among them: number 11, 12, 13, 14, 15")


async def test_nothing_that_is_shown_reaches_beyond_its_place(make_stage: MakeStage) -> None:
    stage = await make_stage(queue__per_member=5)
    stage.sandbox.person("member").name = f"\u202eMia{chr(0x301) * 20} _قطة_"
    await stage.say(f".imagine a\u202e cat{chr(0x301) * 50}\u2069", "member")
    await stage.reply(await stage.say(".imagine قطة", "member"))
    (_, painted, _, waits) = (await stage.ask(".queue", "Noor")).splitlines()
    mia = f"\u2068Mia{chr(0x301) * 4} \\_قطة\\_\u2069"
    assert f"% · a cat{chr(0x301) * 4} · {mia} · " in painted
    assert waits.startswith(f"1. \u2068قطة\u2069 · {mia} · starts")
    assert await stage.ask(".cancel", "member") == "Cancelled: \u2068قطة\u2069"


async def test_cancel_takes_back_the_newest(make_stage: MakeStage) -> None:
    stage = await make_stage(room=1)
    first = await stage.reply(await stage.say(".imagine one"))
    second = await stage.reply(await stage.say(".imagine two"))
    await stage.executor.next("one")
    assert await stage.ask(".cancel") == "Cancelled: two"
    await stage.shows(second, "**two**\nCancelled.")
    assert await stage.ask(".cancel") == "Cancelled: one"
    await stage.shows(first, "**one**\nCancelled.")
    assert [request.prompt for request in stage.executor.aborted] == ["one"]
    assert await stage.ask(".cancel") == "You have no picture waiting or being painted."


async def test_cancel_takes_the_preview_away(stage: Stage) -> None:
    post = await stage.reply(await stage.say(".imagine one"))
    request = await stage.executor.next("one")
    stage.executor.advance(request, 5, b"\xff\xd8preview")
    await stage.sandbox.until(lambda: post.attachments)
    await stage.ask(".cancel")
    await stage.shows(post, "Cancelled.")
    assert post.attachments == []


async def test_cancel_by_place(stage: Stage) -> None:
    await stage.reply(await stage.say(".imagine one"))
    await stage.executor.next("one")
    post = await stage.reply(await stage.say(".imagine two"))
    await stage.reply(await stage.say(".imagine three"))
    assert await stage.ask(".cancel 3") == (
        "There is no such picture in line. `.queue` shows what waits and at which place."
    )
    assert await stage.ask(".cancel 1") == "Cancelled: two"
    await stage.shows(post, "Cancelled.")
    assert (await stage.ask(".cancel me")).startswith("There is no such picture")
    assert (await stage.ask(".cancel 0")).startswith("There is no such picture")


async def test_cancel_by_a_reply(stage: Stage) -> None:
    first = await stage.reply(await stage.say(".imagine one"))
    await stage.reply(await stage.say(".imagine two"))
    answer = await stage.reply(await stage.say(".cancel", to=first))
    assert answer.content == "Cancelled: one"
    await stage.shows(first, "Cancelled.")
    answer = await stage.reply(await stage.say(".cancel", to=first))
    assert answer.content == "That message is not about a picture that waits or is being painted."


async def test_others_cannot_cancel_and_moderators_can(stage: Stage) -> None:
    post = await stage.reply(await stage.say(".imagine one", "Mia"))
    await stage.executor.next("one")
    answer = await stage.reply(await stage.say(".cancel", "Noor", to=post))
    assert answer.content == "That picture is not yours; only who asked for it and moderators can cancel it."
    await stage.reply(await stage.say(".cancel", "moderator", to=post))
    await stage.shows(post, "Cancelled by a moderator.")
    assert [request.prompt for request in stage.executor.aborted] == ["one"]


async def test_what_is_lacking_is_named_before_anything_is_queued(stage: Stage) -> None:
    answer = await stage.ask(".imagine a cat", channel="no-files")
    assert answer == "To paint here I need the permission **Attach Files**; a moderator can grant it."
    assert not stage.executor.requests


async def test_without_history_there_are_no_replies(stage: Stage) -> None:
    stage.sandbox.overwrite("art", stage.sandbox.world.guild.id, deny=Permission.READ_MESSAGE_HISTORY)
    await stage.say(".imagine a cat", "Mia")
    await stage.sandbox.until(lambda: any(message.author.bot for message in stage.sandbox.messages("art")))
    answer = stage.sandbox.messages("art")[-1]
    mia = stage.sandbox.person("Mia").id
    assert answer.content == (
        f"<@{mia}> To paint here I need the permission **Read Message History**; a moderator can grant it."
    )
    assert answer.mentions == []
    assert not stage.executor.requests


async def test_where_it_may_not_write_it_says_so_in_private(stage: Stage) -> None:
    await stage.say(".imagine a cat", "moderator", "announcements")
    world = stage.sandbox.world
    await stage.sandbox.until(lambda: any(channel.messages for channel in world.direct.values()))
    (channel,) = world.direct.values()
    (message,) = channel.messages.values()
    assert "I need the permission **Send Messages** and **Attach Files**" in message.content
    assert not stage.executor.requests


async def test_a_message_that_is_delivered_twice_counts_once(stage: Stage) -> None:
    said = await stage.say(".imagine a cat")
    await stage.reply(said)
    channel = stage.sandbox.channel("art")
    stage.sandbox.events.message_created(channel, channel.messages[said])
    await stage.nothing_happens()
    await stage.reply(said)
    assert (await stage.ask(".queue")).count("a cat") == 1
