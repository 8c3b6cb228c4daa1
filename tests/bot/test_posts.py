"""`.imagine` from the typed message to the finished picture."""

import io
import re
import time

import pytest
from PIL import Image

from generation.events import Heartbeat
from generation.request import ImagineRequest
from sandbox.model import Message
from tests.bot.conftest import MakeStage, Stage, picture

PLACE = r"(Next|Number \d+) in line · starts <t:\d+:R>"


async def test_the_whole_way(stage: Stage) -> None:
    asked = await stage.say(".imagine a Red Fox, *oil* --seed 7 --steps 10 --size 64x80")
    post = await stage.reply(asked)
    assert re.fullmatch(rf"\*\*a Red Fox, \\\*oil\\\*\*\*\n{PLACE}\n-# seed 7 · 64×80 · 10 steps", post.content)
    assert post.mentions == [stage.sandbox.person("member")]
    assert post.flags & 1 << 2

    request = await stage.executor.next("a Red Fox, *oil*")
    member = str(stage.sandbox.person("member").id)
    guild = str(stage.sandbox.channel("art").guild_id)
    assert request == ImagineRequest(request.id, "a Red Fox, *oil*", 7, 64, 80, 10, member, guild=guild)
    stage.executor.start(request)
    await stage.shows(post, "▱▱▱▱▱▱▱▱▱▱ 0% · ready <t:")
    stage.executor.advance(request, 4, picture("green", "JPEG"))
    await stage.shows(post, "▰▰▰▰▱▱▱▱▱▱ 40% · ready <t:")
    (preview,) = post.attachments
    assert preview.filename == "a-red-fox-oil-7.jpg"
    assert preview.description == "a Red Fox, *oil*"

    stage.executor.finish(request, picture("red"))
    await stage.shows(post, "seed 7 · 64×80 · 10 steps · 21 s")
    assert "-# Again: `.imagine a Red Fox, *oil* --seed 7 --size 64x80 --steps 10`" in post.content
    (final,) = post.attachments
    assert final.filename == "a-red-fox-oil-7.png"
    assert final.description == "a Red Fox, *oil*"
    assert final.data == picture("red")
    assert post.mentions == []
    path, finished = stage.finished.get_nowait()
    assert finished == request
    assert path.name == f"{request.id}-a-red-fox-oil-7.png"
    assert path.parent == stage.settings.data_dir / "pictures"
    assert Image.open(io.BytesIO(path.read_bytes())).size == (64, 64)
    assert len([message for message in stage.sandbox.messages("art") if message.author.bot]) == 1


async def test_without_a_seed_any_is_taken_and_told(stage: Stage) -> None:
    post = await stage.reply(await stage.say(".imagine a cat"))
    request = await stage.executor.next("a cat")
    assert f"-# seed {request.seed} · 128×128 · 100 steps" in post.content


@pytest.mark.parametrize(
    "text", [".imagine a cat", ".IMAGINE a cat", "<@{bot}> imagine a cat", "<@!{bot}>imagine a cat"]
)
async def test_ways_to_ask(stage: Stage, text: str) -> None:
    await stage.say(text.format(bot=stage.sandbox.bot.id))
    await stage.executor.next("a cat")


@pytest.mark.parametrize(
    ("prompt", "shown"),
    [
        ("🦊🌲", "**🦊🌲**"),
        ("منارة في عاصفة", "**\u2068منارة في عاصفة\u2069**"),
        ("\u202ea\u2066 cat", "**a cat**"),
        (f"a caf{'e' + chr(0x301) * 300}", f"**a caf{'e' + chr(0x301) * 4}**"),
        ("@everyone @here", r"**\@everyone \@here**"),
        ("`<@&1>` <@2> <#3> <t:0:R>", r"**\`\<\@&1>\` someone a channel 1 January 1970**"),
        ("**a** _b_ ||c||", r"**\*\*a\*\* \_b\_ \|\|c\|\|**"),
        ("```\na cat\n```", "**a cat**"),
        ("see https://example.com/a.png", r"**see https:\/\/example.com\/a.png**"),
        ("`https://example.com/a.png`", r"**\`https:\/\/example.com\/a.png\`**"),
        ("# a\n> b", "**# a > b**"),
    ],
)
async def test_prompts_are_shown_as_they_are(stage: Stage, prompt: str, shown: str) -> None:
    post = await stage.reply(await stage.say(f".imagine {prompt}"))
    assert post.content.startswith(f"{shown}\n")
    assert post.mentions == [stage.sandbox.person("member")]
    assert not post.mention_everyone
    assert not post.embeds


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "Say what to paint"),
        ("x" * 1001, "The prompt has 1001 characters; 1000 are allowed."),
        ("a\0cat", "The prompt contains control characters"),
        ("a\x07cat", "The prompt contains control characters"),
        ("a cat --sed 7", "There is no flag `--sed`; did you mean `--seed`?"),
        ("a cat —steep 7", "There is no flag `--steep`; did you mean `--steps`?"),
        ("a cat --seed 7 --seed 8", "`--seed` is there twice"),
        ("a cat --seed -1", "`--seed` takes a whole number from 0 to 4294967295, not `-1`."),
        ("a cat --seed @everyone", "`--seed` takes a whole number from 0 to 4294967295, not `@everyone`."),
        ("a cat --size 0x0", "Width and height can be 64 to 512 pixels each, not `0x0`."),
        ("a cat --size 9999x9999", "Width and height can be 64 to 512 pixels each"),
        ("a cat --size 100x100", "the nearest to `100x100` is `--size 96x96`"),
        ("a cat --steps 0", "`--steps` takes a whole number from 1 to 500"),
    ],
)
async def test_bad_input_gets_one_sentence_and_nothing_else_happens(stage: Stage, text: str, sentence: str) -> None:
    before = len(stage.sandbox.messages("art"))
    reply = await stage.reply(await stage.say(f".imagine {text}"))
    assert sentence in reply.content
    assert "\n" not in reply.content
    assert reply.mentions == []
    assert not stage.executor.requests
    await stage.say(".imagine still here")
    await stage.executor.next("still here")
    bots = [message for message in stage.sandbox.messages("art")[before:] if message.author.bot]
    assert bots[0] is reply


async def test_the_tail_that_is_left_out_is_told(stage: Stage) -> None:
    post = await stage.reply(await stage.say(".imagine a cat"))
    request = await stage.executor.next("a cat")
    stage.executor.start(request, left_out="and *much* more")
    line = r"-# The prompt is longer than CLIP reads; left out: “and \*much\* more”"
    await stage.shows(post, "0%", line)
    stage.executor.finish(request)
    await stage.shows(post, "Again", line)


async def test_that_a_picture_is_smaller_than_was_asked_for_is_told(stage: Stage) -> None:
    post = await stage.reply(await stage.say(".imagine a cat --size 256x128"))
    request = await stage.executor.next("a cat")
    stage.executor.start(request)
    stage.executor.fail(request, "Too large.", is_shortage=True)
    line = "-# Painted at 128×64: the device has no memory for 256×128"
    await stage.shows(post, "0%", line)
    request = await stage.executor.next("a cat")
    assert request.shape == (128, 64)
    stage.executor.finish(request)
    await stage.shows(post, "256×128", line, "Again", "--size 256x128")


async def test_a_failure_says_why_and_how_to_ask_again(stage: Stage) -> None:
    post = await stage.reply(await stage.say(".imagine a cat --seed 7"))
    request = await stage.executor.next("a cat")
    stage.executor.start(request)
    stage.executor.fail(request, "The painting broke off more than once.")
    await stage.shows(post, "**a cat**\nThe painting broke off more than once.\n-# Again: `.imagine a cat --seed 7`")


async def test_a_request_that_starts_again_begins_at_nothing(stage: Stage) -> None:
    post = await stage.reply(await stage.say(".imagine a cat --steps 10"))
    request = await stage.executor.next("a cat")
    stage.executor.start(request)
    stage.executor.advance(request, 5)
    await stage.shows(post, "50%")
    stage.executor.start(request)
    await stage.shows(post, " 0%")
    stage.executor.advance(request, 6)
    await stage.shows(post, "60%")


async def test_the_place_in_line_moves_up(make_stage: MakeStage) -> None:
    stage = await make_stage(queue__per_member=5)
    posts: list[Message] = []
    for prompt in ("one", "two", "three"):
        posts.append(await stage.reply(await stage.say(f".imagine {prompt}")))
    assert "Next in line" in posts[1].content
    assert "Number 2 in line" in posts[2].content
    stage.executor.finish(await stage.executor.next("one"))
    await stage.shows(posts[2], "Next in line")
    stage.executor.finish(await stage.executor.next("two"))
    stage.executor.finish(await stage.executor.next("three"))
    for post in posts:
        await stage.shows(post, "Again:")


def seconds_until(post: Message) -> float:
    (unix,) = re.findall(r"<t:(\d+):R>", post.content)
    return int(unix) - time.time()


async def test_times_come_from_the_measured_speed_and_the_whole_line(make_stage: MakeStage) -> None:
    stage = await make_stage(queue__per_member=5)
    stage.executor.say(Heartbeat((64, 64), 1, 1, 10.0))
    stage.executor.say(Heartbeat((128, 128), 1, 1, 20.0))
    posts = [
        await stage.reply(await stage.say(f".imagine {size} --steps 10 --size {size}"))
        for size in ("64x64", "128x128", "64x64")
    ]
    request = await stage.executor.next("64x64")
    assert seconds_until(posts[1]) == pytest.approx(100, abs=5)
    assert seconds_until(posts[2]) == pytest.approx(300, abs=5)
    stage.executor.advance(request, 6)
    await stage.shows(posts[0], "60%")
    assert seconds_until(posts[0]) == pytest.approx(40, abs=5)
    answer = await stage.ask(".queue")
    seconds = [int(unix) - time.time() for unix in re.findall(r"<t:(\d+):R>", answer)]
    assert seconds[0] == pytest.approx(40, abs=5)


async def test_a_batch_that_runs_is_filled_before_another_is_begun(make_stage: MakeStage) -> None:
    stage = await make_stage(room=2, queue__per_member=5)
    for prompt in ("small one", "small two"):
        await stage.say(f".imagine {prompt} --size 64x64")
        await stage.executor.next(prompt)
    await stage.reply(await stage.say(".imagine large --size 128x128", "Mia"))
    await stage.reply(await stage.say(".imagine small three --size 64x64", "Noor"))
    stage.executor.finish(await stage.executor.next("small one"))
    await stage.executor.next("small three")
    stage.executor.finish(await stage.executor.next("small two"))
    await stage.executor.next("large")


async def test_a_picture_whose_worker_dies_waits_for_a_device_and_goes_first(stage: Stage) -> None:
    post = await stage.reply(await stage.say(".imagine one --steps 10", "Mia"))
    request = await stage.executor.next("one")
    stage.executor.advance(request, 5)
    await stage.shows(post, "50%")
    waiting = await stage.reply(await stage.say(".imagine two", "Noor"))
    stage.executor.change(0, "down")
    await stage.shows(post, " 0% · goes on as soon as a device is ready")
    await stage.shows(waiting, "Next in line · starts as soon as a device is ready")
    stage.executor.change(0, "ready")
    assert await stage.executor.next("one") == request
    stage.executor.start(request)
    stage.executor.advance(request, 2)
    await stage.shows(post, "20% · ready <t:")
    stage.executor.finish(request)
    await stage.shows(post, "Again:")
    await stage.executor.next("two")


async def test_members_take_turns(make_stage: MakeStage) -> None:
    stage = await make_stage(queue__per_member=5)
    for number in range(3):
        await stage.say(f".imagine flood {number}", "Mia")
    await stage.executor.next("flood 0")
    await stage.reply(await stage.say(".imagine late", "Noor"))
    stage.executor.finish(await stage.executor.next("flood 0"))
    await stage.executor.next("late")


async def test_editing_a_command_away_takes_back_what_it_asked_for(stage: Stage) -> None:
    painted = await stage.say(".imagine a cat")
    await stage.executor.next("a cat")
    waiting = await stage.say(".imagine a dog")
    posts = [await stage.reply(said) for said in (painted, waiting)]
    await stage.edit(waiting, "never mind")
    await stage.shows(posts[1], "Cancelled.")
    await stage.edit(painted, ".info")
    await stage.shows(posts[0], "Cancelled.")
    await stage.says("Your pictures:")
    assert "Nothing is being painted" in await stage.ask(".queue")


async def test_a_command_that_is_edited_into_cancel_takes_back_its_own_picture(stage: Stage) -> None:
    await stage.say(".imagine a cat")
    cat = await stage.executor.next("a cat")
    waiting = await stage.say(".imagine a dog")
    post = await stage.reply(waiting)
    await stage.reply(await stage.say(".imagine a cow"))
    await stage.edit(waiting, ".cancel")
    await stage.shows(post, "Cancelled.")
    stage.executor.finish(cat)
    await stage.executor.next("a cow")


async def test_works_in_private(stage: Stage) -> None:
    mia = stage.people("Mia")
    _, channel = await mia.call("POST", "/users/@me/channels", {"recipient_id": str(stage.sandbox.bot.id)})
    await mia.call("POST", f"/channels/{channel['id']}/messages", {"content": ".imagine a cat"})
    stage.executor.finish(await stage.executor.next("a cat"))
    messages = stage.sandbox.world.direct[int(channel["id"])].messages
    await stage.sandbox.until(lambda: any(message.attachments for message in messages.values()))


async def test_messages_that_are_deleted_together_take_back_what_they_asked_for(stage: Stage) -> None:
    said = [await stage.say(".imagine a cat"), await stage.say(".imagine a dog")]
    posts = [await stage.reply(each) for each in said]
    await stage.executor.next("a cat")
    ids = ", ".join(f'"{each}"' for each in said)
    channel = stage.sandbox.channel("art").id
    stage.sandbox.send_frame(
        f'{{"op": 0, "t": "MESSAGE_DELETE_BULK", "d": {{"ids": [{ids}], "channel_id": "{channel}"}}}}'
    )
    await stage.sandbox.until(lambda: not any(post in stage.sandbox.messages("art") for post in posts))
    assert [request.prompt for request in stage.executor.aborted] == ["a cat"]


async def test_of_several_cancels_at_once_each_takes_back_another_picture(stage: Stage) -> None:
    posts = [await stage.reply(await stage.say(f".imagine a {animal}")) for animal in ("cat", "dog", "cow")]
    for _ in posts:
        await stage.say(".cancel")
    for post in posts:
        await stage.shows(post, "Cancelled")
