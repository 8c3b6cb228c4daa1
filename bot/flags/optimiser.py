"""By what it is optimised, how fast, and how much it is evened out."""

from collections.abc import Mapping

from bot.flags.flag import Flag
from bot.flags.values import DECIMAL, choice, decimal, written
from generation.options import EVOLUTIONS, OPTIMISERS

LEAST_RATE = 0.0001
LONGEST_MEAN = 0.999
MOST_SMOOTH = 1000.0

FLAGS: Mapping[str, Flag] = {
    "optimiser": Flag(
        fields=("optimiser",),
        example="adagrad",
        help=f"by what it is optimised: {', '.join((*OPTIMISERS, *EVOLUTIONS))}",
        pattern=lambda _: "|".join((*OPTIMISERS, *EVOLUTIONS)),
        parse=lambda value, *_: {"optimiser": choice("optimiser", value, (*OPTIMISERS, *EVOLUTIONS))},
        caption="by {}".format,
        aliases=("optimizer", "opt"),
        is_offered=lambda _: False,
    ),
    "rate": Flag(
        fields=("rate",),
        example="0.2",
        help=f"learning rate, {written(LEAST_RATE)} to 100; official models usually have 0.1",
        pattern=lambda _: DECIMAL,
        parse=lambda value, *_: {"rate": decimal("rate", value, LEAST_RATE, 100)},
        caption=lambda rate: f"rate {written(rate)}",
        render=written,
        aliases=("lr", "learning-rate"),
        is_offered=lambda _: False,
        is_prose=True,
    ),
    "final-rate": Flag(
        fields=("final_rate",),
        example="0.1",
        help="share of the learning rate that is left at the end, 0 to 1; it falls along a cosine",
        pattern=lambda _: DECIMAL,
        parse=lambda value, *_: {"final_rate": decimal("final-rate", value, 0, 1)},
        caption=lambda share: f"final rate {written(share)}",
        render=written,
        is_offered=lambda _: False,
    ),
    "ema": Flag(
        fields=("ema",),
        example="0.9",
        help=f"shows a running mean, of which so much is old: 0 to {LONGEST_MEAN}, calmer with more",
        pattern=lambda _: DECIMAL,
        parse=lambda value, *_: {"ema": decimal("ema", value, 0, LONGEST_MEAN)},
        caption=lambda ema: f"mean {written(ema)}",
        render=written,
        is_offered=lambda _: False,
    ),
    "smooth": Flag(
        fields=("smooth",),
        example="2",
        help=f"how strongly it is evened out, 0 to {MOST_SMOOTH:g}",
        pattern=lambda _: DECIMAL,
        parse=lambda value, *_: {"smooth": decimal("smooth", value, 0, MOST_SMOOTH)},
        caption=lambda weight: f"smoothness {written(weight)}",
        render=written,
        aliases=("tv",),
        is_offered=lambda _: False,
        is_prose=True,
    ),
}
