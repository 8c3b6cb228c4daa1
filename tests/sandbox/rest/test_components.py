"""Buttons and selects of messages: what Discord takes and what it refuses."""

from typing import Any

import pytest

from tests.sandbox_fixtures import Cast


def _button(**more: object) -> dict[str, Any]:
    return {"type": 2, "style": 1, "label": "a", "custom_id": "a"} | more


def _select(**more: object) -> dict[str, Any]:
    return {"type": 3, "custom_id": "s", "options": [{"label": "l", "value": "v"}]} | more


def _row(*components: dict[str, Any]) -> dict[str, Any]:
    return {"type": 1, "components": list(components)}


def _buttons(count: int) -> list[dict[str, Any]]:
    return [_button(custom_id=str(number)) for number in range(count)]


async def test_components_are_shown_with_numbers(people: Cast) -> None:
    link = {"type": 2, "style": 5, "label": "b", "url": "https://example.org"}
    entities = [_row({"type": kind, "custom_id": str(kind)}) for kind in (5, 6, 7)]
    rows = [_row(_button(emoji={"name": "🎨"}), link), _row(_select(placeholder="p")), *entities]
    said = await people("bot").say("art", "x", components=rows)
    assert [row["id"] for row in said["components"]] == [1, 4, 6, 8, 10]
    assert said["components"][0]["components"][0] == _button(emoji={"name": "🎨"}, id=2, disabled=False)
    path = f"{people('bot').messages_of('art')}/{said['id']}"
    _, edited = await people("bot").call("PATCH", path, {"content": "y"})
    assert edited["components"] == said["components"]
    _, edited = await people("bot").call("PATCH", path, {"components": []})
    assert edited["components"] == []


@pytest.mark.parametrize(
    ("rows", "place", "code"),
    [
        ([_button()], "0", "UNION_TYPE_CHOICES"),
        ([{"type": 17, "components": []}], "0", "UNION_TYPE_CHOICES"),
        ([_row({"type": 4, "custom_id": "x", "style": 1, "label": "l"})], "0.components.0", "UNION_TYPE_CHOICES"),
        ([_row()], "0.components", "BASE_TYPE_BAD_LENGTH"),
        ([_row(*_buttons(6))], "0.components", "BASE_TYPE_BAD_LENGTH"),
        ([_row(_button(custom_id=str(each))) for each in range(6)], "", "BASE_TYPE_MAX_LENGTH"),
        ([_row(_button(), _button())], "0.components.1.custom_id", "COMPONENT_CUSTOM_ID_DUPLICATED"),
        ([_row(_button()), _row(_select(custom_id="a"))], "1.components.0.custom_id", "COMPONENT_CUSTOM_ID_DUPLICATED"),
        ([_row(_button(custom_id="x" * 101))], "0.components.0.custom_id", "BASE_TYPE_BAD_LENGTH"),
        ([_row(_button(custom_id=""))], "0.components.0.custom_id", "BASE_TYPE_BAD_LENGTH"),
        ([_row(_button(label="x" * 81))], "0.components.0.label", "BASE_TYPE_MAX_LENGTH"),
        ([_row(_button(style=7))], "0.components.0.style", "BASE_TYPE_CHOICES"),
        ([_row(_button(emoji={"name": "x"}))], "0.components.0.emoji.name", "COMPONENT_INVALID_EMOJI"),
        ([_row({"type": 2, "style": 5, "label": "x"})], "0.components.0.url", "BUTTON_COMPONENT_URL_REQUIRED"),
        (
            [_row({"type": 2, "style": 1, "label": "x"})],
            "0.components.0.custom_id",
            "BUTTON_COMPONENT_CUSTOM_ID_REQUIRED",
        ),
        ([_row(_button(), _select())], "0.components.1", "COMPONENT_LAYOUT_WIDTH_EXCEEDED"),
        ([_row(_select(options=[]))], "0.components.0.options", "BASE_TYPE_BAD_LENGTH"),
        (
            [_row(_select(options=[{"label": "l", "value": str(each)} for each in range(26)]))],
            "0.components.0.options",
            "BASE_TYPE_BAD_LENGTH",
        ),
        (
            [_row(_select(options=[{"label": "l", "value": "v"}] * 2))],
            "0.components.0.options.1.value",
            "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED",
        ),
        ([_row(_select(max_values=2))], "0.components.0.options", "BASE_TYPE_BAD_LENGTH"),
        ([_row(_select(max_values=26))], "0.components.0.max_values", "NUMBER_TYPE_MAX"),
        ([_row(_select(min_values=2))], "0.components.0.min_values", "SELECT_COMPONENT_INVALID_MIN_VALUES"),
    ],
)
async def test_components_that_are_refused(people: Cast, rows: list[Any], place: str, code: str) -> None:
    bot = people("bot")
    status, answer = await bot.call("POST", bot.messages_of("art"), {"content": "x", "components": rows})
    assert (status, answer["code"]) == (400, 50035)
    problems = answer["errors"]["components"]
    for key in filter(None, place.split(".")):
        problems = problems[key]
    assert [each["code"] for each in problems["_errors"]] == [code]


async def test_components_alone_are_no_message(people: Cast) -> None:
    bot = people("bot")
    _, answer = await bot.call("POST", bot.messages_of("art"), {"components": [_row(_button())]})
    assert answer["code"] == 50006
