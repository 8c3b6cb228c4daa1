"""Names instead of ids, as the bot sees them in messages of the sandbox."""

import pytest

from bot.markdown import escape
from sandbox.permissions import Permission
from tests.bot.conftest import Stage


def ids(stage: Stage) -> dict[str, int]:
    roles = {role.name: role.id for role in stage.sandbox.world.guild.roles.values()}
    return {
        "noor": stage.sandbox.person("Noor").id,
        "bot": stage.sandbox.bot.id,
        "general": stage.sandbox.channel("general").id,
        "staff": stage.sandbox.channel("staff").id,
        "painters": roles["Painters"],
        "guild": stage.sandbox.world.guild.id,
    }


@pytest.mark.parametrize(
    ("text", "prompt"),
    [
        ("<@{noor}> as a knight", "Noor as a knight"),
        ("<@!{bot}>'s cat", "Easel's cat"),
        ("<@{noor}><@{bot}>s", "Noor Easel s"),
        ("a —<@{noor}> --<@{noor}>", "a — Noor -- Noor"),
        ("<@1> and <@&1> in <#1>", "someone and a role in a channel"),
        ("<@&{painters}> of <@&{guild}> in <#{general}>", "Painters of everyone in general"),
        ("a <:partyblob:123456789012345678> cake", "a partyblob cake"),
        ("a cake<a:partyblob:1><:fox:2>!", "a cake partyblob fox!"),
        ("on <t:86400:R> at <t:3660:t>, <t:-1>", "on 2 January 1970 at 01:01, 31 December 1969"),
        ("on <t:99999999999999999999:F>", "on some day"),
        ("</imagine:1> and </queue all:2>", "imagine and queue all"),
        ("<id:customize> <id:linked-roles:3> <sound:1:2>", "customize linked roles a sound"),
        ("[a red fox](https://example.com/x) at night", "a red fox at night"),
        ("https://discord.com/channels/{guild}/{general}/1 by day", "general by day"),
        ("`<@{noor}>` and <@{noor}>", "`<@{noor}>` and Noor"),
        ("```<#{general}> --seed``` <#{general}>", "<#{general}> --seed general"),
        ("<@{noor}", "<@{noor}"),
        ("a < b <3 <@> <:x:> <t:x>", "a < b <3 <@> <:x:> <t:x>"),
    ],
)
async def test_is_painted_by_name(stage: Stage, text: str, prompt: str) -> None:
    known = ids(stage)
    said = await stage.say(f".imagine {text.format(**known)}")
    request = await stage.executor.next(prompt.format(**known))
    assert request.steps == 100
    post = await stage.reply(said)
    assert escape(request.prompt) in post.content
    assert stage.sandbox.person("Noor") not in post.mentions


@pytest.mark.parametrize(
    ("name", "prompt"),
    [
        ("--steps 500", "a --steps 500 b"),
        ("—seed", "a —seed b"),
        ("```x``` `y", "a x y b"),
        ("@everyone <@1> **x**", "a @everyone <@1> **x** b"),
        ("a | b ^", "a a | b ^ b"),
        ("^", "a ^ b"),
        ("Mia::-1", "a Mia::-1 b"),
        ("\u202e\u2066evil", "a evil b"),
        ("\u200b\u2800", "a someone b"),
    ],
)
async def test_hostile_names_are_nothing_but_words(stage: Stage, name: str, prompt: str) -> None:
    noor = stage.sandbox.person("Noor")
    noor.name = name
    post = await stage.reply(await stage.say(f".imagine a <@{noor.id}> b"))
    request = await stage.executor.next(prompt)
    assert (request.steps, request.width, request.targets) == (100, 128, ())
    assert noor not in post.mentions
    stage.executor.finish(request)
    await stage.shows(post, "Again: ")


async def test_what_the_author_may_not_see_has_no_name(stage: Stage) -> None:
    mia = stage.sandbox.person("Mia")
    stage.sandbox.overwrite("general", mia.id, deny=Permission.VIEW_CHANNEL)
    general = ids(stage)["general"]
    await stage.say(f".imagine <#{general}> at night", "Mia")
    await stage.executor.next("a channel at night")


async def test_in_private_there_are_no_channels_and_no_roles(stage: Stage) -> None:
    known = ids(stage)
    bot, mia = stage.sandbox.bot, stage.sandbox.person("Mia")
    status, channel = await stage.people("Mia").call("POST", "/users/@me/channels", {"recipient_id": str(bot.id)})
    assert status == 200
    text = f".imagine <@{mia.id}>, <#{known['general']}>, <@&{known['painters']}>"
    status, _ = await stage.people("Mia").call("POST", f"/channels/{channel['id']}/messages", {"content": text})
    assert status == 200
    await stage.executor.next("Mia, a channel, a role")
