"""What members meet when moderators set the rules of a server."""

import re

import discord
import pytest

from bot.errors import RuleError
from bot.origin import Origin
from bot.outbox import Outboxes
from bot.rules.book import RuleBook
from bot.rules.gate import NO_VIDEO, Gate, fitting
from bot.rules.log import AuditLog
from config.settings import Settings
from generation.sizes import Shape
from sandbox.model import Channel
from sandbox.permissions import Permission
from store.asked import Asked
from store.audit import Audit
from store.blocks import Blocks
from store.journal import StoreJournal
from store.rules import SERVER, Rules
from store.usage import Usage
from store.words import Words
from tests.bot.conftest import PATIENCE, MakeStage, Stage, picture
from tests.store.conftest import ASKED, a_note, a_record

LATER = r"<t:\d+:R>"


async def rule(stage: Stage, text: str, who: str = "moderator") -> str:
    """Do as a moderator, and expect that it is done."""
    answer = await stage.ask(text, who)
    assert answer.startswith("Done: "), answer
    return answer


async def asked(stage: Stage, text: str, who: str = "member", channel: str = "art") -> str:
    """Ask for a picture and return what the bot says."""
    return await stage.ask(f".imagine {text}", who, channel)


async def painted(stage: Stage, prompt: str, who: str = "member", channel: str = "art") -> None:
    """Have a picture painted."""
    post = await stage.reply(await stage.say(f".imagine {prompt}", who, channel), channel)
    stage.executor.finish(await stage.executor.next(prompt))
    await stage.shows(post, "Again")


async def said_in_art(stage: Stage, words: str) -> None:
    """Wait until these words stand in a message."""
    await stage.sandbox.until(lambda: any(words in message.content for message in stage.sandbox.messages("art")))


async def test_a_member_meets_each_limit_that_is_lowered(make_stage: MakeStage) -> None:
    stage = await make_stage(queue__per_member=3, queue__total=9)
    await rule(stage, ".limits set steps 50")
    assert await asked(stage, "a cat --steps 60") == "`--steps` takes a whole number from 1 to 50, not `60`."

    await rule(stage, ".limits set pixels 4096")
    sentence = "A picture may have 4096 pixels here; ask for no more with `--size 64x64`."
    assert await asked(stage, "a cat --size 128x64") == sentence

    await rule(stage, ".limits set video no")
    assert await asked(stage, "a cat --video gif") == NO_VIDEO

    await rule(stage, ".limits set attach no")
    said = await stage.people("member").say("art", ".imagine a cat", files=[("cat.png", picture("red"))])
    refusal = "Pictures may not be given here; ask in words alone."
    assert (await stage.reply(int(said["id"]))).content == refusal
    assert await asked(stage, "https://example.org/cat.png a cat") == refusal

    assert await stage.ask(".words add fog", "moderator") == "Done: `fog` is refused everywhere in this server."
    assert await asked(stage, "a cat in Fo\u200bG") == "`fog` may not stand in a prompt here; leave it out."
    assert await asked(stage, "a cat --no fog") == "`fog` may not stand in a prompt here; leave it out."

    await rule(stage, ".limits set waiting 1")
    await asked(stage, "one")
    first = await stage.executor.next("one")
    assert (first.steps, first.shape) == (50, (64, 64))
    sentence = (
        "You already have 1 picture waiting or being painted (limit 1). Wait for one of them, or take one back with"
        " `.cancel`."
    )
    assert await asked(stage, "two") == sentence

    await rule(stage, ".limits set waiting-server 1")
    sentence = "This server already has 1 picture waiting or being painted (limit 1). Try again in a few minutes."
    assert await asked(stage, "two", "Noor") == sentence
    stage.executor.finish(first)
    await said_in_art(stage, "Again")

    await rule(stage, ".limits set cooldown 1h")
    assert re.fullmatch(f"You may ask every 1h here; ask again {LATER}.", await asked(stage, "two"))
    await rule(stage, ".limits reset cooldown")

    await rule(stage, ".limits set pictures 1")
    sentence = rf"You have had 1 picture within 24 hours \(limit 1\); ask again {LATER}\."
    assert re.fullmatch(sentence, await asked(stage, "two"))
    await rule(stage, ".limits set pictures none")

    await rule(stage, ".limits set cost 0.6")
    sentence = (
        r"This picture would cost 0\.42, and of your 0\.6 within 24 hours 0\.17 are left, where 1 is a picture of "
        rf"usual size and steps\. Ask for a smaller one or fewer steps; ask again {LATER}\."
    )
    assert re.fullmatch(sentence, await asked(stage, "two"))
    await rule(stage, ".limits set cost none")

    await rule(stage, ".roles deny Painters")
    sentence = "I do not paint here for members with the role **Painters**; a moderator can change that."
    assert await asked(stage, "two") == sentence
    await rule(stage, ".roles allow Moderators")
    await rule(stage, ".roles reset Painters")
    sentence = "I paint here for members with the role **Moderators** only; a moderator can give it to you."
    assert await asked(stage, "two") == sentence

    await rule(stage, ".channels deny")
    assert await asked(stage, "two") == "I do not paint in this channel; ask in another."
    await rule(stage, ".channels allow #general")
    general = stage.sandbox.channel("general").id
    assert await asked(stage, "two") == f"I do not paint in this channel; ask in <#{general}>."

    assert (await stage.ask(".pause", "moderator")).startswith("I take no more requests here")
    sentence = "Painting is paused in this server. A moderator can let it go on with `.resume`."
    assert await asked(stage, "two", channel="general") == sentence

    mia = stage.sandbox.person("member").id
    await rule(stage, f".block <@{mia}> 7d too many fogs *")
    sentence = r"A moderator has blocked you from asking for pictures here until <t:\d+:f>: too many fogs \\\*\."
    assert re.match(sentence, await asked(stage, "two"))
    assert len(stage.executor.requests) == 0


async def test_nothing_is_fetched_or_written_down_for_what_is_refused(stage: Stage) -> None:
    await rule(stage, ".channels deny")
    await asked(stage, "a cat")
    await rule(stage, ".channels reset")
    assert stage.executor.requests == {}
    await rule(stage, ".limits set pictures 1")
    await asked(stage, "a cat")
    await stage.executor.next("a cat")


async def test_roles_come_before_channels_and_those_before_the_server(stage: Stage) -> None:
    await rule(stage, ".limits set steps 10")
    await rule(stage, ".limits set steps 20 #art")
    await asked(stage, "in general", channel="general")
    assert (await stage.executor.next("in general")).steps == 10
    await stage.ask(".cancel")
    await asked(stage, "in art")
    assert (await stage.executor.next("in art")).steps == 20
    await stage.ask(".cancel")
    await rule(stage, ".limits set steps 5 @Painters")
    await asked(stage, "by a painter")
    assert (await stage.executor.next("by a painter")).steps == 5
    await stage.ask(".cancel")
    await rule(stage, ".limits set steps 30 Moderators")
    await asked(stage, "by a moderator", "moderator", "general")
    assert (await stage.executor.next("by a moderator")).steps == 30
    await stage.ask(".cancel", "moderator")
    # Of several roles the most generous holds.
    sandbox = stage.sandbox
    painters = next(each for each in sandbox.world.guild.roles.values() if each.name == "Painters").id
    sandbox.world.guild.members[sandbox.person("moderator").id].roles.append(painters)
    await asked(stage, "by both", "moderator")
    assert (await stage.executor.next("by both")).steps == 30


async def test_a_value_for_the_category_holds_for_its_channels(stage: Stage) -> None:
    studio = next(each for each in stage.sandbox.world.guild.channels.values() if each.name == "Studio")
    await rule(stage, f".limits set steps 10 <#{studio.id}>")
    await asked(stage, "a cat")
    assert (await stage.executor.next("a cat")).steps == 10


async def thread_in(stage: Stage, channel: str, who: str = "member", **more: object) -> Channel:
    """Begin a thread, or a post in a forum."""
    path = f"/channels/{stage.sandbox.channel(channel).id}/threads"
    status, thread = await stage.people(who).call("POST", path, {"name": "ideas", **more})
    assert status == 201, thread
    return stage.sandbox.world.place(int(thread["id"]))


async def answer_in(stage: Stage, place: Channel, text: str, who: str = "member") -> str:
    """Write in a thread and return what the bot replies."""
    said = int((await stage.people(who).say(place, text))["id"])

    def replies() -> list[str]:
        return [each.content for each in place.messages.values() if each.author.bot and each.reference == said]

    await stage.sandbox.until(replies)
    return replies()[0]


async def test_threads_and_posts_are_as_the_channel_that_they_are_in(stage: Stage) -> None:
    thread = await thread_in(stage, "art", type=11)
    post = await thread_in(stage, "gallery", message={"content": "look"})
    await rule(stage, ".limits set steps 10 #art")
    await rule(stage, ".limits set steps 20 #gallery")
    for place, steps in ((thread, 10), (post, 20)):
        assert (await answer_in(stage, place, ".imagine a cat")).startswith("**a cat**")
        assert (await stage.executor.next("a cat")).steps == steps
        assert await answer_in(stage, place, ".cancel") == "Cancelled: a cat"
    await rule(stage, ".channels allow #general")
    for place in (thread, post):
        assert (await answer_in(stage, place, ".imagine a cat")).startswith("I do not paint in this channel")
    assert (await answer_in(stage, thread, ".channels allow", "moderator")).startswith(f"Done: allowed <#{thread.id}>")
    assert (await answer_in(stage, thread, ".imagine a cat")).startswith("**a cat**")
    assert (await asked(stage, "a cat")).startswith("I do not paint in this channel")


async def test_other_kinds_of_channel(stage: Stage) -> None:
    stage.sandbox.overwrite("news", stage.sandbox.bot.id, allow=Permission.SEND_MESSAGES | Permission.ATTACH_FILES)
    for place, who in (("Lounge", "member"), ("news", "moderator")):
        post = await stage.reply(await stage.say(f".imagine in {place}", who, place), place)
        stage.executor.finish(await stage.executor.next(f"in {place}"))
        await stage.shows(post, "Again")


async def test_what_is_taken_back_or_fails_is_given_back(stage: Stage) -> None:
    await rule(stage, ".limits set pictures 2")
    await painted(stage, "one")
    post = await stage.reply(await stage.say(".imagine two"))
    stage.executor.fail(await stage.executor.next("two"), "It broke.")
    await stage.shows(post, "It broke.")
    await asked(stage, "by somebody else", "Noor")
    other = await stage.executor.next("by somebody else")
    await asked(stage, "three")
    assert await stage.ask(".cancel") == "Cancelled: three"
    await asked(stage, "four")
    stage.executor.finish(other)
    await stage.executor.next("four")
    assert await stage.ask(".cancel") == "Cancelled: four"
    assert "(limit 2)" in await asked(stage, "five")


async def test_what_is_asked_for_at_once_passes_no_limit(make_stage: MakeStage) -> None:
    stage = await make_stage(queue__per_member=9)
    await rule(stage, ".limits set pictures 2")
    said = [await stage.say(f".imagine picture {number}") for number in range(6)]
    assert "(limit 2)" in (await stage.reply(said[-1])).content  # one answer can say it for several
    replies = [each.content for each in stage.sandbox.messages("art") if each.reference in said]
    assert sum(each.startswith("**") for each in replies) == 2


async def test_an_edit_passes_no_limit(stage: Stage) -> None:
    await asked(stage, "by somebody else", "Noor")
    await stage.executor.next("by somebody else")
    said = await stage.say(".imagine a cat")
    post = await stage.reply(said)
    await rule(stage, ".limits set cost 1.5")
    await stage.ask(".words add fog", "moderator")
    for text, sentence in (("a fog", "`fog` may not stand"), ("a cat --steps 500", "This picture would cost 4")):
        path = f"{stage.people('member').messages_of('art')}/{said}"
        await stage.people("member").call("PATCH", path, {"content": f".imagine {text}"})
        await said_in_art(stage, sentence)
    assert post.content.startswith("**a cat**")


async def test_everything_survives_a_restart(make_stage: MakeStage) -> None:
    stage = await make_stage()
    mia = stage.sandbox.person("member").id
    for text in (
        ".limits set steps 50",
        ".limits set steps 60 #general",
        ".limits set pictures 1",
        ".words add adult fog",
        ".channels deny #general",
        ".roles deny Moderators",
        f".block {stage.sandbox.person('Noor').id} spam",
        ".prefix ?",
    ):
        await rule(stage, text)
    await stage.reply(await stage.say("?imagine a cat"))
    stage.executor.finish(await stage.executor.next("a cat"))
    await said_in_art(stage, "Again: `?imagine")
    await stage.stop()
    stage = await make_stage()
    assert "(limit 1)" in await stage.ask("?imagine a cat")
    assert await stage.ask("?imagine a cat --steps 55") == "`--steps` takes a whole number from 1 to 50, not `55`."
    assert "age-restricted channels only" in await stage.ask("?imagine fog")
    assert "I do not paint in this channel" in await stage.ask("?imagine a cat", channel="general")
    assert "the role **Moderators**" in await stage.ask("?imagine a cat", "moderator")
    assert "has blocked you" in await stage.ask("?imagine a cat", "Noor")
    assert f"<@{mia}>" not in await stage.ask("?blocks", "moderator")


async def test_an_operator_who_becomes_stricter_is_obeyed(make_stage: MakeStage) -> None:
    stage = await make_stage()
    for text in (".limits set steps 400", ".limits set pictures none", ".limits set video yes @Painters"):
        await rule(stage, text)
    await stage.stop()
    stage = await make_stage(painting__max_steps=120, limits__pictures_per_day=1, limits__videos=False)
    assert await asked(stage, "a cat --steps 130") == "`--steps` takes a whole number from 1 to 120, not `130`."
    assert await asked(stage, "a cat --video gif") == NO_VIDEO
    shown = await stage.ask(".limits show", "moderator")
    assert "`steps` **120**" in shown
    assert "`pictures` **1**" in shown
    assert "`video` **no** · no for **Painters**" in shown
    await painted(stage, "a cat")
    assert "(limit 1)" in await asked(stage, "a cat")


async def test_in_private_only_where_the_operator_says_so(make_stage: MakeStage) -> None:
    stage = await make_stage(discord__direct_messages=False)
    status, channel = await stage.people("member").call(
        "POST", "/users/@me/channels", {"recipient_id": str(stage.sandbox.bot.id)}
    )
    assert status == 200
    await stage.people("member").call("POST", f"/channels/{channel['id']}/messages", {"content": ".imagine a cat"})
    messages = stage.sandbox.world.direct[int(channel["id"])].messages
    await stage.sandbox.until(lambda: len(messages) == 2)
    assert [*messages.values()][-1].content == "I paint in servers only; ask there."


@pytest.mark.parametrize(("value", "is_hidden"), [("yes", True), ("adult", False), ("no", False)])
async def test_pictures_can_be_hidden(stage: Stage, value: str, is_hidden: bool) -> None:
    await rule(stage, ".limits set spoiler no")
    await rule(stage, f".limits set spoiler {value} #art")
    post = await stage.reply(await stage.say(".imagine a cat"))
    request = await stage.executor.next("a cat")
    stage.executor.advance(request, 5, picture("green", "JPEG"))
    await stage.sandbox.until(lambda: post.attachments)
    assert post.attachments[0].spoiler == is_hidden
    stage.executor.finish(request)
    await stage.shows(post, "Again")
    assert post.attachments[0].spoiler == is_hidden


async def test_the_operators_words_are_refused_too(make_stage: MakeStage) -> None:
    stage = await make_stage(limits__forbidden_words="fog,/m.st/", limits__adult_words="smoke")
    assert await asked(stage, "a fog") == "`fog` may not stand in a prompt here; leave it out."
    assert await asked(stage, "a must") == "`/m.st/` may not stand in a prompt here; leave it out."
    assert await asked(stage, "smoke") == (
        "`smoke` may stand in prompts in age-restricted channels only; leave it out, or ask there."
    )
    await rule(stage, ".limits set adult no")
    assert await asked(stage, "smoke") == "`smoke` may not stand in a prompt here; leave it out."


async def test_the_roles_of_those_who_asked_meanwhile_are_looked_up(make_stage: MakeStage) -> None:
    stage = await make_stage()
    await rule(stage, ".roles allow Painters")
    await stage.stop()
    said = await stage.say(".imagine a cat")
    refused = await stage.say(".imagine a cat", "moderator")
    command = await stage.say(".limits set steps 7", "moderator")
    forbidden = await stage.say(".limits set steps 8")
    stage = await make_stage()
    await stage.executor.next("a cat")
    assert "with the role **Painters** only" in (await stage.reply(refused)).content
    assert (await stage.reply(command)).content == "Done: set `steps` to `7` for the server."
    assert (await stage.reply(forbidden)).content == "That is for moderators, who may **Manage Server**."
    assert (await stage.reply(said)).content.startswith("**a cat**")


@pytest.fixture
async def gate(journal: StoreJournal) -> Gate:
    """Make a gate, of a server that has set some rules."""
    opened = journal._database
    rules, settings = Rules(opened), Settings()
    for key, value in (("pictures", 4), ("waiting", 2), ("repeat", 3)):
        await rules.set(20, SERVER, key, value)
    book = RuleBook(settings, rules)
    log = AuditLog(Audit(opened, 1), book, Outboxes(0.0), PATIENCE)
    return Gate(book, Words(opened), Blocks(opened), Usage(opened), log)


def origin_of(asked: Asked) -> Origin:
    return Origin.restored(asked, discord.Client(intents=discord.Intents.none()))


async def refusal(gate: Gate, number: int, waiting: int = 0) -> str:
    """Return why so many pictures at once are not taken beside those that wait, `""` where they are."""
    origin = origin_of(ASKED)
    requests = [a_record(100 + each).request for each in range(number)]
    try:
        await gate.check(origin, requests, [origin] * waiting)
    except RuleError as error:
        return str(error)
    return ""


async def test_several_at_once_are_taken_or_refused_together(gate: Gate, journal: StoreJournal) -> None:
    assert await refusal(gate, 2) == ""
    assert await refusal(gate, 4) == "One command may ask for 3 pictures here, and this one asks for 4; ask for fewer."
    assert (await refusal(gate, 2, waiting=1)).startswith(
        "Those are 2 pictures, more than you can have beside what is waiting or being painted for you already (limit 2)"
    )
    assert await refusal(gate, 1, waiting=1) == ""
    for number in range(3):
        await journal.accept([a_record(number).request], [a_note(number)])
    assert await refusal(gate, 1) == ""
    assert (await refusal(gate, 2)).startswith(
        "You may have 1 more within 24 hours (limit 4), and asked for 2. Ask for fewer; ask again <t:"
    )


@pytest.mark.parametrize(
    ("shape", "pixels", "fits"),
    [
        ((128, 128), 16384, (128, 128)),
        ((128, 128), 16383, (64, 64)),
        ((512, 256), 65536, (320, 128)),
        ((256, 512), 65536, (128, 320)),
        ((512, 64), 16384, (256, 64)),
        ((512, 512), 4096, (64, 64)),
    ],
)
def test_a_smaller_shape_fits(shape: Shape, pixels: int, fits: Shape) -> None:
    assert fitting(shape, pixels) == fits
    assert fits[0] * fits[1] <= pixels
