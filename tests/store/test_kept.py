"""Rows of requests, which may come from anybody."""

from dataclasses import replace

import pytest

from tests.store.conftest import CAT, Place, a_note, a_record

FORGED = [
    ("request", "no JSON"),
    ("request", '{"id": "r0"}'),
    ("request", replace(CAT, id="another").to_json()),
    ("channel", -1),
    ("author_name", "x" * 1000),
    ("state", "'; --"),
    ("attempts", -1),
    ("left_out", "x" * 20000),
]
ONLY_IN_A_FILE = [
    ("request", b"\xff"),
    ("message", "../1"),
    ("guild", 2**63 - 1 + 0.5),
    ("author", "@everyone"),
    ("attempts", "many"),
    ("post", "x"),
    ("sentence", b"\xff\0"),
]
"""What a server refuses by the types of its columns."""


async def given_up(place: Place, column: str, value: object, capsys: pytest.CaptureFixture[str]) -> None:
    async with place.journal() as journal:
        for number in (0, 1):
            await journal.accept([a_record(number).request], [a_note(number)])
        place.sql(f"UPDATE requests SET {column} = :value WHERE id = 'r0'", value=value)  # noqa: S608, of ours
        assert [each.request.id for each in await journal.unfinished()] == ["r1"]
        assert [each.request.id for each in await journal.kept()] == ["r1"]
    assert "cannot be read and is given up" in capsys.readouterr().out


@pytest.mark.parametrize(("column", "value"), FORGED)
async def test_a_forged_row_is_given_up(
    place: Place, column: str, value: object, capsys: pytest.CaptureFixture[str]
) -> None:
    await given_up(place, column, value, capsys)


@pytest.mark.parametrize(("column", "value"), ONLY_IN_A_FILE)
async def test_a_row_of_other_types_is_given_up(
    in_file: Place, column: str, value: object, capsys: pytest.CaptureFixture[str]
) -> None:
    await given_up(in_file, column, value, capsys)
