"""Several pictures of one message: `--repeat` and `{red, green}`."""

from typing import Any

import pytest

from bot.admission import CHOOSE, CHOOSE_OR_LOWER, LOWER, STAYS
from generation.request import ImagineRequest
from sandbox.model import Message
from tests.bot.conftest import MakeStage, Stage, picture

PAIR = ".imagine {red, green} bird"


def posts(stage: Stage, message_id: int) -> list[Message]:
    return stage._replies(message_id, "art")


async def several(stage: Stage, text: str, count: int) -> tuple[int, list[Message]]:
    """Ask for several pictures, and return the message and the posts."""
    said = await stage.say(text)
    await stage.sandbox.until(lambda: len(posts(stage, said)) == count)
    return said, posts(stage, said)


async def waiting(stage: Stage) -> list[str]:
    """Return what `.queue` says."""
    return (await stage.ask(".queue")).splitlines()


async def edit(stage: Stage, message_id: int, text: str) -> None:
    path = f"/channels/{stage.sandbox.channel('art').id}/messages/{message_id}"
    await stage.people("member").call("PATCH", path, {"content": text})


def asked(stage: Stage) -> list[ImagineRequest]:
    return sorted(stage.executor.requests.values(), key=lambda request: request.seed)


async def test_repeated_pictures_have_the_seeds_that_follow(make_stage: MakeStage) -> None:
    stage = await make_stage(room=3)
    _, shown = await several(stage, ".imagine a bird --seed 4294967295 --repeat 3", 3)
    await stage.executor.until(lambda: len(stage.executor.requests) == 3)
    assert [request.seed for request in asked(stage)] == [0, 1, 4294967295]
    assert {request.prompt for request in asked(stage)} == {"a bird"}
    assert sorted(post.content.partition("\n")[0] for post in shown) == [
        "**a bird**",
        "**a bird** · 2",
        "**a bird** · 3",
    ]


async def test_each_choice_is_a_picture_of_its_own(make_stage: MakeStage) -> None:
    stage = await make_stage(room=4, queue__per_member=4, limits__repeat=4)
    await several(stage, ".imagine {red, green} bird `{a, b}` --repeat 2", 4)
    await stage.executor.until(lambda: len(stage.executor.requests) == 4)
    prompts = sorted(request.prompt for request in stage.executor.requests.values())
    assert prompts == ["green bird `{a, b}`"] * 2 + ["red bird `{a, b}`"] * 2


@pytest.mark.parametrize(
    ("text", "number", "fewer"),
    [
        ("{a, b} {c, d}", "4", CHOOSE),
        ("a --repeat 4", "4", LOWER),
        ("`{a, b}` --repeat 4", "4", LOWER),
        ("{a, b} --repeat 2", "4", CHOOSE_OR_LOWER),
        ("{a,b}" * 300, "more than 1000", CHOOSE),
    ],
)
async def test_more_than_the_limit_is_asked_back(stage: Stage, text: str, number: str, fewer: str) -> None:
    answer = await stage.ask(f".imagine {text}")
    assert answer.startswith(
        f"That makes {number} pictures, and one message may ask for 3 pictures here, so nothing is painted"
    )
    assert answer.endswith(f" yet. {fewer}")
    assert await waiting(stage) == ["Nothing is being painted and nobody waits; yours would begin at once."]


async def test_all_are_taken_or_none(make_stage: MakeStage) -> None:
    stage = await make_stage()
    await stage.reply(await stage.say(".imagine a cat"))
    await stage.reply(await stage.say(".imagine a dog"))
    answer = await stage.ask(PAIR)
    assert answer.startswith("Those are 2 pictures, more than you can have beside what is waiting")
    assert [request.prompt for request in stage.executor.requests.values()] == ["a cat"]


async def test_the_queue_has_room_for_all_or_none(make_stage: MakeStage) -> None:
    stage = await make_stage(queue__total=3)
    await stage.reply(await stage.say(".imagine a cat", "Mia"))
    await stage.reply(await stage.say(".imagine a dog", "Noor"))
    assert (await stage.ask(PAIR)).startswith("The queue has no room for 2 pictures (limit 3, of all members)")
    assert len(await waiting(stage)) == 4


async def test_a_reply_to_the_message_takes_all_back_and_one_to_a_post_one(stage: Stage) -> None:
    said, shown = await several(stage, f"{PAIR} --seed 1", 2)
    answer = await stage.reply(await stage.say(".cancel", to=shown[1]))
    assert answer.content == "Cancelled: green bird"
    await stage.shows(shown[1], "Cancelled.")
    said, shown = await several(stage, PAIR, 2)
    message = stage.sandbox.channel("art").messages[said]
    answer = await stage.reply(await stage.say(".cancel", to=message))
    assert answer.content == "Cancelled: red bird and 1 more of that message"
    for post in shown:
        await stage.shows(post, "Cancelled.")


async def test_deleting_the_message_takes_all_back(stage: Stage) -> None:
    said, _ = await several(stage, PAIR, 2)
    path = f"/channels/{stage.sandbox.channel('art').id}/messages/{said}"
    await stage.people("member").call("DELETE", path)
    await stage.sandbox.until(lambda: not posts(stage, said))
    assert await waiting(stage) == ["Nothing is being painted and nobody waits; yours would begin at once."]


async def test_an_edit_changes_adds_and_takes_back(make_stage: MakeStage) -> None:
    stage = await make_stage()
    blocker = await stage.reply(await stage.say(".imagine blocker", "Noor"))
    await stage.executor.next("blocker")
    said, (red, green) = await several(stage, PAIR, 2)
    await edit(stage, said, ".imagine {red, blue, brown} bird")
    await stage.shows(green, "**blue bird**")
    await stage.sandbox.until(lambda: len(posts(stage, said)) == 3)
    assert "red bird" in red.content
    await edit(stage, said, ".imagine a swan")
    await stage.sandbox.until(lambda: len(posts(stage, said)) == 1)
    await stage.shows(red, "**a swan**")
    assert blocker.content


async def test_what_is_painted_stays_when_the_message_is_edited(stage: Stage) -> None:
    said, (red, green) = await several(stage, PAIR, 2)
    request = await stage.executor.next("red bird")
    stage.executor.finish(request)
    await stage.shows(red, "Again:")
    second = await stage.executor.next("green bird")
    await edit(stage, said, ".imagine {pink, green} bird")
    await stage.sandbox.until(lambda: any(STAYS in post.content for post in posts(stage, said)))
    assert stage.executor.requests == {second.id: second}
    await edit(stage, said, ".imagine {red, white} bird")
    await stage.sandbox.until(lambda: any("being painted already" in post.content for post in posts(stage, said)))
    assert "red bird" in red.content
    assert "green bird" in green.content


async def test_a_restart_keeps_all_and_each_has_one_post(make_stage: MakeStage) -> None:
    stage = await make_stage()
    said, _ = await several(stage, ".imagine a bird --repeat 3 --seed 5", 3)
    await stage.stop()
    stage = await make_stage(room=3)
    await stage.executor.until(lambda: len(stage.executor.requests) == 3)
    assert [request.seed for request in asked(stage)] == [5, 6, 7]
    for request in asked(stage):
        stage.executor.finish(request)
    await stage.sandbox.until(lambda: all("Again:" in post.content for post in posts(stage, said)))
    assert len(posts(stage, said)) == 3


async def test_pictures_are_fetched_once_for_all(make_stage: MakeStage) -> None:
    stage = await make_stage(room=2)
    files: Any = [("start.png", picture())]
    said = int((await stage.people("member").say("art", f"{PAIR} --as {{start, target}}", files=files))["id"])
    answer = await stage.reply(said)
    assert answer.content.startswith("That makes 4 pictures")
    said = int((await stage.people("member").say("art", PAIR, files=files))["id"])
    await stage.sandbox.until(lambda: len(posts(stage, said)) == 2)
    await stage.executor.until(lambda: len(stage.executor.requests) == 2)
    (digest,) = {request.init_picture for request in stage.executor.requests.values()}
    assert digest
