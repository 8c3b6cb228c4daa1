"""What the documents name is there."""

import re
from pathlib import Path

import pytest
from typer.core import TyperGroup as Group
from typer.main import get_command

from easel.cli import app
from easel.doctor.account import invitation

ROOT = Path(__file__).parent.parent


def named(document: str, pattern: str) -> list[tuple[str, ...]]:
    found = re.finditer(pattern, (ROOT / document).read_text("utf-8"))
    return [match.groups() for match in found]


@pytest.mark.parametrize("path", [path for (path,) in named("docs/architecture.md", r"`([\w/]+(?:/|\.py))`")])
def test_the_map_names_what_there_is(path: str) -> None:
    assert any((ROOT / room / path).exists() for room in ("", "generation", "sandbox"))


def test_the_map_is_short() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    assert len(text.splitlines()) <= 150
    questions = text.partition("## Where do I change")[2].partition("\n## ")[0]
    assert questions.count("\n| ") - 1 >= 15


def test_the_bot_is_invited_as_setup_invites_it() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    assert f"`{invitation(1).replace('client_id=1', 'client_id=APPLICATION_ID')}`" in readme


TESTS = [
    test
    for document in ("docs/reliability.md", "docs/comparison.md", "SECURITY.md")
    for test in named(document, r"`(tests/[\w/]+\.py|…)::(\w+)`")
]


@pytest.mark.parametrize("index", range(len(TESTS)), ids=[name for _, name in TESTS])
def test_tests_that_are_named_are_there(index: int) -> None:
    path = next(path for path, _ in reversed(TESTS[: index + 1]) if path != "…")
    assert re.search(rf"\b(def|class) {TESTS[index][1]}\b", (ROOT / path).read_text("utf-8"))


DOCUMENTS = sorted(str(path.relative_to(ROOT)) for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
TYPED = r"(?:`|\| |&& |easel |^ *(?:\$ )?)(?:[A-Z_]+=\S+ )*easel ([a-z][a-z-]*)(?: ([a-z]+))?"
"""A command at the beginning of a line or of what is set as code, or behind another one, and the next word."""


def commands() -> dict[str, set[str]]:
    """Return what may be typed behind ``easel``, and of those that need a further word, which there are."""
    group = get_command(app)
    assert isinstance(group, Group)
    return {
        name: set(command.commands) if isinstance(command, Group) else set() for name, command in group.commands.items()
    }


@pytest.mark.parametrize("document", DOCUMENTS)
def test_commands_that_are_named_are_there(document: str) -> None:
    there = commands()
    for name, further in named(document, f"(?m){TYPED}"):
        assert name in there, f"easel {name}"
        assert not there[name] or not further or further in there[name], f"easel {name} {further}"


def test_commands_are_named() -> None:
    assert commands().keys() <= {name for document in DOCUMENTS for name, _ in named(document, f"(?m){TYPED}")}
