"""A picture made again from its file, in the same way or with changes."""

import asyncio
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from hashlib import sha256
from pathlib import Path
from typing import Literal

from bot.errors import PromptError
from bot.flags.flag import NOTHING_KNOWN, Available, Fields
from bot.flags.picture import SIDES
from bot.flags.usual import DEFAULTS, unusual, usual_fields
from bot.prompt import Arguments, parse, quoted
from config.settings import Settings
from config.settings.models import DEFAULT_MODEL, ModelSettings, ModelsSettings
from config.settings.painting import PaintingSettings
from easel.formats import is_picture
from easel.samples import command as sample_command
from easel.samples import is_sample
from easel.steering import arguments, steer
from easel.wording import plain
from generation import latents
from generation.decoding import decode
from generation.errors import MetadataError, PictureError, RequestError
from generation.fields import MOST_TARGETS
from generation.metadata import MOST_BYTES, Metadata, Setup, read
from generation.options import MOVE_EVERY, NEURAL_STYLE
from generation.request import AUTO, FILMS, LATENT, OF_FILM, PNG, ImagineRequest
from generation.targets import Target
from weights.catalogue import find

SAID_OTHERWISE = {"video"}
"""Flags that the command line has in another way."""
PRECISIONS = {"float32": "fp32", "bfloat16": "bf16", "float16": "fp16"}
"""By their names on the command line."""
WITHOUT_OPTION = ("biggan", "vgg")
"""Of the models, those that ``easel imagine`` takes as settings only."""
DECISIVE = {"precision": "precision", "device": "device", "threads": "number of threads", "torch": "version of torch"}
"""What can make it another picture, beside the models, and what to call it."""


def read_file(path: Path) -> Metadata:
    """Return what a file says of how it was made, as :func:`read_either` does."""
    return read_either(path)[0]


def read_either(path: Path) -> tuple[Metadata, latents.Latent | None]:
    """Return what a picture or a film says of how it was made, or a latent of its picture, and what it is itself.

    Raises:
        MetadataError: it cannot be read, or says nothing; the sentence names it.
    """
    try:
        if path.exists() and not path.is_file():
            raise MetadataError("It is not a file.")
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
        return latents.read_metadata(data) if latents.is_latent(data) else (read(data), None)
    except OSError as error:
        raise MetadataError(f"{path}: {error.strerror}.") from None
    except (MetadataError, RequestError) as error:
        raise MetadataError(f"{path}: {error}") from None


def with_outputs(request: ImagineRequest, outputs: Sequence[str], pace: Mapping[str, float | None]) -> ImagineRequest:
    """Return a request for these outputs, its film as fast as is asked for, else as before.

    Raises:
        ValueError: something is asked for of a film, and there is none among the outputs.
    """
    is_film = not set(outputs).isdisjoint(FILMS)
    usual = {name: getattr(request, name) if is_film else DEFAULTS[name] for name in OF_FILM}
    said = {name: value for name, value in pace.items() if value is not None}
    if said and {*outputs} <= {PNG, LATENT}:
        raise ValueError(f"--{next(iter(said))} is about a film; name its file with --video FILE")
    return replace(request, outputs=tuple(outputs), **{**usual, **said})


def command(path: Path, metadata: Metadata, painting: PaintingSettings, models: ModelsSettings) -> str:
    """Return the command line that made a file, to be pasted into a shell.

    Where it cannot be typed, or needs pictures that only the file has, it takes them ``--from`` the file.

    Args:
        path: of the file.
        metadata: that it holds.
        painting: the limits, and what is usual.
        models: that are used where none are named.
    """
    request, setup = metadata.request, metadata.setup
    if is_sample(metadata):
        return f"{sample_command(request)} --latent={shlex.quote(path.name)}"
    if request.waypoints:
        kind = next((output for output in request.outputs if output in FILMS), FILMS[0])
        chosen = [f"models.{name}={value}" for name, value in _models(setup, models) if name != "precision"]
        words = ["walk", "--from", str(path), "--out", f"{path.stem}.{kind}", *chosen]
        return f"easel {shlex.join(words)}"
    if request.model not in models.names or _weights(setup, models.named(request.model)):
        request = replace(request, model=DEFAULT_MODEL)  # what it was is named by its weights
    prompt = _typed(request, painting, available(models))
    said = arguments(request.steering)
    if not _says(request, said) or request.pointless:
        prompt = None
    films = [f"{path.stem}.{output}" for output in request.outputs if output in FILMS]
    options = [("out", path.name if is_picture(path) and path.name not in films else f"{path.stem}.png")]
    if prompt is None or request.pictures:
        options.append(("from", str(path)))
    if prompt is not None:
        options += _flags(request, DEFAULTS).items()
        options += [("steer", each) for each in said]
    options += [("video", film) for film in films]
    options += [("latent", f"{path.stem}.{LATENT}")] if LATENT in request.outputs else []
    paces = [(name, getattr(request, name)) for name in OF_FILM if films]
    options += [(name, str(value).removesuffix(".0")) for name, value in paces if value != DEFAULTS[name]]
    named = _models(setup, models.named(request.model))
    options += [(name, value) for name, value in named if name not in WITHOUT_OPTION]
    words = [
        f"--{name}={value}" if value.startswith("-") else f"--{name} {shlex.quote(value)}" for name, value in options
    ]
    first = [] if prompt is None else [shlex.quote(prompt)]
    first += [shlex.quote(f"models.{name}={value}") for name, value in named if name in WITHOUT_OPTION]
    if prompt is not None and prompt.startswith("-"):
        return " ".join(["easel imagine", *words, "--", *first])
    return " ".join(["easel imagine", *first, *words])


def asked(
    prompt: str | None,
    metadata: Metadata,
    settings: Settings,
    flags: Mapping[str, str | None],
    *,
    begins: Literal["", "picture", "latent"] = "",
) -> ImagineRequest:
    """Return the request of a file again, with changes.

    Args:
        prompt: another one.
        metadata: that the file holds.
        settings: the limits, what is usual, and which models there are.
        flags: other values of flags, by their names.
        begins: from what else it is to begin.

    Raises:
        ValueError: it is not allowed; the sentence says why.
    """
    base, painting = replace(metadata.request, id="imagine"), settings.painting
    if base.waypoints:
        raise ValueError("it is a walk between pictures; easel walk --from makes it again")
    if is_sample(metadata):
        raise ValueError("it is of a sample, which easel sample --init-latent draws again")
    changes = {name.replace("_", "-"): value for name, value in flags.items() if value is not None}
    if begins or "init" in changes:
        base = replace(base, init=AUTO, init_picture="", init_latent="", mask="")
    if begins == "latent" or "init" in changes:
        base = replace(base, strength=None, variation=0.0)  # of the picture that it began from
    try:
        before = _flags(base, {**usual_fields(painting), "steps": None})
        if "size" in before and changes.keys() & {*SIDES}:
            before = {**before, "w": f"{base.width}", "h": f"{base.height}"}
            del before["size"]
        request = _parsed(prompt or "a picture", before | changes, painting, available(settings.models)).change(base)
        if prompt is None:
            _hold_texts(base, painting)
    except PromptError as error:
        raise ValueError(plain(error)) from None
    check_painter(request, settings.models)
    if base.is_moving and not request.is_moving and "move-every" not in changes:
        request = replace(request, move_every=MOVE_EVERY)
    request = replace(request, steering=tuple(said for said in request.steering if said.step < request.steps))
    if prompt is None:
        return replace(request, prompt=base.prompt, targets=base.targets)
    pictures = tuple(target for target in base.targets if target.picture)
    return (
        replace(request, targets=(*(request.targets or [Target(request.prompt)]), *pictures)) if pictures else request
    )


def with_pictures(metadata: Metadata) -> Metadata:
    """Return what a file holds with its pictures decoded, as all are that somebody gives.

    Raises:
        MetadataError: one is damaged.
    """
    digests: dict[str, str] = {}
    pictures: dict[str, bytes] = {}
    for digest, picture in metadata.pictures.items():
        if digest == metadata.request.init_latent:
            pictures[digest] = picture
            continue
        try:
            png = asyncio.run(decode(picture))
        except PictureError:
            raise MetadataError("A picture in it, from which it was painted, is damaged.") from None
        digests[digest] = sha256(png).hexdigest()
        pictures[digests[digest]] = png
    request = metadata.request
    renamed = replace(
        request,
        init_picture=digests.get(request.init_picture, request.init_picture),
        mask=digests.get(request.mask, request.mask),
        targets=tuple(replace(each, picture=digests.get(each.picture, each.picture)) for each in request.targets),
    )
    return replace(metadata, request=renamed, pictures=pictures)


def difference(before: Setup | None, now: Setup | None) -> str:
    """Return in half a sentence what was otherwise when a picture was made that is made again; ``""`` for nothing."""
    if before is None or now is None:
        return "its file does not tell with which models it was made" if before is None else ""
    others = [f"other models ({before.vqgan}, {before.clip})"] if before.fingerprint != now.fingerprint else []
    if before.biggan and before.biggan_fingerprint != now.biggan_fingerprint:
        others.append(f"another BigGAN ({before.biggan})")
    if before.vgg and before.vgg_fingerprint != now.vgg_fingerprint:
        others.append(f"another VGG ({before.vgg})")
    others += [
        f"another {words} ({getattr(before, name)})"
        for name, words in DECISIVE.items()
        if getattr(before, name) != getattr(now, name)
    ]
    if before.reproducible == "fast" and (others or before.device != "cpu"):
        others.append("executor.reproducible=fast, by which pixels may differ")
    return f"it was made with {' and '.join(others)}" if others else ""


def check_painter(request: ImagineRequest, models: ModelsSettings) -> None:
    """Raise ``ValueError`` where a painter is asked for whose weights nobody has named."""
    if request.painter == NEURAL_STYLE and models.named(request.model).vgg is None:
        raise ValueError(f"--painter {NEURAL_STYLE} paints by a VGG-19; name its weights with models.vgg=FILE")


def available(models: ModelsSettings) -> Available:
    """Return what can be asked for on the command line; what models begin from is not known there."""
    return Available(models=tuple(models.more))


def _typed(request: ImagineRequest, painting: PaintingSettings, available: Available) -> str | None:
    """Return what to type as the prompt of a request, None where nothing would ask for the same."""
    for text in (request.prompt, quoted(request.prompt)):
        try:
            same = _parsed(text, _flags(request, DEFAULTS), painting, available).change(request)
            if replace(same, outputs=request.outputs) == request:
                return text
        except PromptError:
            continue
    return None


def _says(request: ImagineRequest, steering: Sequence[str]) -> bool:
    """Return whether a request is steered as it is by these arguments."""
    try:
        return steer(request, steering) == request
    except ValueError:
        return False


def _flags(request: ImagineRequest, usual: Fields) -> dict[str, str]:
    """Return the values of the flags by which a request is another one than is usual, by their names."""
    found = unusual(asdict(request), usual)
    return {name: flag.render(*values) for name, flag, values in found if name not in SAID_OTHERWISE}


def _parsed(
    prompt: str, flags: Mapping[str, str], painting: PaintingSettings, available: Available = NOTHING_KNOWN
) -> Arguments:
    return parse(prompt + "".join(f" --{name}={value}" for name, value in flags.items()), painting, available)


def _hold_texts(request: ImagineRequest, painting: PaintingSettings) -> None:
    """Raise ``PromptError`` where a request, which may come from anybody, says what could not be typed."""
    texts = [target.text for target in request.targets if target.text]
    for text in (request.prompt, *texts):
        _parsed(quoted(text), {}, painting)
    if len(texts) > MOST_TARGETS:
        raise PromptError(f"The prompt has {len(texts)} texts; {MOST_TARGETS} are allowed.")


def _models(setup: Setup | None, models: ModelSettings) -> list[tuple[str, str]]:
    """Return the options that name the weights and their precision, where they are others than those in use."""
    options = _weights(setup, models)
    if setup is None or setup.precision == models.precision or setup.precision not in PRECISIONS:
        return options
    return [*options, ("precision", PRECISIONS[setup.precision])]


def _weights(setup: Setup | None, models: ModelSettings) -> list[tuple[str, str]]:
    """Return the options that name the weights, where they are others than those in use."""
    if setup is None:
        return []
    vqgan, clip = _name(setup.vqgan), "+".join(map(_name, setup.clip.split("+")))
    options = [("vqgan", vqgan)] if vqgan not in (models.vqgan, Path(models.vqgan).name) else []
    options += [("clip", clip)] if clip not in (models.clip, Path(models.clip).name) else []
    biggan = _name(setup.biggan)
    options += [("biggan", biggan)] if biggan and biggan not in (models.biggan, Path(models.biggan).name) else []
    return options + ([("vgg", setup.vgg)] if setup.vgg and setup.vgg != Path(models.vgg or "").name else [])


def _name(model: str) -> str:
    """Return the name of a published model by that of its folder, or the name of a file as it is."""
    found = find(model)
    return model if found is None else found.name
