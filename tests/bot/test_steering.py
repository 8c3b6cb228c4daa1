"""Pictures steered by replies and by a command, by people in a real sandbox, with the real bot."""

from dataclasses import dataclass, replace

import pytest

from bot import steering
from bot.steering import CHECK, ENDED, NO_PICTURE, NO_STEERING, NONE_OF_YOURS, NOT_YOURS, TOO_SOON, is_meant
from generation.request import ImagineRequest
from generation.targets import MOST_STEERING, Steering
from sandbox import Sandbox
from sandbox.model import Message
from tests.bot.conftest import MakeStage, Stage, picture
from tests.people import component_of

NOT_ALLOWED = NOT_YOURS.format(".")
OVER = ENDED.format(".")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let members steer as often as they like."""
    monkeypatch.setattr(steering, "COOLDOWN_SECONDS", 0.0)


@dataclass
class Painting:
    """A picture that is being painted for Mia."""

    stage: Stage
    asked: Message
    post: Message
    request: ImagineRequest

    async def reply(self, text: str, who: str = "Mia", to: Message | None = None) -> Message:
        """Write a reply, to the post where nothing else is said."""
        number = await self.stage.say(text, who, to=to or self.post)
        return self.stage.sandbox.channel("art").messages[number]

    async def answer(self, text: str, who: str = "Mia", to: Message | None = None) -> str:
        """Write a reply and return what the bot says."""
        return (await self.stage.reply((await self.reply(text, who, to)).id)).content

    async def heard(self, step: int = 40) -> tuple[Steering, ...]:
        """Let what the worker was told count from a step on, and return it."""
        executor = self.stage.executor
        await executor.until(lambda: executor.said)
        request_id, said = executor.said.pop(0)
        granted = tuple(replace(each, step=step) for each in said)
        request = executor.requests[request_id]
        executor.turn(request, *request.steering, *granted)
        return granted

    async def checked(self, message: Message) -> None:
        """Wait until the bot has put its sign on a message."""
        await self.stage.sandbox.until(lambda: message.reactions.get(CHECK) == [self.stage.sandbox.bot.id])

    @property
    def line(self) -> str:
        """What the small print says of Mia in step 40, without what she said."""
        return f"-# step 40 · <@{self.id_of('Mia')}>: "

    def id_of(self, who: str) -> int:
        return self.stage.sandbox.person(who).id


async def begun(stage: Stage, text: str = "a cat --seed 7", channel: str = "art") -> Painting:
    """Have a picture begun."""
    asked = await stage.say(f".imagine {text}", "Mia", channel)
    post = await stage.reply(asked, channel)
    await stage.executor.until(lambda: stage.executor.requests)
    (request,) = stage.executor.requests.values()
    stage.executor.start(request)
    await stage.shows(post, "0%")
    return Painting(stage, stage.sandbox.channel(channel).messages[asked], post, request)


@pytest.fixture
async def painting(stage: Stage) -> Painting:
    """Have a picture begun on the usual stage."""
    return await begun(stage)


def by_bot(stage: Stage, channel: str = "art") -> list[Message]:
    return [each for each in stage.sandbox.messages(channel) if each.author is stage.sandbox.bot]


async def test_a_reply_to_the_post_steers(painting: Painting, stage: Stage) -> None:
    reply = await painting.reply("more: a lighthouse | less: fog")
    mia = str(painting.id_of("Mia"))
    said = await painting.heard()
    assert said == (
        Steering("a lighthouse", 1.0, adds=True, step=40, by=mia),
        Steering("fog", -0.5, adds=True, step=40, by=mia),
    )
    await stage.shows(painting.post, "0%", painting.line + r"more: a lighthouse \| less: fog")
    await painting.checked(reply)
    assert painting.post.mentions == []
    stage.executor.finish(stage.executor.requests[painting.request.id], picture())
    again = "-# Again: the same prompt with `--seed 7`, and steer it so"
    await stage.shows(painting.post, painting.line + r"more: a lighthouse \| less: fog", again)
    _, finished = stage.finished.get_nowait()
    assert finished == replace(painting.request, steering=said)
    assert by_bot(stage) == [painting.post]


@pytest.mark.parametrize(
    ("text", "to"),
    [
        ("sky::0.5", "asked"),
        ("MORE : the sea", "asked"),
        (".steer sky::0.5", "asked"),
        (".steer sky::0.5", "post"),
        (".steer sky::0.5", ""),
        ("<@{bot}> steer less: fog", ""),
        ("<@{bot}> less: fog", "post"),
    ],
)
async def test_ways_to_say_it(painting: Painting, stage: Stage, text: str, to: str) -> None:
    message = {"asked": painting.asked, "post": painting.post}.get(to)
    number = await stage.say(text.format(bot=stage.sandbox.bot.id), "Mia", to=message)
    assert len(await painting.heard()) == 1
    await painting.checked(stage.sandbox.channel("art").messages[number])
    assert by_bot(stage) == [painting.post]


async def test_as_a_slash_command(painting: Painting, stage: Stage) -> None:
    mia = stage.people("Mia")
    used = await mia.run_command("art", "steer", {"text": "more: a lighthouse"})
    await painting.heard()
    answer = await mia.answer(used)
    assert answer is not None
    assert answer.content == "It is steered so from step 40 on."
    await stage.shows(painting.post, "more: a lighthouse")
    noor = stage.people("Noor")
    answer = await noor.answer(await noor.run_command("art", "steer", {"text": "more: a lighthouse"}))
    assert answer is not None
    assert answer.content == NONE_OF_YOURS


@pytest.mark.parametrize(
    "text",
    [
        "wow!",
        "I like it more",
        "std::vector",
        "more",
        "less is more",
        "12:30",
        "so cute:3",
        "nice, more: :3",
        "| ::",
        "",
    ],
)
def test_what_is_only_talk(text: str) -> None:
    assert not is_meant(text)


async def test_talk_gets_no_answer(painting: Painting, stage: Stage) -> None:
    other = await stage.say("who wants coffee?", "Noor")
    answer = await stage.reply(await stage.say(".queue", "Noor"))
    for text in ("wow!", "more or less", "I::m", "x" * 2000):
        await painting.reply(text, "Noor")
    for message in (stage.sandbox.channel("art").messages[other], answer):
        await painting.reply("more: coffee", "Mia", to=message)
    await stage.say("more: coffee", "Mia")
    await stage.nothing_happens()
    assert by_bot(stage) == [painting.post, answer]
    assert not stage.executor.said


async def test_others_may_where_the_requester_lets_them(painting: Painting, stage: Stage) -> None:
    mia = stage.people("Mia")
    assert await painting.answer("more: dogs", "Noor") == NOT_ALLOWED
    await mia.answer(await mia.press(painting.post, "Let others steer"))
    await stage.shows(painting.post, "Anybody may steer it")
    reply = await painting.reply("more: dogs", "Noor")
    (said,) = await painting.heard()
    assert said.by == str(painting.id_of("Noor"))
    await stage.shows(painting.post, f"-# step 40 · <@{painting.id_of('Noor')}>: more: dogs")
    await painting.checked(reply)
    assert painting.post.mentions == []
    await mia.answer(await mia.press(painting.post, "Only I steer"))
    await stage.sandbox.until(lambda: "Anybody" not in painting.post.content)
    assert await painting.answer("more: dogs", "Noor") == NOT_ALLOWED
    assert not stage.executor.said


async def test_others_may_where_the_server_lets_them(painting: Painting, stage: Stage) -> None:
    assert (await stage.ask(".limits set steer everyone", "moderator")).startswith("Done: ")
    await painting.reply("more: dogs", "Noor")
    await painting.heard()
    assert (await stage.ask(f".block <@{painting.id_of('Noor')}>", "moderator")).startswith("Done: ")
    assert "blocked you" in await painting.answer("more: dogs", "Noor")
    assert not stage.executor.said


async def test_words_that_are_refused(painting: Painting, stage: Stage) -> None:
    await stage.ask(".words add fog", "moderator")
    assert (
        await painting.answer("less: trees | more: F\u200bog") == "`fog` may not stand in a prompt here; leave it out."
    )
    assert not stage.executor.said


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("more:", "Say behind `more:` what there should be more of"),
        ("more: fog::-1", "Behind `more:` a weight is above 0"),
        ("more: a | b", "Say `more:` or `less:` before each text"),
        ("more: a ^ less: b", "not by what follows one another with ^"),
        (f"more: {'x' * 201}", "at most 200 characters, not 201"),
        ("|".join(["more: x"] * 17), "at most 16 texts"),
        ("a cat::0", "Nothing with a weight above 0 would be left"),
        ("more: " + "::" * 900, ""),
        ("more: x" + "|" * 1900 + "^", "at most 200 characters, not 1902"),
        (".steer", "It is typed as"),
        (".steer a lighthouse", NO_STEERING),
        (".steer `<@1>` @everyone", NO_STEERING),
    ],
)
async def test_what_cannot_be_understood_gets_one_sentence(painting: Painting, text: str, sentence: str) -> None:
    answer = await painting.answer(text)
    assert sentence in answer
    assert "\n" not in answer
    assert "@everyone" not in answer
    assert not painting.stage.executor.said


async def test_hostile_markup_is_shown_as_it_is(painting: Painting, stage: Stage) -> None:
    noor = painting.id_of("Noor")
    await painting.reply(f"more: @everyone <@{noor}> <@&1> **a** ||b|| \u202e[c](https://d.e) # f\n> g")
    (said,) = await painting.heard()
    assert said.text == "@everyone Noor a role **a** c # f > g" or "<@" not in said.text
    await stage.shows(painting.post, painting.line, r"\@everyone")
    assert painting.post.mentions == []
    assert not painting.post.mention_everyone
    line = next(line for line in painting.post.content.splitlines() if line.startswith(painting.line))
    assert "<@" not in line.removeprefix(painting.line)
    assert "**" not in line
    assert "\u202e" not in painting.post.content


async def test_at_most_so_many_texts(painting: Painting, stage: Stage) -> None:
    for number in range(MOST_STEERING // 4):
        await painting.reply(" | ".join(f"more: thing {4 * number + each}" for each in range(4)))
        await painting.heard(step=number)
        await stage.shows(painting.post, f"step {number} ·")
    assert await painting.answer("more: x") == "A picture can be steered by at most 16 texts; 16 have been said."
    await stage.shows(painting.post, "-# steered 4 times before that")
    assert "thing 3" not in painting.post.content
    assert len(painting.post.components) == 1


async def test_how_often_a_member_may(painting: Painting, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steering, "COOLDOWN_SECONDS", 600.0)
    await painting.reply("more: a")
    await painting.heard()
    assert await painting.answer("more: b") == TOO_SOON
    assert await painting.answer(".steer more: b") == TOO_SOON
    assert not stage.executor.said
    await stage.ask(".limits set steer everyone", "moderator")
    await painting.reply("more: b", "Noor")
    await painting.heard()


async def test_what_waits_is_steered_from_the_beginning(painting: Painting, stage: Stage) -> None:
    waiting = await stage.reply(await stage.say(".imagine a dog", "Noor"))
    reply = await painting.reply("more: a lighthouse", "Noor", to=waiting)
    await stage.shows(waiting, "Next in line", f"-# step 0 · <@{painting.id_of('Noor')}>: more: a lighthouse")
    await painting.checked(reply)
    stage.executor.finish(painting.request)
    request = await stage.executor.next("a dog")
    assert [(each.text, each.step) for each in request.steering] == [("a lighthouse", 0)]


@pytest.mark.parametrize("how", ["finished", "cancelled"])
async def test_what_has_ended(painting: Painting, stage: Stage, how: str) -> None:
    if how == "finished":
        stage.executor.finish(painting.request)
    else:
        await stage.say(".cancel", "Mia")
    await stage.shows(painting.post, "Again" if how == "finished" else "Cancelled")
    assert await painting.answer("more: a lighthouse") == OVER
    assert await painting.answer("more: a lighthouse", to=painting.asked) == OVER
    assert await painting.answer(".steer more: a lighthouse") == OVER
    other = await stage.say("hello", "Noor")
    message = stage.sandbox.channel("art").messages[other]
    assert await painting.answer(".steer more: a lighthouse", to=message) == NO_PICTURE
    assert await stage.ask(".steer more: a lighthouse", "Mia") == NONE_OF_YOURS


async def test_what_ends_before_it_is_heard(painting: Painting, stage: Stage) -> None:
    reply = await painting.reply("more: a lighthouse")
    await stage.executor.until(lambda: stage.executor.said)
    stage.executor.finish(painting.request)
    assert (await stage.reply(reply.id)).content == OVER


async def test_what_the_worker_refuses(painting: Painting, stage: Stage) -> None:
    reply = await painting.reply("more: a lighthouse")
    await stage.executor.until(lambda: stage.executor.said)
    stage.executor.turn(painting.request, refusal="That cannot be.")
    assert (await stage.reply(reply.id)).content == "That cannot be."
    assert CHECK not in reply.reactions
    assert "lighthouse" not in painting.post.content


async def test_after_the_death_of_a_worker_it_counts(painting: Painting, stage: Stage) -> None:
    reply = await painting.reply("more: a lighthouse")
    await stage.executor.until(lambda: stage.executor.said)
    stage.executor.change(0, "down")
    await painting.checked(reply)
    await stage.shows(painting.post, "step 0 · ", "more: a lighthouse")
    stage.executor.change(0, "ready")
    request = await stage.executor.next("a cat")
    assert [each.text for each in request.steering] == ["a lighthouse"]


async def test_after_a_restart_it_still_counts(make_stage: MakeStage) -> None:
    painting = await begun(await make_stage())
    stage, mia = painting.stage, painting.stage.people("Mia")
    await mia.answer(await mia.press(painting.post, "Let others steer"))
    await painting.reply("more: a lighthouse")
    (said,) = await painting.heard()
    await stage.shows(painting.post, "more: a lighthouse")
    await stage.stop()
    late = await painting.reply("less: fog", "Noor")
    stage = await make_stage()
    painting = replace(painting, stage=stage)
    request = await stage.executor.next("a cat")
    assert request.steering == (said,)
    assert [each.text for each in await painting.heard(50)] == ["fog"]
    await stage.shows(painting.post, painting.line + "more: a lighthouse", "step 50 · ", "less: fog", "Anybody may")
    await painting.checked(late)


async def test_in_a_thread(painting: Painting, stage: Stage) -> None:
    channel, mia = stage.sandbox.channel("art"), stage.people("Mia")
    path = f"/channels/{channel.id}/threads"
    status, thread = await mia.call("POST", path, {"name": "more", "type": 11})
    assert status == 201
    place = stage.sandbox.world.place(int(thread["id"]))
    stage.executor.finish(painting.request)
    messages = f"/channels/{place.id}/messages"
    await mia.call("POST", messages, {"content": ".imagine a dog"})
    request = await stage.executor.next("a dog")
    await stage.sandbox.until(lambda: any(each.author.bot for each in place.messages.values()))
    (post,) = [each for each in place.messages.values() if each.author.bot]
    reply = {"content": "more: a lighthouse", "message_reference": {"message_id": str(post.id)}}
    _, answer = await mia.call("POST", messages, reply)
    await painting.heard()
    await stage.shows(post, "more: a lighthouse")
    await painting.checked(place.messages[int(answer["id"])])
    assert stage.executor.requests[request.id].steering


async def test_in_private_there_are_no_others(painting: Painting, stage: Stage) -> None:
    stage.executor.finish(painting.request)
    mia = stage.people("Mia")
    channel = await mia.direct()
    messages = f"/channels/{channel.id}/messages"
    await mia.call("POST", messages, {"content": ".imagine a dog"})
    await stage.executor.next("a dog")
    await stage.sandbox.until(lambda: len(channel.messages) == 2)
    post = [*channel.messages.values()][-1]
    with pytest.raises(AssertionError):
        component_of(post, "Let others steer")
    reply = {"content": "more: a lighthouse", "message_reference": {"message_id": str(post.id)}}
    await mia.call("POST", messages, reply)
    await painting.heard()
    await stage.shows(post, "more: a lighthouse")


async def test_without_the_content_of_messages_a_reply_that_pings_is_heard(
    sandbox: Sandbox, make_stage: MakeStage
) -> None:
    sandbox.set_message_content(enabled=False)
    stage = await make_stage()
    await stage.sandbox.until(lambda: stage.sandbox.world.application.commands)
    await stage.people("Mia").run_command("art", "imagine", {"prompt": "a cat"})
    request = await stage.executor.next("a cat")
    await stage.sandbox.until(lambda: by_bot(stage) and "Steer" in str(by_bot(stage)[-1].components))
    painting = Painting(stage, by_bot(stage)[-1], by_bot(stage)[-1], request)
    await painting.reply("more: a lighthouse")
    await painting.heard()
    await stage.shows(painting.post, "more: a lighthouse")


async def test_where_the_bot_may_put_no_reactions(painting: Painting, stage: Stage) -> None:
    everybody = stage.sandbox.world.guild.id
    channel = stage.sandbox.channel("art")
    body = {"type": 0, "allow": 0, "deny": 1 << 6}
    await stage.people("owner").call("PUT", f"/channels/{channel.id}/permissions/{everybody}", body)
    await stage.nothing_happens()
    reply = await painting.reply("more: a lighthouse")
    await painting.heard()
    await stage.shows(painting.post, "more: a lighthouse")
    await stage.nothing_happens()
    assert reply.reactions == {}
    assert by_bot(stage) == [painting.post]


async def test_steering_does_not_disturb_the_progress(painting: Painting, stage: Stage) -> None:
    await painting.reply("more: a lighthouse")
    await painting.heard()
    await stage.shows(painting.post, "0%", "more: a lighthouse")
    stage.executor.advance(painting.request, 60, picture("green", "JPEG"))
    await stage.shows(painting.post, "60%", "more: a lighthouse")
    assert len(painting.post.attachments) == 1
