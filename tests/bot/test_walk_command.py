"""Walks that members ask for, by the real bot in the sandbox."""

import pytest

from bot.prompt import NO_WALK_WORDS
from bot.rules.gate import NO_WALK
from bot.uploads import MOST
from bot.walk import ONE_PLACE
from bot.walk_command import BOTH, FEWER
from generation.waypoint import Waypoint
from sandbox.model import Message
from tests.bot.buttons.conftest import AGAIN, Gallery
from tests.bot.conftest import MakeStage, Stage, picture
from tests.bot.test_uploads import GREEN, RED, colour, say
from tests.people import components_of


async def test_a_walk_is_one_request_and_one_post(stage: Stage) -> None:
    post = await stage.reply(await stage.say(".walk a red apple | a pear --seed 7 --frames 20 --loop"))
    request = await stage.executor.next("a red apple | a pear")
    assert request.waypoints == (Waypoint("a red apple"), Waypoint("a pear"))
    assert (request.seed, request.between, request.loop, request.outputs) == (7, 20, True, ("png", "mp4"))
    stage.executor.start(request)
    stage.executor.advance(request, request.end_step // 2)
    await stage.shows(post, "50%")
    assert post.content.startswith("**a red apple \\| a pear**")
    stage.executor.finish(request, mp4=b"film")
    await stage.shows(post, "a walk past 2 pictures", "Again: ")
    await stage.shows(post, "`.walk a red apple | a pear --seed 7 --frames 20 --loop yes --video mp4`")
    await stage.sandbox.until(lambda: len(post.attachments) == 2)
    assert [each.filename.rpartition(".")[2] for each in post.attachments] == ["png", "mp4"]


async def test_what_stands_behind_again_asks_for_the_same(stage: Stage) -> None:
    asked = await stage.say(".walk a cat | a dog | a cow --video gif --seed 7")
    first = await stage.executor.next("a cat | a dog | a cow")
    assert first.frames <= 100
    post = await stage.reply(asked)
    stage.executor.finish(first, gif=b"GIF89a")
    await stage.shows(post, "Again: ")
    await stage.say(post.content.partition("Again: ")[2].strip("\u2068\u2069`"))
    second = await stage.executor.next("a cat | a dog | a cow")
    assert (second.waypoints, second.between, second.hold) == (first.waypoints, first.between, first.hold)
    assert (second.outputs, second.seed) == (first.outputs, 7)


async def test_it_goes_between_pictures_that_are_attached(stage: Stage) -> None:
    post = await stage.reply(await say(stage, ".walk --frames 9", ("a.png", RED), ("b.jpg", GREEN)))
    request = await stage.executor.next("a walk between 2 pictures")
    assert [colour(stage, request, each.picture) for each in request.waypoints] == ["red", "green"]
    assert (request.painting_steps, request.between, request.targets) == (0, 9, ())
    stage.executor.finish(request, mp4=b"film")
    await stage.shows(post, "the same prompt and pictures with `--seed ")


async def test_it_goes_between_the_pictures_of_the_message_that_is_replied_to(stage: Stage) -> None:
    message = await say(stage, "look", ("a.png", RED), ("b.png", GREEN))
    await say(stage, ".walk", to=message)
    request = await stage.executor.next("a walk between 2 pictures")
    assert [colour(stage, request, each.picture) for each in request.waypoints] == ["red", "green"]


async def test_by_slash(stage: Stage) -> None:
    await stage.registered()
    person = stage.people("member")
    await person.run_command("art", "walk", {"prompt": "a cat | a dog", "frames": 9, "loop": "yes"})
    request = await stage.executor.next("a cat | a dog")
    assert (request.between, request.loop) == (9, True)
    await stage.addressed("member")


async def test_what_is_no_walk_is_said_in_a_sentence(stage: Stage) -> None:
    assert await stage.ask(".walk a red apple") == ONE_PLACE
    assert await stage.ask(".walk") == await stage.ask(".walk --frames 9") == NO_WALK_WORDS
    assert "--loop` is about a walk" in await stage.ask(".imagine a cat --loop")
    one = await stage.reply(await say(stage, ".walk", ("a.png", RED)))
    assert one.content == FEWER.format(MOST)
    both = await stage.reply(await say(stage, ".walk a cat | a dog", ("a.png", RED), ("b.png", GREEN)))
    assert both.content == BOTH
    assert "Let the walk pass fewer" in await stage.ask(".walk a | b | c | d")
    broken = await stage.reply(await say(stage, ".walk", ("a.png", b"no picture"), ("b.png", GREEN)))
    assert "picture" in broken.content
    assert not stage.executor.requests


async def test_it_goes_between_classes(stage: Stage) -> None:
    post = await stage.reply(await stage.say(".walk class: owl:0.7, frog:0.3 | class: lotus --seed 7"))
    request = await stage.executor.next("class: owl:0.7, frog:0.3 | class: lotus")
    assert request.waypoints == (Waypoint(classes=(("owl", 0.7), ("frog", 0.3))), Waypoint(classes=(("lotus", 1.0),)))
    assert (request.canvas, request.painting_steps) == ("biggan", 0)
    stage.executor.finish(request, mp4=b"film")
    await stage.shows(post, "a walk past 2 pictures", "Again: ")
    await stage.say(post.content.partition("Again: ")[2].strip("\u2068\u2069`"))
    assert (await stage.executor.next(request.prompt)).waypoints == request.waypoints


async def test_the_rules_of_a_server_hold(make_stage: MakeStage) -> None:
    stage = await make_stage(limits__forbidden_words="[teapot]", limits__cost_per_day=4)
    assert "`teapot` may not stand in a prompt here" in await stage.ask(".walk a cat | a teapot")
    assert "`teapot` may not stand in a prompt here" in await stage.ask(".walk class: teapot | class: owl")
    assert "`teapot` may not stand in a prompt here" in await stage.ask(".imagine a cat --class teapot")
    assert "would cost" in await stage.ask(".walk a cat | a dog | a cow --quality best --steps 500")


@pytest.mark.parametrize(
    ("first", "then"), [(".walk a cat | a dog", ".imagine a horse"), (".imagine a horse", ".walk a cat | a dog")]
)
async def test_a_walk_becomes_no_picture_by_an_edit_and_a_picture_no_walk(stage: Stage, first: str, then: str) -> None:
    await stage.say(".imagine a boat", "Noor")
    boat = await stage.executor.next("a boat")
    asked = await stage.say(first)
    await stage.reply(asked)
    await stage.edit(asked, then)
    await stage.says("What that message asked for stays as it was asked for; `.cancel` it")
    stage.executor.finish(boat)
    prompt = first.partition(" ")[2]
    assert bool((await stage.executor.next(prompt)).waypoints) == (" | " in prompt)


async def test_it_stays_as_it_was_asked_for_and_can_be_taken_back(stage: Stage) -> None:
    asked = await stage.say(".walk a cat | a dog")
    post = await stage.reply(asked)
    request = await stage.executor.next("a cat | a dog")
    path = f"/channels/{stage.sandbox.channel('art').id}/messages/{asked}"
    await stage.people("member").call("PATCH", path, {"content": ".walk a cat | a cow"})
    await stage.sandbox.until(lambda: any("stays as it was asked for" in each.content for each in _said(stage)))
    await stage.say("more: fog", to=post)
    await stage.sandbox.until(lambda: any("A walk cannot be steered." in each.content for each in _said(stage)))
    await stage.say(".cancel")
    await stage.shows(post, "Cancelled.")
    assert stage.executor.aborted == [request]


def _said(stage: Stage) -> list[Message]:
    return [each for each in stage.sandbox.messages("art") if each.author.bot]


async def test_again_walks_with_another_seed_and_no_button_paints_on(stage: Stage) -> None:
    post = await stage.reply(await stage.say(".walk a cat | a dog --seed 7"))
    first = await stage.executor.next("a cat | a dog")
    stage.executor.finish(first, picture(), mp4=b"film")
    await stage.shows(post, "Again: ")
    assert [each["label"] for each in components_of(post)] == ["Again", "Parameters", "Delete"]


async def test_where_there_are_no_videos_there_are_no_walks(stage: Stage) -> None:
    post = await stage.reply(await stage.say(".walk a cat | a dog"))
    stage.executor.finish(await stage.executor.next("a cat | a dog"), picture(), mp4=b"film")
    await stage.shows(post, "Again: ")
    await stage.ask(".limits set video no", "moderator")
    refusal = NO_WALK.format(".")
    assert await stage.ask(".walk a cat | a dog --steps 2") == refusal
    given = await say(stage, ".walk", ("a.png", RED), ("b.png", GREEN))
    assert (await stage.reply(given)).content == refusal
    assert await Gallery(stage).pressed(post, AGAIN, "member") == refusal
    assert not [*(stage.settings.data_dir / "uploads").glob("*")]
