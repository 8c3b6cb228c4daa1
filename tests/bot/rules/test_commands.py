"""The commands by which moderators set rules, by every door, with every kind of argument."""

import re
from collections.abc import Mapping
from typing import Any

import pytest

from bot.characters import units
from bot.rules.table import RULES
from tests.bot.conftest import MakeStage, Stage

NOT_MODERATOR = "That is for moderators, who may **Manage Server**."
COMMANDS = (
    "limits show",
    "limits set steps 10",
    "limits reset",
    "channels allow",
    "channels deny",
    "channels reset",
    "channels list",
    "roles allow Painters",
    "roles deny Painters",
    "roles reset Painters",
    "roles list",
    "prefix !",
    "pause",
    "resume",
    "log #general",
    "words add fog",
    "words remove fog",
    "words list",
    "words test fog",
    "block 100000000000000000",
    "unblock 100000000000000000",
    "blocks",
    "clear",
)


async def slash(
    stage: Stage, who: str, name: str, options: Mapping[str, Any] | None = None, channel: str = "art"
) -> str:
    """Use a slash command and return its answer, which is for its author alone."""
    await stage.sandbox.until(lambda: stage.sandbox.world.application.commands)
    person = stage.people(who)
    answer = await person.answer(await person.run_command(channel, name, options))
    assert answer is not None
    assert answer.audience is person.user
    return answer.content


@pytest.mark.parametrize("text", COMMANDS)
async def test_members_cannot_use_them(stage: Stage, text: str) -> None:
    assert await stage.ask(f".{text}") == NOT_MODERATOR
    assert await stage.ask(f"<@{stage.sandbox.bot.id}> {text}") == NOT_MODERATOR
    await stage.reply(await stage.say(".imagine a cat"))
    assert (await stage.executor.next("a cat")).steps == 100


async def test_they_are_for_servers(stage: Stage) -> None:
    channel = await stage.people("owner").direct()
    await stage.people("owner").say(channel, ".limits show")
    await stage.sandbox.until(lambda: len(channel.messages) == 2)
    assert [*channel.messages.values()][-1].content == "That is for a server; use it there."


async def test_members_cannot_use_them_by_slash_either(stage: Stage) -> None:
    # Discord itself hides them; a server can give them to anybody, and then the check is here.
    await stage.sandbox.until(lambda: stage.sandbox.world.application.commands)
    commands = {each["name"]: each for each in stage.sandbox.world.application.commands}
    for name in dict.fromkeys(text.split()[0] for text in COMMANDS):
        assert commands[name]["default_member_permissions"] == str(1 << 5)
        assert commands[name]["contexts"] == [0] or commands[name]["dm_permission"] is False
        commands[name]["default_member_permissions"] = None
    assert await slash(stage, "member", "pause") == NOT_MODERATOR
    assert await slash(stage, "member", "limits set", {"key": "steps", "value": "10"}) == NOT_MODERATOR
    assert (await slash(stage, "moderator", "pause")).startswith("I take no more requests here")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("limits", "`.limits show [CHANNEL] [ROLE]`"),
        ("limits nonsense", "`.limits show [CHANNEL] [ROLE]`"),
        ("limits set", "It is typed as `.limits set KEY VALUE [CHANNEL] [ROLE]`."),
        ("limits set steps", "It is typed as `.limits set KEY VALUE [CHANNEL] [ROLE]`."),
        ("limits set speed 5", "`key` takes `waiting` or `waiting-server`"),
        ("limits set steps many", "`steps` takes a whole number from 1 to 500, not `many`."),
        (
            "limits set steps 5 #nowhere",
            "There is no channel or role `#nowhere` here; name one by a mention or its name.",
        ),
        ("limits set steps 5 #nowhere", " It is typed as `.limits set KEY VALUE [CHANNEL] [ROLE]`."),
        ("limits set steps 5 <#1>", "There is no channel or role `<#1>` here"),
        (
            "limits set steps 5 <#99999999999999999999> now",
            "There is no channel or role `<#99999999999999999999>` here",
        ),
        ("limits set steps 5 #art @Painters", "Name a channel or a role, not both."),
        ("limits set waiting-server 5 #art", "`waiting-server` can be set for a server only."),
        ("limits set spoiler yes @Painters", "`spoiler` can be set for a server or a channel only."),
        ("limits set steps 5 @everyone @here", "That is more than it takes"),
        ("limits reset", "None of these limits was set, so the operator's hold."),
        ("limits reset speed", "`key` takes `waiting` or `waiting-server`"),
        (
            "limits reset speed",
            "by a mention or its name; `speed` is none of that. It is typed as `.limits reset [KEY]",
        ),
        ("limits reset steps speed", "There is no channel or role `speed` here"),
        (
            "channels allow #nowhere",
            "There is no channel `#nowhere` here; name one by a mention or its name. It is typed",
        ),
        ("channels allow #art #staff", "That is more than it takes: `.channels allow [CHANNEL]`."),
        ("channels", "`.channels allow [CHANNEL]`"),
        ("roles allow", "It is typed as `.roles allow ROLE`."),
        ("roles allow nobody", "There is no role `nobody` here; name one by a mention or its name. It is typed as"),
        ("roles deny <@&1>", "There is no role `<@&1>` here"),
        ("roles reset nobody", "There is no role `nobody` here"),
        ("prefix", "Commands begin with `.` here. A mention always works too."),
        ("prefix toolong", "A prefix is 1 to 5 characters without blanks and backticks."),
        ("prefix a b", "That is more than it takes: `.prefix [PREFIX]`."),
        ("prefix `", "A prefix is 1 to 5 characters"),
        ("prefix \u200b.", "A prefix is 1 to 5 characters"),
        ("log off off", "That is more than it takes"),
        ("log #nowhere", "a mention or its name; `state` takes `off`; `#nowhere` is none of that. It is typed"),
        ("log #staff", "I may not write in"),
        ("log #gallery", "Messages cannot be written there; name a channel for text."),
        ("pause now", "That is more than it takes: `.pause`."),
        ("resume", "Painting is not paused here."),
        ("words", "`.words add [KIND] WORD`"),
        ("words add", "It is typed as `.words add [KIND] WORD`."),
        ("words add adult", "It is typed as `.words add [KIND] WORD`."),
        ("words add !!", "There is no word in `!!`."),
        ("words add /(/", "`(` is no expression that can be searched for"),
        ("words add /.*/", "`.*` stands in every text, so nothing would be allowed."),
        ("words remove fog", "`fog` is none of this server's words"),
        ("words list", "This server has no words of its own."),
        ("words test", "It is typed as `.words test TEXT`."),
        ("block", "It is typed as `.block MEMBER [TIME] [REASON]`."),
        ("block somebody", "`member` takes a member, by a mention or an id, not `somebody`."),
        ("block 99999999999999999999", "`member` takes a member"),
        ("block <@1> 0s", "A block takes from `1s` to `3650d`; without a time it is for ever."),
        ("block <@1> 999999w", "A block takes from `1s` to `3650d`"),
        ("unblock", "It is typed as `.unblock MEMBER`."),
        ("unblock <@1>", "<@1> is not blocked."),
        ("blocks", "Nobody is blocked."),
        ("clear", "Nothing waits or is being painted."),
        (
            "clear everything",
            "`member` takes a member, by a mention or an id, not `everything`. It is typed as `.clear",
        ),
    ],
)
async def test_wrong_arguments_are_told_in_a_sentence(stage: Stage, text: str, sentence: str) -> None:
    answer = await stage.reply(await stage.say(f".{text}", "moderator"))
    assert sentence in answer.content.replace("\u2068", "").replace("\u2069", "")
    assert answer.mentions == []
    assert not answer.mention_everyone


@pytest.mark.parametrize(
    "junk", ["x" * 1900, "`*_||<@1> @everyone\n" * 50, "\u202e\u0301" * 500, "9" * 1900, "🦊" * 900]
)
async def test_hostile_and_enormous_arguments_get_one_short_answer(stage: Stage, junk: str) -> None:
    for text in COMMANDS:
        name = " ".join(word for word in text.split()[:2] if word.isalpha() and word not in ("fog", "Painters"))
        answer = await stage.reply(await stage.say(f".{name} {junk}"[:2000], "moderator"))
        assert units(answer.content) <= 2000
        assert answer.mentions == []
        assert not answer.mention_everyone
        assert "Something went wrong" not in answer.content
    for name, options in (
        ("limits set", {"key": "steps", "value": junk}),
        ("words test", {"text": junk}),
        ("words add", {"word": junk}),
        ("prefix", {"prefix": junk}),
        ("block", {"member": str(stage.sandbox.person("Noor").id), "time": junk, "reason": junk}),
    ):
        assert "Something went wrong" not in await slash(stage, "moderator", name, options)


async def test_limits_are_shown_set_and_reset(stage: Stage) -> None:
    shown = await stage.ask(".limits show", "moderator")
    for key, rule in RULES.items():
        assert f"\n`{key}` **{rule.shown(rule.usual(stage.settings))}**" in shown
    art = stage.sandbox.channel("art").id
    assert await stage.ask(".limits set steps 100", "moderator") == "Done: set `steps` to `100` for the server."
    assert await stage.ask(f".LIMITS SET Steps 50 <#{art}>", "owner") == f"Done: set `steps` to `50` in <#{art}>."
    answer = await slash(stage, "moderator", "limits set", {"key": "steps", "value": "200", "role": painters(stage)})
    assert answer == "Done: set `steps` to `200` for **Painters**."
    shown = await stage.ask(".limits show", "moderator")
    assert f"\n`steps` **100** · 50 in <#{art}> · 200 for **Painters** · steps of a picture" in shown
    assert await stage.ask(".limits show #art", "moderator") == f"**Limits** in <#{art}>\n`steps` 50"
    assert await stage.ask(".limits show #general", "moderator") == (
        f"**Limits** in <#{stage.sandbox.channel('general').id}>\nNone of its own."
    )
    role = await stage.ask(f".limits show <@&{painters(stage)}>", "moderator")
    assert role == "**Limits** for **Painters**\n`steps` 200"
    assert await stage.ask(".limits reset steps #art", "moderator") == f"Done: reset `steps` in <#{art}>."
    assert await stage.ask(".limits reset steps", "moderator") == "Done: reset `steps` for the server."
    assert await stage.ask(".limits reset", "moderator") == (
        "Done: reset 1 limit of the server and all its channels and roles."
    )
    assert "\n`steps` **500** · steps of a picture" in await stage.ask(".limits show", "moderator")


async def test_many_limits_still_fit_into_an_answer(stage: Stage) -> None:
    for channel in ("art", "general", "announcements", "after-dark", "news"):
        for key in ("waiting", "cooldown", "pictures", "cost", "steps", "pixels", "repeat", "video", "attach", "steer"):
            value = RULES[key].shown(RULES[key].usual(stage.settings))
            answer = await slash(
                stage,
                "moderator",
                "limits set",
                {"key": key, "value": value, "channel": str(stage.sandbox.channel(channel).id)},
            )
            assert answer.startswith("Done: ")
    shown = await stage.ask(".limits show", "moderator")
    assert units(shown) <= 2000
    assert shown.count("\n") == len(RULES)


async def test_channels_and_roles_are_listed(stage: Stage) -> None:
    art, general = (stage.sandbox.channel(name).id for name in ("art", "general"))
    assert await stage.ask(".channels list", "moderator") == "I paint in every channel."
    assert await stage.ask(".channels allow", "moderator") == f"Done: allowed <#{art}>. I paint in <#{art}>."
    answer = await slash(stage, "moderator", "channels deny", {"channel": str(general)})
    assert answer == f"Done: denied <#{general}>. I paint in <#{art}>, but not <#{general}>."
    assert (await stage.ask(".channels reset #art", "moderator")).startswith(f"Done: reset <#{art}>. I paint in every")
    assert await stage.ask(".channels list", "moderator") == f"I paint in every channel, but not <#{general}>."
    del stage.sandbox.world.guild.channels[general]  # what is gone cannot be named any more
    assert await stage.ask(".channels reset", "moderator") == "Done: reset all channels. I paint in every channel."
    assert await stage.ask(".roles list", "moderator") == "I paint for all members."
    answer = await slash(stage, "moderator", "roles allow", {"role": painters(stage)})
    assert answer == "Done: allowed **Painters**. I paint for members with **Painters**."


async def test_the_prefix_is_used_wherever_a_command_is_named(make_stage: MakeStage) -> None:
    stage = await make_stage(queue__per_member=2)
    answer = await stage.ask(".prefix !!", "moderator")
    assert answer == "Done: set the prefix to `!!`. A mention always works too."
    before = len(stage.sandbox.messages("art"))
    await stage.say(".help")
    bot = stage.sandbox.bot.id
    texts = [
        await stage.ask("!!help"),
        await stage.ask(f"<@{bot}>"),
        await stage.ask("!!limits", "moderator"),
        await stage.ask("!!limits set", "moderator"),
        await stage.ask("!!cancel 7"),
        await stage.ask("!!mydata"),
        await stage.ask("!!pause", "moderator"),
        await stage.ask("!!imagine a cat"),
        await stage.ask("!!resume", "moderator"),
    ]
    post = await stage.reply(await stage.say("!!imagine one"))
    await stage.reply(await stage.say("!!imagine two"))
    texts.append(await stage.ask("!!imagine three"))
    first = await stage.executor.next("one")
    stage.executor.finish(first)
    await stage.shows(post, "Again: `!!imagine one")
    for text in texts:
        assert not re.search(r"`\.[a-z]", text), text
    assert sum("`!!" in text for text in texts) == 9
    assert len(stage.sandbox.messages("art")) > before
    # A prefix that nobody can type is repaired by a mention.
    await stage.ask("!!prefix <@", "moderator")
    assert (await stage.ask(f"<@{bot}> prefix .", "moderator")).startswith("Done")
    assert (await stage.ask(".prefix", "moderator")).startswith("Commands begin with `.`")


def painters(stage: Stage) -> str:
    """Return the id of a role."""
    return str(next(each.id for each in stage.sandbox.world.guild.roles.values() if each.name == "Painters"))
