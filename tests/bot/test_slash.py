"""Slash commands: the same table as messages, answered to their authors alone."""

import pytest

from bot.receipt import RECEIVED
from sandbox.faults import Fault
from tests.bot.conftest import MakeStage, Stage
from tests.generation.scripted import picture

CALLBACK = "/interactions/{interaction_id}/{interaction_token}/callback"


async def test_imagine_paints_and_posts_in_the_channel(stage: Stage) -> None:
    answer = await stage.slash("imagine", options={"prompt": "a red fox", "seed": 7, "quality": "draft"})
    assert answer.content == RECEIVED
    request = await stage.executor.next("a red fox")
    assert (request.seed, request.quality) == (7, "draft")
    post = await stage.addressed("member")
    assert [user.id for user in post.mentions] == [stage.people("member").user.id]
    stage.executor.finish(request)
    await stage.shows(post, "a red fox", "Again:")
    assert len(post.attachments) == 1


async def test_flags_may_stand_in_the_prompt_too(stage: Stage) -> None:
    await stage.slash("imagine", options={"prompt": "a fox::2 | fog::-0.5 --steps 30", "no": "people, cars"})
    request = await stage.executor.next("a fox::2 | fog::-0.5")
    assert (request.steps, request.without) == (30, ("people", "cars"))
    assert len(request.targets) == 2


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"prompt": "a cat", "size": "0x0"}, "Width and height can be 64 to 512 pixels each"),
        ({"prompt": "a cat --seed 1", "seed": 2}, "`--seed` is there twice; give it once."),
        ({"prompt": "\u200b"}, "Say what to paint"),
        ({"prompt": "a" * 1001}, "The prompt has 1001 characters; 1000 are allowed."),
    ],
)
async def test_a_refusal_is_seen_by_its_author_alone(stage: Stage, options: dict[str, str], sentence: str) -> None:
    before = len(stage.sandbox.messages("art"))
    answer = await stage.slash("imagine", options=options)
    assert answer.content.startswith(sentence)
    assert len(stage.sandbox.messages("art")) == before
    assert not stage.executor.requests


async def test_pictures_are_options(stage: Stage) -> None:
    start, target = picture(), picture(kind="JPEG")
    options = {"prompt": "a red fox", "start": ("start.png", start), "target": ("target.png", target)}
    await stage.slash("imagine", options=options)
    request = await stage.executor.next("a red fox")
    assert len(request.pictures) == 2
    assert request.init_picture

    assert request.targets[-1].picture != request.init_picture


async def test_queue_cancel_and_help(stage: Stage) -> None:
    assert "Nothing is being painted" in (await stage.slash("queue")).content
    await stage.slash("imagine", options={"prompt": "a red fox"})
    await stage.executor.next("a red fox")
    assert "a red fox" in (await stage.slash("queue")).content
    assert (await stage.slash("cancel")).content == "Cancelled: a red fox"
    await stage.shows(await stage.addressed("member"), "Cancelled.")
    assert "`.imagine" in (await stage.slash("help")).content


async def test_what_was_asked_by_a_slash_command_goes_on_after_a_restart(make_stage: MakeStage) -> None:
    stage = await make_stage()
    await stage.slash("imagine", options={"prompt": "a red fox"})
    await stage.executor.next("a red fox")
    post = await stage.addressed("member")
    await stage.stop()
    again = await make_stage()
    again.executor.finish(await again.executor.next("a red fox"))
    await again.shows(post, "a red fox", "Again:")
    assert await again.addressed("member") is post


async def test_without_an_acknowledgement_nothing_is_painted(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    await stage.sandbox.until(lambda: stage.sandbox.world.application.commands)
    stage.sandbox.fail_next(Fault("POST", CALLBACK, 404, code=10062))
    await stage.people("member").run_command("art", "imagine", {"prompt": "a red fox"})
    await stage.nothing_happens()
    assert not stage.executor.requests
    assert "could not acknowledge an interaction" in capsys.readouterr().out


async def test_commands_that_discord_does_not_take_are_only_missing(
    make_stage: MakeStage, capsys: pytest.CaptureFixture[str]
) -> None:
    stage = await make_stage()
    await stage.sandbox.until(lambda: stage.sandbox.world.application.commands)
    await stage.stop()
    stage.sandbox.fail_next(Fault("PUT", "/applications/{application_id}/commands", 403, code=50001))
    again = await make_stage()
    await again.nothing_happens()
    assert capsys.readouterr().out.count("slash commands could not be registered") == 1
