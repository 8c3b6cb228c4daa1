"""What can be chosen is told of as it is."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from generation.options import AUGMENTATIONS, CUT_METHODS, OPTIMISERS, PRESETS
from generation.request import ImagineRequest

DOCS = Path(__file__).parents[2] / "docs"
OPTIONS = (DOCS / "options.md").read_text("utf-8")
TABLES = [
    [[cell.strip() for cell in row.strip("|").split("|")] for row in table.splitlines()]
    for table in re.findall(r"(?:^\|.*\n)+", OPTIONS, re.MULTILINE)
]


def test_every_optimiser_is_told_of_with_its_rate() -> None:
    (names, _, rates) = next(table for table in TABLES if table[0][0] == "adam")
    assert dict(zip(names, map(float, rates), strict=True)) == OPTIMISERS


def test_every_way_to_cut_and_to_augment_is_told_of() -> None:
    assert re.findall(r"^- `(\w+)`:", OPTIONS, re.MULTILINE) == list(CUT_METHODS)
    (_, _, *rows) = next(table for table in TABLES if table[0][0] == "name")
    assert sorted(row[0].strip("`") for row in rows) == sorted(AUGMENTATIONS)


def test_every_preset_is_told_of_with_the_work_that_it_is() -> None:
    rows = re.findall(r"^\| `(\w+)` \|.*\| ([\d.]+) \| ([\d.]+) \|$", (DOCS / "presets.md").read_text("utf-8"), re.M)
    assert [name for name, _, _ in rows] == list(PRESETS)
    for name, *told in rows:
        for side, work in zip((128, 512), map(float, told), strict=True):
            usual = ImagineRequest("r", "a cat", 7, side, side, 1000)
            asked = replace(usual, quality=name, steps=round(1000 * PRESETS[name].steps))
            assert asked.cost() / usual.cost() == pytest.approx(work, abs=0.05)
