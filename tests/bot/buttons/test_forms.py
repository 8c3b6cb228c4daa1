from typing import Any

import pytest

from bot.buttons.forms import filled

FIELD = {"custom_id": "text", "value": "a dog"}


@pytest.mark.parametrize(
    ("rows", "text"),
    [
        ([{"component": FIELD}], "a dog"),
        ([{"components": [{"custom_id": "x", "value": "y"}, FIELD]}], "a dog"),
        ([{"component": {"custom_id": "other", "value": "y"}}], ""),
        ([{"component": "text"}, {}], ""),
        ([], ""),
    ],
)
def test_what_was_filled_in(rows: Any, text: str) -> None:
    assert filled({"components": rows}) == text
