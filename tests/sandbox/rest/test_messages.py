from typing import Any

import aiohttp
import pytest

from sandbox import Fault, Sandbox
from sandbox.api import Observer
from tests.sandbox.conftest import Clock, png
from tests.sandbox_fixtures import Cast, Person

CREATE = "/channels/{channel_id}/messages"


@pytest.fixture
async def sandbox(observe: Observer, clock: Clock) -> Any:
    async with Sandbox(observe=observe, clock=clock) as sandbox:
        sandbox.limits.enabled = False
        yield sandbox


@pytest.fixture
def mia(people: Cast) -> Person:
    return people("Mia")


@pytest.fixture
def bot(people: Cast) -> Person:
    return people("bot")


async def refused(person: Person, method: str, path: str, body: object = None, files: Any = None) -> tuple[int, int]:
    """Return HTTP status and Discord's code of a refusal."""
    status, answer = await person.call(method, path, body, files)
    return status, answer["code"]


async def test_a_message_comes_back_as_it_was_written(mia: Person) -> None:
    sent = await mia.say("art", "  **hello** <@1> \u202eabc  ")
    assert sent["content"] == "**hello** <@1> \u202eabc"
    status, answer = await mia.call("GET", f"{mia.messages_of('art')}/{sent['id']}")
    assert status == 200
    assert answer == sent
    assert sent["author"]["global_name"] == "Mia"
    assert mia.headers["Content-Type"] == "application/json"


async def test_listing_is_newest_first_and_pages_both_ways(mia: Person) -> None:
    ids = [(await mia.say("art", str(number)))["id"] for number in range(7)]
    path = mia.messages_of("art")

    async def listed(query: str) -> list[int]:
        status, answer = await mia.call("GET", f"{path}?{query}")
        assert status == 200
        return [ids.index(each["id"]) for each in answer]

    assert await listed("limit=3") == [6, 5, 4]
    assert await listed(f"limit=2&before={ids[4]}") == [3, 2]
    assert await listed(f"limit=2&after={ids[1]}") == [3, 2]
    assert await listed(f"limit=3&around={ids[3]}") == [4, 3, 2]
    assert await refused(mia, "GET", f"{path}?limit=101") == (400, 50035)


@pytest.mark.parametrize(
    ("body", "path", "code", "message"),
    [
        (
            {"content": "x" * 2001},
            ["content"],
            "BASE_TYPE_MAX_LENGTH",
            "Must be 2000 or fewer in length.",
        ),
        (
            {"embeds": [{"title": "ok"}, {"title": "x" * 257}]},
            ["embeds", "1", "title"],
            "BASE_TYPE_MAX_LENGTH",
            "Must be 256 or fewer in length.",
        ),
        (
            {"embeds": [{"description": "x" * 4097}]},
            ["embeds", "0", "description"],
            "BASE_TYPE_MAX_LENGTH",
            "Must be 4096 or fewer in length.",
        ),
        (
            {"embeds": [{"fields": [{"name": "n", "value": "v"}] * 26}]},
            ["embeds", "0", "fields"],
            "BASE_TYPE_MAX_LENGTH",
            "Must be 25 or fewer in length.",
        ),
        (
            {"embeds": [{"fields": [{"name": "n"}]}]},
            ["embeds", "0", "fields", "0", "value"],
            "BASE_TYPE_REQUIRED",
            "This field is required",
        ),
        (
            {"embeds": [{"fields": [{"name": "n", "value": "x" * 1025}]}]},
            ["embeds", "0", "fields", "0", "value"],
            "BASE_TYPE_MAX_LENGTH",
            "Must be 1024 or fewer in length.",
        ),
        (
            {"embeds": [{"footer": {"text": "x" * 2049}}]},
            ["embeds", "0", "footer", "text"],
            "BASE_TYPE_MAX_LENGTH",
            "Must be 2048 or fewer in length.",
        ),
        (
            {"embeds": [{"author": {"name": "x" * 257}}]},
            ["embeds", "0", "author", "name"],
            "BASE_TYPE_MAX_LENGTH",
            "Must be 256 or fewer in length.",
        ),
        (
            {"embeds": [{"description": "x" * 3001}, {"description": "x" * 3000}]},
            ["embeds"],
            "MAX_EMBED_SIZE_EXCEEDED",
            "Embed size exceeds maximum size of 6000",
        ),
        (
            {"embeds": [{"title": "x"}] * 11},
            ["embeds"],
            "BASE_TYPE_MAX_LENGTH",
            "Must be 10 or fewer in length.",
        ),
        ({"embeds": [{}]}, ["embeds", "0", "description"], "BASE_TYPE_REQUIRED", "This field is required"),
        (
            {"embeds": [{"title": "x", "image": {"url": "ftp://a/b"}}]},
            ["embeds", "0", "image", "url"],
            "URL_TYPE_INVALID_SCHEME",
            "Scheme \"ftp\" is not one of ('http', 'https').",
        ),
        (
            {"embeds": [{"title": "x", "color": 0x1000000}]},
            ["embeds", "0", "color"],
            "NUMBER_TYPE_MAX",
            "int value should be less than or equal to 16777215.",
        ),
        (
            {"content": "x", "message_reference": {"message_id": "5"}},
            ["message_reference"],
            "REPLIES_UNKNOWN_MESSAGE",
            "Unknown message",
        ),
        (
            {"content": "x", "message_reference": {"message_id": "five"}},
            ["message_reference", "message_id"],
            "NUMBER_TYPE_COERCE",
            'Value "five" is not snowflake.',
        ),
        (
            {"content": "x", "allowed_mentions": {"parse": ["users"], "users": ["7"]}},
            ["allowed_mentions"],
            "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE",
            'parse:["users"] and users: [7] are mutually exclusive.',
        ),
        (
            {"content": "x", "attachments": [{"id": "0", "description": "x" * 1025}]},
            ["attachments", "0", "description"],
            "BASE_TYPE_MAX_LENGTH",
            "Must be 1024 or fewer in length.",
        ),
    ],
)
async def test_a_form_that_does_not_fit_names_the_field(
    bot: Person, body: object, path: list[str], code: str, message: str
) -> None:
    status, answer = await bot.call("POST", bot.messages_of("art"), body, [("a.txt", b"a")])
    assert status == 400
    assert (answer["code"], answer["message"]) == (50035, "Invalid Form Body")
    place = answer["errors"]
    for key in path:
        place = place[key]
    assert place == {"_errors": [{"code": code, "message": message}]}


async def test_sizes_at_the_limit_are_fine(bot: Person) -> None:
    await bot.say("art", "x" * 2000, embeds=[{"description": "x" * 4096, "footer": {"text": "x" * 1904}}])


async def test_an_empty_message_is_refused(mia: Person) -> None:
    bodies: list[dict[str, object]] = [{"content": " \n "}, {}, {"content": None, "embeds": []}]
    for body in bodies:
        assert await refused(mia, "POST", mia.messages_of("art"), body) == (400, 50006)


async def test_files_come_with_size_type_and_alt_text(bot: Person) -> None:
    sent = await bot.say(
        "art",
        files=[("my picture.png", png()), ("notes.txt", b"hi")],
        attachments=[{"id": "1"}, {"id": "0", "description": "a red field"}],
    )
    notes, picture = sent["attachments"]
    assert (notes["filename"], notes["content_type"], notes["size"]) == ("notes.txt", "text/plain; charset=utf-8", 2)
    assert (picture["width"], picture["height"], picture["description"]) == (128, 96, "a red field")
    assert (picture["filename"], picture["title"]) == ("my_picture.png", "my picture")
    async with aiohttp.ClientSession() as http, http.get(picture["url"]) as answer:
        assert answer.status == 200
        assert answer.content_type == "image/png"
        assert await answer.read() == png()


async def test_an_edit_keeps_only_the_files_that_it_lists(bot: Person) -> None:
    sent = await bot.say("art", "v1", files=[("a.png", png()), ("b.png", png("blue"))])
    path = f"{bot.messages_of('art')}/{sent['id']}"
    kept = sent["attachments"][1]["id"]

    status, edited = await bot.call("PATCH", path, {"content": "v2"})
    assert [each["filename"] for each in edited["attachments"]] == ["a.png", "b.png"]
    assert edited["edited_timestamp"] is not None

    attachments = [{"id": kept, "description": "blue"}, {"id": "0"}]
    status, edited = await bot.call("PATCH", path, {"attachments": attachments}, [("c.png", png("green"))])
    assert status == 200
    assert [each["filename"] for each in edited["attachments"]] == ["b.png", "c.png"]
    assert edited["attachments"][0]["id"] == kept
    assert edited["attachments"][0]["description"] == "blue"
    assert edited["content"] == "v2"

    status, edited = await bot.call("PATCH", path, {"attachments": []})
    assert edited["attachments"] == []
    assert await refused(bot, "PATCH", path, {"content": ""}) == (400, 50006)
    assert await refused(bot, "PATCH", path, {"attachments": [{"id": "3"}]}) == (400, 50146)


async def test_a_file_in_an_embed_is_shown_there_alone(bot: Person) -> None:
    embed = {"title": "t", "image": {"url": "attachment://p.png"}}
    sent = await bot.say("art", files=[("p.png", png())], embeds=[embed])
    assert sent["attachments"] == []
    assert sent["embeds"][0]["image"]["width"] == 128
    assert "/cdn/attachments/" in sent["embeds"][0]["image"]["url"]


async def test_files_that_are_too_large_or_too_many(bot: Person, mia: Person) -> None:
    path = bot.messages_of("art")
    large = b"\0" * (10 * 1024 * 1024 + 1)
    assert await refused(bot, "POST", path, {}, [("big.bin", large)]) == (413, 40005)
    nine = b"\0" * (9 * 1024 * 1024)
    assert await refused(bot, "POST", path, {}, [("a", nine), ("b", nine), ("c", nine)]) == (413, 40005)
    assert await refused(bot, "POST", path, {}, [("a.txt", b"a")] * 11) == (400, 50035)
    await mia.say("art", files=[("fits.bin", large[:-1])])


async def test_a_reply_shows_and_pings_whom_it_answers(bot: Person, mia: Person) -> None:
    asked = await mia.say("art", "hello?")
    reply = await bot.say("art", "yes", message_reference={"message_id": asked["id"]})
    assert reply["type"] == 19
    assert reply["referenced_message"]["content"] == "hello?"
    assert [each["username"] for each in reply["mentions"]] == ["mia"]
    quiet = await bot.say(
        "art", "yes", message_reference={"message_id": asked["id"]}, allowed_mentions={"replied_user": False}
    )
    assert quiet["mentions"] == []


async def test_a_reply_to_nothing_may_be_allowed(bot: Person, mia: Person) -> None:
    asked = await mia.say("art", "hello?")
    assert (await mia.call("DELETE", f"{mia.messages_of('art')}/{asked['id']}"))[0] == 204
    reference = {"message_id": asked["id"], "fail_if_not_exists": False}
    reply = await bot.say("art", "too late", message_reference=reference)
    assert reply["referenced_message"] is None


async def test_the_same_nonce_gives_the_first_message_again(bot: Person, clock: Clock) -> None:
    first = await bot.say("art", "one", nonce="request-1", enforce_nonce=True)
    assert (await bot.say("art", "two", nonce="request-1", enforce_nonce=True))["id"] == first["id"]
    assert (await bot.say("art", "two", nonce="request-1"))["id"] != first["id"]
    clock.now += 600
    assert (await bot.say("art", "two", nonce="request-1", enforce_nonce=True))["id"] != first["id"]
    assert await refused(bot, "POST", bot.messages_of("art"), {"content": "x", "nonce": "n" * 26}) == (400, 50035)


async def test_an_answer_that_is_lost_is_not_a_message_that_is_lost(bot: Person, sandbox: Sandbox) -> None:
    sandbox.fail_next(Fault("POST", CREATE, 500, late=True))
    body = {"content": "once", "nonce": "n", "enforce_nonce": True}
    assert (await bot.call("POST", bot.messages_of("art"), body))[0] == 500
    assert (await bot.call("POST", bot.messages_of("art"), body))[0] == 200
    assert [each.content for each in sandbox.messages("art")] == ["once"]


async def test_who_may_change_what(people: Cast, mia: Person) -> None:
    sent = await mia.say("art", "mine")
    path = f"{mia.messages_of('art')}/{sent['id']}"
    noor, moderator = people("Noor"), people("moderator")
    assert await refused(noor, "PATCH", path, {"content": "x"}) == (403, 50005)
    assert await refused(moderator, "PATCH", path, {"content": "x"}) == (403, 50005)
    assert await refused(noor, "PATCH", path, {"flags": 4}) == (403, 50013)
    assert await refused(noor, "DELETE", path) == (403, 50013)
    status, answer = await moderator.call("PATCH", path, {"flags": 4})
    assert (status, answer["flags"], answer["edited_timestamp"]) == (200, 4, None)
    assert (await moderator.call("DELETE", path))[0] == 204
    assert await refused(mia, "GET", path) == (404, 10008)


async def test_suppressed_embeds_come_back_when_the_flag_goes(bot: Person) -> None:
    sent = await bot.say("art", "x", embeds=[{"title": "t"}], flags=4)
    assert sent["embeds"] == []
    _, shown = await bot.call("PATCH", f"{bot.messages_of('art')}/{sent['id']}", {"flags": 0})
    assert shown["embeds"][0]["title"] == "t"


async def test_where_the_bot_may_not(bot: Person, mia: Person, sandbox: Sandbox) -> None:
    body = {"content": "x"}
    assert await refused(bot, "POST", bot.messages_of("announcements"), body) == (403, 50013)
    assert await refused(bot, "POST", bot.messages_of("staff"), body) == (403, 50001)
    assert await refused(bot, "POST", bot.messages_of("no-files"), body, [("a.txt", b"a")]) == (403, 50013)
    assert await refused(bot, "POST", "/channels/1/messages", body) == (404, 10003)
    assert await refused(bot, "POST", "/channels/one/messages", body) == (400, 50035)
    assert await refused(bot, "POST", f"/channels/{sandbox.channel('Studio').id}/messages", body) == (400, 50008)
    await bot.say("no-files", "words are fine")
    sandbox.overwrite("art", sandbox.bot.id, deny=1 << 14)
    assert await refused(bot, "POST", bot.messages_of("art"), {"embeds": [{"title": "t"}]}) == (403, 50013)
    sandbox.overwrite("art", sandbox.bot.id, deny=1 << 16)
    assert await bot.call("GET", bot.messages_of("art")) == (200, [])
    asked = await mia.say("art", "?")
    reply = {"content": "x", "message_reference": {"message_id": asked["id"]}}
    assert await refused(bot, "POST", bot.messages_of("art"), reply) == (400, 160002)


async def test_old_messages_take_few_edits(bot: Person, clock: Clock) -> None:
    sent = await bot.say("art", "old")
    path = f"{bot.messages_of('art')}/{sent['id']}"
    clock.now += 3601
    for number in range(3):
        assert (await bot.call("PATCH", path, {"content": str(number)}))[0] == 200
    status, answer = await bot.call("PATCH", path, {"content": "more"})
    assert (status, answer["code"]) == (429, 30046)
    assert bot.headers["Retry-After"] == "20"
    clock.now += 21
    assert (await bot.call("PATCH", path, {"content": "more"}))[0] == 200


async def test_without_the_intent_the_bot_reads_only_what_is_meant_for_it(
    people: Cast, mia: Person, bot: Person, sandbox: Sandbox
) -> None:
    await mia.say("art", "secret", files=[("a.txt", b"a")])
    await mia.say("art", f"<@{sandbox.bot.id}> hello")
    await bot.say("art", "mine")
    sandbox.set_message_content(enabled=False)
    _, listed = await bot.call("GET", bot.messages_of("art"))
    assert [each["content"] for each in listed] == ["mine", f"<@{sandbox.bot.id}> hello", ""]
    assert listed[2]["attachments"] == []
    _, listed = await people("Noor").call("GET", bot.messages_of("art"))
    assert listed[2]["content"] == "secret"


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ({"flags": True}, "NUMBER_TYPE_COERCE"),
        ({"flags": "4"}, "NUMBER_TYPE_COERCE"),
        ({"flags": 4.0}, "NUMBER_TYPE_COERCE"),
        ({"nonce": True}, "NUMBER_TYPE_COERCE"),
        ({"nonce": 1.5}, "NUMBER_TYPE_COERCE"),
        ({"nonce": ["n"]}, "NUMBER_TYPE_COERCE"),
        ({"nonce": 1 << 63}, "NUMBER_TYPE_MAX"),
        ({"nonce": -(1 << 63) - 1}, "NUMBER_TYPE_MIN"),
        ({"nonce": "n" * 26}, "NONCE_TYPE_TOO_LONG"),
        ({"tts": "yes"}, "BOOLEAN_TYPE_CONVERT"),
        ({"enforce_nonce": 1}, "BOOLEAN_TYPE_CONVERT"),
        ({"content": 5}, "STRING_TYPE_CONVERT"),
        ({"embeds": {}}, "LIST_TYPE_CONVERT"),
        ({"embeds": [1]}, "DICT_TYPE_CONVERT"),
        ({"embeds": [{"color": True}]}, "NUMBER_TYPE_COERCE"),
        ({"embeds": [{"color": 1 << 24}]}, "NUMBER_TYPE_MAX"),
        ({"embeds": [{"timestamp": 1700000000}]}, "DATE_TIME_TYPE_PARSE"),
        ({"embeds": [{"timestamp": "yesterday"}]}, "DATE_TIME_TYPE_PARSE"),
        ({"allowed_mentions": {"parse": ["all"]}}, "BASE_TYPE_CHOICES"),
        ({"allowed_mentions": {"users": [True]}}, "NUMBER_TYPE_COERCE"),
        ({"allowed_mentions": {"users": [1 << 63]}}, "NUMBER_TYPE_MAX"),
        ({"message_reference": {"message_id": "1", "type": False}}, "NUMBER_TYPE_COERCE"),
        ({"message_reference": {"message_id": "1", "type": 1}}, "BASE_TYPE_CHOICES"),
        ({"message_reference": {}}, "BASE_TYPE_REQUIRED"),
        ({"attachments": [{"id": "x"}]}, "NUMBER_TYPE_COERCE"),
        ([1], "DICT_TYPE_CONVERT"),
    ],
)
async def test_values_that_discord_does_not_take(mia: Person, value: Any, code: str) -> None:
    body = value if isinstance(value, list) else {"content": "x"} | value
    status, answer = await mia.call("POST", mia.messages_of("art"), body)
    assert (status, answer["code"]) == (400, 50035)
    problems = answer["errors"]
    while "_errors" not in problems:
        (problems,) = problems.values()
    assert [each["code"] for each in problems["_errors"]] == [code]


async def test_a_nonce_of_64_bits_and_a_time_without_a_zone_are_taken(mia: Person) -> None:
    for nonce in ((1 << 63) - 1, -(1 << 63), "n" * 25):
        assert (await mia.say("art", "x", nonce=nonce))["nonce"] == nonce
    sent = await mia.say("art", embeds=[{"title": "t", "timestamp": "2026-01-02T03:04:05"}])
    assert sent["embeds"][0]["timestamp"] == "2026-01-02T03:04:05+00:00"


MULTIPART = "multipart/form-data; boundary=b"
PART = b'--b\r\nContent-Disposition: form-data; name="payload_json"\r\n\r\n{"content": "x"}\r\n'


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b"{"),
        ("application/json", b"\xff"),
        ("application/json", b"[" * 100_000),
        ("application/json", b'{"content": NaN}'),
        ("application/json", b'{"content": "\\ud800"}'),
        ("application/json", b'{"flags": ' + b"9" * 5000 + b"}"),
        (MULTIPART, b""),
        (MULTIPART, PART),
        (MULTIPART, PART + b"--b"),
        (MULTIPART, PART.replace(b"\r\n\r\n", b"\r\n") + b"--b--"),
        (MULTIPART, PART.replace(b"form-data;", b"form-data; name=") + b"--b--"),
        (MULTIPART, PART.replace(b'{"content": "x"}', b"{") + b"--b--"),
        (MULTIPART, PART * 65 + b"--b--"),
        ("multipart/form-data; boundary=wrong", PART + b"--b--"),
        ("multipart/form-data", PART + b"--b--"),
        ("multipart/mixed; boundary=b", PART + b"--b--"),
    ],
)
async def test_a_body_that_cannot_be_read(mia: Person, sandbox: Sandbox, content_type: str, body: bytes) -> None:
    headers = {"Authorization": sandbox.person("Mia").token, "Content-Type": content_type}
    async with (
        aiohttp.ClientSession() as http,
        http.post(sandbox.api_base + mia.messages_of("art"), data=body, headers=headers) as answer,
    ):
        refusal = await answer.json()
    assert (answer.status, refusal["code"]) == (400, 50109)
    assert refusal["message"] == "The request body contains invalid JSON."


@pytest.mark.parametrize("channel", ["one", "-1", "1.5", "9" * 19, "1" * 30, "7" * 5000, "%D9%A3", "%00", "%FF"])
async def test_ids_that_are_none(mia: Person, channel: str) -> None:
    assert await refused(mia, "GET", f"/channels/{channel}") == (400, 50035)


async def test_what_the_sandbox_has_not_it_refuses(bot: Person) -> None:
    body = {"content": "x", "poll": {"question": {"text": "x"}}}
    _, answer = await bot.call("POST", bot.messages_of("art"), body)
    assert answer["errors"]["poll"]["_errors"][0]["code"] == "SANDBOX_UNSUPPORTED"
