"""That the check against Discord's description can fail, and says so where it cannot be made."""

from typing import Any

import pytest

from sandbox import message_payloads
from sandbox.model import Message
from sandbox.world import World
from tests.openapi import DEFAULT, Description, description_path

MESSAGES = "/channels/1/messages"


@pytest.fixture(scope="module")
def description() -> Description:
    path = description_path()
    if path is None:
        pytest.skip(
            f"REST calls are not checked: no description of Discord's API at $EASEL_DISCORD_OPENAPI or {DEFAULT}"
        )
    return Description(path)


@pytest.fixture
def message() -> dict[str, Any]:
    world = World("http://127.0.0.1:1", lambda: 1_790_000_000.0, "Easel")
    channel = next(each for each in world.guild.channels.values() if each.name == "art")
    written = Message(world.snowflakes.next(), channel.id, world.application.bot, "hello")
    return message_payloads.message(world, written, None)


def test_a_call_as_described_has_no_problems(description: Description, message: dict[str, Any]) -> None:
    assert description.problems("POST", MESSAGES, {"content": "hello"}, 200, message) == []


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"id": 5}, '$.id: 5 is not of type "string"'),
        ({"author": None}, '$.author: null is not of type "object"'),
        ({"mentions": [{}]}, '$.mentions.0: "id" is a required property'),
    ],
)
def test_an_answer_that_is_not_as_described(
    description: Description, message: dict[str, Any], change: dict[str, Any], complaint: str
) -> None:
    problems = description.problems("GET", f"{MESSAGES}/2", None, 200, message | change)
    assert any(complaint in problem for problem in problems), problems


def test_a_request_that_is_not_as_described(description: Description, message: dict[str, Any]) -> None:
    (problem,) = description.problems("POST", MESSAGES, {"content": 5}, 200, message)
    assert '$.content: 5 is not of types "null", "string"' in problem


def test_what_was_refused_may_be_wrong_but_not_the_refusal(description: Description) -> None:
    refusal = {"message": "Invalid Form Body", "code": 50035}
    errors = {"content": {"_errors": [{"code": "STRING_TYPE_CONVERT", "message": "…"}]}}
    assert description.problems("POST", MESSAGES, {"content": 5}, 400, refusal | {"errors": errors}) == []
    assert description.problems("POST", MESSAGES, {"content": 5}, 400, {"message": "no"})
    assert description.problems("POST", MESSAGES, {"content": 5}, 400, refusal | {"errors": {"content": "bad"}})


def test_unknown_places_and_answers(description: Description, message: dict[str, Any]) -> None:
    assert description.problems("GET", "/nowhere", None, 200, {}) == ["GET /nowhere: not described"]
    assert description.problems("POST", MESSAGES, {}, 201, message) == [f"POST {MESSAGES}: status 201 is not described"]


def test_the_most_literal_path_is_meant(description: Description) -> None:
    assert description.template("/users/@me") == "/users/@me"
    assert description.template("/users/5") == "/users/{user_id}"
