"""What may be said of a picture in Python, by the names that the flags of ``easel imagine`` have."""

import difflib
import inspect
import itertools
import operator
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal, TypedDict, get_type_hints

from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError, to_json

from config.settings.painting import PaintingSettings
from easel.given_pictures import Picture, latent_of, png
from easel.wording import plain
from generation.errors import RequestError
from generation.fields import SEED_LIMIT
from generation.options import BIGGAN, PRESETS, Quality
from generation.prompt import read as read_prompt
from generation.request import FILMS, LATENT, OF_FILM, OF_START, PNG, ImagineRequest
from generation.sizes import shape_of_aspect
from generation.steering import read as read_steering
from generation.steering import steered
from generation.styles import STYLES, Style, ended
from generation.targets import Target


class PaintArguments(TypedDict, total=False):
    """All that may be said beside the prompt; ``docs/options.md`` has what each does.

    Args:
        seed: 0 to 2³² - 1; at random where none is given.
        size: width and height in pixels, or as text: ``"192x128"``, or an aspect: ``"16:9"``.
        w: the width alone, in pixels.
        h: the height alone, in pixels.
        quality: ``draft``, ``normal``, ``better`` or ``best``.
        steps: of the optimiser.
        painter: on what it is painted, see ``docs/painters.md``.
        model: which of the models that ``models.more`` lists paints it; of a batch one paints all.
        classes: what a BigGAN begins from, by names with shares, or one name.
        truncation: of its latents: less is more usual and less varied, 0.02 to 1.
        max_classes: that are in its picture at once, 1 to 1000.
        stop: percent of the steps after which it ends, 10 to 100.
        until_still: so many steps over which nothing has changed end it, 5 to 1000.
        chaos: percent of random clouds in what it begins from.
        style: a name in ``generation.styles``, an ending for the prompt.
        init: a picture to begin from, or a word: ``noise``, ``sketch``. As text, what has a dot or a slash is a path.
        init_weight: how strongly it is held to what it begins from, 0 to 1000.
        init_latent: the file of a latent to begin exactly from, or what is in it.
        fit: how pictures of another shape are made to fit: ``crop`` or ``pad``.
        target: a picture to come near to, a pair of one and its weight, or a list of these.
        mask: white where the picture to begin from is painted on.
        no: what the picture should keep away from, a text or several.
        noise: seeds of random directions to go in, each with its weight.
        long: what becomes of texts that CLIP does not read at once: ``join`` or ``cut``.
        optimiser: see ``generation.options``.
        rate: learning rate.
        final_rate: share of it that is left at the end, 0 to 1.
        ema: share of the old mean in the mean that is shown, 0 to 0.999.
        smooth: weight of the total variation, 0 to 1000.
        cutouts: views that are judged in each step, 1 to 128.
        cuts: how they are cut: ``composed``, ``crops`` or ``pooled``.
        cut_power: more than 1 makes them smaller, 0.1 to 10.
        augment: names of augmentations, none to leave the views as they are cut.
        grow: share of the steps that is painted at half the size, 0 to 0.9.
        strength: how much of a picture to begin from is painted over, 0.01 to 1.
        variation: how far it is bent at random, 0 to 1.
        zoom: times as large the picture becomes whenever it is moved, 0.5 to 2.
        pan: pixels by which it is shifted then, to the right and down.
        rotate: degrees by which it is turned then, clockwise.
        move_every: so many steps it is moved.
        steer: what is said from a step on: ``{30: "more: a lighthouse"}``.
        video: also a film of how it is painted: ``mp4``, ``gif`` or ``webp``.
        fps: pictures of the film in a second, 1 to 60.
        length: of the film, in seconds, 1 to 600.
        dwell: seconds for which it shows the finished picture, 0 to 60.
        fade: seconds over which it comes out of black, and goes, 0 to 10.
        latent: whether also what it is decoded from is kept.
    """

    seed: int
    size: tuple[int, int] | str
    w: int
    h: int
    quality: Quality
    steps: int
    painter: str
    model: str
    classes: str | Mapping[str, float]
    truncation: float
    max_classes: int
    stop: int
    until_still: int
    chaos: int
    style: str
    init: Picture
    init_weight: float
    init_latent: bytes | Path | str
    fit: Literal["crop", "pad"]
    target: Picture | tuple[Picture, float] | list[Picture | tuple[Picture, float]]
    mask: Picture
    no: str | Sequence[str]
    noise: Mapping[int, float]
    long: Literal["join", "cut"]
    optimiser: str
    rate: float
    final_rate: float
    ema: float
    smooth: float
    cutouts: int
    cuts: str
    cut_power: float
    augment: Sequence[str]
    grow: float
    strength: float
    variation: float
    zoom: float
    pan: tuple[float, float]
    rotate: float
    move_every: int
    steer: Mapping[int, str]
    video: Literal["mp4", "gif", "webp"]
    fps: float
    length: float
    dwell: float
    fade: float
    latent: bool


FIELDS = {
    "painter": "canvas",
    "no": "without",
    "max_classes": "most_classes",
    "size": "width",
    "w": "width",
    "h": "height",
}
"""Fields of a request that are called otherwise here."""
TYPES = {
    "prompt": str,
    "style": str,
    "size": str | Sequence,
    "classes": str | Mapping,
    "init": Picture,
    "mask": Picture,
    "target": Picture | tuple | list,
    "init_latent": bytes | Path | str,
    "no": str | Sequence,
    "noise": Mapping,
    "augment": str | Sequence,
    "steer": Mapping,
}
"""Of what is taken apart before the request checks it."""
SIZE = re.compile(r"(\d{1,5})[xX×](\d{1,5})")
ASPECT = re.compile(r"([1-9]\d{0,3}):([1-9]\d{0,3})")
FILE = re.compile("[./]")
"""In a text that is a path and no word."""
ABOUT = {
    **dict.fromkeys(OF_START, ("init",)),
    **dict.fromkeys(OF_FILM, ("video",)),
    "move_every": ("zoom", "pan", "rotate"),
}
"""Arguments that say something only where one of others is given."""
WRONG_TYPE = "{0} cannot be of the type {1}"
_numbers = itertools.count(1)


@dataclass(slots=True)
class _Reading:
    """What has been read of the arguments.

    Args:
        fields: of the request.
        pictures: that it names, by their SHA-256.
    """

    fields: dict[str, Any]
    pictures: dict[str, bytes] = field(default_factory=dict)

    def take(self, picture: Picture, name: str) -> str:
        """Keep a picture, and return its SHA-256."""
        return self._keep(png(picture, name))

    def take_latent(self, latent: bytes | Path | str) -> None:
        """Begin from a latent, in its size."""
        data, about = latent_of(latent, "init_latent")
        self.fields.setdefault("width", about.width)
        self.fields.setdefault("height", about.height)
        self.fields["init_latent"] = self._keep(data)

    def _keep(self, data: bytes) -> str:
        digest = sha256(data).hexdigest()
        self.pictures[digest] = data
        return digest


def read(
    prompt: str, painting: PaintingSettings, arguments: Mapping[str, Any]
) -> tuple[ImagineRequest, dict[str, bytes]]:
    """Return the request for what is said, and the pictures that it names by their SHA-256.

    Args:
        prompt: as ``generation.prompt`` reads it; what looks like a flag in it is text.
        painting: what is usual.
        arguments: see :class:`PaintArguments`.

    Raises:
        TypeError: there is no such argument, or it is of another type.
        ValueError: it is out of its range, or a file cannot be read; the sentence says which.
    """
    _check_names(arguments)
    given = {name: value for name, value in arguments.items() if value is not None}
    _check_types({"prompt": prompt, **given})
    prompt = " ".join(prompt.split())
    if not prompt:
        raise ValueError("say what to paint")
    try:
        targets = read_prompt(prompt)
    except RequestError as error:
        raise ValueError(plain(error)) from None
    if targets and targets == (Target(targets[0].text),):
        prompt, targets = targets[0].text, ()
    if style := given.pop("style", ""):
        prompt, targets = ended(prompt, targets, style_of(style).ending)
    reading = _Reading({"id": f"python-{next(_numbers)}", "prompt": prompt, "targets": targets})
    steering = given.pop("steer", {})
    _read_pictures(given, reading)
    _read_size(given, reading.fields, painting)
    _read_outputs(given, reading.fields)
    if "no" in given:
        given["no"] = [given["no"]] if isinstance(given["no"], str) else list(given["no"])
    if "noise" in given:
        given["noise"] = list(given["noise"].items())
    if "augment" in given:
        given["augment"] = given["augment"].split(",") if isinstance(given["augment"], str) else list(given["augment"])
    if "classes" in given:
        given["classes"] = named_classes(given["classes"])
        given.setdefault("painter", BIGGAN)
    quality = given.get("quality", "normal")
    usual = PRESETS[quality].steps if quality in PRESETS else 1.0
    reading.fields.setdefault("width", painting.width)
    reading.fields.setdefault("height", painting.height)
    reading.fields |= {"seed": secrets.randbelow(SEED_LIMIT), "steps": max(1, round(painting.steps * usual))}
    reading.fields |= {FIELDS.get(name, name): value for name, value in given.items()}
    request = _checked(reading.fields)
    if "move_every" in request.pointless:
        raise ValueError("move_every is about how often it is moved; add zoom, pan or rotate")
    return _steered(request, steering), reading.pictures


def with_shared(own: Mapping[str, Any], shared: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of one of several pictures, with those of all that say something of it."""
    said = {**shared, **own}
    return {
        name: value
        for name, value in said.items()
        if name in own or name not in ABOUT or any(said.get(each) is not None for each in ABOUT[name])
    }


def named_classes(classes: str | Mapping[str, float]) -> tuple[tuple[str, float], ...]:
    """Return classes as a request has them; one name is all of it."""
    return ((classes, 1.0),) if isinstance(classes, str) else tuple(classes.items())


def signature(function: Any) -> inspect.Signature:
    """Return the signature of a function whose ``**arguments`` are :class:`PaintArguments`, with all of them."""
    own = inspect.signature(function)
    keyword = inspect.Parameter.KEYWORD_ONLY
    several = inspect.Parameter.VAR_KEYWORD
    parameters = [parameter for parameter in own.parameters.values() if parameter.kind is not several]
    parameters += [
        inspect.Parameter(name, keyword, default=None, annotation=kind)
        for name, kind in get_type_hints(PaintArguments).items()
    ]
    return own.replace(parameters=parameters)


def _check_names(arguments: Mapping[str, Any]) -> None:
    names = PaintArguments.__annotations__
    for name in arguments:
        if name not in names:
            near = difflib.get_close_matches(name, names, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise TypeError(f"there is no argument {name}{hint}")


def _check_types(given: Mapping[str, Any]) -> None:
    for name, value in given.items():
        if not isinstance(value, TYPES.get(name, object)):
            raise TypeError(WRONG_TYPE.format(name, type(value).__name__))


def style_of(name: str) -> Style:
    """Return a style by its name; raises ``ValueError``."""
    if name not in STYLES:
        near = difflib.get_close_matches(name, STYLES, n=1)
        raise ValueError(f"there is no style {name!r}; there are {', '.join(near or STYLES)}")
    return STYLES[name]


def _read_pictures(given: dict[str, Any], reading: _Reading) -> None:
    """Take what a picture is painted from out of what is given."""
    init = given.get("init")
    if init is not None and not (isinstance(init, str) and not FILE.search(init)):
        reading.fields["init_picture"] = reading.take(given.pop("init"), "init")
    if "mask" in given:
        if "init_picture" not in reading.fields:
            raise ValueError("mask needs init, the picture that is painted on where the mask is white")
        given["mask"] = reading.take(given["mask"], "mask")
    if "init_latent" in given:
        if {"init", "init_picture"} & {*given, *reading.fields}:
            raise ValueError("it begins from a latent or in another way, not both")
        reading.take_latent(given.pop("init_latent"))
    for name in () if "init_picture" in reading.fields else OF_START:
        if given.get(name):
            raise ValueError(f"{name} is about a picture to begin from; name it with init")
    if "target" in given:
        found = given.pop("target")
        several = [found] if isinstance(found, Picture | tuple) else found
        weighed = [each if isinstance(each, tuple) else (each, 1.0) for each in several]
        pictures = tuple(Target(picture=reading.take(each, "target"), weight=weight) for each, weight in weighed)
        words = reading.fields["targets"] or (Target(reading.fields["prompt"]),)
        reading.fields["targets"] = (*words, *pictures)


def _read_size(given: dict[str, Any], fields: dict[str, Any], painting: PaintingSettings) -> None:
    """Take the size out of what is given."""
    size = given.pop("size", None)
    if isinstance(size, str):
        if aspect := ASPECT.fullmatch(size):
            try:
                size = shape_of_aspect(int(aspect[1]), int(aspect[2]), painting)
            except RequestError as error:
                raise ValueError(f"size: {error}") from None
        elif sides := SIZE.fullmatch(size):
            size = (int(sides[1]), int(sides[2]))
    if size is not None:
        if isinstance(size, str) or len(size) != 2:
            raise ValueError(f"size is width and height, as (192, 128), '192x128' or '16:9', not {size!r}")
        if {"w", "h"} & given.keys():
            raise ValueError("size says the width and the height; leave w and h out")
        fields["width"], fields["height"] = size


def _read_outputs(given: dict[str, Any], fields: dict[str, Any]) -> None:
    """Take out of what is given what is made beside the picture."""
    video, latent = given.pop("video", None), given.pop("latent", False)
    if video is not None and video not in FILMS:
        raise ValueError(f"video is {', '.join(FILMS)}, not {video!r}")
    if video is None and (pace := next((name for name in OF_FILM if name in given), None)):
        raise ValueError(f"{pace} is about a film; ask for one with video")
    fields["outputs"] = [PNG, *([video] if video else []), *([LATENT] if latent else [])]


def _steered(request: ImagineRequest, steering: Mapping[int, str]) -> ImagineRequest:
    for step, text in sorted(steering.items()):
        try:
            said = read_steering(" ".join(text.split()))
            if not said:
                raise ValueError(f"steer: say more: or less: before {text!r}, or a weight behind it")
            if not 0 <= step < request.end_step:
                raise ValueError(f"steer: the picture has the steps 0 to {request.end_step - 1}, and no {step}")
            request = steered(request, said, step)
        except RequestError as error:
            raise ValueError(f"steer: {plain(error)}") from None
    return request


def _checked(fields: Mapping[str, Any]) -> ImagineRequest:
    """Return the request of these fields."""
    names = {field: name for name, field in FIELDS.items() if name in {"painter", "no", "max_classes"}}
    for name, value in fields.items():
        try:
            to_json(value, fallback=operator.index)
        except PydanticSerializationError:
            raise TypeError(WRONG_TYPE.format(names.get(name, name), type(value).__name__)) from None
    try:
        request: ImagineRequest = TypeAdapter(ImagineRequest).validate_json(to_json(fields, fallback=operator.index))
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)[0]
        message = found["msg"][0].lower() + found["msg"][1:]
        raise ValueError(f"{names.get(str(found['loc'][0]), found['loc'][0])}: {message}") from None
    if not request.has_aim:
        raise ValueError("all targets only say what to keep away from; say also what to paint")
    return request
