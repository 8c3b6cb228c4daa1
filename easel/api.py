"""Painting in Python: ``from easel import paint``. Nothing of the bot is imported."""

import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from config.layers import load
from config.settings import Settings
from config.settings.models import DEFAULT_MODEL, ModelsSettings, NamedModelSettings
from easel import arguments as reading
from easel.abridging import abridge
from easel.arguments import PaintArguments
from easel.captioned_film import Scene, joined
from easel.display import Display
from easel.follower import Follower, OnStep, painted
from easel.results import SAMPLE, Painting, Sample, Story, Video
from easel.session import session
from easel.story_requests import carried, check_film, part
from easel.walk_arguments import Stop
from easel.walk_arguments import read as read_walk
from easel.wording import plain
from generation.dispatch.record import Update
from generation.errors import GenerationError
from generation.events import Failed, Finished, Started
from generation.fields import SEED_LIMIT
from generation.options import BETWEEN, BIGGAN, HOLD
from generation.prompt import written
from generation.request import FILMS, LATENT, ImagineRequest
from texts.abridgement import MOST, USUAL, edited
from texts.errors import TextError
from weights.folder import FOLDER
from weights.names import resolved

if TYPE_CHECKING:
    from generation.models.precision import Precision
    from generation.worker.sampling import Sampler


def paint(
    prompt: str,
    *,
    on_step: OnStep | None = None,
    vqgan: str | None = None,
    clip: str | None = None,
    biggan: str | None = None,
    device: str | None = None,
    precision: str | None = None,
    **arguments: Unpack[PaintArguments],
) -> Painting:
    """Paint a picture; in a notebook it is shown as it grows.

    It blocks until the picture is finished. The models are loaded by the first call, in a process of their own, and
    kept for the next one. Ctrl-C, or *Interrupt* in a notebook, stops within a step.

    Args:
        prompt: what to paint, with ``|``, ``^`` and ``::`` as ``docs/prompts.md`` has them. Flags in it are text.
        on_step: called after each step, in order. Steps of less than a twentieth of a second come several at once.
        vqgan: a fetched VQGAN by its name, or its file; as ``models.vqgan`` is set where none is given.
        clip: likewise a CLIP, or several with ``+`` between.
        biggan: likewise a BigGAN, for ``painter="biggan"``.
        device: ``cpu``, ``cuda``, ``cuda:N`` or several with commas; a GPU, else the CPU, where none is given.
        precision: ``float32``, ``bfloat16`` or ``float16``.
        arguments: all others, by the names of the flags; see :class:`easel.arguments.PaintArguments`.

    Raises:
        TypeError: there is no such argument.
        ValueError: an argument is out of its range, or a file cannot be read.
        config.layers.ConfigError: a model, device or precision cannot be set so.
        weights.errors.UnusableError: a model has not been fetched.
        generation.errors.CheckpointError: the file of a model is missing or damaged.
        generation.errors.GenerationError: the models in use do not paint that, or no worker comes up.
    """
    settings = _settings(arguments, vqgan=vqgan, clip=clip, biggan=biggan, device=device, precision=precision)
    request, pictures = reading.read(prompt, settings.painting, arguments)
    return painted(request, pictures, settings, on_step)


def batch(
    requests: Iterable[str | Mapping[str, Any]],
    *,
    on_painting: Callable[[Painting], None] | None = None,
    vqgan: str | None = None,
    clip: str | None = None,
    biggan: str | None = None,
    device: str | None = None,
    precision: str | None = None,
    **arguments: Unpack[PaintArguments],
) -> list[Painting]:
    """Paint many pictures, as many at once as the devices hold; in a notebook each is shown as it grows.

    Args:
        requests: prompts; or for a picture of its own arguments, a mapping of these with its ``prompt`` among them.
        on_painting: called with each finished picture, in the order in which they are finished.
        vqgan: as of :func:`paint`, likewise the following.
        clip: likewise.
        biggan: likewise.
        device: likewise.
        precision: likewise.
        arguments: of all pictures that have no others; without ``seed`` each has its own. Those of a film, a movement
            or a picture to begin from are of the pictures that have these.

    Returns:
        The pictures, in the order of the requests. One that fails while it is painted is missing, with a warning.

    Raises:
        TypeError: as :func:`paint` raises it; nothing is painted then.
        ValueError: likewise; it says which request. Also where the models do not paint its size or by its painter.
    """
    if isinstance(requests, str):
        raise TypeError("batch takes a list of prompts")
    settings = _settings(arguments, vqgan=vqgan, clip=clip, biggan=biggan, device=device, precision=precision)
    asked: list[ImagineRequest] = []
    pictures: dict[str, bytes] = {}
    for number, given in enumerate(requests, 1):
        own = dict(given) if isinstance(given, Mapping) else {"prompt": given}
        try:
            request, named = reading.read(own.pop("prompt", ""), settings.painting, reading.with_shared(own, arguments))
        except (TypeError, ValueError) as error:
            raise type(error)(f"request {number}: {error}") from None
        asked.append(request)
        pictures |= named
    if not asked:
        return []
    followers: dict[str, Follower] = {}
    finished: dict[str, Painting] = {}
    by_id = {request.id: request for request in asked}

    def follow(update: Update) -> None:
        request = by_id[update.record.request.id]
        match update.event:
            case Started() if request.id not in followers:
                followers[request.id] = Follower(request, Display(request), None)
            case Failed(reason=reason):
                warnings.warn(f"{request.prompt!r} is missing: {plain(reason)}", stacklevel=4)
            case Finished() as event:
                finished[request.id] = Painting.of(request, event)
                if on_painting is not None:
                    on_painting(finished[request.id])
        if request.id in followers:
            followers[request.id].follow(update)

    workers = session(settings)
    for number, refused in enumerate(workers.refusals(asked), 1):
        if refused is not None:
            raise ValueError(f"request {number}: {plain(refused)}")
    workers.paint(asked, pictures, follow)
    return [finished[request.id] for request in asked if request.id in finished]


def walk(
    stops: Sequence[Stop],
    *,
    frames: int = BETWEEN,
    hold: int = HOLD,
    loop: bool = False,
    on_step: OnStep | None = None,
    vqgan: str | None = None,
    clip: str | None = None,
    biggan: str | None = None,
    device: str | None = None,
    precision: str | None = None,
    **arguments: Unpack[PaintArguments],
) -> Painting:
    """Film a walk past pictures: from the latent of each to the next one's, and all that is decoded from between.

    Args:
        stops: two or more. A text is painted, with the arguments from below. Classes with their shares, as
            ``{"owl": 1.0}``, are drawn by a BigGAN with the walk's seed. All others are there: paintings, samples,
            latents and pictures, or the paths of their files.
        frames: from one to the next.
        hold: further frames for which it rests at each.
        loop: whether it goes on from the last to the first.
        on_step: as of :func:`paint`; the frames are steps too.
        vqgan: as of :func:`paint`, likewise the following.
        clip: likewise.
        biggan: likewise.
        device: likewise.
        precision: likewise.
        arguments: as of :func:`paint`; ``video`` is ``mp4`` where no other is asked for.

    Returns:
        Its ``video`` is the walk, its ``image`` the last picture.

    Raises:
        TypeError: as of :func:`paint`, likewise the others.
        ValueError: also for fewer than two stops, or more frames than a film can have.
    """
    settings = _settings(arguments, vqgan=vqgan, clip=clip, biggan=biggan, device=device, precision=precision)
    request, pictures = read_walk(
        stops, settings.painting, {**arguments, "video": arguments.get("video") or FILMS[0]}, (frames, hold, loop)
    )
    return painted(request, pictures, settings, on_step)


def story(
    text: str | Sequence[str],
    *,
    sentences: int = USUAL,
    summariser: str | None = None,
    on_painting: Callable[[Painting], None] | None = None,
    vqgan: str | None = None,
    clip: str | None = None,
    biggan: str | None = None,
    device: str | None = None,
    precision: str | None = None,
    **arguments: Unpack[PaintArguments],
) -> Story:
    """Paint a text: a picture for each sentence, which begins from the one before, and a film of all with subtitles.

    Args:
        text: that is abridged; or a list of sentences, which are taken as they are.
        sentences: in how many, 1 to 16.
        summariser: language model that abridges it, a folder or a name; as ``texts.summariser`` is set where none is
            given.
        on_painting: called with each finished picture, in order, with its part of the film.
        vqgan: as of :func:`paint`, likewise the following.
        clip: likewise.
        biggan: likewise.
        device: likewise.
        precision: likewise.
        arguments: of all pictures; ``style`` holds them together. The film is an MP4 of its own pace.

    Raises:
        TypeError: as of :func:`paint`, likewise the others.
        ValueError: also where the text has no sentence or too many.
        language.errors.LanguageError: the summariser cannot be used.
    """
    settings = _settings(arguments, vqgan=vqgan, clip=clip, biggan=biggan, device=device, precision=precision)
    if not 1 <= sentences <= MOST:
        raise ValueError(f"sentences should be 1 to {MOST}")
    check_film(arguments)
    try:
        texts = settings.texts if summariser is None else settings.texts.model_copy(update={"summariser": summariser})
        lines = abridge(text, sentences, texts) if isinstance(text, str) else edited("\n".join(text))
    except TextError as error:
        raise ValueError(str(error)) from None
    before, paintings = dict[str, bytes](), list[Painting]()
    for line in lines:
        request, pictures = reading.read(written(line), settings.painting, {**arguments, "video": FILMS[0]})
        arguments["seed"] = request.seed
        painting = painted(part(request, *before), {**pictures, **before}, settings, None)
        paintings.append(painting)
        then = carried(painting.request, painting.png, {} if painting.latent is None else {LATENT: painting.latent})
        before = {sha256(then).hexdigest(): then}
        if on_painting is not None:
            on_painting(painting)
    scenes = [Scene(each.video.data, line) for each, line in zip(paintings, lines, strict=True) if each.video]
    if len(scenes) < len(lines):
        raise GenerationError("The film of a picture could not be made.")
    try:
        film = joined(scenes)
    except ValueError as error:
        raise GenerationError(f"{error}.") from None
    return Story(tuple(lines), tuple(paintings), Video(film, FILMS[0]))


def sample(
    classes: str | Mapping[str, float] | None = None,
    *,
    count: int = 1,
    seed: int | None = None,
    truncation: float = 1.0,
    size: tuple[int, int] | str | None = None,
    init_latent: bytes | Path | str | None = None,
    biggan: str | None = None,
    device: str | None = None,
    precision: str | None = None,
) -> list[Sample]:
    """Draw pictures of classes by a BigGAN, without CLIP; it runs in this process and stays loaded.

    Args:
        classes: a name, or several with their shares; by the seed where none is given.
        count: so many, each with the next seed.
        seed: of the first; at random where none is given.
        truncation: of the noise: less is more usual and less varied, 0.02 to 1.
        size: as of :func:`paint`; the network's where none is given.
        init_latent: the file of a latent, or what is in it, that is decoded instead.
        biggan: as ``models.biggan`` is set where none is given.
        device: as of :func:`paint`.
        precision: likewise.

    Raises:
        ValueError: an argument is out of its range, or a file cannot be read.
        generation.errors.CheckpointError: the file of the BigGAN is missing or damaged.
        generation.errors.RequestError: there is no such class, or the latent is of another model.
    """
    if count < 1:
        raise ValueError("count should be 1 or more")
    settings = _settings({}, biggan=biggan, device=device, precision=precision)
    said = {"classes": classes, "truncation": truncation, "seed": seed, "size": size, "init_latent": init_latent}
    first, files = reading.read(SAMPLE, settings.painting, {**said, "painter": BIGGAN})
    sampler = _sampler(settings.models.biggan, settings.executor.devices, settings.models.precision)
    if init_latent is not None:
        data = files[first.init_latent]
        return [Sample(first, sampler.of_latent(data, first), data)]
    if size is None:
        first = replace(first, width=sampler.side, height=sampler.side)
    seeds = ((first.seed + number) % SEED_LIMIT for number in range(count))
    requests = [sampler.named(replace(first, seed=each)) for each in seeds]
    drawn = zip(requests, sampler.samples(requests), strict=True)
    return [Sample(request, image, latent) for request, (image, latent) in drawn]


for _function in (paint, batch, walk, story):
    vars(_function)["__signature__"] = reading.signature(_function)


def _settings(arguments: Mapping[str, Any], **chosen: str | None) -> Settings:
    """Return the settings of this folder and the environment, with these over them, of one model alone by its path."""
    keys = {"device": "executor.devices"}
    words = [f"{keys.get(name, f'models.{name}')}={value}" for name, value in chosen.items() if value is not None]
    settings = load(arguments=words)
    name, models = arguments.get("model") or DEFAULT_MODEL, settings.models
    if name not in models.names:
        raise ValueError(f"there is no model {name!r}; there are {', '.join(models.names)}")
    if name != DEFAULT_MODEL and (chosen.get("vqgan") or chosen.get("clip")):
        raise ValueError("model names the weights; leave vqgan and clip out")
    model = resolved(models.named(name), settings.data_dir / FOLDER)
    more = {} if name == DEFAULT_MODEL else {name: NamedModelSettings()}
    return settings.model_copy(update={"models": ModelsSettings(**dict(model), more=more)})


@lru_cache(maxsize=1)
def _sampler(biggan: str, devices: str | tuple[str, ...], precision: "Precision") -> "Sampler":
    import torch

    from generation.worker.device import choose_device
    from generation.worker.sampling import Sampler

    name = devices if isinstance(devices, str) else devices[0]
    return Sampler(biggan, choose_device(name, torch.cuda.device_count()), precision)
