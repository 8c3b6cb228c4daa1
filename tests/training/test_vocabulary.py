import re

from training.__main__ import ROOT
from training.drawings import THINGS
from training.vocabulary import KINDS, page, samples


def test_the_page_says_what_is_drawn() -> None:
    assert (ROOT / "docs" / "pocket.md").read_text() == page()


def test_every_thing_is_of_a_kind() -> None:
    assert {thing.name for things in KINDS.values() for thing in things} == {thing.name for thing in THINGS}


def test_every_picture_of_the_page_is_there() -> None:
    pictures = re.findall(r"\]\((images/[^)]+)\)", page())
    assert len(pictures) == 1 + len(samples())
    assert all((ROOT / "docs" / picture).is_file() for picture in pictures)
