from dataclasses import replace
from typing import Any

import pytest

from generation.engine.refusals import refusal
from generation.request import ImagineRequest
from generation.targets import Target

REQUEST = ImagineRequest("a", "a red apple", seed=1, width=64, height=64, steps=4)
PICTURE = "0" * 64


@pytest.mark.parametrize("init", ["auto", "noise", "sketch"])
def test_what_the_models_can_begin_from_is_not_refused(init: str) -> None:
    assert refusal(replace(REQUEST, init=init), ("sketch", "noise")) is None


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"init": "sketch"}, "no sketch to begin from; ask again without `--init sketch`."),
        ({"targets": (Target("a dog", weight=0.0),)}, "nothing with a weight above 0; say also what to paint"),
        ({"targets": (Target(picture=PICTURE, weight=-1.0),)}, "only what to keep away from"),
        ({"targets": (Target("a dog", weight=-1.0), Target("a cat", weight=-0.5))}, "only what to keep away from"),
        ({"init_picture": PICTURE, "init": "noise"}, "or by `--init noise`, not from both"),
        ({"mask": PICTURE}, "give that picture too"),
        ({"targets": (Target("a dog", part=0), Target("a cat", weight=0.0, part=1))}, "weight above 0"),
        ({"targets": (Target("a dog", part=0), Target("a cat", weight=-1.0, part=1))}, "weight above 0"),
        ({"targets": tuple(Target("a dog", part=part) for part in range(5))}, "5 parts needs as many steps"),
        ({"canvas": "latent"}, "no such painter; ask for `--painter vqgan` or `--painter siren`."),
        ({"optimiser": "magic"}, "no such optimiser; ask for adam, "),
        ({"cuts": "magic"}, "composed, crops or pooled"),
        ({"augment": ("flip", "magic")}, "no such augmentation"),
        (
            {"outputs": ("png", "exe")},
            "There is no exe to be made of a picture; there are png, mp4, gif, webp, safetensors.",
        ),
        ({"outputs": ("png", "mp4", "gif")}, "One video"),
    ],
)
def test_what_cannot_be_painted_is_refused_in_a_sentence(changes: dict[str, Any], word: str) -> None:
    refused = refusal(replace(REQUEST, **changes), ("noise",), ("vqgan", "siren"))
    assert refused is not None
    assert word in refused
    assert refused.endswith(".")


def test_something_beside_what_to_keep_away_from_is_enough() -> None:
    avoided = Target(picture=PICTURE, weight=-2.0)
    story = (Target("a dog", weight=-1.0, part=0), Target("a cat", weight=-1.0, part=1))
    for targets in ((Target("a dog", weight=0.1), avoided), (*story, Target("the sea", weight=0.5))):
        assert refusal(replace(REQUEST, targets=targets), ("noise",)) is None
    assert refusal(replace(REQUEST, targets=(avoided,), noise=((7, 1.0),)), ("noise",)) is None
