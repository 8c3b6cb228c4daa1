"""What a channel of the moderators' is told."""

from sandbox import Fault
from sandbox.permissions import Permission
from tests.bot.conftest import MakeStage, Stage


async def told(stage: Stage, *words: str, channel: str = "general") -> str:
    """Wait until a message of the bot's in a channel has all these words."""

    def fitting() -> list[str]:
        texts = [each.content for each in stage.sandbox.messages(channel) if each.author.bot]
        return [text for text in texts if all(word in text for word in words)]

    await stage.sandbox.until(fitting)
    return fitting()[0]


async def test_too_many_pictures_of_one_message_are_told(stage: Stage) -> None:
    general = stage.sandbox.channel("general").id
    await stage.ask(f".log <#{general}>", "moderator")
    await stage.ask(".limits set repeat 1", "moderator")
    await stage.ask(".imagine {red, green} bird")
    await told(stage, f"<@{stage.sandbox.person('member').id}> was refused in ", "That makes 2 pictures")


async def test_changes_and_refusals_are_told(stage: Stage) -> None:
    mia, moderator = (stage.sandbox.person(name).id for name in ("member", "moderator"))
    art, general = (stage.sandbox.channel(name).id for name in ("art", "general"))
    await stage.ask(".limits set steps 50", "moderator")
    assert await stage.ask(".log #general", "moderator") == f"Done: set the log to <#{general}>."
    await told(stage, f"<@{moderator}> set the log to <#{general}>")
    await stage.ask(".channels deny", "moderator")
    await told(stage, f"<@{moderator}> denied <#{art}>")
    await stage.ask(".imagine a *cat*")
    text = await told(stage, f"<@{mia}> was refused in <#{art}>: I do not paint in this channel; ask in another.")
    message = next(each for each in stage.sandbox.messages("general") if each.content == text)
    assert message.mentions == []
    latest = (await stage.ask(".log", "moderator")).splitlines()
    assert latest[0] == f"I tell <#{general}> of changes and refusals."
    assert [line.partition("> ")[2] for line in latest[1:]] == [
        f"<@{mia}> was refused in <#{art}>: I do not paint in this channel; ask in another.",
        f"<@{moderator}> denied <#{art}>",
        f"<@{moderator}> set the log to <#{general}>",
        f"<@{moderator}> set `steps` to `50` for the server",
    ]
    assert await stage.ask(".log off", "moderator") == "I tell no channel any more."
    before = len(stage.sandbox.messages("general"))
    await stage.ask(".imagine a cat")
    await stage.nothing_happens()
    assert len(stage.sandbox.messages("general")) == before + 2


async def test_a_flood_of_refusals_is_few_lines(make_stage: MakeStage) -> None:
    stage = await make_stage()
    await stage.ask(".channels deny", "moderator")
    await stage.ask(".log #general", "moderator")
    await told(stage, "set the log to <#")
    before = len(stage.sandbox.messages("general"))
    said = [await stage.say(".imagine a cat") for _ in range(40)]
    await stage.sandbox.until(lambda: stage._replies(said[-1], "art"))
    await told(stage, "(×")
    count = 0
    for message in stage.sandbox.messages("general")[before:]:
        for line in message.content.splitlines():
            count += int(line.partition("(×")[2].rstrip(")") or 1)
    assert len(stage.sandbox.messages("general")) - before < count <= 40


async def test_a_log_that_cannot_be_written_keeps_nobody_waiting(stage: Stage) -> None:
    await stage.ask(".log #general", "moderator")
    await told(stage, "set the log to <#")
    bot = stage.sandbox.bot.id
    stage.sandbox.overwrite("general", bot, deny=Permission.SEND_MESSAGES)
    assert (await stage.ask(".limits set steps 50", "moderator")).startswith("Done")
    assert (await stage.ask(".imagine a cat --steps 60")).startswith("`--steps` takes")
    stage.sandbox.overwrite("general", bot)
    del stage.sandbox.world.guild.channels[stage.sandbox.channel("general").id]
    assert (await stage.ask(".channels deny", "moderator")).startswith("Done")
    assert (await stage.ask(".imagine a cat")).startswith("I do not paint")


async def test_trouble_is_waited_out(stage: Stage) -> None:
    await stage.ask(".log #general", "moderator")
    await told(stage, "set the log to <#")
    general = stage.sandbox.channel("general").id
    stage.sandbox.fail_next(Fault("POST", f"/channels/{general}/messages", 503, times=2))
    await stage.ask(".limits set steps 50", "moderator")
    await told(stage, "set `steps` to `50`")
