"""`.style`: one picture in the style of another."""

from hashlib import sha256

import pytest

from bot.prompt import LIKENESS
from bot.receipt import RECEIVED
from generation.decoding import decode
from sandbox.model import Message
from tests.bot.conftest import Stage, picture

CONTENT, LIKE = ("a.png", picture("red")), ("b.png", picture("green"))


async def digest(color: str) -> str:
    return sha256(await decode(picture(color))).hexdigest()


async def say(stage: Stage, text: str, *files: tuple[str, bytes], to: Message | None = None) -> Message:
    more = {"message_reference": {"message_id": str(to.id)}} if to else {}
    answer = await stage.people("Mia").say("art", text, files=list(files), **more)
    return stage.sandbox.channel("art").messages[int(answer["id"])]


async def test_two_pictures(stage: Stage) -> None:
    said = await say(stage, ".style", CONTENT, LIKE)
    request = await stage.executor.next(LIKENESS)
    assert request.init_picture == await digest("red")
    assert [target.picture for target in request.targets] == [await digest("green")]
    assert (request.init_weight, request.strength) == (2, 1)
    await stage.reply(said.id)


async def test_words_and_flags_say_otherwise(stage: Stage) -> None:
    await say(stage, ".style woodblock print --init-weight 5 --strength .5 --seed 7", CONTENT, LIKE)
    request = await stage.executor.next("woodblock print")
    assert [target.text for target in request.targets] == ["woodblock print", ""]
    assert (request.init_weight, request.strength, request.seed) == (5, 0.5, 7)


async def test_as_a_reply_to_the_content(stage: Stage) -> None:
    content = await say(stage, "look", CONTENT)
    await say(stage, ".style", LIKE, to=content)
    request = await stage.executor.next(LIKENESS)
    assert request.init_picture == await digest("red")
    assert request.targets[0].picture == await digest("green")


async def test_by_slash(stage: Stage) -> None:
    answer = await stage.slash("style", options={"content": CONTENT, "like": LIKE, "seed": 7, "strength": "0.6"})
    assert answer.content == RECEIVED
    request = await stage.executor.next(LIKENESS)
    assert (request.seed, request.strength, request.init_weight) == (7, 0.6, 2)


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ([], "Attach two pictures"),
        ([CONTENT], "Attach two pictures"),
        ([CONTENT, LIKE, LIKE], "Attach two pictures"),
        ([CONTENT, ("b.png", b"words")], ""),
    ],
)
async def test_what_is_refused(stage: Stage, files: list[tuple[str, bytes]], sentence: str) -> None:
    reply = await stage.reply((await say(stage, ".style", *files)).id)
    assert reply.content.startswith(sentence)
    assert not stage.executor.requests
