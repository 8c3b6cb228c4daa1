"""Which picture, how large, how many of it, and whether there is a video of it."""

import re
from collections.abc import Mapping

from bot.errors import PromptError
from bot.flags.flag import Available, Fields, Flag
from bot.flags.values import PLAIN, choice, whole
from bot.markdown import inline_code
from config.settings.painting import MIN_SIDE, SIDE_MULTIPLE, PaintingSettings
from generation.errors import RequestError
from generation.fields import SEED_LIMIT
from generation.request import FILMS, PNG
from generation.sizes import nearest_side, shape_of_aspect

SIZE = re.compile(r"(?P<width>\d{1,9})[xX×хХ](?P<height>\d{1,9})")
"""With a Latin or Cyrillic x or a multiplication sign between."""
ASPECT = re.compile(r"([1-9]\d{0,3})[:：∶]([1-9]\d{0,3})")
"""With a colon of any width between."""
SIDES = ("w", "h")
"""Flags of which each says one of the two that ``--size`` says."""
OTHER_FILMS = ("3gp", "apng", "avi", "flv", "m4v", "mkv", "mov", "mpeg", "mpg", "ogv", "webm", "wmv")
"""Names of films that are not made: behind ``--video`` none is a word of the prompt."""
ASPECTS = ("1:1", "16:9", "9:16", "4:3", "3:4", "3:2", "2:3", "21:9")
MOST_PICTURES = 100
"""Of one message, whatever the limits are."""


def _size(value: str, painting: PaintingSettings, _: Available) -> Fields:
    """Hold sides to what is asked of all models; what else the ones in use ask, ``Pool.refusal`` says."""
    if aspect := ASPECT.fullmatch(value):
        try:
            width, height = shape_of_aspect(int(aspect[1]), int(aspect[2]), painting)
        except RequestError as error:
            raise PromptError(str(error)) from None
        return {"width": width, "height": height}
    match, shown, most = SIZE.fullmatch(value), inline_code(value), painting.max_side
    if match is None:
        example = f"`--size {FLAGS['size'].example}`"
        raise PromptError(f"`--size` takes width and height with an x between, as in {example}, not {shown}.")
    sides = {side: int(pixels) for side, pixels in match.groupdict().items()}
    if not all(MIN_SIDE <= pixels <= most for pixels in sides.values()):
        raise PromptError(f"Width and height can be {MIN_SIDE} to {most} pixels each, not {shown}.")
    near = [nearest_side(pixels) for pixels in sides.values()]
    if near != [*sides.values()]:
        nearest = "{}x{}".format(*near)
        raise PromptError(
            f"Width and height must be multiples of {SIDE_MULTIPLE}; the nearest to {shown} is `--size {nearest}`."
        )
    return sides


def _side(flag: str, value: str, painting: PaintingSettings) -> int:
    """Read one side, the other as it is without."""
    pixels, most = int(value) if re.fullmatch(r"\d{1,9}", value) else 0, painting.max_side
    if not MIN_SIDE <= pixels <= most or pixels != nearest_side(pixels):
        takes = f"`--{flag}` takes pixels from {MIN_SIDE} to {most}, a multiple of {SIDE_MULTIPLE}"
        raise PromptError(f"{takes}, not {inline_code(value)}.")
    return pixels


def _film(value: str, *_: object) -> Fields:
    word = value.casefold().removeprefix(".")
    if word == PLAIN:
        return {"outputs": (PNG,)}
    return {"outputs": (PNG, choice("video", word, (*FILMS, PLAIN)))}


FLAGS: Mapping[str, Flag] = {
    "seed": Flag(
        fields=("seed",),
        example="7",
        help="paints that picture again, or one close to it",
        pattern=lambda _: r"\d+",
        parse=lambda value, *_: {"seed": whole("seed", value, 0, SEED_LIMIT - 1)},
        caption="seed {}".format,
        whole=(0, SEED_LIMIT - 1),
    ),
    "size": Flag(
        fields=("width", "height"),
        example="128x192",
        help=f"width and height in pixels, multiples of {SIDE_MULTIPLE}; or an aspect, as 16:9",
        pattern=lambda _: f"{SIZE.pattern}|{ASPECT.pattern}",
        parse=_size,
        caption="{}×{}".format,
        render="{}x{}".format,
        aliases=("ar", "aspect"),
        suggested=lambda _: ASPECTS,
    ),
    "w": Flag(
        fields=(),
        example="256",
        help="the width alone",
        pattern=lambda _: r"\d+",
        parse=lambda value, painting, _: {"width": _side("w", value, painting)},
        caption=str,
        aliases=("width",),
        is_offered=lambda _: False,
        is_prose=True,
    ),
    "h": Flag(
        fields=(),
        example="256",
        help="the height alone",
        pattern=lambda _: r"\d+",
        parse=lambda value, painting, _: {"height": _side("h", value, painting)},
        caption=str,
        aliases=("height",),
        is_offered=lambda _: False,
        is_prose=True,
    ),
    "repeat": Flag(
        fields=("repeat",),
        example="2",
        help="so many pictures, each with the next seed",
        pattern=lambda _: r"\d+",
        parse=lambda value, *_: {"repeat": whole("repeat", value, 1, MOST_PICTURES)},
        caption=str,
        aliases=("r",),
        is_prose=True,
        whole=(1, MOST_PICTURES),
    ),
    "video": Flag(
        fields=("outputs",),
        example="gif",
        help="also a video: mp4, gif or webp",
        pattern=lambda _: rf"\.?({'|'.join((*FILMS, *OTHER_FILMS))})|{PLAIN}",
        parse=_film,
        caption=lambda _: "with a video",
        render=lambda outputs: next((each for each in outputs if each in FILMS), FILMS[0]),
        bare=FILMS[0],
        choices=(*FILMS, PLAIN),
    ),
}
