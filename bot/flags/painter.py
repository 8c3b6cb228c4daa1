"""By what and by which model it is painted."""

from collections.abc import Mapping

from bot.classes import read_classes, told_classes
from bot.errors import PromptError
from bot.flags.flag import Available, Fields, Flag
from bot.flags.values import DECIMAL, LONGEST_CAPTION, choice, decimal, nearest, whole, written
from bot.markdown import escape, inline_code, shorten
from config.settings.models import DEFAULT_MODEL
from config.settings.painting import PaintingSettings
from generation.options import BIGGAN, LEAST_TRUNCATION, MOST_CLASSES, PAINTERS


def _model(value: str, _: PaintingSettings, available: Available) -> Fields:
    word, names = value.casefold(), (DEFAULT_MODEL, *available.models)
    if word not in names:
        near = [f"`{each}`" for each in nearest(word, names, 3)]
        every = f"there are {', '.join(names)}." if available.models else "there is only the default."
        hint = f"did you mean {' or '.join(near)}?" if near else every
        raise PromptError(f"There is no model {inline_code(value)} here; {hint}")
    return {"model": word}


FLAGS: Mapping[str, Flag] = {
    "painter": Flag(
        fields=("canvas",),
        example="fourier",
        help=f"on what it is painted: {', '.join(PAINTERS)}",
        pattern=lambda _: "|".join(PAINTERS),
        parse=lambda value, *_: {"canvas": choice("painter", value, tuple(PAINTERS))},
        caption="painted by {}".format,
        is_offered=lambda _: False,
        is_prose=True,
        choices=tuple(PAINTERS),
    ),
    "class": Flag(
        fields=("classes",),
        example="mushroom:0.7, owl:0.3",
        help=f"what `--painter {BIGGAN}` begins from, with shares, with commas between",
        pattern=lambda _: "(?!)",
        parse=lambda value, *_: {"classes": read_classes(value)},
        caption=lambda named: escape(shorten(told_classes(named), LONGEST_CAPTION)),
        render=told_classes,
        aliases=("classes",),
        is_offered=lambda _: False,
        takes_words=True,
    ),
    "truncation": Flag(
        fields=("truncation",),
        example="0.5",
        help=f"of `--painter {BIGGAN}`: less is more usual and less varied, {LEAST_TRUNCATION} to 1",
        pattern=lambda _: DECIMAL,
        parse=lambda value, *_: {"truncation": decimal("truncation", value, LEAST_TRUNCATION, 1)},
        caption=lambda truncation: f"truncation {written(truncation)}",
        render=written,
        is_offered=lambda _: False,
        is_prose=True,
    ),
    "max-classes": Flag(
        fields=("most_classes",),
        example="3",
        help=f"of `--painter {BIGGAN}`: that are in the picture at once, 1 to {MOST_CLASSES}",
        pattern=lambda _: r"\d+",
        parse=lambda value, *_: {"most_classes": whole("max-classes", value, 1, MOST_CLASSES)},
        caption=lambda most: f"{most} classes at most",
        is_offered=lambda _: False,
        is_prose=True,
    ),
    "model": Flag(
        fields=("model",),
        example=DEFAULT_MODEL,
        help="which of the models that the operator lists paints it",
        pattern=lambda available: "|".join((DEFAULT_MODEL, *available.models)),
        parse=_model,
        caption="model {}".format,
        is_offered=lambda _: False,
        is_prose=True,
        suggested=lambda available: (DEFAULT_MODEL, *available.models),
    ),
}
