from dataclasses import replace

import pytest

from bot.buttons.parameters import line, parameters
from bot.flags.flag import Available
from bot.prompt import parse
from bot.receipt import Reply
from config.layers import load
from generation.request import ImagineRequest
from generation.targets import Steering, Target

SETTINGS = load(arguments=["painting.steps=100"])
CAT = ImagineRequest("4f3a9b2c", "a cat", 7, 128, 128, 100)
PLAIN = "```\n.imagine a cat --seed 7\n```\n-# `4f3a9b2c`"


def test_what_to_type() -> None:
    assert parameters(CAT, SETTINGS, Available()) == PLAIN


@pytest.mark.parametrize(
    ("changes", "note"),
    [
        ({"init_picture": "0" * 64}, "with a picture, which cannot be typed: attach it"),
        ({"init_picture": "0" * 64, "mask": "1" * 64}, "with 2 pictures, which cannot be typed: attach it"),
        ({"steering": (Steering("fog", -0.5),)}, "not all of it can be typed: that is a picture much like it"),
    ],
)
def test_what_cannot_be_typed_is_said(changes: dict[str, object], note: str) -> None:
    told = parameters(replace(CAT, **changes), SETTINGS, Available())  # type: ignore[arg-type]
    assert told == f"{PLAIN} · {note}"


def test_what_a_picture_was_for_is_typed() -> None:
    request = replace(CAT, targets=(Target("a cat"), Target(picture="0" * 64, weight=0.5)))
    assert line(request, SETTINGS) == "a cat --seed 7 --as target --iw 0.5"


def test_what_says_nothing_is_not_typed() -> None:
    assert line(replace(CAT, strength=0.5, move_every=5), SETTINGS) == "a cat --seed 7"


@pytest.mark.parametrize(
    "prompt", ["```a --dog```", "a `cat`", "a | b", "```a```", "x" * 3000, "🦊 ‮ <@1>", "a::0.5 | b"]
)
def test_whatever_it_is_the_line_is_what_was_asked_for(prompt: str) -> None:
    arguments = parse(f"{prompt} --seed 3 --no fog", SETTINGS.painting.model_copy(update={"max_prompt_length": 5000}))
    request = arguments.request("4f3a9b2c")
    typed = line(request, SETTINGS)
    again = parse(typed, SETTINGS.painting.model_copy(update={"max_prompt_length": 5000}))
    assert again.request("4f3a9b2c") == request
    told = parameters(request, SETTINGS, Available())
    shown = told.data.decode() if isinstance(told, Reply) else told
    assert f".imagine {typed}" in shown
    assert isinstance(told, Reply) == ("```" in typed or len(prompt) > 1000)
