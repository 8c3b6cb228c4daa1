"""`.settings`."""

from tests.bot.conftest import MakeStage, Stage


async def test_what_a_member_has_chosen_counts_in_every_door_until_a_flag_says_otherwise(make_stage: MakeStage) -> None:
    stage = await make_stage(room=5, queue__per_member=9)
    assert (await stage.ask(".settings")).startswith("You have no settings of your own. `.settings --ar 16:9")
    answer = await stage.ask(".settings --ar 16:9 --style watercolor --no fog, people")
    assert "`--size 16:9`, `--style watercolor`, `--no fog, people`" in answer
    await stage.say(".imagine a cat")
    request = await stage.executor.next("a cat, watercolor")
    assert (request.width, request.height, request.without) == (176, 96, ("fog", "people"))
    await stage.say(f"<@{stage.sandbox.bot.id}> imagine a dog --style none --size 64x64 --no none")
    request = await stage.executor.next("a dog")
    assert (request.width, request.height, request.without) == (64, 64, ())
    await stage.registered()
    await stage.people("member").run_command("art", "imagine", {"prompt": "a cow"})
    assert (await stage.executor.next("a cow, watercolor")).width == 176
    await stage.say(".imagine a hen", "Noor")
    assert (await stage.executor.next("a hen")).width == 128


async def test_a_seed_paints_the_picture_again_whatever_is_usual(stage: Stage) -> None:
    await stage.ask(".settings --ar 16:9 --style watercolor")
    await stage.say(".imagine a cat --seed 7")
    request = await stage.executor.next("a cat")
    assert (request.width, request.seed) == (128, 7)


async def test_it_survives_a_restart_and_ends(make_stage: MakeStage) -> None:
    stage = await make_stage()
    await stage.ask(".settings --quality draft --video gif")
    await stage.stop()
    stage = await make_stage()
    assert "`--quality draft`, `--video gif`" in await stage.ask(".settings")
    assert "Usual for your pictures: `--video gif`\n" in await stage.ask(".settings reset quality")
    assert (await stage.ask(".settings --video none")).startswith("You have no settings of your own.")
    assert (await stage.ask(".settings reset")).startswith("You have no settings of your own.")


async def test_what_is_wrong_is_refused_and_changes_nothing(stage: Stage) -> None:
    answers = {
        ".settings --seed 7": "`--seed` is about one picture and cannot be usual; these can: `--size`, `--quality`",
        ".settings --size 100x100": "Width and height must be multiples of 16",
        ".settings --style cubism": "There is no style `cubism`; ",
        ".settings --zzz": "There is no flag `--zzz`",
        ".settings hello": "`.settings --ar 16:9 --style watercolor` changes them",
        ".settings reset quality": "`.settings --ar 16:9 --style watercolor` changes them",
    }
    for typed, answer in answers.items():
        assert (await stage.ask(typed)).startswith(answer)
    assert (await stage.ask(".settings")).startswith("You have no settings")


async def test_what_is_not_possible_any_more_is_left_out_and_said(make_stage: MakeStage) -> None:
    stage = await make_stage()
    await stage.ask(".settings --size 512x512 --style neon")
    await stage.stop()
    stage = await make_stage(painting__max_side=256)
    assert "`--size 512x512` (not possible, left out), `--style neon`" in await stage.ask(".settings")
    said = await stage.say(".imagine a cat")
    request = await stage.executor.next("a cat, neon")
    assert request.width == 128
    await stage.sandbox.until(lambda: len(stage._replies(said, "art")) == 2)
    told = [each.content for each in stage._replies(said, "art") if "left out" in each.content]
    assert told[0].startswith("Of your settings this is left out, as it is not possible. `--size 512x512`: Width")
