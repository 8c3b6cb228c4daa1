"""What is chosen in the menus of messages."""

from hashlib import sha256

import pytest

from bot.buttons.menus import GONE, NO_PICTURE, SHOW, USE
from bot.fetch import NOT_THERE
from bot.receipt import RECEIVED
from generation.decoding import decode
from generation.metadata import NO_FILE, NO_REQUEST
from generation.request import ImagineRequest
from sandbox.model import Message
from tests.bot.buttons.conftest import Gallery, file_of, plain
from tests.bot.conftest import MakeStage, Stage, picture

CAT = ImagineRequest("4f3a9b2c", "a cat", 7, 128, 128, 100)


async def said(stage: Stage, *files: tuple[str, bytes], who: str = "Noor", channel: str = "art") -> Message:
    """Return a message with files."""
    answer = await stage.people(who).say(channel, "look", files=list(files))
    return stage.sandbox.channel(channel).messages[int(answer["id"])]


async def test_a_picture_is_begun_from(gallery: Gallery, stage: Stage) -> None:
    message, mia = await said(stage, ("green.png", picture("green"))), stage.people("Mia")
    opened = await mia.run_command("art", USE, target=message)
    await mia.answer(opened)
    sent = await mia.submit(opened, {"text": "a lawn --seed 7"})
    assert await gallery.told(sent) == RECEIVED
    request = await stage.executor.next("a lawn")
    assert (request.seed, request.init_picture) == (7, sha256(await decode(picture("green"))).hexdigest())
    await stage.shows(await gallery.after(message), "begun from [this picture](", str(message.id))


async def test_there_has_to_be_a_picture(gallery: Gallery, stage: Stage) -> None:
    message, mia = await said(stage, ("notes.txt", b"words")), stage.people("Mia")
    assert await gallery.told(await mia.run_command("art", USE, target=message)) == NO_PICTURE
    assert await gallery.told(await mia.run_command("art", SHOW, target=message)) == NO_PICTURE


async def test_what_was_filled_in_is_refused_as_a_command_is(gallery: Gallery, stage: Stage) -> None:
    message, mia = await said(stage, ("green.png", picture("green"))), stage.people("Mia")
    opened = await mia.run_command("art", USE, target=message)
    await mia.answer(opened)
    sent = await mia.submit(opened, {"text": "a lawn --init sketch"})
    assert "It begins from your picture or by `--init sketch`" in await gallery.told(sent)


async def test_the_message_is_deleted_meanwhile(gallery: Gallery, stage: Stage) -> None:
    message, mia = await said(stage, ("green.png", picture("green"))), stage.people("Mia")
    opened = await mia.run_command("art", USE, target=message)
    await mia.answer(opened)
    await stage.people("Noor").call("DELETE", f"{mia.messages_of('art')}/{message.id}")
    assert await gallery.told(await mia.submit(opened, {"text": "a lawn"})) == GONE


async def test_a_form_that_was_opened_before_a_restart(make_stage: MakeStage) -> None:
    stage = await make_stage()
    message, mia = await said(stage, ("green.png", picture("green"))), stage.people("Mia")
    opened = await mia.run_command("art", USE, target=message)
    await mia.answer(opened)
    await stage.stop()
    stage = await make_stage()
    assert await Gallery(stage).told(await stage.people("Mia").submit(opened, {"text": "a lawn"})) == RECEIVED
    assert (await stage.executor.next("a lawn")).init_picture


async def test_not_where_nothing_is_painted(gallery: Gallery, stage: Stage) -> None:
    message, mia = await said(stage, ("green.png", picture("green")), channel="no-files"), stage.people("Mia")
    assert "**Attach Files**" in await gallery.told(await mia.run_command("no-files", USE, target=message))


@pytest.mark.parametrize("is_forgotten", [True, False])
async def test_the_parameters_of_a_post(gallery: Gallery, stage: Stage, *, is_forgotten: bool) -> None:
    post, request = await gallery.painted("a cat --seed 7")
    await stage.nothing_happens()
    if is_forgotten:
        gallery.forget()
    told = await gallery.told(await stage.people("Noor").run_command("art", SHOW, target=post), "Noor")
    assert told == f"```\n.imagine a cat --seed 7\n```\n-# `{request.id}`"


async def test_the_parameters_of_somebody_elses_file(gallery: Gallery, stage: Stage) -> None:
    hostile = ImagineRequest("`@everyone`", "# [x](https://y.z) <@1>", 7, 128, 128, 100)
    answers = [
        (file_of(CAT), "```\n.imagine a cat --seed 7\n```\n-# `4f3a9b2c`"),
        (file_of(hostile), "```\n.imagine # [x](https://y.z) <@1> --seed 7\n```\n-# `@everyone`"),
        (plain(), NO_REQUEST),
        (b"\x89PNG\r\n\x1a\n" + b"\xff" * 1000, NO_REQUEST),
        (b"no picture at all", NO_FILE),
    ]
    for file, expected in answers:
        message = await said(stage, ("x.png", file))
        told = await gallery.told(await stage.people("Mia").run_command("art", SHOW, target=message))
        assert told == expected


async def test_what_does_not_fit_comes_as_a_file(gallery: Gallery, stage: Stage) -> None:
    prompt = "```x``` " + "very " * 800 + "long"
    message = await said(stage, ("x.png", file_of(ImagineRequest("4f3a9b2c", prompt, 7, 128, 128, 100))))
    interaction = await stage.people("Mia").run_command("art", SHOW, target=message)
    assert "4f3a9b2c" in await gallery.told(interaction)
    assert interaction.original is not None
    (attachment,) = interaction.original.attachments
    assert attachment.data.decode().startswith(".imagine ")
    assert "very very" in attachment.data.decode()


async def test_a_file_that_is_gone(gallery: Gallery, stage: Stage) -> None:
    message = await said(stage, ("x.png", plain()))
    stage.sandbox.world.files.clear()
    told = await gallery.told(await stage.people("Mia").run_command("art", SHOW, target=message))
    assert told == NOT_THERE
