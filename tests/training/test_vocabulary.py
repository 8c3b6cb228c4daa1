from training.__main__ import ROOT
from training.drawings import THINGS
from training.vocabulary import KINDS, page


def test_the_page_says_what_is_drawn() -> None:
    assert (ROOT / "docs" / "pocket.md").read_text() == page()


def test_every_thing_is_of_a_kind() -> None:
    assert {thing.name for things in KINDS.values() for thing in things} == {thing.name for thing in THINGS}
