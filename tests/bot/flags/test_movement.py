"""How far a picture may be moved."""

import pytest

from bot.errors import PromptError
from bot.prompt import parse
from config.settings.painting import PaintingSettings


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("--zoom 3", "`--zoom` takes a number from 0.5 to 2, not `3`."),
        ("--pan 2", "`--pan` takes pixels to the right and down, -512 to 512, as in `--pan 2,-1`, not `2`."),
        ("--pan 1,600", "`--pan` takes pixels to the right and down, -512 to 512, as in `--pan 2,-1`, not `1,600`."),
        ("--pan 1,nan", "`--pan` takes pixels to the right and down, -512 to 512, as in `--pan 2,-1`, not `1,nan`."),
        ("--rotate 181", "`--rotate` takes degrees clockwise, -180 to 180, not `181`."),
        ("--rotate left", "`--rotate` takes degrees clockwise, -180 to 180, not `left`."),
        ("--move-every 0", "`--move-every` takes a whole number from 1 to 1000, not `0`."),
    ],
)
def test_how_far_a_picture_is_moved_is_bounded(typed: str, sentence: str) -> None:
    with pytest.raises(PromptError) as refusal:
        parse(f"a cat {typed}", PaintingSettings())
    assert str(refusal.value) == sentence
