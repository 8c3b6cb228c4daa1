"""That what differs from what is usual can be typed, and is read again."""

from dataclasses import replace
from typing import Any

import pytest

from bot.caption import Caption
from bot.flags.flag import NOTHING_KNOWN
from bot.prompt import parse
from config.settings.painting import PaintingSettings
from generation.request import ImagineRequest

PAINTING = PaintingSettings(steps=100)
CAT = ImagineRequest("r", "a cat", 7, 128, 128, 100)


@pytest.mark.parametrize(
    ("fields", "flags"),
    [
        ({"quality": "draft", "steps": 50}, "--quality draft"),
        ({"quality": "draft", "steps": 100}, "--quality draft --steps 100"),
        ({"optimiser": "sgd", "rate": 0.0001, "final_rate": 0.0}, "--optimiser sgd --rate 0.0001 --final-rate 0"),
        ({"ema": 0.999, "smooth": 12.345678}, "--ema 0.999 --smooth 12.345678"),
        ({"cutouts": 64, "cuts": "crops", "cut_power": 2.5}, "--cutouts 64 --cuts crops --cut-power 2.5"),
        ({"strength": 0.3, "variation": 0.02}, "--strength 0.3 --variation 0.02"),
        ({"augment": ("flip", "thin-plate"), "grow": 0.6}, "--augment flip,thin-plate --grow 0.6"),
        ({"augment": ()}, "--augment none"),
        ({"zoom": 1.02, "pan": (-2.0, 0.5), "move_every": 5}, "--zoom 1.02 --pan -2,0.5 --move-every 5"),
        ({"rotate": -1.5}, "--rotate -1.5"),
    ],
)
def test_what_was_chosen_is_asked_for_again(fields: dict[str, Any], flags: str) -> None:
    caption = Caption(replace(CAT, **fields), ".", PAINTING, NOTHING_KNOWN)
    assert caption.again == f"`.imagine a cat --seed 7 {flags}`"
    assert parse(f"a cat --seed 7 {flags}", PAINTING).request("r") == replace(CAT, **fields)
