from tests.sandbox_fixtures import Cast

HEART = "%E2%9D%A4%EF%B8%8F"


async def test_reactions_are_counted_and_taken_back(people: Cast) -> None:
    mia, moderator = people("Mia"), people("moderator")
    sent = await mia.say("art", "look")
    message = f"{mia.messages_of('art')}/{sent['id']}"
    path = f"{message}/reactions/{HEART}"
    assert (await mia.call("PUT", f"{path}/@me"))[0] == 204
    assert (await mia.call("PUT", f"{path}/@me"))[0] == 204
    assert (await moderator.call("PUT", f"{path}/@me"))[0] == 204

    _, answer = await mia.call("GET", message)
    (reaction,) = answer["reactions"]
    assert (reaction["emoji"]["name"], reaction["count"], reaction["me"]) == ("❤️", 2, True)
    _, users = await mia.call("GET", path)
    assert [user["username"] for user in users] == ["mia", "moritz"]

    assert (await mia.call("DELETE", f"{path}/@me"))[0] == 204
    _, answer = await mia.call("GET", message)
    assert (answer["reactions"][0]["count"], answer["reactions"][0]["me"]) == (1, False)


async def test_others_reactions_are_the_moderators_to_remove(people: Cast) -> None:
    mia, noor, moderator = people("Mia"), people("Noor"), people("moderator")
    sent = await mia.say("art", "look")
    message = f"{mia.messages_of('art')}/{sent['id']}"
    await mia.call("PUT", f"{message}/reactions/{HEART}/@me")
    other = f"{message}/reactions/{HEART}/{sent['author']['id']}"
    assert (await noor.call("DELETE", other))[1]["code"] == 50013
    assert (await moderator.call("DELETE", other))[0] == 204
    _, answer = await mia.call("GET", message)
    assert "reactions" not in answer


async def test_what_is_no_emoji(people: Cast) -> None:
    mia = people("Mia")
    sent = await mia.say("art", "look")
    status, answer = await mia.call("PUT", f"{mia.messages_of('art')}/{sent['id']}/reactions/abc/@me")
    assert (status, answer["code"]) == (400, 10014)


async def test_adding_needs_the_permission_joining_in_does_not(people: Cast) -> None:
    mia, noor = people("Mia"), people("Noor")
    sent = await mia.say("art", "look")
    path = f"{mia.messages_of('art')}/{sent['id']}/reactions/{HEART}/@me"
    mia._sandbox.overwrite("art", int((await noor.call("GET", "/users/@me"))[1]["id"]), deny=1 << 6)
    assert (await noor.call("PUT", path))[1]["code"] == 50013
    await mia.call("PUT", path)
    assert (await noor.call("PUT", path))[0] == 204
