"""Choosing between several models."""

from bot.admission import NO_MODEL
from tests.bot.conftest import MakeStage, Stage

MORE = "{faces: {clip: pocket}, forests: {clip: pocket}}"


async def test_members_choose_by_name_what_the_operator_lists(make_stage: MakeStage) -> None:
    stage = await make_stage(room=5, queue__per_member=9, models__more=MORE)
    post = await stage.reply(await stage.say(".imagine a cat --Model FACES --seed 7"))
    assert (await stage.executor.next("a cat")).model == "faces"
    await stage.shows(post, "model faces")
    stage.executor.finish(await stage.executor.next("a cat"))
    await stage.shows(post, "--seed 7 --model faces`")
    assert await stage.ask(".imagine a dog --model face") == "There is no model `face` here; did you mean `faces`?"
    refused = await stage.ask(".imagine a dog --model portraits")
    assert refused == "There is no model `portraits` here; there are default, faces, forests."
    assert await stage.ask(".imagine a dog --model 7") == (
        "There is no model `7` here; there are default, faces, forests."
    )
    assert "\n`--model faces` paints with faces, forests\n" in await stage.ask(".help")
    assert "**Models:** default, faces, forests; choose with `--model`" in await stage.ask(".info")
    assert "`--model forests`" in await stage.ask(".settings --model forests")
    await stage.say(".imagine a cow")
    assert (await stage.executor.next("a cow")).model == "forests"
    await stage.say(".imagine a hen --model default")
    assert (await stage.executor.next("a hen")).model == "default"
    await stage.registered()
    commands = {each["name"]: each["options"] for each in stage.sandbox.world.application.commands if "options" in each}
    assert any(option["name"] == "model" for option in commands["imagine"])


async def test_where_there_is_one_model_nobody_is_told_of_a_choice(stage: Stage) -> None:
    assert "--model" not in await stage.ask(".help")
    assert "Models" not in await stage.ask(".info")
    assert await stage.ask(".imagine a dog --model faces") == (
        "There is no model `faces` here; there is only the default."
    )
    await stage.registered()
    commands = {each["name"]: each["options"] for each in stage.sandbox.world.application.commands if "options" in each}
    assert not any(option["name"] == "model" for option in commands["imagine"])


async def test_what_was_usual_and_is_not_listed_any_more_is_left_out(make_stage: MakeStage) -> None:
    stage = await make_stage(models__more=MORE)
    await stage.ask(".settings --model faces")
    await stage.stop()
    stage = await make_stage(models__more="{forests: {clip: pocket}}")
    await stage.say(".imagine a cat")
    assert (await stage.executor.next("a cat")).model == "default"
    assert "(not possible, left out)" in await stage.ask(".settings")
    assert NO_MODEL.format("faces", "`--model default`").endswith(".")
