"""The flags of ``.imagine`` in one table, for the grammar, captions, help, the command line and the documentation.

A new flag is an entry of :data:`FLAGS`, and a field of ``ImagineRequest`` where it asks for something new.
"""

import difflib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from decimal import Decimal
from typing import Any, get_args

from bot.characters import clean, is_visible
from bot.classes import read_classes, told_classes
from bot.errors import PromptError
from bot.markdown import escape, inline_code, shorten
from config.settings import DEFAULT_MODEL, MIN_SIDE, SIDE_MULTIPLE, PaintingSettings
from generation.errors import RequestError
from generation.options import (
    AUGMENTATIONS,
    BIGGAN,
    CUT_METHODS,
    EVOLUTIONS,
    LEAST_STILL,
    LEAST_TRUNCATION,
    LEAST_ZOOM,
    MOST_CLASSES,
    MOST_CUTOUTS,
    MOST_EVERY,
    MOST_FRAMES,
    MOST_GROWN,
    MOST_SHIFT,
    MOST_STILL,
    MOST_TURN,
    MOST_ZOOM,
    OPTIMISERS,
    PAINTERS,
    PRESETS,
    Quality,
)
from generation.prompt import MOST_WEIGHT
from generation.request import FILMS, LEAST_STOP, MOST_TARGETS, NOISE, PNG, SEED_LIMIT, ImagineRequest
from generation.sizes import nearest_side, shape_of_aspect
from generation.styles import STYLES

Fields = Mapping[str, Any]
"""Some fields of an ``ImagineRequest``, by name."""
BESIDE: Fields = {"attached": "start", "image_weight": 1.0, "repeat": 1}
"""What is no field of a request, but says what becomes of the pictures that come with it, and how many it is."""
DEFAULTS: Fields = {**{field.name: field.default for field in fields(ImagineRequest)}, **BESIDE}
"""What they are by themselves; ``MISSING`` where they have to be given."""
OF_WALKS = ("frames", "hold", "loop")
"""Names of flags that only walks have."""
DECIMAL = r"(\d{1,3}(\.\d{1,6})?|\.\d{1,6})"
SIGNED = rf"[+-]?{DECIMAL}"
LEAST_RATE = 0.0001
LONGEST_MEAN = 0.999
MOST_SMOOTH = 1000.0
CUT_POWERS = (0.1, 10.0)
PLAIN = "none"
"""What is typed for no augmentations at all, and for nothing of what a member has chosen as usual."""
MOST_PICTURES = 100
"""Of one message, whatever the limits are."""
LEAST_TIMES, MOST_TIMES = 0.25, 5.0
"""Of Midjourney's qualities."""
ASPECTS = ("1:1", "16:9", "9:16", "4:3", "3:4", "3:2", "2:3", "21:9")
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
SIZE = re.compile(r"(?P<width>\d{1,9})[xX×хХ](?P<height>\d{1,9})")
"""With a Latin or Cyrillic x or a multiplication sign between."""
ASPECT = re.compile(r"([1-9]\d{0,3})[:：∶]([1-9]\d{0,3})")
"""With a colon of any width between."""
QUOTES = "\"'“”„‟«»‹›‘’‚‛「」『』"
COMMAS = re.compile(r"\s*[,،，、]\s*(?:--|—|–)*")
"""Of any script, with dashes behind that could begin a flag."""
MOST_WITHOUT = 200
"""Characters of what a picture is to be without."""
NOISE_PROMPT = re.compile(r"(?P<seed>\d{1,10})(?:::?(?P<weight>-?(?:\d{1,4}(?:\.\d{1,9})?|\.\d{1,9})))?")
LONGEST_CAPTION = 60
"""UTF-16 code units of either that the small print shows."""


@dataclass(frozen=True, slots=True)
class Available:
    """What can be asked for here and not elsewhere.

    Args:
        inits: what the models in use can begin from; empty while that is not known.
        models: what the operator calls those that there are beside the default.
    """

    inits: tuple[str, ...] = ()
    models: tuple[str, ...] = ()


NOTHING_KNOWN = Available()


@dataclass(frozen=True, slots=True)
class Flag:
    """What can be asked for beside the prompt.

    Some of it goes by what is available: see :class:`Available`.

    Args:
        fields: what it sets; without it they are as in the settings, else as in ``DEFAULTS``, else drawn anew. None
            where it says in another way what other flags say.
        example: a value.
        help: what it does: half a sentence, without markup.
        pattern: of its values, in any case, which tell a mistyped flag from a word behind a dash; given what is
            available.
        parse: the fields, given a value, the limits and what is available; raises ``PromptError``.
        caption: how the small print says it, given what the fields are.
        render: the value, given what the fields are.
        aliases: other names.
        is_offered: whether ``.help`` tells of it; given what is available.
        takes_words: whether its value is all words up to the next flag.
        is_prose: whether its name is a word that may well stand behind a dash, where it is a flag only before a value.
        bare: the value where none is given; None for a flag that needs one.
        choices: its values where there are few.
        suggested: values that there are among others; given what is available.
        whole: the least and the most, where it takes whole numbers of a range.
    """

    fields: tuple[str, ...]
    example: str
    help: str
    pattern: Callable[[Available], str]
    parse: Callable[[str, PaintingSettings, Available], Fields]
    caption: Callable[..., str]
    render: Callable[..., str] = str
    aliases: tuple[str, ...] = ()
    is_offered: Callable[[Available], bool] = lambda _: True
    takes_words: bool = False
    is_prose: bool = False
    bare: str | None = None
    choices: tuple[str, ...] = ()
    suggested: Callable[[Available], Sequence[str]] | None = None
    whole: tuple[int, int] | None = None


def usual_fields(painting: PaintingSettings, quality: Quality = "normal") -> Fields:
    """Return the fields where no flag is given, or none but that of a quality, but for those that are drawn anew."""
    steps = min(painting.max_steps, max(1, round(painting.steps * PRESETS[quality].steps)))
    known = {**DEFAULTS, **dict(painting), "steps": steps}
    return {name: known[name] for flag in FLAGS.values() for name in flag.fields if known[name] is not MISSING}


def unusual(asked: Fields, usual: Fields = DEFAULTS) -> Iterator[tuple[str, Flag, list[Any]]]:
    """Return the flags, with their names, that set something else than ``usual``, and to what."""
    for name, flag in FLAGS.items():
        values = [asked.get(field, usual.get(field, MISSING)) for field in flag.fields]
        if values != [usual.get(field, MISSING) for field in flag.fields]:
            yield name, flag, values


def typed(asked: Fields, usual: Fields = DEFAULTS) -> str:
    """Return what to type for the flags that set something else than ``usual``."""
    return " ".join(f"--{name} {flag.render(*values)}" for name, flag, values in unusual(asked, usual))


def _number(name: str, value: str, low: int, high: int) -> Fields:
    # Ten digits hold every allowed number, and int() refuses thousands of them with an error of its own.
    number = int(value) if re.fullmatch(r"\d{1,10}", value) else -1
    if not low <= number <= high:
        raise PromptError(f"`--{name}` takes a whole number from {low} to {high}, not {inline_code(value)}.")
    return {name: number}


def _decimal(flag: str, field: str, value: str, high: float, low: float = 0.0) -> Fields:
    number = float(value) if re.fullmatch(DECIMAL, value) else -1.0
    if not low <= number <= high:
        raise PromptError(f"`--{flag}` takes a number from {low:g} to {high:g}, not {inline_code(value)}.")
    return {field: number}


def _plain(number: float) -> str:
    """Return a number as `DECIMAL` takes it."""
    return format(Decimal(str(number)), "f").removesuffix(".0")


def _choice(flag: str, field: str, value: str, words: Sequence[str]) -> Fields:
    word = value.casefold()
    if word not in words:
        raise PromptError(f"`--{flag}` takes {' or '.join(f'`{each}`' for each in words)}, not {inline_code(value)}.")
    return {field: word}


def _quality(value: str, painting: PaintingSettings, _: Available) -> Fields:
    """Take a quality, with the steps that go with it unless others are asked for; of Midjourney's the nearest."""
    if re.fullmatch(DECIMAL, value) and LEAST_TIMES <= (times := float(value)) <= MOST_TIMES:
        quality = min(PRESETS, key=lambda each: abs(PRESETS[each].steps - times))
    else:
        (quality,) = _choice("quality", "quality", value, get_args(Quality)).values()
    return {"quality": quality, "steps": usual_fields(painting, quality)["steps"]}


def _cuts(value: str, *_: object) -> Fields:
    if value.isdecimal():
        raise PromptError(f"`--cuts` says how it is cut; how often, `--cutouts {value[:10]}` says.")
    return _choice("cuts", "cuts", METHODS.get(value.casefold(), value), tuple(CUT_METHODS))


def _augment(value: str, *_: object) -> Fields:
    """Take names with commas between them, or `PLAIN`."""
    names = [CODES.get(name, name) for name in value.casefold().split(",") if name]
    if value.casefold() == PLAIN:
        return {"augment": ()}
    if not names or not set(names) <= set(AUGMENTATIONS):
        allowed = ", ".join(AUGMENTATIONS)
        raise PromptError(f"`--augment` takes names with commas between them, of {allowed}; or `{PLAIN}`.")
    return {"augment": tuple(name for name in AUGMENTATIONS if name in names)}


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


def _side(flag: str, field: str, value: str, painting: PaintingSettings) -> Fields:
    """Take one side, the other as it is without."""
    pixels, most = int(value) if re.fullmatch(r"\d{1,9}", value) else 0, painting.max_side
    if not MIN_SIDE <= pixels <= most or pixels != nearest_side(pixels):
        takes = f"`--{flag}` takes pixels from {MIN_SIDE} to {most}, a multiple of {SIDE_MULTIPLE}"
        raise PromptError(f"{takes}, not {inline_code(value)}.")
    return {field: pixels}


def _init(value: str, _: PaintingSettings, available: Available) -> Fields:
    """Take any word while it is not known what there is; the worker refuses what its models lack."""
    word, inits = value.casefold(), available.inits
    if word not in inits and (inits or not re.fullmatch("[a-z]{1,100}", word)):
        words = " or ".join(f"`{each}`" for each in inits) or "a word"
        raise PromptError(f"`--init` takes {words}, what to begin from, not {inline_code(value)}.")
    return {"init": word}


NOISES = {
    NOISE: "from noise",
    "pixels": "from random pixels",
    "gradient": "from a gradient",
    "fractal": "from fractal noise",
}
"""Beginnings that are no models' own, and how the small print says them."""


def _without(value: str, *_: object) -> Fields:
    """Take texts with commas between them."""
    if "`" in value or len(value) > MOST_WITHOUT:
        limits = f"words with commas between them, without backticks, at most {MOST_WITHOUT} characters"
        raise PromptError(f"`--no` takes {limits}.")
    if value.casefold() == PLAIN:
        return {"without": ()}
    texts = tuple(" ".join(clean(text).strip(f"{QUOTES} ").split()) for text in COMMAS.split(value) if is_visible(text))
    if not 1 <= len(texts) <= MOST_TARGETS:
        raise PromptError(f"`--no` takes 1 to {MOST_TARGETS} texts with commas between them, not {len(texts)}.")
    return {"without": texts}


def _noise(value: str, *_: object) -> Fields:
    """Take seeds, each with a weight behind a colon where it is not 1."""
    found = [NOISE_PROMPT.fullmatch(each.strip()) for each in value.split(",")]
    noise = [(int(each["seed"]), round(float(each["weight"] or 1), 4)) for each in found if each]
    fits = all(seed < SEED_LIMIT and abs(weight) <= MOST_WEIGHT for seed, weight in noise)
    if len(noise) < len(found) or len(found) > MOST_TARGETS or not fits:
        takes = f"up to {MOST_TARGETS} seeds, each with its weight, as in `--noise {FLAGS['noise'].example}`"
        raise PromptError(f"`--noise` takes {takes}, not {inline_code(value)}.")
    return {"noise": tuple(noise)}


def _told_noise(noise: Sequence[tuple[int, float]]) -> str:
    return ", ".join(f"{seed}:{weight}" for seed, weight in noise)


def _film(value: str, *_: object) -> Fields:
    word = value.casefold()
    if word == PLAIN:
        return {"outputs": (PNG,)}
    return {"outputs": (PNG, *_choice("video", "film", word, FILMS).values())}


def _model(value: str, _: PaintingSettings, available: Available) -> Fields:
    word, names = value.casefold(), (DEFAULT_MODEL, *available.models)
    if word not in names:
        near = [f"`{each}`" for each in difflib.get_close_matches(word, names, n=3, cutoff=0.5)]
        every = f"there are {', '.join(names)}." if available.models else "there is only the default."
        hint = f"did you mean {' or '.join(near)}?" if near else every
        raise PromptError(f"There is no model {inline_code(value)} here; {hint}")
    return {"model": word}


def _style(value: str, *_: object) -> Fields:
    word = value.casefold().replace("_", "-")
    if word != PLAIN and word not in STYLES:
        near = difflib.get_close_matches(word, STYLES, n=1, cutoff=0.5)
        hint = f"did you mean `{near[0]}`?" if near else f"there are {', '.join(STYLES)}."
        raise PromptError(f"There is no style {inline_code(value)}; {hint}")
    return {"style": "" if word == PLAIN else word}


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


def _long(value: str, *_: object) -> Fields:
    word = value.casefold()
    if word not in {"join", "cut"}:
        raise PromptError(f"`--long` takes `join` or `cut`, not {inline_code(value)}.")
    return {"long": word}


FLAGS = {
    "seed": Flag(
        fields=("seed",),
        example="7",
        help="paints that picture again, or one close to it",
        pattern=lambda _: r"\d+",
        parse=lambda value, *_: _number("seed", value, 0, SEED_LIMIT - 1),
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
        parse=lambda value, painting, _: _side("w", "width", value, painting),
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
        parse=lambda value, painting, _: _side("h", "height", value, painting),
        caption=str,
        aliases=("height",),
        is_offered=lambda _: False,
        is_prose=True,
    ),
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
        parse=lambda value, painting, _: _number("steps", value, 1, painting.max_steps),
        caption=lambda steps: "1 step" if steps == 1 else f"{steps} steps",
        aliases=("iterations",),
    ),
    "painter": Flag(
        fields=("canvas",),
        example="fourier",
        help=f"on what it is painted: {', '.join(PAINTERS)}",
        pattern=lambda _: "|".join(PAINTERS),
        parse=lambda value, *_: _choice("painter", "canvas", value, tuple(PAINTERS)),
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
        parse=lambda value, *_: _decimal("truncation", "truncation", value, 1, LEAST_TRUNCATION),
        caption=lambda truncation: f"truncation {_plain(truncation)}",
        render=_plain,
        is_offered=lambda _: False,
        is_prose=True,
    ),
    "max-classes": Flag(
        fields=("most_classes",),
        example="3",
        help=f"of `--painter {BIGGAN}`: that are in the picture at once, 1 to {MOST_CLASSES}",
        pattern=lambda _: r"\d+",
        parse=lambda value, *_: {"most_classes": _number("max-classes", value, 1, MOST_CLASSES)["max-classes"]},
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
    "stop": Flag(
        fields=("stop",),
        example="50",
        help=f"ends it after so many percent of its steps, {LEAST_STOP} to 100",
        pattern=lambda _: r"\d+",
        parse=lambda value, *_: _number("stop", value, LEAST_STOP, 100),
        caption="stopped at {}%".format,
        is_prose=True,
        whole=(LEAST_STOP, 100),
    ),
    "until-still": Flag(
        fields=("until_still",),
        example="20",
        help=f"ends it where nothing has changed over so many steps, {LEAST_STILL} to {MOST_STILL}",
        pattern=lambda _: r"\d+",
        parse=lambda value, *_: {"until_still": _number("until-still", value, LEAST_STILL, MOST_STILL)["until-still"]},
        caption="until still over {} steps".format,
        is_offered=lambda _: False,
        is_prose=True,
    ),
    "chaos": Flag(
        fields=("chaos",),
        example="50",
        help="percent of random clouds in what it begins from: pictures differ more",
        pattern=lambda _: r"\d+",
        parse=lambda value, *_: _number("chaos", value, 0, 100),
        caption="chaos {}".format,
        aliases=("c",),
        is_prose=True,
        whole=(0, 100),
    ),
    "repeat": Flag(
        fields=("repeat",),
        example="2",
        help="so many pictures, each with the next seed",
        pattern=lambda _: r"\d+",
        parse=lambda value, *_: _number("repeat", value, 1, MOST_PICTURES),
        caption=str,
        aliases=("r",),
        is_prose=True,
        whole=(1, MOST_PICTURES),
    ),
    "style": Flag(
        fields=(),
        example="watercolor",
        help="an ending for the prompt",
        pattern=lambda _: "|".join((*STYLES, PLAIN)),
        parse=_style,
        caption=str,
        is_prose=True,
        suggested=lambda _: tuple(STYLES),
    ),
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
        parse=lambda value, *_: _decimal("init-weight", "init_weight", value, 1000),
        caption="init weight {:g}".format,
        render=_plain,
        is_offered=lambda _: False,
    ),
    "fit": Flag(
        fields=("fit",),
        example="pad",
        help="pictures of another shape: crop or pad",
        pattern=lambda _: "crop|pad",
        parse=lambda value, *_: _choice("fit", "fit", value, ("crop", "pad")),
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
        parse=lambda value, *_: _choice("as", "attached", value, ("start", "target")),
        caption=str,
        is_prose=True,
        is_offered=lambda _: False,
    ),
    "iw": Flag(
        fields=("image_weight",),
        example="0.5",
        help="how much such a picture counts beside the words, 0 to 100",
        pattern=lambda _: DECIMAL,
        parse=lambda value, *_: _decimal("iw", "image_weight", value, 100),
        caption=str,
        render=_plain,
        is_offered=lambda _: False,
    ),
    "no": Flag(
        fields=("without",),
        example="fog, people",
        help="what the picture should keep away from, with commas between",
        pattern=lambda _: "(?!)",
        parse=_without,
        caption=lambda texts: f"without {escape(shorten(', '.join(texts), LONGEST_CAPTION))}",
        render=", ".join,
        takes_words=True,
    ),
    "noise": Flag(
        fields=("noise",),
        example="7:0.5",
        help="seeds of random directions to go in, with weights",
        pattern=lambda _: NOISE_PROMPT.pattern,
        parse=_noise,
        caption=lambda noise: f"noise {shorten(_told_noise(noise), LONGEST_CAPTION)}",
        render=_told_noise,
        is_offered=lambda _: False,
        takes_words=True,
        is_prose=True,
    ),
    "long": Flag(
        fields=("long",),
        example="cut",
        help="leaves out what is more than CLIP reads at once; `join` reads it in pieces",
        pattern=lambda _: "join|cut",
        parse=_long,
        caption=lambda _: "cut where it is long",
        is_offered=lambda _: False,
        is_prose=True,
    ),
    "optimiser": Flag(
        fields=("optimiser",),
        example="adagrad",
        help=f"by what it is optimised: {', '.join((*OPTIMISERS, *EVOLUTIONS))}",
        pattern=lambda _: "|".join((*OPTIMISERS, *EVOLUTIONS)),
        parse=lambda value, *_: _choice("optimiser", "optimiser", value, (*OPTIMISERS, *EVOLUTIONS)),
        caption="by {}".format,
        aliases=("optimizer", "opt"),
        is_offered=lambda _: False,
    ),
    "rate": Flag(
        fields=("rate",),
        example="0.2",
        help=f"learning rate, {_plain(LEAST_RATE)} to 100; official models usually have 0.1",
        pattern=lambda _: DECIMAL,
        parse=lambda value, *_: _decimal("rate", "rate", value, 100, LEAST_RATE),
        caption=lambda rate: f"rate {_plain(rate)}",
        render=_plain,
        aliases=("lr", "learning-rate"),
        is_offered=lambda _: False,
        is_prose=True,
    ),
    "final-rate": Flag(
        fields=("final_rate",),
        example="0.1",
        help="share of the learning rate that is left at the end, 0 to 1; it falls along a cosine",
        pattern=lambda _: DECIMAL,
        parse=lambda value, *_: _decimal("final-rate", "final_rate", value, 1),
        caption=lambda share: f"final rate {_plain(share)}",
        render=_plain,
        is_offered=lambda _: False,
    ),
    "ema": Flag(
        fields=("ema",),
        example="0.9",
        help=f"shows a running mean, of which so much is old: 0 to {LONGEST_MEAN}, calmer with more",
        pattern=lambda _: DECIMAL,
        parse=lambda value, *_: _decimal("ema", "ema", value, LONGEST_MEAN),
        caption=lambda ema: f"mean {_plain(ema)}",
        render=_plain,
        is_offered=lambda _: False,
    ),
    "smooth": Flag(
        fields=("smooth",),
        example="2",
        help=f"how strongly it is evened out, 0 to {MOST_SMOOTH:g}",
        pattern=lambda _: DECIMAL,
        parse=lambda value, *_: _decimal("smooth", "smooth", value, MOST_SMOOTH),
        caption=lambda weight: f"smoothness {_plain(weight)}",
        render=_plain,
        aliases=("tv",),
        is_offered=lambda _: False,
        is_prose=True,
    ),
    "cutouts": Flag(
        fields=("cutouts",),
        example="64",
        help=f"views of it that are judged in each step, 1 to {MOST_CUTOUTS}; more are steadier and slower",
        pattern=lambda _: r"\d+",
        parse=lambda value, *_: _number("cutouts", value, 1, MOST_CUTOUTS),
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
        parse=lambda value, *_: _decimal("cut-power", "cut_power", value, CUT_POWERS[1], CUT_POWERS[0]),
        caption=lambda power: f"cut power {_plain(power)}",
        render=_plain,
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
    "grow": Flag(
        fields=("grow",),
        example="0.6",
        help=f"share of the steps that is painted at half the size, 0 to {MOST_GROWN}: done sooner",
        pattern=lambda _: DECIMAL,
        parse=lambda value, *_: _decimal("grow", "grow", value, MOST_GROWN),
        caption=lambda share: f"grown over {_plain(share)}",
        render=_plain,
        is_offered=lambda _: False,
        is_prose=True,
    ),
    "strength": Flag(
        fields=("strength",),
        example="0.5",
        help="how much a picture to begin from is painted over: less keeps more of it, 0.01 to 1",
        pattern=lambda _: DECIMAL,
        parse=lambda value, *_: _decimal("strength", "strength", value, 1, 0.01),
        caption=lambda strength: f"strength {_plain(strength)}",
        render=_plain,
        is_offered=lambda _: False,
        is_prose=True,
    ),
    "variation": Flag(
        fields=("variation",),
        example="0.05",
        help="how far a picture to begin from is bent at random, 0 to 1",
        pattern=lambda _: DECIMAL,
        parse=lambda value, *_: _decimal("variation", "variation", value, 1),
        caption=lambda variation: f"variation {_plain(variation)}",
        render=_plain,
        is_offered=lambda _: False,
        is_prose=True,
    ),
    "zoom": Flag(
        fields=("zoom",),
        example="1.02",
        help=f"the picture grows so many times whenever it is moved, {LEAST_ZOOM:g} to {MOST_ZOOM:g}, for a video",
        pattern=lambda _: DECIMAL,
        parse=lambda value, *_: _decimal("zoom", "zoom", value, MOST_ZOOM, LEAST_ZOOM),
        caption=lambda zoom: f"zoom {_plain(zoom)}",
        render=_plain,
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
        caption=lambda pan: f"pan {','.join(map(_plain, pan))}",
        render=lambda pan: ",".join(map(_plain, pan)),
        is_offered=lambda _: False,
        is_prose=True,
    ),
    "rotate": Flag(
        fields=("rotate",),
        example="0.5",
        help="it is turned by so many degrees then, clockwise",
        pattern=lambda _: SIGNED,
        parse=_rotate,
        caption=lambda turn: f"turn {_plain(turn)}°",
        render=_plain,
        is_offered=lambda _: False,
        is_prose=True,
    ),
    "move-every": Flag(
        fields=("move_every",),
        example="5",
        help=f"so many steps it is moved, 1 to {MOST_EVERY}; each time makes a picture of the video",
        pattern=lambda _: r"\d+",
        parse=lambda value, *_: {"move_every": _number("move-every", value, 1, MOST_EVERY)["move-every"]},
        caption="moved every {} steps".format,
        aliases=("zoom-save-every", "zoom-frequency"),
        is_offered=lambda _: False,
    ),
    "frames": Flag(
        fields=("between",),
        example="25",
        help=f"frames of a walk from one picture to the next, 1 to {MOST_FRAMES['mp4']}",
        pattern=lambda _: r"\d+",
        parse=lambda value, *_: {"between": _number("frames", value, 1, MOST_FRAMES["mp4"])["frames"]},
        caption="{} frames between two".format,
        is_offered=lambda _: False,
        is_prose=True,
        whole=(1, MOST_FRAMES["mp4"]),
    ),
    "hold": Flag(
        fields=("hold",),
        example="10",
        help="further frames for which it rests at each",
        pattern=lambda _: r"\d+",
        parse=lambda value, *_: _number("hold", value, 0, MOST_FRAMES["mp4"]),
        caption="rests of {} frames".format,
        is_offered=lambda _: False,
        is_prose=True,
        whole=(0, MOST_FRAMES["mp4"]),
    ),
    "loop": Flag(
        fields=("loop",),
        example="yes",
        help="whether it goes on from the last picture to the first: yes or no",
        pattern=lambda _: "yes|no",
        parse=lambda value, *_: {"loop": _choice("loop", "loop", value, ("yes", "no"))["loop"] == "yes"},
        caption=lambda loop: "in a loop" if loop else "not in a loop",
        render=lambda loop: "yes" if loop else "no",
        bare="yes",
        choices=("yes", "no"),
        is_offered=lambda _: False,
        is_prose=True,
    ),
    "video": Flag(
        fields=("outputs",),
        example="gif",
        help="also a video: mp4, gif or webp",
        pattern=lambda _: "|".join((*FILMS, PLAIN)),
        parse=_film,
        caption=lambda _: "with a video",
        render=lambda outputs: next((each for each in outputs if each in FILMS), FILMS[0]),
        bare=FILMS[0],
        choices=(*FILMS, PLAIN),
    ),
}
"""All flags, by their names, in the order in which they are told."""
