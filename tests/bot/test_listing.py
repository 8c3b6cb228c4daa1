"""The bounds of `.queue` and `.help`, whatever stands in them; what they say is in test_commands."""

import re
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.characters import units
from bot.flags.flag import Available
from bot.listing import help_text, queue_text
from config.layers import load
from generation.dispatch.record import Record
from generation.request import ImagineRequest

ROOM = 1850
"""UTF-16 code units; a link to the question may come before them."""

Asked = tuple[str, int, str]
"""Prompt, author and their name."""


def entry(asked: Asked, percent: int = 100) -> Any:
    prompt, author, name = asked
    origin = SimpleNamespace(author=SimpleNamespace(id=author, display_name=name), channel=SimpleNamespace(id=1))
    request = ImagineRequest("r", " ".join(prompt.split()) or "a cat", 7, 128, 128, 100)
    return SimpleNamespace(request=request, origin=origin, record=Record(request, step=percent))


def listed(running: list[Asked], waiting: list[Asked]) -> str:
    viewer: Any = SimpleNamespace(author=SimpleNamespace(id=0), channel=SimpleNamespace(id=1), guild=None)
    return queue_text([entry(asked) for asked in running], [entry(asked) for asked in waiting], viewer)


NASTY = st.text("*_~`|<@/\\\n א\u0301\u202e🦊a", max_size=300) | st.text(max_size=100)
ASKED = st.lists(st.tuples(NASTY, st.integers(0, 2), NASTY), max_size=25)


@given(ASKED, ASKED)
@example([("*" * 900, 1, "🦊" * 32)] * 25, [("🦊" * 900, 0, "*" * 32)] * 25)
@example([], [("א*" * 400, 1, "א*" * 16)] * 900 + [("*", 0, "")] * 900)
def test_the_queue_fits_and_counts_everybody(running: list[Asked], waiting: list[Asked]) -> None:
    text = listed(running, waiting)
    assert units(text) <= ROOM
    rows = len(re.findall(r"^▰", text, re.M)) + len(re.findall(r"^\d+\. ", text, re.M))
    more = sum(int(count) for count in re.findall(r"^… and (\d+) more$", text, re.M))
    assert rows + more == len(running) + len(waiting)
    assert text.count("\u2068") == text.count("\u2069")
    assert not re.search(r"(?<!\\)(?:\\\\)*\\[^\\*_~|`<\[@/]", text)
    assert re.search(r"(?<!\\)(?:\\\\)*[<@`|_~]", text) is None


def test_eighteen_prompts_of_nothing_but_markup_are_all_told_of() -> None:
    prompts = [f"{'*_~`|<@/' * 8}"[:58]] * 18
    asked = [(prompt, 0, "Mia") for prompt in prompts]
    text = listed(asked[:3], asked[3:])
    assert units(text) <= ROOM
    assert "\n10. " in text
    assert text.endswith("… and 5 more\nYours among them: number 11, 12, 13, 14, 15")


def test_short_prompts_are_shown_whole() -> None:
    text = listed([], [("x" * 60, 1, "Noor")] * 10)
    assert text.count("x" * 60) == 10


def test_many_of_ones_own_are_counted() -> None:
    assert listed([], [("a cat", 0, "Mia")] * 23).endswith("14, 15, 16, 17, 18, 19, 20 and 3 more")


@pytest.mark.parametrize("name", ["Easel", "*" * 32, "🦊" * 32, "א`" * 16, "x" * 500])
@pytest.mark.parametrize("prefix", [".", "*****", "🦊🦊🦊🦊🦊", "؟"])
def test_help_fits(name: str, prefix: str) -> None:
    text = help_text(name, load(arguments=[f"discord.prefix={prefix}"]), Available(("sketch", "noise")))
    assert units(text) <= ROOM
    assert f"`{prefix}imagine a red fox --seed 7`" in text


@pytest.mark.parametrize("clip", ["pocket", "ViT-B-32.pt"])
@pytest.mark.parametrize(("inits", "told"), [((), False), (("noise",), False), (("outline", "noise"), True)])
def test_help_tells_what_to_begin_from_where_there_is_a_choice(inits: tuple[str, ...], told: bool, clip: str) -> None:
    text = help_text("Easel", load(arguments=[f"models.clip={clip}"]), Available(inits))
    assert ("\n`--init noise` what the painting begins from" in text) == told
    assert ("They sketch before they paint; `--init noise` leaves the sketch out." in text) == (
        told and clip == "pocket"
    )
