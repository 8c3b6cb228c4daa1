"""What it begins from, and what pictures that come with the words are for."""

import re
from collections.abc import Mapping

from bot.errors import PromptError
from bot.flags.flag import Available, Fields, Flag
from bot.flags.values import DECIMAL, choice, decimal, whole, written
from bot.markdown import inline_code
from config.settings.painting import PaintingSettings
from generation.request import NOISE

MOST_IMAGE_WEIGHT = 100
"""Of pictures to come near to, by a flag."""
NOISES = {
    NOISE: "from noise",
    "pixels": "from random pixels",
    "gradient": "from a gradient",
    "fractal": "from fractal noise",
}
"""Beginnings that are no models' own, and how the small print says them."""


def _init(value: str, _: PaintingSettings, available: Available) -> Fields:
    """Take any word while it is not known what there is; the worker refuses what its models lack."""
    word, inits = value.casefold(), available.inits
    if word not in inits and (inits or not re.fullmatch("[a-z]{1,100}", word)):
        words = " or ".join(f"`{each}`" for each in inits) or "a word"
        raise PromptError(f"`--init` takes {words}, what to begin from, not {inline_code(value)}.")
    return {"init": word}


FLAGS: Mapping[str, Flag] = {
    "init": Flag(
        fields=("init",),
        example="noise",
        help="what the painting begins from",
        pattern=lambda available: "|".join(available.inits or [NOISE]),
        parse=_init,
        caption=lambda init: NOISES.get(init, f"from a {init}"),
        aliases=("init-noise",),
        is_offered=lambda available: any(init != NOISE for init in available.inits),
    ),
    "init-weight": Flag(
        fields=("init_weight",),
        example="5",
        help="how strongly it is held to what it begins from, 0 to 1000",
        pattern=lambda _: DECIMAL,
        parse=lambda value, *_: {"init_weight": decimal("init-weight", value, 0, 1000)},
        caption="init weight {:g}".format,
        render=written,
        is_offered=lambda _: False,
    ),
    "chaos": Flag(
        fields=("chaos",),
        example="50",
        help="percent of random clouds in what it begins from: pictures differ more",
        pattern=lambda _: r"\d+",
        parse=lambda value, *_: {"chaos": whole("chaos", value, 0, 100)},
        caption="chaos {}".format,
        aliases=("c",),
        is_prose=True,
        whole=(0, 100),
    ),
    "fit": Flag(
        fields=("fit",),
        example="pad",
        help="pictures of another shape: crop or pad",
        pattern=lambda _: "crop|pad",
        parse=lambda value, *_: {"fit": choice("fit", value, ("crop", "pad"))},
        caption=lambda fit: "padded" if fit == "pad" else "cropped",
        is_prose=True,
        choices=("crop", "pad"),
        is_offered=lambda _: False,
    ),
    "as": Flag(
        fields=("attached",),
        example="target",
        help="an attached picture is what to come near to, not what to begin from",
        pattern=lambda _: "start|target",
        parse=lambda value, *_: {"attached": choice("as", value, ("start", "target"))},
        caption=lambda _: "",  # the small print says how many there are
        is_prose=True,
        is_offered=lambda _: False,
    ),
    "iw": Flag(
        fields=("image_weight",),
        example="0.5",
        help=f"how much such a picture counts beside the words, 0 to {MOST_IMAGE_WEIGHT}",
        pattern=lambda _: DECIMAL,
        parse=lambda value, *_: {"image_weight": decimal("iw", value, 0, MOST_IMAGE_WEIGHT)},
        caption=lambda weight: f"picture weight {written(weight)}",
        render=written,
        is_offered=lambda _: False,
    ),
    "strength": Flag(
        fields=("strength",),
        example="0.5",
        help="how much a picture to begin from is painted over: less keeps more of it, 0.01 to 1",
        pattern=lambda _: DECIMAL,
        parse=lambda value, *_: {"strength": decimal("strength", value, 0.01, 1)},
        caption=lambda strength: f"strength {written(strength)}",
        render=written,
        is_offered=lambda _: False,
        is_prose=True,
    ),
    "variation": Flag(
        fields=("variation",),
        example="0.05",
        help="how far a picture to begin from is bent at random, 0 to 1",
        pattern=lambda _: DECIMAL,
        parse=lambda value, *_: {"variation": decimal("variation", value, 0, 1)},
        caption=lambda variation: f"variation {written(variation)}",
        render=written,
        is_offered=lambda _: False,
        is_prose=True,
    ),
}
