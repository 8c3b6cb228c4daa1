"""In how many steps it is painted, and where it ends."""

import re
from collections.abc import Mapping
from typing import get_args

from bot.flags.flag import Available, Fields, Flag
from bot.flags.values import DECIMAL, choice, decimal, whole, written
from config.settings.painting import PaintingSettings
from generation.options import LEAST_STILL, MOST_GROWN, MOST_STILL, PRESETS, Quality
from generation.request import LEAST_STOP

LEAST_TIMES, MOST_TIMES = 0.25, 5.0
"""Of Midjourney's qualities."""
TIMES = f", or how many times the steps, {LEAST_TIMES:g} to {MOST_TIMES:g}"


def usual_steps(painting: PaintingSettings, quality: Quality) -> int:
    """Return the steps that go with a quality."""
    return min(painting.max_steps, max(1, round(painting.steps * PRESETS[quality].steps)))


def _quality(value: str, painting: PaintingSettings, _: Available) -> Fields:
    """Take a quality, with the steps that go with it unless others are asked for; of Midjourney's the nearest."""
    if re.fullmatch(DECIMAL, value) and LEAST_TIMES <= (times := float(value)) <= MOST_TIMES:
        quality = min(PRESETS, key=lambda each: abs(PRESETS[each].steps - times))
    else:
        quality = choice("quality", value, get_args(Quality), TIMES)
    return {"quality": quality, "steps": usual_steps(painting, quality)}


FLAGS: Mapping[str, Flag] = {
    "quality": Flag(
        fields=("quality",),
        example="draft",
        help="draft, normal, better, best; or, as times the steps, .5, 1, 1.5, 2",
        pattern=lambda _: f"{'|'.join(get_args(Quality))}|{DECIMAL}",
        parse=_quality,
        caption=str,
        aliases=("q",),
        is_prose=True,
        choices=get_args(Quality),
    ),
    "steps": Flag(
        fields=("steps",),
        example="100",
        help="fewer are done sooner, more steps follow the words further",
        pattern=lambda _: r"\d+",
        parse=lambda value, painting, _: {"steps": whole("steps", value, 1, painting.max_steps)},
        caption=lambda steps: "1 step" if steps == 1 else f"{steps} steps",
        aliases=("iterations",),
    ),
    "stop": Flag(
        fields=("stop",),
        example="50",
        help=f"ends it after so many percent of its steps, {LEAST_STOP} to 100",
        pattern=lambda _: r"\d+",
        parse=lambda value, *_: {"stop": whole("stop", value, LEAST_STOP, 100)},
        caption="stopped at {}%".format,
        is_prose=True,
        whole=(LEAST_STOP, 100),
    ),
    "until-still": Flag(
        fields=("until_still",),
        example="20",
        help=f"ends it where nothing has changed over so many steps, {LEAST_STILL} to {MOST_STILL}",
        pattern=lambda _: r"\d+",
        parse=lambda value, *_: {"until_still": whole("until-still", value, LEAST_STILL, MOST_STILL)},
        caption="until still over {} steps".format,
        is_offered=lambda _: False,
        is_prose=True,
    ),
    "grow": Flag(
        fields=("grow",),
        example="0.6",
        help=f"share of the steps that is painted at half the size, 0 to {MOST_GROWN}: done sooner",
        pattern=lambda _: DECIMAL,
        parse=lambda value, *_: {"grow": decimal("grow", value, 0, MOST_GROWN)},
        caption=lambda share: f"grown over {written(share)}",
        render=written,
        is_offered=lambda _: False,
        is_prose=True,
    ),
}
