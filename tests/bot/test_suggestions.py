"""What is offered while somebody fills in `/imagine`, and what comes of it."""

from dataclasses import replace
from typing import Any

from bot.flags.picture import ASPECTS
from generation.request import ImagineRequest
from generation.styles import STYLES
from tests.bot.conftest import MakeStage, Stage


async def values(stage: Stage, option: str, typed: str, who: str = "Mia") -> list[str]:
    await stage.registered()
    return [each["value"] for each in await stage.people(who).autocomplete("art", "imagine", option, typed)]


async def test_styles_and_aspects_are_offered(stage: Stage) -> None:
    assert await values(stage, "style", "") == list(STYLES)
    assert await values(stage, "style", "pe") == ["pencil-sketch"]
    assert await values(stage, "style", "Stained gl") == ["stained-glass"]
    assert await values(stage, "size", "") == list(ASPECTS)
    assert await values(stage, "size", "9") == ["9:16", "16:9", "21:9"]


async def test_own_recent_prompts_are_offered_also_after_a_restart(make_stage: MakeStage) -> None:
    stage = await make_stage(queue__per_member=30, queue__total=40)
    assert await values(stage, "prompt", "") == []
    for number in range(3):
        await stage.reply(await stage.say(f".imagine a cat {number} --seed {number}", "Mia"))
    await stage.reply(await stage.say(".imagine ```{a, b} --seed 7```", "Mia"))
    await stage.reply(await stage.say(".imagine a dog", "Noor"))
    await stage.reply(await stage.say(f".imagine {'x' * 101}", "Mia"))
    own = ["``` {a, b} --seed 7 ```", "a cat 2", "a cat 1", "a cat 0"]
    assert await values(stage, "prompt", "") == own
    assert await values(stage, "prompt", "CAT 1") == ["a cat 1"]
    await stage.stop()
    stage = await make_stage(queue__per_member=30)
    assert await values(stage, "prompt", "") == own


async def test_what_is_filled_in_is_asked_for(stage: Stage) -> None:
    mia = stage.people("Mia")
    await stage.registered()
    options = {
        "prompt": "a red fox",
        "style": "neon",
        "size": "16:9",
        "quality": "draft",
        "no": "fog, people",
        "seed": 7,
        "steps": "30",
        "stop": 50,
        "chaos": 20,
        "video": "gif",
        "init": "noise",
    }
    await mia.run_command("art", "imagine", options)
    request = await stage.executor.next("a red fox, neon")
    expected = ImagineRequest(request.id, "a red fox, neon", 7, 176, 96, 30, request.member, "noise", request.guild)
    more: dict[str, Any] = {
        "quality": "draft",
        "without": ("fog", "people"),
        "stop": 50,
        "chaos": 20,
        "outputs": ("png", "gif"),
    }
    assert request == replace(expected, **more)


async def test_a_repeated_picture_by_a_slash_command_has_several_posts(make_stage: MakeStage) -> None:
    stage = await make_stage(room=3)
    await stage.registered()
    await stage.people("Mia").run_command("art", "imagine", {"prompt": "{red, green} bird"})
    await stage.executor.until(lambda: len(stage.executor.requests) == 2)
    await stage.sandbox.until(lambda: sum("bird" in each.content for each in stage.sandbox.messages("art")) == 2)


async def test_no_command_has_more_options_than_discord_takes(stage: Stage) -> None:
    await stage.registered()
    commands = stage.sandbox.world.application.commands
    assert {"imagine", "settings", "styles"} <= {each["name"] for each in commands}
    assert max(len(each.get("options", [])) for each in commands) <= 25
