"""Threads, forum posts and the other kinds of channel."""

from typing import Any

import pytest

from sandbox import Sandbox
from sandbox.model import Channel
from tests.sandbox.conftest import Dial, png
from tests.sandbox_fixtures import Cast, Person


@pytest.fixture
def mia(people: Cast) -> Person:
    return people("Mia")


@pytest.fixture
def bot(people: Cast) -> Person:
    return people("bot")


async def begun(sandbox: Sandbox, person: Person, **more: object) -> Channel:
    """Begin a thread in #art."""
    path = f"/channels/{sandbox.channel('art').id}/threads"
    status, thread = await person.call("POST", path, {"name": "ideas", "type": 11} | more)
    assert status == 201, thread
    return sandbox.world.place(int(thread["id"]))


async def test_a_thread_from_a_message(sandbox: Sandbox, mia: Person, bot: Person, dial: Dial) -> None:
    wire = await (await dial()).login(sandbox.bot.token, intents=1 | 1 << 9 | 1 << 15)
    said = await mia.say("art", "a cat?")
    path = f"{mia.messages_of('art')}/{said['id']}"
    status, thread = await mia.call("POST", f"{path}/threads", {"name": "cats"})
    assert (status, thread["id"], thread["type"], thread["owner_id"]) == (201, said["id"], 11, str(mia.user.id))
    created = await wire.event("THREAD_CREATE")
    assert (created["newly_created"], created["thread_metadata"]["archived"]) == (True, False)
    assert (await wire.event("MESSAGE_UPDATE"))["flags"] == 1 << 5
    assert (await mia.call("POST", f"{path}/threads", {"name": "cats"}))[1]["code"] == 160004
    place = sandbox.world.place(int(thread["id"]))
    answer = await bot.say(place, "which cat?")
    assert (await wire.event("THREAD_MEMBERS_UPDATE"))["added_members"][0]["user_id"] == str(sandbox.bot.id)
    assert (await wire.event("MESSAGE_CREATE"))["channel_id"] == answer["channel_id"] == thread["id"]
    _, listed = await bot.call("GET", bot.messages_of(place))
    assert [each["type"] for each in listed] == [0, 21]
    assert listed[1]["referenced_message"]["content"] == "a cat?"
    _, shown = await mia.call("GET", path)
    assert (shown["thread"]["message_count"], shown["thread"]["member_count"]) == (1, 2)


async def test_a_thread_without_a_message_is_told_in_its_channel(sandbox: Sandbox, mia: Person, dial: Dial) -> None:
    thread = await begun(sandbox, mia)
    (told,) = sandbox.messages("art")
    assert (int(told.type), told.content, told.reference_channel) == (18, "ideas", thread.id)
    _, listed = await mia.call("GET", f"/guilds/{sandbox.world.guild.id}/threads/active")
    assert [each["id"] for each in listed["threads"]] == [str(thread.id)]
    wire = await dial()
    await wire.send(2, {"token": sandbox.bot.token, "intents": 1, "properties": {}})
    assert [each["name"] for each in (await wire.event("GUILD_CREATE"))["threads"]] == ["ideas"]


async def test_a_private_thread(sandbox: Sandbox, people: Cast, mia: Person, bot: Person) -> None:
    path = f"/channels/{sandbox.channel('art').id}/threads"
    assert (await mia.call("POST", path, {"name": "secret"}))[1]["code"] == 50013
    owner = people("owner")
    _, made = await owner.call("POST", path, {"name": "secret", "invitable": False})
    thread = sandbox.world.place(int(made["id"]))
    assert (await bot.call("GET", bot.messages_of(thread)))[1]["code"] == 50001
    members = f"/channels/{thread.id}/thread-members"
    assert (await owner.call("PUT", f"{members}/{sandbox.bot.id}"))[0] == 204
    await bot.say(thread, "here I am")
    assert len((await owner.call("GET", members))[1]) == 2
    assert (await owner.call("DELETE", f"{members}/{sandbox.bot.id}"))[0] == 204
    assert (await owner.call("GET", f"{members}/{sandbox.bot.id}"))[1]["code"] == 10007


async def test_archived_and_locked(sandbox: Sandbox, people: Cast, mia: Person, bot: Person) -> None:
    thread = await begun(sandbox, mia)
    said = await bot.say(thread, "hello")
    own = f"{bot.messages_of(thread)}/{said['id']}"
    path = f"/channels/{thread.id}"
    assert (await people("Noor").call("PATCH", path, {"archived": True}))[1]["code"] == 50013
    _, changed = await mia.call("PATCH", path, {"archived": True, "name": "old ideas"})
    assert (changed["name"], changed["thread_metadata"]["archived"]) == ("old ideas", True)
    assert (await bot.call("PATCH", own, {"content": "x"}))[1]["code"] == 50083
    assert (await bot.call("PUT", f"{own}/reactions/%E2%9D%A4/@me"))[1]["code"] == 50083
    assert (await mia.call("PATCH", path, {"name": "x"}))[1]["code"] == 50083
    _, listed = await mia.call("GET", f"/channels/{sandbox.channel('art').id}/threads/archived/public")
    assert [each["id"] for each in listed["threads"]] == [str(thread.id)]
    await bot.say(thread, "open again")
    assert thread.thread is not None
    assert not thread.thread.archived
    assert (await mia.call("PATCH", path, {"locked": True}))[1]["code"] == 50013
    assert (await people("moderator").call("PATCH", path, {"locked": True, "archived": True}))[0] == 200
    status, answer = await bot.call("POST", bot.messages_of(thread), {"content": "x"})
    assert (status, answer["code"]) == (403, 160005)
    assert (await mia.call("PATCH", path, {"archived": False}))[1]["code"] == 50013
    await people("moderator").say(thread, "closed")
    assert (await bot.call("DELETE", path))[1]["code"] == 50013
    assert (await people("moderator").call("DELETE", path))[0] == 200
    status, answer = await bot.call("POST", f"/channels/{thread.id}/messages", {"content": "x"})
    assert (status, answer["code"]) == (404, 10003)


async def test_who_may_write_in_threads(sandbox: Sandbox, mia: Person, bot: Person) -> None:
    thread = await begun(sandbox, mia)
    sandbox.overwrite("art", sandbox.world.guild.id, deny=1 << 11)
    await bot.say(thread, "threads have a permission of their own", files=[("a.png", png())])
    sandbox.overwrite("art", sandbox.world.guild.id, deny=1 << 38)
    assert (await bot.call("POST", bot.messages_of(thread), {"content": "x"}))[1]["code"] == 50013
    await bot.say("art", "and channels theirs")


async def test_a_post_in_a_forum(sandbox: Sandbox, mia: Person, bot: Person) -> None:
    forum = sandbox.channel("gallery")
    assert (await bot.call("POST", bot.messages_of(forum), {"content": "x"}))[1]["code"] == 50008
    path = f"/channels/{forum.id}/threads"
    post: dict[str, Any] = {"name": "A cat", "message": {"content": "look"}}
    status, made = await mia.call("POST", path, post, [("cat.png", png())])
    assert (status, made["message"]["id"], made["parent_id"]) == (201, made["id"], str(forum.id))
    assert made["message"]["attachments"][0]["width"] == 128
    status, answer = await mia.call("POST", path, {"name": "x", "message": {"content": ""}})
    assert (status, answer["code"]) == (400, 50006)
    _, shown = await bot.call("GET", f"/channels/{forum.id}")
    assert (shown["type"], shown["last_message_id"]) == (15, made["id"])
    await bot.say(sandbox.world.place(int(made["id"])), "nice")


async def test_other_kinds_of_channel(sandbox: Sandbox, people: Cast, mia: Person, bot: Person) -> None:
    kinds = {name: int(sandbox.channel(name).type) for name in ("gallery", "news", "after-dark", "Lounge")}
    assert kinds == {"gallery": 15, "news": 5, "after-dark": 0, "Lounge": 2}
    _, shown = await mia.call("GET", f"/channels/{sandbox.channel('after-dark').id}")
    assert shown["nsfw"] is True
    await mia.say("Lounge", "text of a voice channel")
    assert (await bot.call("POST", bot.messages_of("news"), {"content": "x"}))[1]["code"] == 50013
    said = await people("moderator").say("news", "it is out")
    path = f"{mia.messages_of('news')}/{said['id']}/threads"
    assert (await mia.call("POST", path, {"name": "talk"}))[1]["type"] == 10
    threads = f"/channels/{sandbox.channel('Lounge').id}/threads"
    assert (await mia.call("POST", threads, {"name": "x", "type": 11}))[1]["code"] == 50024


async def test_a_channel_that_is_changed_and_deleted(sandbox: Sandbox, people: Cast, mia: Person, dial: Dial) -> None:
    wire = await (await dial()).login(sandbox.bot.token, intents=1)
    path = f"/channels/{sandbox.channel('general').id}"
    assert (await mia.call("PATCH", path, {"topic": "x"}))[1]["code"] == 50013
    _, changed = await people("moderator").call("PATCH", path, {"topic": "x", "nsfw": True})
    assert (changed["topic"], changed["nsfw"]) == ("x", True)
    assert (await wire.event("CHANNEL_UPDATE"))["topic"] == "x"
    assert (await people("owner").call("DELETE", path))[0] == 200
    assert (await wire.event("CHANNEL_DELETE"))["name"] == "general"
    assert (await mia.call("GET", path))[1]["code"] == 10003
