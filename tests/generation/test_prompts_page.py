"""That pictures are steered as `docs/prompts.md` shows it."""

import re
from pathlib import Path

import pytest

from generation.errors import RequestError
from generation.prompt import read as read_prompt
from generation.request import ImagineRequest
from generation.steering import read, steered
from generation.targets import Target

PAGE = (Path(__file__).parents[2] / "docs" / "prompts.md").read_text("utf-8")
EXAMPLES = PAGE.partition("<!-- steering")[2].partition("<!-- end of steering -->")[0]
CELL = re.compile(r"\| `(.+?)` \| (.+) \|")
REQUEST = ImagineRequest("r", "the sea | fog", 7, 64, 64, 100, targets=read_prompt("the sea | fog"))
NOTHING = "nothing: it is no steering"


def rows(heading: str) -> list[tuple[str, str]]:
    """Return what is said and what comes of it, of the table under such a heading."""
    found, kind = [], ""
    for line in EXAMPLES.splitlines():
        if line.startswith("| you say"):
            kind = line.split("|")[2].strip()
        elif (match := CELL.fullmatch(line)) and kind == heading:
            found.append((match[1].replace("\\|", "|"), re.sub(r"\\([|`])", r"\1", match[2])))
    return found


def told(target: Target) -> str:
    return target.text if target.weight == 1 else f"{target.text} × {target.weight:g}"


def test_every_table_is_read() -> None:
    assert len(rows("from then on it reads as")) + len(rows("answer")) == EXAMPLES.count("\n| `") == 10


@pytest.mark.parametrize(("said", "shown"), rows("from then on it reads as"))
def test_it_reads_as_the_page_says(said: str, shown: str) -> None:
    steering = read(said)
    judged_by = steered(REQUEST, steering, 30).judged_by
    assert ("; ".join(map(told, judged_by)) if steering else NOTHING) == shown


@pytest.mark.parametrize(("said", "answer"), rows("answer"))
def test_it_is_refused_as_the_page_says(said: str, answer: str) -> None:
    with pytest.raises(RequestError) as refusal:
        steered(REQUEST, read(said), 30)
    assert str(refusal.value) == answer
