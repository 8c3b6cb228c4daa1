"""`.suggest`, and 🎲 where nothing was said."""

import pytest

from bot.block import lines_in
from bot.prompt import NO_WORDS
from bot.receipt import RECEIVED
from tests.bot.buttons.conftest import Gallery, labels
from tests.bot.conftest import Stage


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
    answer = await stage.slash("suggest", "Mia", options={"words": "an old clock | --seed 9 {a, b}"})
    others = await mia.answer(await mia.press(answer, "Others"))
    assert others is not None
    lines = lines_in(others.content)
    assert lines != lines_in(answer.content)
    assert all(" an old clock | --seed 9 {a, b} " in line for line in lines)
    assert await Gallery(stage).pressed(others, "1") == RECEIVED
    request = await Gallery(stage).next()
    assert (f"1. {request.prompt}", request.targets) == (lines[0], ())


@pytest.mark.parametrize("text", [".imagine", ".imagine --steps 30"])
async def test_where_nothing_was_said_there_are_dice(stage: Stage, text: str) -> None:
    mia = stage.people("Mia")
    reply = await stage.reply(await stage.say(text, "Mia"))
    assert (reply.content, labels(reply)) == (NO_WORDS, ["Suggest something"])
    suggestion = await mia.answer(await mia.press(reply, "Suggest something"))
    assert suggestion is not None
    assert len(lines_in(suggestion.content)) == 4
    assert await Gallery(stage).pressed(suggestion, "2") == RECEIVED
    assert f"2. {(await Gallery(stage).next()).prompt}" in suggestion.content


async def test_what_is_refused(stage: Stage) -> None:
    assert await stage.ask(".suggest ?!", "Mia") == "There are no words in it to make a prompt of."
    assert "300 are possible" in await stage.ask(f".suggest {'a' * 400}", "Mia")
