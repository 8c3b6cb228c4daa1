"""How it is moved between two steps, for a video."""

import re
from collections.abc import Mapping

from bot.errors import PromptError
from bot.flags.flag import Fields, Flag
from bot.flags.values import DECIMAL, SIGNED, decimal, whole, written
from bot.markdown import inline_code
from generation.options import LEAST_ZOOM, MOST_EVERY, MOST_SHIFT, MOST_TURN, MOST_ZOOM


def _pan(value: str, *_: object) -> Fields:
    """Take two numbers of pixels with a comma between them."""
    parts = value.split(",")
    pan = tuple(float(each) for each in parts if re.fullmatch(SIGNED, each))
    if len(parts) != 2 or len(pan) != 2 or max(map(abs, pan)) > MOST_SHIFT:
        takes = f"pixels to the right and down, -{MOST_SHIFT:g} to {MOST_SHIFT:g}, as in `--pan {FLAGS['pan'].example}`"
        raise PromptError(f"`--pan` takes {takes}, not {inline_code(value)}.")
    return {"pan": pan}


def _rotate(value: str, *_: object) -> Fields:
    turn = float(value) if re.fullmatch(SIGNED, value) else 2 * MOST_TURN
    if abs(turn) > MOST_TURN:
        takes = f"degrees clockwise, -{MOST_TURN:g} to {MOST_TURN:g}"
        raise PromptError(f"`--rotate` takes {takes}, not {inline_code(value)}.")
    return {"rotate": turn}


FLAGS: Mapping[str, Flag] = {
    "zoom": Flag(
        fields=("zoom",),
        example="1.02",
        help=f"the picture grows so many times whenever it is moved, {LEAST_ZOOM:g} to {MOST_ZOOM:g}, for a video",
        pattern=lambda _: DECIMAL,
        parse=lambda value, *_: {"zoom": decimal("zoom", value, LEAST_ZOOM, MOST_ZOOM)},
        caption=lambda zoom: f"zoom {written(zoom)}",
        render=written,
        aliases=("zoom-scale",),
        is_offered=lambda _: False,
        is_prose=True,
    ),
    "pan": Flag(
        fields=("pan",),
        example="2,-1",
        help="it is shifted by so many pixels then, to the right and down",
        pattern=lambda _: f"{SIGNED},{SIGNED}",
        parse=_pan,
        caption=lambda pan: f"pan {','.join(map(written, pan))}",
        render=lambda pan: ",".join(map(written, pan)),
        is_offered=lambda _: False,
        is_prose=True,
    ),
    "rotate": Flag(
        fields=("rotate",),
        example="0.5",
        help="it is turned by so many degrees then, clockwise",
        pattern=lambda _: SIGNED,
        parse=_rotate,
        caption=lambda turn: f"turn {written(turn)}°",
        render=written,
        is_offered=lambda _: False,
        is_prose=True,
    ),
    "move-every": Flag(
        fields=("move_every",),
        example="5",
        help=f"so many steps it is moved, 1 to {MOST_EVERY}; each time makes a picture of the video",
        pattern=lambda _: r"\d+",
        parse=lambda value, *_: {"move_every": whole("move-every", value, 1, MOST_EVERY)},
        caption="moved every {} steps".format,
        aliases=("zoom-save-every", "zoom-frequency"),
        is_offered=lambda _: False,
    ),
}
