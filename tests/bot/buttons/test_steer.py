"""The buttons under what is painted, by which it is steered."""

from dataclasses import replace
from typing import Any

import pytest

from bot import steering
from bot.buttons.press import UNKNOWN
from bot.buttons.steer import ALONE, HINT, NOT_YOURS, TOGETHER
from bot.steering import ENDED, TOO_SOON
from bot.steering import NOT_YOURS as NOT_ALLOWED
from generation.request import ImagineRequest
from generation.targets import Steering
from sandbox.model import Interaction, InteractionKind, Message
from tests.bot.buttons.conftest import ALONE as ONLY_I
from tests.bot.buttons.conftest import PAINTING, PARAMETERS, SHARE, STEER, Gallery, file_of, labels
from tests.bot.conftest import MakeStage, Stage
from tests.people import components_of

SAID = "It is steered so from step 40 on."


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let members steer as often as they like."""
    monkeypatch.setattr(steering, "COOLDOWN_SECONDS", 0.0)


async def begun(gallery: Gallery) -> tuple[Message, ImagineRequest]:
    """Return the post about a picture of Mia's that is being painted, and its request."""
    stage = gallery.stage
    post = await stage.reply(await stage.say(".imagine a cat", "Mia"))
    request = await gallery.next()
    stage.executor.start(request)
    await stage.shows(post, "0%")
    return post, request


async def granted(gallery: Gallery, step: int = 40) -> tuple[Steering, ...]:
    """Let what the worker was told count from a step on, and return it."""
    executor = gallery.stage.executor
    await executor.until(lambda: executor.said)
    request_id, said = executor.said.pop(0)
    request = executor.requests[request_id]
    executor.turn(request, *request.steering, *(replace(each, step=step) for each in said))
    return said


async def filled(gallery: Gallery, post: Message, text: str, who: str = "Mia") -> Interaction:
    """Fill in the form behind the button."""
    person = gallery.stage.people(who)
    opened = await person.press(post, STEER)
    await person.answer(opened)
    return await person.submit(opened, {"text": text})


def sliders(message: Message) -> list[list[str]]:
    return [[each["label"] for each in row["components"]] for row in message.components[1:]]


async def test_a_form_to_say_it_in(gallery: Gallery, stage: Stage) -> None:
    post, _ = await begun(gallery)
    assert labels(post) == PAINTING
    mia = stage.people("Mia")
    opened = await mia.press(post, STEER)
    await mia.answer(opened)
    assert opened.form is not None
    assert opened.form["components"][0]["component"]["placeholder"] == HINT
    sent = await mia.submit(opened, {"text": HINT})
    assert [each.text for each in await granted(gallery)] == ["a lighthouse", "fog", "sky"]
    assert await gallery.told(sent) == SAID
    await stage.shows(post, r"more: a lighthouse \| less: fog \| sky::0.5")


async def test_a_form_in_which_nothing_is_said(gallery: Gallery) -> None:
    post, _ = await begun(gallery)
    sent = await filled(gallery, post, "a lighthouse")
    assert (await gallery.told(sent)).startswith("Say what there should be more or less of")


async def test_sliders_of_what_was_said_last(gallery: Gallery, stage: Stage) -> None:
    post, request = await begun(gallery)
    await filled(gallery, post, "more: a lighthouse | less: fog | sky::0.25")
    await granted(gallery)
    await stage.sandbox.until(lambda: sliders(post) == [["Less", "fog · -0.5", "More"], ["Less", "sky · 0.25", "More"]])
    mia, noor = stage.people("Mia"), stage.people("Noor")
    pressed = await mia.press(post, f"easel:1:stronger:{request.id}-1")
    assert await granted(gallery, 50) == (Steering("fog", 0.5, adds=True, by=str(mia.user.id)),)
    assert await gallery.told(pressed) == "It is steered so from step 50 on."
    await stage.sandbox.until(lambda: sliders(post) == [["Less", "fog · 0", "More"], ["Less", "sky · 0.25", "More"]])
    pressed = await noor.press(post, f"easel:1:weaker:{request.id}-1")
    assert await gallery.told(pressed, "Noor") == NOT_ALLOWED.format(".")
    await filled(gallery, post, "A  Lighthouse::2")
    await granted(gallery, 60)
    await stage.sandbox.until(
        lambda: sliders(post) == [["Less", "a lighthouse · 2", "More"], ["Less", "fog · 0", "More"]]
    )
    await mia.press(post, f"easel:1:weaker:{request.id}-0")
    assert (await granted(gallery, 60))[0].weight == -0.5
    await stage.sandbox.until(lambda: sliders(post)[0][1] == "a lighthouse · 1.5")
    assert [each["disabled"] for each in components_of(post) if "weight" in each["custom_id"]] == [True, True]
    stage.executor.finish(stage.executor.requests[request.id])
    await stage.sandbox.until(lambda: PARAMETERS in labels(post))


async def test_how_often_a_member_may(gallery: Gallery, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steering, "COOLDOWN_SECONDS", 600.0)
    post, request = await begun(gallery)
    await filled(gallery, post, "more: a lighthouse")
    await granted(gallery)
    await gallery.stage.shows(post, "more: a lighthouse")
    assert await gallery.pressed(post, f"easel:1:stronger:{request.id}-0") == TOO_SOON


async def test_who_may_let_others(gallery: Gallery, stage: Stage) -> None:
    post, request = await begun(gallery)
    assert await gallery.pressed(post, SHARE, "Noor") == NOT_YOURS
    assert await gallery.pressed(post, STEER, "Noor") == NOT_ALLOWED.format(".")
    assert await gallery.pressed(post, SHARE) == TOGETHER
    await stage.sandbox.until(lambda: ONLY_I in labels(post))
    sent = await filled(gallery, post, "more: dogs", "Noor")
    await granted(gallery)
    assert await gallery.told(sent, "Noor") == SAID
    assert await gallery.pressed(post, f"easel:1:alone:{request.id}") == ALONE
    await stage.sandbox.until(lambda: SHARE in labels(post))


async def test_what_has_ended(gallery: Gallery, stage: Stage) -> None:
    post, request = await begun(gallery)
    mia = stage.people("Mia")
    opened = await mia.press(post, STEER)
    await mia.answer(opened)
    stage.executor.finish(request)
    await stage.sandbox.until(lambda: PARAMETERS in labels(post))
    assert await gallery.told(await mia.submit(opened, {"text": "more: a lighthouse"})) in (ENDED.format("."), UNKNOWN)


async def test_after_a_restart_the_buttons_work(make_stage: MakeStage) -> None:
    gallery = Gallery(await make_stage())
    post, request = await begun(gallery)
    await gallery.pressed(post, SHARE)
    await filled(gallery, post, "more: a lighthouse")
    await granted(gallery)
    await gallery.stage.shows(post, "more: a lighthouse")
    await gallery.stage.stop()
    gallery = Gallery(await make_stage())
    await gallery.next()
    await gallery.stage.sandbox.until(lambda: ONLY_I in labels(post) and len(sliders(post)) == 1)
    noor = gallery.stage.people("Noor")
    pressed = await noor.press(post, f"easel:1:stronger:{request.id}-0")
    await granted(gallery, 50)
    assert await gallery.told(pressed, "Noor") == "It is steered so from step 50 on."


async def test_what_steered_is_not_lost_in_what_comes_next(gallery: Gallery, stage: Stage) -> None:
    post, request = await begun(gallery)
    await filled(gallery, post, "more: a lighthouse")
    await granted(gallery)
    await stage.shows(post, "more: a lighthouse")
    steered = stage.executor.requests[request.id]
    stage.executor.finish(steered, file_of(steered))
    await stage.sandbox.until(lambda: PARAMETERS in labels(post))
    assert "not all of it can be typed" in await gallery.pressed(post, PARAMETERS)
    await gallery.pressed(post, "Again", "Noor")
    assert (await gallery.next()).steering == steered.steering
    other = await gallery.after(post)
    await stage.shows(other, "more: a lighthouse")
    assert other.mentions == [stage.sandbox.person("Noor")]


@pytest.mark.parametrize("action", ["steer", "stronger", "weaker", "together", "alone", "weight"])
@pytest.mark.parametrize("of", ["{id}", "{id}-0", "{id}-99", "-", "99999999-0"])
async def test_ids_forged_by_hand(gallery: Gallery, stage: Stage, action: str, of: str) -> None:
    """Discord lets nobody press what is not there; whatever does, learns and does nothing."""
    _, request = await begun(gallery)
    noor, elsewhere = stage.sandbox.person("Noor"), stage.sandbox.channel("general")
    said = await stage.people("bot").say("general", "hello")
    world, message = stage.sandbox.world, elsewhere.messages[int(said["id"])]
    data: dict[str, Any] = {"custom_id": f"easel:1:{action}:{of.format(id=request.id)}", "component_type": 2, "id": 1}
    number = world.snowflakes.next()
    interaction = Interaction(
        number, InteractionKind.COMPONENT, f"t{number}", noor, elsewhere, world.clock(), data, message=message
    )
    stage.sandbox.interactions.open(interaction)
    assert await gallery.told(interaction, "Noor") == UNKNOWN
    assert not stage.executor.said


@pytest.mark.parametrize(
    ("of", "sentence"), [("{id}-0", UNKNOWN), ("{id}-99", UNKNOWN), ("{id}", ENDED), ("99999999-0", ENDED)]
)
async def test_a_button_that_never_was(gallery: Gallery, stage: Stage, of: str, sentence: str) -> None:
    _, request = await begun(gallery)
    id = f"easel:1:stronger:{of.format(id=request.id)}"
    row = {"type": 1, "components": [{"type": 2, "style": 2, "label": "More", "custom_id": id}]}
    old = await stage.people("bot").say("art", "old", components=[row])
    message = stage.sandbox.channel("art").messages[int(old["id"])]
    assert await gallery.pressed(message, "More") == sentence.format(".")
    assert not stage.executor.said
