"""❌ by who asked, by others and by moderators."""

from urllib.parse import quote

import pytest

from sandbox.model import Message
from tests.bot.buttons.conftest import Gallery
from tests.bot.conftest import Stage


async def react(stage: Stage, message: Message, who: str = "Mia", emoji: str = "❌") -> None:
    """Put an emoji on a message."""
    path = f"/channels/{message.channel_id}/messages/{message.id}/reactions/{quote(emoji)}/@me"
    status, answer = await stage.people(who).call("PUT", path)
    assert status == 204, answer


@pytest.mark.parametrize("on", ["what asked", "the post"])
@pytest.mark.parametrize("who", ["Mia", "Moritz"])
async def test_what_is_not_finished_is_taken_back(gallery: Gallery, stage: Stage, on: str, who: str) -> None:
    asked = await stage.say(".imagine a cat", "Mia")
    post = await stage.reply(asked)
    request = await gallery.next()
    message = post if on == "the post" else stage.sandbox.channel("art").messages[asked]
    await react(stage, message, "Noor")
    await react(stage, message, "Mia", "👍")
    await stage.nothing_happens()
    assert stage.executor.aborted == []
    await react(stage, message, who)
    await stage.shows(post, "Cancelled" if who == "Mia" else "Cancelled by a moderator.")
    assert stage.executor.aborted == [request]


@pytest.mark.parametrize("is_forgotten", [True, False])
@pytest.mark.parametrize("who", ["Mia", "Moritz"])
async def test_what_is_finished_is_deleted(gallery: Gallery, stage: Stage, who: str, *, is_forgotten: bool) -> None:
    post, _ = await gallery.painted()
    await stage.nothing_happens()
    if is_forgotten:
        gallery.forget()
    await react(stage, post, "Noor")
    await stage.nothing_happens()
    assert post in stage.sandbox.messages("art")
    await react(stage, post, who)
    await stage.sandbox.until(lambda: post not in stage.sandbox.messages("art"))


async def test_what_is_nobodys_stays(gallery: Gallery, stage: Stage) -> None:
    post, _ = await gallery.painted()
    asked = stage.sandbox.channel("art").messages[post.reference or 0]
    answer = await stage.reply(await stage.say(".queue", "Mia"))
    for message in (asked, answer):
        await react(stage, message)
    await stage.nothing_happens()
    assert {asked.id, answer.id} <= {each.id for each in stage.sandbox.messages("art")}


async def test_in_private(gallery: Gallery, stage: Stage) -> None:
    mia = stage.people("Mia")
    channel = await mia.direct()
    await mia.call("POST", f"/channels/{channel.id}/messages", {"content": ".imagine a cat"})
    request = await gallery.next()
    await stage.sandbox.until(lambda: len(channel.messages) == 2)
    await react(stage, next(iter(channel.messages.values())))
    await stage.executor.until(lambda: stage.executor.aborted == [request])
