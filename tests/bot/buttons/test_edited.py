"""What is asked for by an edited form, where the picture was painted from others."""

from dataclasses import replace

import pytest

from bot.buttons.edited import edited
from bot.errors import UserError
from bot.flags.flag import NOTHING_KNOWN
from bot.prompt import LIKENESS, NO_WORDS
from config.settings.painting import PaintingSettings
from generation.request import ImagineRequest
from generation.targets import Target

ONE, TWO = Target(picture="1" * 64, weight=0.5), Target(picture="2" * 64, weight=2.0)
START = ImagineRequest("a", "a cat", 7, 128, 128, 100, init_picture=ONE.picture, mask="3" * 64, strength=0.5)
TARGET = replace(START, init_picture="", mask="", strength=None, targets=(Target("a cat"), ONE))
SEVERAL = replace(TARGET, targets=(Target("a cat"), ONE, TWO))


def change(text: str, old: ImagineRequest) -> ImagineRequest:
    return edited(text, old, PaintingSettings(), NOTHING_KNOWN)[0]


@pytest.mark.parametrize(
    ("text", "old", "weights"),
    [
        ("a dog", START, None),
        ("a dog --as START --strength 0.3", START, None),
        ("a dog --as TARGET", START, [1.0]),
        ("a dog --as target --iw 2", START, [2.0]),
        ("a dog --iw 2", TARGET, [2.0]),
        ("a dog --as Target", TARGET, [1.0]),
        ("a dog --as start --variation 0.1", TARGET, None),
        ("a dog", SEVERAL, [0.5, 2.0]),
        ("a dog --iw 1", SEVERAL, [1.0, 1.0]),
        ("a dog --init noise", TARGET, [1.0]),
        ("a dog --as target --strength 0.5", START, [1.0]),
        ("a dog --as start --iw 0.5", TARGET, None),
    ],
)
def test_what_its_pictures_are_for(text: str, old: ImagineRequest, weights: list[float] | None) -> None:
    request = change(text, old)
    if weights is None:
        assert (request.init_picture, request.targets) == (ONE.picture, ())
    else:
        pictures = [replace(each, weight=weight) for each, weight in zip((ONE, TWO), weights, strict=False)]
        assert (request.init_picture, request.mask) == ("", "")
        assert request.targets == (Target("a dog"), *pictures)


def test_another_beginning_takes_the_place_of_its_picture() -> None:
    request = change("a dog --init noise --strength 0.5", START)
    assert (request.init, request.init_picture, request.mask, request.strength) == ("noise", "", "", None)


@pytest.mark.parametrize(
    ("text", "old", "sentence"),
    [
        ("a dog --as target --strength 0.3", START, "`--strength` is about a picture to begin from"),
        ("a dog --init noise --variation 0.2", START, "`--variation` is about a picture to begin from"),
        ("a dog --strength 0.5", TARGET, "`--strength` is about a picture to begin from"),
        ("a dog --as start --init noise", TARGET, "It begins from your picture or by `--init noise`, not from both"),
        ("a dog --as start --init noise", START, "It begins from your picture or by `--init noise`, not from both"),
        ("a dog --as start --iw 0.7", TARGET, "`--iw` is about a picture to come near to"),
        ("a dog --iw 3", START, "`--iw` is about a picture to come near to"),
        (f"{LIKENESS} --as start", TARGET, NO_WORDS),
        ("a dog --as start", SEVERAL, "It can begin from one picture"),
    ],
)
def test_what_says_something_of_a_picture_that_there_is_not(text: str, old: ImagineRequest, sentence: str) -> None:
    with pytest.raises(UserError, match="^" + sentence.replace(".", r"\.")):
        change(text, old)
