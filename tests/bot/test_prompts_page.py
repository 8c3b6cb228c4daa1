"""That what `docs/prompts.md` shows is what is understood."""

import re
from pathlib import Path

import pytest

from bot.errors import PromptError
from bot.prompt import parse
from config.settings.painting import PaintingSettings
from generation.targets import Target

PAGE = (Path(__file__).parents[2] / "docs" / "prompts.md").read_text("utf-8")
PAINTING = PaintingSettings(steps=100)
EXAMPLES, _, _ = PAGE.partition("<!-- end -->")
CELL = re.compile(r"\| +(`+) ?(.+?) ?\1 +\| +(.+) +\|")


def rows(heading: str) -> list[tuple[str, str]]:
    """Return what is typed and what comes of it, of all tables under such a heading."""
    found = []
    for line in EXAMPLES.splitlines():
        if line.startswith("| you type"):
            kind = line.split("|")[2].strip()
        elif match := CELL.fullmatch(line):
            typed, shown = match[2].replace("\\|", "|"), re.sub(r"\\([|`])", r"\1", match[3])
            if kind == heading:
                found.append((typed, shown))
    return found


def told(targets: tuple[Target, ...]) -> str:
    """Return targets in the words of the page."""
    parts: dict[int | None, list[str]] = {}
    for target in targets:
        weight = "" if target.weight == 1 else f" × {target.weight:g}"
        stop = "" if target.stop is None else f", stops at {target.stop:g}"
        text = target.text if target.noise is None else f"noise {target.noise}"
        parts.setdefault(target.part, []).append(f"{text}{weight}{stop}")
    texts = (("" if part is None else f"part {part + 1}: ") + "; ".join(each) for part, each in parts.items())
    return "; ".join(texts)


def test_every_table_is_read() -> None:
    assert len(rows("reads as")) + len(rows("answer")) == EXAMPLES.count("\n| `") >= 25


@pytest.mark.parametrize(("typed", "shown"), rows("reads as"))
def test_it_reads_as_the_page_says(typed: str, shown: str) -> None:
    assert told(parse(typed, PAINTING).request("r").judged_by) == shown


@pytest.mark.parametrize(("typed", "answer"), rows("answer"))
def test_it_is_refused_as_the_page_says(typed: str, answer: str) -> None:
    with pytest.raises(PromptError) as refusal:
        parse(typed, PAINTING)
    assert str(refusal.value) == answer
