"""The buttons of posts that Discord does not take as they are."""

from dataclasses import replace

from bot.buttons.results import NOT_YOURS
from bot.receipt import RECEIVED
from sandbox import Fault
from tests.bot.buttons.conftest import AGAIN, ALL, DELETE, EDIT, PAINTING, Gallery, file_of, labels
from tests.bot.conftest import PATIENCE, MakeStage, Stage

MESSAGES = "/channels/{channel_id}/messages"
MESSAGE = f"{MESSAGES}/{{message_id}}"


async def test_of_a_post_that_was_replaced(gallery: Gallery, stage: Stage) -> None:
    post = await stage.reply(await stage.say(".imagine a cat", "Mia"))
    request = await gallery.next()
    stage.sandbox.fail_next(Fault("PATCH", MESSAGE, 400, code=30046))
    stage.executor.start(request)
    other = await gallery.after(post)
    assert labels(other) == PAINTING
    stage.executor.finish(request, file_of(request))
    await stage.sandbox.until(lambda: labels(other) == ALL)
    assert post not in stage.sandbox.messages("art")
    assert await gallery.pressed(other, AGAIN) == RECEIVED
    assert await gallery.pressed(other, DELETE, "Noor") == NOT_YOURS


async def test_of_one_whose_edit_was_tried_again(gallery: Gallery, stage: Stage) -> None:
    post = await stage.reply(await stage.say(".imagine a cat", "Mia"))
    request = await gallery.next()
    stage.sandbox.fail_next(Fault("PATCH", MESSAGE, 503, late=True))
    stage.sandbox.fail_next(Fault("PATCH", MESSAGE, 413, code=40005))
    stage.executor.finish(request, file_of(request))
    await stage.sandbox.until(lambda: labels(post) == ALL)
    assert await gallery.pressed(post, AGAIN) == RECEIVED


async def test_of_a_picture_that_came_in_private(make_stage: MakeStage) -> None:
    stage = await make_stage(patience=replace(PATIENCE, final=0.2))
    gallery = Gallery(stage)
    post = await stage.reply(await stage.say(".imagine a cat", "Mia"))
    request = await gallery.next()
    fault = Fault("PATCH", MESSAGE, 403, code=50013, times=1000)
    stage.sandbox.fail_next(fault)
    stage.sandbox.fail_next(Fault("POST", MESSAGES, 403, code=50013))
    stage.executor.finish(request, file_of(request))
    channel = await stage.people("Mia").direct()
    await stage.sandbox.until(lambda: any(labels(each) == ALL for each in channel.messages.values()))
    fault.times = 1
    private = next(each for each in channel.messages.values() if labels(each) == ALL)
    await stage.sandbox.until(lambda: labels(post) == [AGAIN, EDIT])
    assert await gallery.pressed(private, AGAIN) == RECEIVED
