"""The table of settings."""

from pathlib import Path

from config.__main__ import table

OPERATORS = Path(__file__).parents[2] / "docs" / "operators.md"


def test_the_documentation_has_the_table_of_today() -> None:
    assert f"-->\n{table()}\n<!--" in OPERATORS.read_text(encoding="utf-8")
