"""What is asked for where no flag is given, and what to type for what differs from it."""

from collections.abc import Iterator
from dataclasses import MISSING, asdict, fields
from typing import Any

from bot.flags.beginning import MOST_IMAGE_WEIGHT
from bot.flags.course import usual_steps
from bot.flags.flag import Fields, Flag
from bot.flags.table import FLAGS
from config.settings.painting import PaintingSettings
from generation.options import Quality
from generation.request import ImagineRequest

BESIDE: Fields = {"attached": "start", "image_weight": 1.0, "repeat": 1}
"""What is no field of a request, but says what becomes of the pictures that come with it, and how many it is."""
DEFAULTS: Fields = {**{field.name: field.default for field in fields(ImagineRequest)}, **BESIDE}
"""What they are by themselves; ``MISSING`` where they have to be given."""


def usual_fields(painting: PaintingSettings, quality: Quality = "normal") -> Fields:
    """Return the fields where no flag is given, or none but that of a quality, but for those that are drawn anew."""
    known = {**DEFAULTS, **dict(painting), "steps": usual_steps(painting, quality)}
    return {name: known[name] for flag in FLAGS.values() for name in flag.fields if known[name] is not MISSING}


def unusual(asked: Fields, usual: Fields = DEFAULTS) -> Iterator[tuple[str, Flag, list[Any]]]:
    """Return the flags, with their names, that set something else than ``usual``, and to what."""
    for name, flag in FLAGS.items():
        values = [asked.get(field, usual.get(field, MISSING)) for field in flag.fields]
        if values != [usual.get(field, MISSING) for field in flag.fields]:
            yield name, flag, values


def as_asked(request: ImagineRequest) -> dict[str, Any]:
    """Return the fields of a request, with those of `BESIDE` by which pictures are what it is to come near to.

    Their weight is among them where it is one for all, which can be typed; see :func:`own_weights`.
    """
    pictures = [target for target in request.targets if target.picture]
    asked = asdict(request)
    if pictures and not request.init_picture:
        asked["attached"] = "target"
    if pictures and not own_weights(request):
        asked["image_weight"] = pictures[0].weight
    return asked


def own_weights(request: ImagineRequest) -> list[float]:
    """Return the weights of the pictures to come near to where they need one each, none where one says it for all."""
    weights = [target.weight for target in request.targets if target.picture]
    is_one = len(set(weights)) < 2 and all(0 <= weight <= MOST_IMAGE_WEIGHT for weight in weights)
    return [] if is_one else weights


def typed(asked: Fields, usual: Fields = DEFAULTS) -> str:
    """Return what to type for the flags that set something else than ``usual``."""
    return " ".join(f"--{name} {flag.render(*values)}" for name, flag, values in unusual(asked, usual))
