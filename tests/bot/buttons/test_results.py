"""Buttons under results, pressed by people in a real sandbox, with the real bot."""

import io
import json
import re
from base64 import b64decode
from dataclasses import replace
from hashlib import sha256
from typing import Any

import numpy as np
import pytest
from PIL import Image

from bot.buttons import press
from bot.buttons.lookup import FORGOTTEN, NO_FILM
from bot.buttons.press import TWICE, UNKNOWN
from bot.buttons.results import LOST_PICTURE, NOT_WAITING, NOT_YOURS
from bot.receipt import RECEIVED
from generation.decoding import decode
from generation.metadata import Metadata
from generation.targets import Target
from generation.worker.video import encode as encode_film
from generation.worker.video import pace_of
from sandbox.model import Interaction, InteractionKind
from tests.bot.buttons.conftest import (
    AGAIN,
    ALL,
    CANCEL,
    DELETE,
    EDIT,
    LARGER,
    MORE,
    PAINTING,
    PARAMETERS,
    STRONG,
    VARY,
    VIDEO,
    Gallery,
    file_of,
    labels,
    plain,
)
from tests.bot.conftest import MakeStage, Stage, picture


async def test_a_post_has_the_buttons_of_its_state(gallery: Gallery, stage: Stage) -> None:
    post = await stage.reply(await stage.say(".imagine a cat"))
    await stage.sandbox.until(lambda: labels(post) == PAINTING)
    request = await gallery.next()
    stage.executor.start(request)
    await stage.shows(post, "0%")
    assert labels(post) == PAINTING
    stage.executor.finish(request)
    await stage.sandbox.until(lambda: labels(post) == ALL)
    assert f"`{request.id}`" in post.content
    failing = await stage.reply(await stage.say(".imagine a dog"))
    stage.executor.fail(await stage.executor.next("a dog"), "Too bad.")
    await stage.sandbox.until(lambda: labels(failing) == [AGAIN, EDIT])


async def test_again_by_another(gallery: Gallery, stage: Stage) -> None:
    post, request = await gallery.painted()
    assert await gallery.pressed(post, AGAIN, "Noor") == RECEIVED
    anew = await gallery.next()
    noor, mia = stage.sandbox.person("Noor"), stage.sandbox.person("Mia")
    assert anew.seed != request.seed
    assert anew == replace(request, id=anew.id, seed=anew.seed, member=str(noor.id))
    other = await gallery.after(post)
    assert other is not post
    link = f"https://discord.com/channels/{stage.sandbox.world.guild.id}/{post.channel_id}/{post.id}"
    await stage.shows(other, f"<@{noor.id}> **a cat**", f"again, like [this picture]({link})")
    stage.executor.finish(anew)
    await stage.sandbox.until(lambda: labels(other) == ALL)
    await stage.shows(other, f"<@{noor.id}> **a cat**", f"again, like [this picture]({link})")
    assert await gallery.pressed(other, DELETE, "Mia") == NOT_YOURS
    assert str(mia.id) not in other.content


@pytest.mark.parametrize(
    ("button", "words", "changes"),
    [
        (VARY, "varied subtly from", {}),
        (STRONG, "varied strongly from", {}),
        (MORE, "painted on from", {"steps": 30}),
        (LARGER, "enlarged from", {"width": 256, "height": 256}),
    ],
)
@pytest.mark.parametrize("kept", [True, False])
async def test_what_begins_from_the_picture(
    gallery: Gallery, stage: Stage, button: str, words: str, changes: dict[str, Any], *, kept: bool
) -> None:
    post, request = await gallery.painted()
    if not kept:
        gallery.lose_pictures()
    assert await gallery.pressed(post, button) == RECEIVED
    anew = await gallery.next()
    digest = sha256(await decode(file_of(request))).hexdigest()
    assert anew.init_picture == digest
    assert stage.executor.pictures[anew.id].keys() == {digest}
    assert (anew.prompt, anew.strength is None) == (request.prompt, False)
    assert (anew.variation > 0, anew.seed != request.seed) == (button in (VARY, STRONG),) * 2
    assert {name: getattr(anew, name) for name in changes} == changes
    await stage.shows(await gallery.after(post), words)


async def test_what_is_as_large_as_can_be(gallery: Gallery, stage: Stage) -> None:
    post, _ = await gallery.painted("a cat --size 512x512")
    assert (await gallery.pressed(post, LARGER)).startswith("The picture is as large as can be")
    assert not stage.executor.requests


async def test_what_its_painter_cannot_begin_from(gallery: Gallery, stage: Stage) -> None:
    cat, before = await gallery.painted()
    owl, request = await gallery.painted("an owl --painter biggan")
    assert labels(owl) == [AGAIN, EDIT, VIDEO, PARAMETERS, DELETE]
    owl.components = json.loads(json.dumps(cat.components).replace(before.id, request.id))  # as of an earlier version
    for button in (VARY, STRONG, MORE, LARGER):
        assert (await gallery.pressed(owl, button)).startswith("`--painter biggan` cannot begin from a picture")
    assert not stage.executor.requests


async def test_a_video_of_the_same_picture(gallery: Gallery) -> None:
    post, request = await gallery.painted()
    assert await gallery.pressed(post, VIDEO) == RECEIVED
    anew = await gallery.next()
    assert anew == replace(request, id=anew.id, outputs=("png", "mp4"))


async def test_the_parameters(gallery: Gallery) -> None:
    post, request = await gallery.painted("a cat --size 64x128 --no fog")
    told = await gallery.pressed(post, PARAMETERS, "Noor")
    line = f".imagine a cat --size 64x128 --no fog --seed {request.seed}"
    assert f"`{request.id}`" in told
    assert sorted(told.split("\n")[1].split(" --")) == sorted(line.split(" --"))


async def test_edited(gallery: Gallery, stage: Stage) -> None:
    post, _ = await gallery.painted("a cat --steps 20")
    opened = await stage.people("Noor").press(post, EDIT)
    await stage.people("Noor").answer(opened)
    assert opened.form is not None
    line = opened.form["components"][0]["component"]["value"]
    assert line.startswith("a cat --")
    edited = line.replace("a cat", "a dog")
    sent = await stage.people("Noor").submit(opened, {"text": edited})
    assert await gallery.told(sent, "Noor") == RECEIVED
    anew = await gallery.next()
    assert (anew.prompt, anew.steps, anew.seed) == ("a dog", 20, int(edited.split("--seed ")[1].split()[0]))
    await stage.shows(await gallery.after(post), "edited from [this picture]")


async def test_what_was_edited_is_refused_as_a_command_is(gallery: Gallery, stage: Stage) -> None:
    post, _ = await gallery.painted()
    opened = await stage.people("Mia").press(post, EDIT)
    await stage.people("Mia").answer(opened)
    sent = await stage.people("Mia").submit(opened, {"text": "a dog --sede 7"})
    assert (await gallery.told(sent)).startswith("There is no flag")


@pytest.mark.parametrize("kept", [True, False])
async def test_edited_with_a_picture(gallery: Gallery, stage: Stage, *, kept: bool) -> None:
    asked = await stage.people("Mia").say("art", ".imagine a cat", files=[("c.png", picture("green"))])
    post = await stage.reply(int(asked["id"]))
    request = await gallery.next()
    digest = request.init_picture
    stage.executor.finish(request, file_of(request, **stage.executor.pictures[request.id]))
    await stage.sandbox.until(lambda: labels(post) == ALL)
    if not kept:
        gallery.lose_pictures()
    opened = await stage.people("Mia").press(post, EDIT)
    await stage.people("Mia").answer(opened)
    sent = await stage.people("Mia").submit(opened, {"text": ".imagine a dog"})
    assert await gallery.told(sent) == RECEIVED
    anew = await gallery.next()
    assert (anew.prompt, anew.init_picture) == ("a dog", digest)
    assert anew.seed != request.seed
    assert stage.executor.pictures[anew.id].keys() == {digest}


async def test_how_much_a_picture_counts_is_edited(gallery: Gallery, stage: Stage) -> None:
    files = [("c.png", picture("green"))]
    asked = await stage.people("Mia").say("art", ".imagine a cat --as target --iw 0.5", files=files)
    post = await stage.reply(int(asked["id"]))
    request = await gallery.next()
    stage.executor.finish(request, file_of(request, **stage.executor.pictures[request.id]))
    await stage.sandbox.until(lambda: labels(post) == ALL)
    opened = await stage.people("Mia").press(post, EDIT)
    await stage.people("Mia").answer(opened)
    assert opened.form is not None
    line = opened.form["components"][0]["component"]["value"]
    assert line == f"a cat --seed {request.seed} --as target --iw 0.5"
    sent = await stage.people("Mia").submit(opened, {"text": line.replace("0.5", "2")})
    assert await gallery.told(sent) == RECEIVED
    words, target = request.targets
    assert (await gallery.next()).targets == (words, replace(target, weight=2.0))


@pytest.mark.parametrize(("before", "after"), [("", "--as target"), ("--as target", "--as start")])
async def test_what_a_picture_is_for_is_edited(gallery: Gallery, stage: Stage, before: str, after: str) -> None:
    asked = await stage.people("Mia").say("art", f".imagine a cat {before}", files=[("c.png", picture("green"))])
    post = await stage.reply(int(asked["id"]))
    request = await gallery.next()
    (digest,) = request.pictures
    stage.executor.finish(request, file_of(request, **stage.executor.pictures[request.id]))
    await stage.sandbox.until(lambda: labels(post) == ALL)
    opened = await stage.people("Mia").press(post, EDIT)
    await stage.people("Mia").answer(opened)
    sent = await stage.people("Mia").submit(opened, {"text": f"a dog {after}"})
    assert await gallery.told(sent) == RECEIVED
    anew = await gallery.next()
    is_start = after == "--as start"
    assert anew.init_picture == (digest if is_start else "")
    assert anew.targets == (() if is_start else (Target("a dog"), Target(picture=digest)))


async def test_again_without_the_picture_that_it_was_painted_from(gallery: Gallery, stage: Stage) -> None:
    asked = await stage.people("Mia").say("art", ".imagine a cat", files=[("c.png", picture("green"))])
    post = await stage.reply(int(asked["id"]))
    stage.executor.finish(await gallery.next(), plain())
    await stage.sandbox.until(lambda: labels(post) == ALL)
    gallery.lose_pictures()
    assert await gallery.pressed(post, AGAIN) == LOST_PICTURE


async def test_deleted(gallery: Gallery, stage: Stage) -> None:
    post, _ = await gallery.painted()
    assert await gallery.pressed(post, DELETE, "Noor") == NOT_YOURS
    assert post in stage.sandbox.messages("art")
    assert await gallery.pressed(post, DELETE) == "Deleted."
    assert post not in stage.sandbox.messages("art")
    post, _ = await gallery.painted()
    assert await gallery.pressed(post, DELETE, "Moritz") == "Deleted."
    assert post not in stage.sandbox.messages("art")


async def test_cancelled(gallery: Gallery, stage: Stage) -> None:
    post = await stage.reply(await stage.say(".imagine a cat"))
    request = await gallery.next()
    assert "not yours" in await gallery.pressed(post, CANCEL, "Noor")
    waiting = await stage.reply(await stage.say(".imagine a dog", "Noor"))
    assert await gallery.pressed(waiting, CANCEL, "Moritz") == "Cancelled: a dog"
    await stage.shows(waiting, "Cancelled by a moderator.")
    assert await gallery.pressed(post, CANCEL) == "Cancelled: a cat"
    await stage.shows(post, "Cancelled.")
    assert stage.executor.aborted == [request]
    await stage.sandbox.until(lambda: labels(post) == [AGAIN, EDIT])


async def test_a_button_that_is_left_from_before(gallery: Gallery, stage: Stage) -> None:
    post = await stage.reply(await stage.say(".imagine a cat"))
    request = await gallery.next()
    stage.executor.finish(request)
    await stage.sandbox.until(lambda: labels(post) == ALL)
    bot = stage.people("bot")
    row = {
        "type": 1,
        "components": [{"type": 2, "style": 2, "label": CANCEL, "custom_id": f"easel:1:cancel:{request.id}"}],
    }
    old = await bot.say("art", "old", components=[row])
    message = stage.sandbox.channel("art").messages[int(old["id"])]
    assert await gallery.pressed(message, CANCEL) == NOT_WAITING


async def test_pressed_twice_it_paints_once(gallery: Gallery, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    post, _ = await gallery.painted()
    mia = stage.people("Mia")
    both = [await mia.press(post, AGAIN), await mia.press(post, AGAIN)]
    assert sorted([await gallery.told(each) for each in both]) == sorted([RECEIVED, TWICE])
    anew = await gallery.next()
    assert await gallery.pressed(post, AGAIN, "Noor") == RECEIVED
    stage.executor.finish(anew)
    others = await gallery.next()
    stage.executor.finish(others)
    await stage.nothing_happens()
    assert not stage.executor.requests
    monkeypatch.setattr(press, "ONCE_SECONDS", 0.0)
    post, _ = await gallery.painted("a dog")
    for _ in range(2):
        assert await gallery.pressed(post, AGAIN) == RECEIVED


async def test_delivered_twice_it_counts_once(gallery: Gallery, stage: Stage) -> None:
    post, _ = await gallery.painted()
    pressed = await stage.people("Mia").press(post, AGAIN)
    stage.sandbox.interactions.open(pressed)
    assert await gallery.told(pressed) == RECEIVED
    await gallery.next()
    await stage.nothing_happens()
    assert "1." not in await stage.ask(".queue", "Moritz", "general")


async def test_a_press_counts_as_a_command_does(make_stage: MakeStage) -> None:
    stage = await make_stage(queue__per_member=1)
    gallery = Gallery(stage)
    post, _ = await gallery.painted()
    assert await gallery.pressed(post, AGAIN) == RECEIVED
    assert "limit 1" in await gallery.pressed(post, VARY)
    assert await gallery.pressed(post, VARY, "Noor") == RECEIVED


async def test_after_a_restart_every_button_works(make_stage: MakeStage) -> None:
    gallery = Gallery(await make_stage())
    post, request = await gallery.painted()
    opened = await gallery.stage.people("Mia").press(post, EDIT)
    await gallery.stage.people("Mia").answer(opened)
    await gallery.stage.stop()
    gallery = Gallery(await make_stage())
    assert await gallery.pressed(post, AGAIN) == RECEIVED
    anew = await gallery.next()
    assert anew.prompt == request.prompt
    gallery.stage.executor.finish(anew)
    sent = await gallery.stage.people("Mia").submit(opened, {"text": "a dog"})
    assert await gallery.told(sent) == RECEIVED
    await gallery.stage.executor.next("a dog")


async def test_what_came_from_another_still_says_so_after_a_restart(make_stage: MakeStage) -> None:
    gallery = Gallery(await make_stage())
    post, _ = await gallery.painted()
    await gallery.pressed(post, VARY, "Noor")
    await gallery.next()
    other = await gallery.after(post)
    await gallery.stage.stop()
    gallery = Gallery(await make_stage())
    gallery.stage.executor.finish(await gallery.next())
    noor = gallery.stage.sandbox.person("Noor").id
    await gallery.stage.shows(other, f"<@{noor}> **a cat**", "varied subtly from [this picture](", "Again")
    await gallery.stage.sandbox.until(lambda: labels(other) == ALL)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
async def test_what_is_forgotten_is_known_from_the_picture(gallery: Gallery, stage: Stage, kind: str) -> None:
    post = await stage.reply(await stage.say(".imagine a cat"))
    request = await gallery.next()
    stage.executor.finish(request, file_of(request, kind))
    await stage.sandbox.until(lambda: labels(post) == ALL)
    await stage.nothing_happens()
    gallery.forget()
    gallery.lose_pictures()
    assert await gallery.pressed(post, VARY) == RECEIVED
    assert (await gallery.next()).prompt == "a cat"
    assert f"`{request.id}`" in await gallery.pressed(post, PARAMETERS)
    assert await gallery.pressed(post, DELETE) == "Deleted."


async def test_what_is_forgotten_and_not_in_the_picture(gallery: Gallery, stage: Stage) -> None:
    post, request = await gallery.painted(png=plain())
    await stage.nothing_happens()
    gallery.forget()
    for button in (AGAIN, VARY, PARAMETERS, EDIT):
        assert await gallery.pressed(post, button) == FORGOTTEN
    assert not stage.executor.requests
    assert request.prompt == "a cat"
    assert await gallery.pressed(post, DELETE) == "Deleted."


async def test_another_request_in_the_picture_is_not_taken_for_it(gallery: Gallery, stage: Stage) -> None:
    post = await stage.reply(await stage.say(".imagine a cat"))
    request = await gallery.next()
    stage.executor.finish(request, file_of(replace(request, id="00000000", prompt="something else")))
    await stage.sandbox.until(lambda: labels(post) == ALL)
    await stage.nothing_happens()
    gallery.forget()
    assert await gallery.pressed(post, AGAIN) == FORGOTTEN


async def test_under_a_post_that_was_deleted_meanwhile(gallery: Gallery, stage: Stage) -> None:
    post, _ = await gallery.painted()
    mia = stage.people("Mia")
    opened = await mia.press(post, EDIT)
    await mia.answer(opened)
    pressed = [await mia.press(post, DELETE), await mia.press(post, AGAIN)]
    assert await gallery.told(pressed[0]) == "Deleted."
    assert await gallery.told(pressed[1]) == RECEIVED
    sent = await mia.submit(opened, {"text": "a dog"})
    assert await gallery.told(sent) == RECEIVED
    noor_pressed = await gallery.next()
    assert noor_pressed.prompt in ("a cat", "a dog")


FORGED = [
    "easel:1:again:{id}",
    "easel:1:delete:{id}:{noor}",
    "easel:1:parameters:{id}",
    "easel:1:destroy:{id}",
    "easel:2:again:{id}",
    "easel:1:start:{id}",
    "nothing of ours",
]


@pytest.mark.parametrize("forged", FORGED)
@pytest.mark.parametrize("kind", [InteractionKind.COMPONENT, InteractionKind.FORM])
async def test_ids_forged_by_hand(gallery: Gallery, stage: Stage, forged: str, kind: InteractionKind) -> None:
    """Discord lets nobody press what is not there; whatever does, learns and does nothing."""
    post, request = await gallery.painted("a secret")
    noor = stage.sandbox.person("Noor")
    elsewhere = stage.sandbox.channel("general")
    said = await stage.people("bot").say("general", "hello")
    data = {"custom_id": forged.format(id=request.id, noor=noor.id), "component_type": 2, "id": 1, "components": []}
    world, message = stage.sandbox.world, elsewhere.messages[int(said["id"])]

    def interaction_of(kind: InteractionKind, **more: Any) -> Interaction:
        number = world.snowflakes.next()
        token = f"token-{number}"
        return Interaction(number, kind, token, noor, elsewhere, world.clock(), data, message=message, **more)

    parent = interaction_of(InteractionKind.COMPONENT) if kind is InteractionKind.FORM else None
    interaction = interaction_of(kind, parent=parent)
    stage.sandbox.interactions.open(interaction)
    assert await gallery.told(interaction, "Noor") == UNKNOWN
    assert post in stage.sandbox.messages("art")
    assert not stage.executor.requests


async def test_in_private(gallery: Gallery, stage: Stage) -> None:
    mia = stage.people("Mia")
    channel = await mia.direct()
    await mia.call("POST", f"/channels/{channel.id}/messages", {"content": ".imagine a cat"})
    request = await gallery.next()
    assert request.guild == ""
    stage.executor.finish(request, file_of(request))
    await stage.sandbox.until(lambda: labels([*channel.messages.values()][-1]) == ALL)
    post = [*channel.messages.values()][-1]
    assert await gallery.pressed(post, VARY) == RECEIVED
    assert (await gallery.next()).guild == ""
    assert await gallery.pressed(post, DELETE) == "Deleted."


async def test_without_permission_to_write(gallery: Gallery, stage: Stage) -> None:
    row = {"type": 1, "components": [{"type": 2, "style": 2, "label": AGAIN, "custom_id": "easel:1:again:4f3a9b2c"}]}
    said = await stage.people("bot").say("no-files", "hello", components=[row])
    message = stage.sandbox.channel("no-files").messages[int(said["id"])]
    assert "**Attach Files**" in await gallery.pressed(message, AGAIN)


async def test_a_story_is_had_as_a_page(gallery: Gallery) -> None:
    stage = gallery.stage
    post = await stage.reply(await stage.say(".imagine a fox ^ a hen <b> --video mp4 --seed 7 --steps 20"))
    await stage.executor.until(lambda: stage.executor.requests)
    (request,) = stage.executor.requests.values()
    colours = np.zeros((20, *request.shape, 3), np.uint8)
    colours[:9, ..., 0] = 250
    film = encode_film("mp4", iter(colours), pace_of(request, "mp4"), Metadata(request))
    stage.executor.finish(request, file_of(request), mp4=film)
    await stage.sandbox.until(lambda: "Page" in labels(post))
    mia = stage.people("Mia")
    answer = await mia.answer(await mia.press(post, "Page"))
    assert answer is not None
    (file,) = answer.attachments
    assert file.filename == f"{request.slug}.html"
    html = file.data.decode()
    assert [html.count(f'<figcaption dir="auto">{each}<') for each in ("a fox", "a hen &lt;b&gt;")] == [1, 1]
    first, second = (b64decode(each) for each in re.findall(r'img src="data:image/jpeg;base64,([^"]+)"', html))
    with Image.open(io.BytesIO(first)) as image:
        red, green, _ = np.asarray(image.convert("RGB").resize((1, 1)))[0, 0]
    assert red > 200 > green
    assert second != first
    gallery.lose_pictures()
    assert await gallery.pressed(post, "Page") == NO_FILM
