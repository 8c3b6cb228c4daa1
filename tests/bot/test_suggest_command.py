"""`.suggest`, and 🎲 where nothing was said."""

import re

import pytest

from bot.block import lines_in
from bot.prompt import NO_WORDS
from bot.receipt import RECEIVED
from bot.suggest_command import NONE
from generation.styles import STYLES
from tests.bot.buttons.conftest import Gallery, labels
from tests.bot.conftest import MakeStage, Stage


async def test_a_suggestion_is_painted(stage: Stage) -> None:
    gallery = Gallery(stage)
    reply = await stage.reply(await stage.say(".suggest fox", "Mia"))
    assert reply.content.startswith("About `fox`:\n")
    assert labels(reply) == ["1", "2", "3", "4", "Others"]
    third = lines_in(reply.content)[2].removeprefix("3. ")
    assert await gallery.pressed(reply, "3") == RECEIVED
    request = await gallery.next()
    assert (request.prompt, request.member) == (third, str(stage.people("Mia").user.id))


async def test_others_are_about_the_same_words(stage: Stage) -> None:
    mia = stage.people("Mia")
    answer = await stage.slash("suggest", "Mia", options={"words": "an old clock | ```--seed 9``` {a, b}"})
    others = await mia.answer(await mia.press(answer, "Others"))
    assert others is not None
    lines = lines_in(others.content)
    assert lines != lines_in(answer.content)
    assert all(" an old clock | --seed 9 {a, b} " in line for line in lines)
    assert await Gallery(stage).pressed(others, "1") == RECEIVED
    request = await Gallery(stage).next()
    assert (f"1. {request.prompt}", request.targets) == (lines[0], ())


async def test_flags_are_for_what_is_painted(stage: Stage) -> None:
    mia, noor = stage.people("Mia"), stage.sandbox.person("Noor").id
    reply = await stage.reply(
        await stage.say(f".suggest --no fog, people —size 64x128 <@{noor}>'s owl --seed=9", "Mia")
    )
    *_, flags = lines_in(reply.content)
    assert flags == "--no fog, people --size 64x128 --seed 9"
    assert labels(reply) == ["1", "2", "3", "4", "Others"]
    others = await mia.answer(await mia.press(reply, "Others"))
    assert others is not None
    *prompts, same = lines_in(others.content)
    assert (len(prompts), same) == (4, flags)
    assert all("Noor's owl" in line and "--" not in line for line in prompts)
    assert await Gallery(stage).pressed(others, "4") == RECEIVED
    request = await Gallery(stage).next()
    assert f"4. {request.prompt}" == prompts[3]
    assert (request.shape, request.seed, request.without) == ((64, 128), 9, ("fog", "people"))


@pytest.mark.parametrize(("flags", "steps"), [([], 100), (["--steps 30 --no fog, people"], 30)])
async def test_where_nothing_was_said_there_are_dice(stage: Stage, flags: list[str], steps: int) -> None:
    """What is painted by them has the flags that were typed without words."""
    mia = stage.people("Mia")
    reply = await stage.reply(await stage.say(" ".join([".imagine", *flags]), "Mia"))
    assert reply.content.startswith(NO_WORDS)
    assert (lines_in(reply.content), labels(reply)) == (flags, ["Suggest something"])
    suggestion = await mia.answer(await mia.press(reply, "Suggest something"))
    assert suggestion is not None
    lines = lines_in(suggestion.content)
    assert (len(lines), lines[4:]) == (4 + len(flags), flags)
    assert await Gallery(stage).pressed(suggestion, "2") == RECEIVED
    request = await Gallery(stage).next()
    assert f"2. {request.prompt}" == lines[1]
    assert (request.steps, request.without) == (steps, ("fog", "people") if flags else ())


async def test_what_a_server_forbids_is_not_suggested(make_stage: MakeStage) -> None:
    stage = await make_stage(limits__forbidden_words="[fog, painting, drawing, night]")
    assert await stage.ask(".suggest an owl in the fog", "Mia") == "`fog` may not stand in a prompt here; leave it out."
    for number in range(5):
        prompts = lines_in(await stage.ask(f".suggest {number} owls", "Mia"))
        assert len(prompts) == 4
        assert not [each for each in prompts if re.search("fog|painting|drawing|night", each)]


async def test_where_nothing_is_allowed_nothing_is_suggested(make_stage: MakeStage) -> None:
    endings = ", ".join(style.ending.split()[0] for style in STYLES.values())
    stage = await make_stage(limits__forbidden_words=f"[{endings}]")
    assert await stage.ask(".suggest an owl", "Mia") == NONE


async def test_what_is_refused(stage: Stage) -> None:
    assert await stage.ask(".suggest ?!", "Mia") == "There are no words in it to make a prompt of."
    assert "300 are possible" in await stage.ask(f".suggest {'a' * 400}", "Mia")
    assert "309 characters with the flags; 300 are" in await stage.ask(f".suggest {'a' * 300} --seed 91", "Mia")
    assert "no flag `--sede`; did you mean" in await stage.ask(".suggest fox --sede 9", "Mia")
    assert "`--steps` takes a whole number" in await stage.ask(".suggest fox --steps 0", "Mia")
    assert "`--iw` is about a picture" in await stage.ask(".suggest fox --iw 0.5", "Mia")
    assert "is about a walk" in await stage.ask(".suggest fox --loop", "Mia")
