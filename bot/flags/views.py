"""The views of it that are judged in each step: how many, how they are cut, and how they are changed."""

from collections.abc import Mapping

from bot.errors import PromptError
from bot.flags.flag import Fields, Flag
from bot.flags.values import DECIMAL, PLAIN, choice, decimal, whole, written
from generation.options import AUGMENTATIONS, CUT_METHODS, MOST_CUTOUTS

LEAST_CUT_POWER, MOST_CUT_POWER = 0.1, 10.0
CODES = {
    "hf": "flip",
    "ji": "jitter",
    "sh": "sharpness",
    "gn": "heavy-noise",
    "pe": "perspective",
    "ro": "rotation",
    "af": "affine",
    "et": "elastic",
    "ts": "thin-plate",
    "cr": "crop",
    "re": "resized-crop",
    "er": "erasing",
}
"""Names of augmentations in nerdyrodent's VQGAN-CLIP and what was made of it."""
METHODS = {"original": "crops", "latest": "pooled"}
"""Names of cut methods there."""


def _cuts(value: str, *_: object) -> Fields:
    if value.isdecimal():
        raise PromptError(f"`--cuts` says how it is cut; how often, `--cutouts {value[:10]}` says.")
    return {"cuts": choice("cuts", METHODS.get(value.casefold(), value), tuple(CUT_METHODS))}


def _augment(value: str, *_: object) -> Fields:
    """Take names with commas between them, or `PLAIN`."""
    names = [CODES.get(name, name) for name in value.casefold().split(",") if name]
    if value.casefold() == PLAIN:
        return {"augment": ()}
    if not names or not set(names) <= set(AUGMENTATIONS):
        allowed = ", ".join(AUGMENTATIONS)
        raise PromptError(f"`--augment` takes names with commas between them, of {allowed}; or `{PLAIN}`.")
    return {"augment": tuple(name for name in AUGMENTATIONS if name in names)}


FLAGS: Mapping[str, Flag] = {
    "cutouts": Flag(
        fields=("cutouts",),
        example="64",
        help=f"views of it that are judged in each step, 1 to {MOST_CUTOUTS}; more are steadier and slower",
        pattern=lambda _: r"\d+",
        parse=lambda value, *_: {"cutouts": whole("cutouts", value, 1, MOST_CUTOUTS)},
        caption="{} cutouts".format,
        aliases=("cutn", "num-cuts"),
        is_offered=lambda _: False,
    ),
    "cuts": Flag(
        fields=("cuts",),
        example="pooled",
        help=f"how those views are cut: {', '.join(CUT_METHODS)}",
        pattern=lambda _: "|".join((*CUT_METHODS, *METHODS)),
        parse=_cuts,
        caption="{} cuts".format,
        aliases=("cutm", "cut-method"),
        is_offered=lambda _: False,
        is_prose=True,
    ),
    "cut-power": Flag(
        fields=("cut_power",),
        example="2",
        help="more than 1 makes crops smaller, less makes them larger, 0.1 to 10",
        pattern=lambda _: DECIMAL,
        parse=lambda value, *_: {"cut_power": decimal("cut-power", value, LEAST_CUT_POWER, MOST_CUT_POWER)},
        caption=lambda power: f"cut power {written(power)}",
        render=written,
        aliases=("cutp",),
        is_offered=lambda _: False,
    ),
    "augment": Flag(
        fields=("augment",),
        example="flip,noise",
        help=f"how they are changed: {', '.join(AUGMENTATIONS)}; or {PLAIN}",
        pattern=lambda _: f"{PLAIN}|{'|'.join((*AUGMENTATIONS, *CODES))}",
        parse=_augment,
        caption=lambda names: f"augmented by {', '.join(names)}" if names else "not augmented",
        render=lambda names: ",".join(names) or PLAIN,
        aliases=("aug", "augments"),
        is_offered=lambda _: False,
        is_prose=True,
    ),
}
