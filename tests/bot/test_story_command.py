"""`.story`: texts that become a few sentences, and these a film."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from bot.block import block, lines_in
from bot.errors import UserError
from bot.receipt import RECEIVED
from bot.rules.gate import NO_STORY
from bot.story_command import ONE_FILE, prompt
from sandbox.model import Message
from tests.bot.buttons.conftest import Gallery, labels
from tests.bot.conftest import MakeStage, Stage, picture
from tests.language.conftest import make_bart

TALE = "A red fox slept. It dreamt of a hen. Then it woke."
SENTENCES = ["A red fox slept.", "It dreamt of a hen.", "Then it woke."]


async def told(stage: Stage, text: str, *files: tuple[str, bytes], to: Message | None = None) -> Message:
    """Say something as Mia, with files or as a reply, and return what the bot answers."""
    more = {"message_reference": {"message_id": str(to.id)}} if to else {}
    said = await stage.people("Mia").say("art", text, files=list(files), **more)
    return await stage.reply(int(said["id"]))


def said(stage: Stage, answer: dict[str, str]) -> Message:
    return stage.sandbox.channel("art").messages[int(answer["id"])]


async def test_a_text_is_shown_and_painted(stage: Stage) -> None:
    reply = await told(stage, f".story {TALE}")
    assert reply.content.startswith("A story in 3 sentences")
    assert lines_in(reply.content) == SENTENCES
    assert labels(reply) == ["Paint", "Edit"]
    gallery = Gallery(stage)
    assert await gallery.pressed(reply, "Paint") == RECEIVED
    request = await gallery.next()
    assert [(target.text, target.part) for target in request.targets] == [(s, n) for n, s in enumerate(SENTENCES)]
    assert request.outputs == ("png", "mp4")
    assert request.member == str(stage.people("Mia").user.id)


async def test_the_sentences_are_edited_in_a_form(stage: Stage) -> None:
    gallery, mia = Gallery(stage), stage.people("Mia")
    reply = await told(stage, f".story 2 {TALE}")
    assert len(lines_in(reply.content)) == 2
    opened = await mia.press(reply, "Edit")
    await mia.answer(opened)
    assert opened.form is not None
    sent = await mia.submit(opened, {"text": "A hen.\n\nA {cat, dog} | --seed 3.\n--seed 9 --video gif"})
    assert await gallery.told(sent) == RECEIVED
    request = await gallery.next()
    assert [target.text for target in request.targets] == ["A hen.", "A {cat, dog} | --seed 3."]
    assert (request.seed, request.outputs) == (9, ("png", "gif"))
    opened = await mia.press(reply, "Edit")
    await mia.answer(opened)
    assert "There is no sentence left" in await gallery.told(await mia.submit(opened, {"text": "\n--seed 9"}))


def test_a_line_that_begins_with_a_dash_is_a_sentence() -> None:
    assert prompt("-- Yes, he said.\n—Hola —dijo.\nA cat.\n—seed 9") == (
        "-- Yes, he said. ^ ``` —Hola —dijo. ``` ^ A cat. —seed 9 --video mp4"
    )


async def test_what_has_an_id_is_told_by_its_name(stage: Stage) -> None:
    ids = f"<@{stage.sandbox.person('Noor').id}> ate a <:partyblob:123456789012345678> cake. It was sweet."
    reply = await told(stage, f".story {ids}")
    assert lines_in(reply.content) == ["Noor ate a partyblob cake.", "It was sweet."]
    answered = said(stage, await stage.people("Noor").say("art", ids))
    assert lines_in((await told(stage, ".story", to=answered)).content) == [
        "Noor ate a partyblob cake.",
        "It was sweet.",
    ]


async def test_by_a_file_and_by_a_reply(stage: Stage) -> None:
    reply = await told(stage, ".story", ("tale.txt", TALE.encode("utf-16")))
    assert lines_in(reply.content) == SENTENCES
    long = said(stage, await stage.people("Noor").say("art", TALE))
    assert lines_in((await told(stage, ".story", to=long)).content) == SENTENCES
    filed = said(
        stage, await stage.people("Noor").say("art", "see", files=[("tale.txt", "从前有一座山。山里有庙。".encode())])
    )
    assert lines_in((await told(stage, ".story", to=filed)).content) == ["从前有一座山。", "山里有庙。"]


async def test_by_slash_with_a_style(stage: Stage) -> None:
    answer = await stage.slash("story", "Mia", options={"text": TALE, "style": "ink", "sentences": 2, "size": "128x64"})
    *sentences, flags = lines_in(answer.content)
    assert (len(sentences), flags) == (2, "--style ink --size 128x64")
    gallery = Gallery(stage)
    assert await gallery.pressed(answer, "Paint") == RECEIVED
    request = await gallery.next()
    assert [target.text for target in request.targets] == [f"{sentence}, ink drawing" for sentence in sentences]
    assert request.shape == (128, 64)
    filed = await stage.slash("story", "Mia", options={"file": ("tale.txt", TALE.encode())})
    assert lines_in(filed.content) == SENTENCES


async def test_a_language_model_abridges_and_where_it_cannot_the_text_stays(
    make_stage: MakeStage, tmp_path: Path
) -> None:
    model = await asyncio.to_thread(make_bart, tmp_path / "bart")
    texts: dict[str, Any] = {"texts__author": "nobody/nothing", "texts__megabytes": 2000}
    stage = await make_stage(texts__summariser=str(model), **texts)
    text = " ".join([TALE] * 4)
    reply = await told(stage, f".story 2 {text}")
    assert reply.content.startswith("A story in ")
    assert not set(lines_in(reply.content)) & {*SENTENCES}
    reply = await told(stage, ".story 2 " + "Жила-была лиса. И была она очень хитрая. Жил и волк. " * 4)
    assert reply.content.startswith("The language model has not learnt the script of this text. These are sentences of")
    assert "Жила-была лиса." in lines_in(reply.content)
    (model / "model.safetensors").unlink()
    suggested = await told(stage, ".suggest fox")
    assert len(lines_in(suggested.content)) == 4


@pytest.mark.parametrize(
    ("text", "files", "sentence"),
    [
        (".story", [], "Give a text: behind `.story`, as a file in UTF-8"),
        (f".story 99 {TALE}", [], "`sentences` takes a whole number from 2 to 8, not `99`. It is typed as `.story ["),
        (".story ?!", [], "There are no words in the text."),
        (".story", [("a.png", picture())], "The file is no text; save it as plain text in UTF-8."),
        (".story", [("a.txt", b"")], "There are no words in the text."),
        (".story", [("a.txt", b"a " * 300_000)], "The text has more than 100000 characters; take a part of it."),
        (".story", [("a.txt", b"a"), ("b.txt", b"b")], ONE_FILE),
    ],
)
async def test_what_is_refused(stage: Stage, text: str, files: list[tuple[str, bytes]], sentence: str) -> None:
    assert (await told(stage, text, *files)).content.startswith(sentence)


async def test_where_there_are_no_videos_there_are_no_stories(stage: Stage) -> None:
    gallery, mia = Gallery(stage), stage.people("Mia")
    reply = await told(stage, f".story {TALE}")
    opened = await mia.press(reply, "Edit")
    await mia.answer(opened)
    await stage.ask(".limits set video no", "moderator")
    refusal = NO_STORY.format(".")
    assert (await told(stage, f".story {TALE}")).content == refusal
    assert await gallery.pressed(reply, "Paint") == refusal
    assert await gallery.pressed(reply, "Edit") == refusal
    assert await gallery.told(await mia.submit(opened, {"text": "A hen."})) == refusal
    assert not stage.executor.requests


async def test_a_story_keeps_to_the_longest_prompt(stage: Stage) -> None:
    reply = await told(stage, ".story 8", ("tale.txt", b"The old fox walked over the long hill, " * 200))
    lines = lines_in(reply.content)
    assert len(lines) == 8
    assert len(" ^ ".join(lines)) <= stage.settings.painting.max_prompt_length
    assert await Gallery(stage).pressed(reply, "Paint") == RECEIVED


def test_a_block_holds_what_it_is_given() -> None:
    assert lines_in(f"Look:\n{block(['a ``` b', 'c  d'])}\nmore") == ["a ''' b", "c d"]
    assert lines_in("no block") == []


def test_what_is_typed_for_a_story() -> None:
    assert prompt("a https://x.y\nb") == "``` a https://x.y ``` ^ b  --video mp4"
    with pytest.raises(UserError, match="17 lines"):
        prompt("a\n" * 17)
