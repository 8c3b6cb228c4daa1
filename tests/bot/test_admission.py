"""What is taken in, and what may take the place of what waits."""

import pytest

from generation.dispatch.dispatcher import Dispatcher
from generation.dispatch.record import Record
from sandbox import Fault
from store.errors import LostError
from tests.bot.conftest import MakeStage, Stage


async def test_while_all_devices_are_parked_nothing_more_is_taken(make_stage: MakeStage) -> None:
    stage = await make_stage(devices=2, queue__per_member=5)
    posts = [await stage.reply(await stage.say(f".imagine {prompt}")) for prompt in ("one", "two", "three")]
    for prompt in ("one", "two"):
        await stage.executor.next(prompt)
    stage.executor.change(0, "parked")
    await stage.reply(await stage.say(".imagine four"))
    stage.executor.change(1, "parked")
    answer = await stage.ask(".imagine five")
    assert answer == ("No device is able to paint at the moment; whoever runs Easel has been told. Try again later.")
    await stage.shows(posts[2], "Next in line · starts as soon as a device is ready")
    stage.executor.change(1, "ready")
    for prompt in ("one", "two", "three", "four"):
        stage.executor.finish(await stage.executor.next(prompt))
    await stage.reply(await stage.say(".imagine six"))
    await stage.executor.next("six")


async def test_a_class_that_there_is_not_is_refused(make_stage: MakeStage) -> None:
    stage = await make_stage(classes=("owl, bird of *Minerva*", "frog"))
    said = "There is no class 'owls\\_'; there is for example owl"
    assert (await stage.ask(".imagine a bird --class owls_")).startswith(said)
    assert "there is for example frog" in await stage.ask(".walk class: owl | class: forg")
    assert not stage.executor.requests
    await stage.say(".imagine a bird --class Frog:0.7, owl:0.3")
    assert (await stage.executor.next("a bird")).classes == (("Frog", 0.7), ("owl", 0.3))


async def test_a_member_has_a_limit(make_stage: MakeStage) -> None:
    stage = await make_stage(queue__per_member=1)
    post = await stage.reply(await stage.say(".imagine one"))
    refusal = await stage.ask(".imagine two")
    assert refusal.startswith("You already have 1 picture waiting or being painted (limit 1).")
    stage.executor.finish(await stage.executor.next("one"))
    await stage.shows(post, "Again:")
    await stage.say(".imagine three")
    await stage.executor.next("three")


async def test_the_queue_has_a_limit(make_stage: MakeStage) -> None:
    stage = await make_stage(queue__total=2, queue__per_member=1)
    await stage.reply(await stage.say(".imagine one", "Mia"))
    await stage.reply(await stage.say(".imagine two", "Noor"))
    refusal = await stage.ask(".imagine three", "owner")
    assert refusal == "The queue is full: 2 pictures waiting or being painted. Try again in a few minutes."


async def test_an_edit_changes_what_waits(stage: Stage) -> None:
    await stage.say(".imagine first", "Noor")
    first = await stage.executor.next("first")
    said = await stage.say(".imagine a cat --seed 7")
    post = await stage.reply(said)
    await stage.reply(await stage.say(".imagine last", "owner"))
    await stage.edit(said, ".imagine a dog --steps 20")
    await stage.shows(post, "**a dog**", "Next in line", "seed 7", "20 steps")
    await stage.edit(said, ".imagine a dog --steps 0")
    await stage.says("`--steps` takes")
    stage.executor.finish(first)
    dog = await stage.executor.next("a dog")
    assert (dog.seed, dog.steps) == (7, 20)
    await stage.edit(said, ".imagine a cow")
    await stage.says("That picture is being painted already", "`.cancel` it")
    stage.executor.finish(dog)
    await stage.shows(post, "**a dog**", "Again:")


async def test_an_edit_of_what_is_finished_and_not_yet_shown_is_refused(stage: Stage) -> None:
    held = Fault("PATCH", "/channels/{channel_id}/messages/{message_id}", 503, times=1000)
    said = await stage.say(".imagine a cat")
    post = await stage.reply(said)
    stage.sandbox.fail_next(held)
    stage.executor.finish(await stage.executor.next("a cat"))
    await stage.finished.get()
    await stage.edit(said, ".imagine a cow")
    await stage.says("That picture is being painted already")
    stage.sandbox.faults.clear()
    await stage.shows(post, "**a cat**", "Again:")


async def test_a_size_that_the_models_cannot_paint_is_refused_at_once(make_stage: MakeStage) -> None:
    stage = await make_stage(multiple=32)
    await stage.say(".imagine anything")
    stage.executor.finish(await stage.executor.next("anything"))
    refusal = await stage.ask(".imagine a cat --size 144x80")
    assert "multiples of 32" in refusal
    assert "`--size 128x64`" in refusal
    said = await stage.say(".imagine a cat --size 128x64", "Noor")
    await stage.executor.next("a cat")
    waiting = await stage.reply(await stage.say(".imagine a dog --size 64x64"))
    await stage.reply(said)
    await stage.edit(waiting.reference or 0, ".imagine a dog --size 80x80")
    await stage.says("multiples of 32")


async def test_more_cutouts_than_the_models_are_shown_are_refused_at_once(stage: Stage) -> None:
    await stage.say(".imagine anything")
    stage.executor.finish(await stage.executor.next("anything"))
    assert "`--cutouts 64`" in await stage.ask(".imagine a cat --cutouts 65")


async def test_when_another_bot_has_taken_over_a_request_is_not_refused(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def lost(*_: object) -> list[Record]:
        raise LostError("Another bot has taken over.")

    monkeypatch.setattr(Dispatcher, "submit_all", lost)
    asked = await stage.say(".imagine a cat")
    await stage.nothing_happens()
    assert not [message for message in stage.sandbox.messages("art") if message.reference == asked]
